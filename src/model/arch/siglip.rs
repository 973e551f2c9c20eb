//! SigLIP: Zhai et al. 2023, *Sigmoid Loss for Language Image Pre-Training* (arXiv 2303.15343), and
//! SigLIP 2 of fixed resolution (Tschannen et al. 2025, arXiv 2502.14786).
//!
//! Texts are always padded to the longest length and read at the last position, without a mask, as they
//! were trained. Images are pooled by attention from one learned query.

use candle_core::{D, DType, Tensor};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Computed,
    activation::Activation,
    dual::{DualEncoder, DualShape, scalar},
    invalid,
    linear::Linear,
    norm::Norm,
    parse,
    tower::{Mlp, PatchEmbedding, Shape, TextTower, Tower, part},
};
use crate::model::{
    LoadError, PackedBatch, Weights, WeightsError,
    kernels::{Gelu, linear},
};

/// The defaults of `SiglipTextConfig` and `SiglipVisionConfig`.
const TOWER: Shape = Shape {
    hidden: 768,
    intermediate: 3072,
    layers: 12,
    heads: 12,
    eps: 1e-6,
    activation: Activation::Gelu(Gelu::Tanh),
    causal: false,
};

/// The rest of `SiglipTextConfig`.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct TextConfig {
    vocab_size: usize,
    max_position_embeddings: usize,
    pad_token_id: u32,
    projection_size: Option<usize>,
}

impl Default for TextConfig {
    fn default() -> Self {
        Self {
            vocab_size: 32_000,
            max_position_embeddings: 64,
            pad_token_id: 1,
            projection_size: None,
        }
    }
}

/// The rest of `SiglipVisionConfig`.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct VisionConfig {
    num_channels: usize,
    image_size: usize,
    patch_size: usize,
    vision_use_head: bool,
}

impl Default for VisionConfig {
    fn default() -> Self {
        Self { num_channels: 3, image_size: 224, patch_size: 16, vision_use_head: true }
    }
}

#[derive(Debug)]
struct Siglip {
    patch: PatchEmbedding,
    patch_positions: Tensor,
    vision: Tower,
    after: Norm,
    pool: Pool,
    text: TextTower,
    shape: DualShape,
}

/// Attention from one learned query, then a feed-forward layer.
#[derive(Debug)]
struct Pool {
    /// The projected query, `[heads, 1, head_dim]`, scaled.
    query: Tensor,
    keys_values: (Tensor, Tensor),
    output: Linear,
    norm: Norm,
    mlp: Mlp,
}

/// Builds both towers.
pub(super) fn build(config: &Value, weights: &Weights) -> Result<Box<dyn DualEncoder>, LoadError> {
    let (text_config, vision_config) =
        (part(config, &["text_config"]), part(config, &["vision_config"]));
    let (text, vision): (TextConfig, VisionConfig) = (parse(&text_config)?, parse(&vision_config)?);
    if vision.num_channels != 3 || vision.patch_size == 0 || !vision.vision_use_head {
        return Err(invalid("images have 3 channels and patches, and a pooling head"));
    }
    let image_tower = Shape::of(&vision_config, TOWER)?;
    let text_tower = Shape::of(&text_config, TOWER)?;
    let wide = image_tower.hidden;
    let width = text.projection_size.unwrap_or(text_tower.hidden);
    if width != wide {
        return Err(invalid("the towers' widths differ"));
    }
    let shape = DualShape {
        image_size: vision.image_size,
        patch_size: vision.patch_size,
        width,
        vocabulary: text.vocab_size,
        max_tokens: text.max_position_embeddings,
        pad: Some(text.pad_token_id),
        logit_scale: scalar(weights, "logit_scale")?.exp(),
        logit_bias: Some(scalar(weights, "logit_bias")?),
    };
    weights.ignore("embeddings.position_ids");
    let of_image = |part: &str| format!("vision_model.{part}");
    let positions = of_image("embeddings.position_embedding.weight");
    Ok(Box::new(Siglip {
        patch: PatchEmbedding::load(
            weights,
            &of_image("embeddings.patch_embedding"),
            [wide, vision.patch_size],
            true,
        )?,
        patch_positions: weights.get(&positions, &[shape.patches(), wide])?,
        vision: Tower::load(weights, "vision_model", &image_tower)?,
        after: image_tower.norm(weights, &of_image("post_layernorm"))?,
        pool: Pool::load(weights, &image_tower)?,
        text: TextTower::load(weights, &text_tower, &shape, "text_model.head")?,
        shape,
    }))
}

