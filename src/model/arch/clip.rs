//! CLIP: Radford et al. 2021, *Learning Transferable Visual Models From Natural Language Supervision*
//! (arXiv 2103.00020).
//!
//! OpenAI's, LAION's, PickScore and HPS models in Hugging Face's layout. They differ in activation and in
//! how the end of a text is found: where the configuration's `eos_token_id` is 2, which older files say
//! wrongly, the state is read at the greatest token id, else at the first `eos_token_id`.

use candle_core::{DType, Tensor};
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
    tower::{PatchEmbedding, Shape, TextTower, Tower, part},
};
use crate::model::{LoadError, PackedBatch, Weights, kernels::Gelu};

/// The defaults of `CLIPTextConfig`.
const TEXT: Shape = Shape {
    hidden: 512,
    intermediate: 2048,
    layers: 12,
    heads: 8,
    eps: 1e-5,
    activation: Activation::Gelu(Gelu::Quick),
    causal: true,
};

/// The defaults of `CLIPVisionConfig`.
const VISION: Shape = Shape { hidden: 768, intermediate: 3072, heads: 12, causal: false, ..TEXT };

/// The rest of `CLIPTextConfig`.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct TextConfig {
    vocab_size: usize,
    max_position_embeddings: usize,
    eos_token_id: u32,
}

impl Default for TextConfig {
    fn default() -> Self {
        Self { vocab_size: 49_408, max_position_embeddings: 77, eos_token_id: 49_407 }
    }
}

/// The rest of `CLIPVisionConfig`.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct VisionConfig {
    num_channels: usize,
    image_size: usize,
    patch_size: usize,
}

impl Default for VisionConfig {
    fn default() -> Self {
        Self { num_channels: 3, image_size: 224, patch_size: 32 }
    }
}

#[derive(Debug)]
struct Clip {
    patch: PatchEmbedding,
    class: Tensor,
    patch_positions: Tensor,
    before: Norm,
    vision: Tower,
    after: Norm,
    project_image: Linear,
    text: TextTower,
    eos: u32,
    shape: DualShape,
}

/// Builds both towers.
pub(super) fn build(config: &Value, weights: &Weights) -> Result<Box<dyn DualEncoder>, LoadError> {
    // Old files say a tower's configuration twice; `…_dict` then wins.
    let text_config = part(config, &["text_config_dict", "text_config"]);
    let vision_config = part(config, &["vision_config_dict", "vision_config"]);
    let (text, vision): (TextConfig, VisionConfig) = (parse(&text_config)?, parse(&vision_config)?);
    if vision.num_channels != 3 || vision.patch_size == 0 {
        return Err(invalid("images have 3 channels, and patches at least one pixel"));
    }
    let width = &config["projection_dim"];
    let width = if width.is_null() { 512 } else { parse(width)? };
    let shape = DualShape {
        image_size: vision.image_size,
        patch_size: vision.patch_size,
        width,
        vocabulary: text.vocab_size,
        max_tokens: text.max_position_embeddings,
        pad: None,
        logit_scale: scalar(weights, "logit_scale")?.exp(),
        logit_bias: None,
    };
    weights.ignore("embeddings.position_ids");
    let towers = (Shape::of(&vision_config, VISION)?, Shape::of(&text_config, TEXT)?);
    Ok(Box::new(Clip::load(towers, text.eos_token_id, shape, weights)?))
}

impl Clip {
    fn load(
        (image_tower, text_tower): (Shape, Shape),
        eos: u32,
        shape: DualShape,
        weights: &Weights,
    ) -> Result<Self, LoadError> {
        let wide = image_tower.hidden;
        let of_image = |part: &str| format!("vision_model.{part}");
        let positions = of_image("embeddings.position_embedding.weight");
        Ok(Self {
            patch: PatchEmbedding::load(
                weights,
                &of_image("embeddings.patch_embedding"),
                [wide, shape.patch_size],
                false,
            )?,
            class: weights.get(&of_image("embeddings.class_embedding"), &[wide])?,
            patch_positions: weights.get(&positions, &[shape.patches() + 1, wide])?,
            before: image_tower.norm(weights, &of_image("pre_layrnorm"))?,
            vision: Tower::load(weights, "vision_model", &image_tower)?,
            after: image_tower.norm(weights, &of_image("post_layernorm"))?,
            project_image: Linear::head(weights, "visual_projection", [shape.width, wide])?,
            text: TextTower::load(weights, &text_tower, &shape, "text_projection")?,
            eos,
            shape,
        })
    }

    /// Where each text is read.
    fn ends(&self, batch: &PackedBatch) -> Vec<u32> {
        let end = |range: std::ops::Range<usize>| {
            let ids = &batch.ids[range.clone()];
            let at = if self.eos == 2 {
                let greatest = ids.iter().max();
                ids.iter().position(|id| Some(id) == greatest)
            } else {
                ids.iter().position(|id| *id == self.eos)
            };
            u32::try_from(range.start + at.unwrap_or(0)).unwrap_or(u32::MAX)
        };
        batch.ranges().map(end).collect()
    }
}

impl DualEncoder for Clip {
    fn images(&self, patches: &Tensor) -> Computed {
        let each = self.shape.patches();
        let images = patches.dim(0)? / each;
        let x = self.patch.forward(patches)?;
        let width = x.dim(1)?;
        let class = self.class.reshape((1, 1, width))?.broadcast_as((images, 1, width))?;
        let x = Tensor::cat(&[class.contiguous()?, x.reshape((images, each, width))?], 1)?;
        let x = x.broadcast_add(&self.patch_positions)?.reshape((images * (each + 1), width))?;
        let batch = PackedBatch::positions_only(images, each + 1);
        let x = self.vision.forward(self.before.forward(&x)?, &batch)?;
        let class = x.index_select(&Tensor::new(batch.first(), x.device())?, 0)?;
        self.project_image.forward(&self.after.forward(&class)?.to_dtype(DType::F32)?)
    }

    fn texts(&self, batch: &PackedBatch) -> Computed {
        self.text.forward(batch, self.ends(batch))
    }

    fn shape(&self) -> DualShape {
        self.shape
    }
}
