//! A tower that reads texts, as CLIP and SigLIP have it: tokens and learned positions, layers, and the
//! state at one position of each text, normalised and projected.

use candle_core::{DType, Tensor};

use super::{Shape, Tower};
use crate::model::{
    LoadError, PackedBatch, Weights,
    arch::{Computed, dual::DualShape, linear::Linear, norm::Norm},
};

/// The tower under `text_model`.
#[derive(Debug)]
pub(in crate::model::arch) struct TextTower {
    tokens: Tensor,
    positions: Tensor,
    tower: Tower,
    norm: Norm,
    head: Linear,
}

impl TextTower {
    /// `head` is the name of the projection to `dual.width` numbers.
    pub(in crate::model::arch) fn load(
        weights: &Weights,
        shape: &Shape,
        dual: &DualShape,
        head: &str,
    ) -> Result<Self, LoadError> {
        let named = |part: &str| format!("text_model.{part}");
        let table = |part: &str, rows: usize| weights.get(&named(part), &[rows, shape.hidden]);
        Ok(Self {
            tokens: table("embeddings.token_embedding.weight", dual.vocabulary)?,
            positions: table("embeddings.position_embedding.weight", dual.max_tokens)?,
            tower: Tower::load(weights, "text_model", shape)?,
            norm: shape.norm(weights, &named("final_layer_norm"))?,
            head: Linear::head(weights, head, [dual.width, shape.hidden])?,
        })
    }

    /// `[texts, width]` in f32: what the rows `read` of the batch hold.
    pub(in crate::model::arch) fn forward(&self, batch: &PackedBatch, read: Vec<u32>) -> Computed {
        let device = self.tokens.device();
        let tokens = self.tokens.index_select(&Tensor::new(batch.ids.as_slice(), device)?, 0)?;
        let positions = Tensor::new(batch.positions(), device)?;
        let x = (tokens + self.positions.index_select(&positions, 0)?)?;
        let x = self.tower.forward(x, batch)?;
        let read = x.index_select(&Tensor::new(read, device)?, 0)?;
        self.head.forward(&self.norm.forward(&read)?.to_dtype(DType::F32)?)
    }
}