impl Pool {
    fn load(weights: &Weights, shape: &Shape) -> Result<Self, WeightsError> {
        const NAME: &str = "vision_model.head";
        let (hidden, heads) = (shape.hidden, shape.heads);
        let head_dim = hidden / heads;
        let named = |part: &str| format!("{NAME}.{part}");
        let weight = weights.get(&named("attention.in_proj_weight"), &[3 * hidden, hidden])?;
        let bias = weights.get(&named("attention.in_proj_bias"), &[3 * hidden])?;
        let probe = weights.get(&named("probe"), &[1, 1, hidden])?.reshape((1, hidden))?;
        let (query_weight, query_bias) = (weight.narrow(0, 0, hidden)?, bias.narrow(0, 0, hidden)?);
        let query = linear(&probe, &query_weight.contiguous()?, Some(&query_bias), None)?;
        let query = (query.reshape((heads, 1, head_dim))? * (head_dim as f64).sqrt().recip())?;
        let keys_values =
            (weight.narrow(0, hidden, 2 * hidden)?, bias.narrow(0, hidden, 2 * hidden)?);
        Ok(Self {
            query,
            keys_values: (keys_values.0.contiguous()?, keys_values.1.contiguous()?),
            output: Linear::load(weights, &named("attention.out_proj"), [hidden, hidden], true)?,
            norm: shape.norm(weights, &named("layernorm"))?,
            mlp: shape.mlp(weights, &named("mlp"))?,
        })
    }

    /// `[images · patches, hidden]` to `[images, hidden]`.
    fn forward(&self, x: &Tensor, images: usize) -> Computed {
        let (rows, hidden) = x.dims2()?;
        let (heads, _, head_dim) = self.query.dims3()?;
        let both = linear(x, &self.keys_values.0, Some(&self.keys_values.1), None)?;
        // [keys or values, images, heads, patches, head_dim]
        let both = both
            .reshape((images, rows / images, 2, heads, head_dim))?
            .permute((2, 0, 3, 1, 4))?
            .contiguous()?;
        let (keys, values) = (both.get(0)?, both.get(1)?);
        let query = self.query.unsqueeze(0)?.expand((images, heads, 1, head_dim))?.contiguous()?;
        let scores = query.matmul(&keys.t()?.contiguous()?)?.to_dtype(DType::F32)?;
        let scores = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
        let share = scores.broadcast_div(&scores.sum_keepdim(D::Minus1)?)?.to_dtype(x.dtype())?;
        let seen = share.matmul(&values)?.reshape((images, hidden))?;
        let seen = self.output.forward(&seen)?;
        self.mlp.onto(&seen, &self.norm.forward(&seen)?)
    }
}

impl DualEncoder for Siglip {
    fn images(&self, patches: &Tensor) -> Computed {
        let each = self.shape.patches();
        let images = patches.dim(0)? / each;
        let x = self.patch.forward(patches)?;
        let (rows, width) = x.dims2()?;
        let x = x.reshape((images, each, width))?.broadcast_add(&self.patch_positions)?;
        let batch = PackedBatch::positions_only(images, each);
        let x = self.vision.forward(x.reshape((rows, width))?, &batch)?;
        self.pool.forward(&self.after.forward(&x)?, images)?.to_dtype(DType::F32)
    }

    fn texts(&self, batch: &PackedBatch) -> Computed {
        self.text.forward(batch, batch.last())
    }

    fn shape(&self) -> DualShape {
        self.shape
    }
}
