//! Words, positions and segments to the first hidden states.

use candle_core::Tensor;

use super::config::{Config, Family};
use crate::model::{
    PackedBatch, Weights, WeightsError,
    arch::{
        Computed,
        linear::Linear,
        norm::{Norm, NormKind},
    },
};

#[derive(Debug)]
pub(super) struct Embeddings {
    words: Tensor,
    positions: Option<Tensor>,
    types: Option<Tensor>,
    /// From the embeddings' width to the layers' (some DeBERTas).
    projection: Option<Linear>,
    norm: Norm,
}

impl Embeddings {
    pub(super) fn load(
        config: &Config,
        family: Family,
        weights: &Weights,
    ) -> Result<Self, WeightsError> {
        let root = format!("{}.embeddings", family.names().root);
        let hidden = config.hidden_size;
        let deberta = family == Family::Deberta;
        let width = config.deberta.embedding_size.filter(|_| deberta).unwrap_or(hidden);
        let table =
            |name: &str, rows: usize| weights.get(&format!("{root}.{name}.weight"), &[rows, width]);
        let some = |wanted: bool, name: &str, rows: usize| {
            if wanted { table(name, rows).map(Some) } else { Ok(None) }
        };
        let positioned = !deberta || config.deberta.position_biased_input.unwrap_or(true);
        let types = config.types(family);
        weights.ignore("embeddings.position_ids");
        weights.ignore("embeddings.token_type_ids");
        if !positioned {
            // Old checkpoints carry a table that the model does not use.
            weights.ignore("embeddings.position_embeddings.weight");
        }
        Ok(Self {
            words: table("word_embeddings", config.vocab_size)?,
            positions: some(positioned, "position_embeddings", config.max_position_embeddings)?,
            types: some(types > 0, "token_type_embeddings", types)?,
            projection: if width == hidden {
                None
            } else {
                Some(Linear::load(weights, &format!("{root}.embed_proj"), [hidden, width], false)?)
            },
            norm: NormKind::Layer.load(
                weights,
                &format!("{root}.LayerNorm"),
                hidden,
                config.eps(family),
            )?,
        })
    }

    /// `[tokens, hidden]`; `positions` are rows of the table of positions.
    pub(super) fn forward(&self, batch: &PackedBatch, positions: &[u32]) -> Computed {
        let device = self.words.device();
        let pick =
            |table: &Tensor, rows: &[u32]| table.index_select(&Tensor::new(rows, device)?, 0);
        let mut x = pick(&self.words, &batch.ids)?;
        if let Some(table) = &self.types {
            let last = u32::try_from(table.dim(0)? - 1).unwrap_or(0);
            let types: Vec<u32> = batch.type_ids.iter().map(|kind| (*kind).min(last)).collect();
            x = (x + pick(table, &types)?)?;
        }
        if let Some(table) = &self.positions {
            x = (x + pick(table, positions)?)?;
        }
        if let Some(projection) = &self.projection {
            x = projection.forward(&x)?;
        }
        self.norm.forward(&x)
    }
}
