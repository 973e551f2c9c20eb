//! CLIP: Radford et al. 2021, *Learning Transferable Visual Models From Natural Language Supervision*
//! (arXiv 2103.00020).
//!
//! OpenAI's, LAION's, PickScore and HPS models in Hugging Face's layout. They differ in activation and in
//! how the end of a text is found: where the configuration's `eos_token_id` is 2, which older files say
//! wrongly, the state is read at the greatest token id, else at the first `eos_token_id`.

use candle_core::{DType, Tensor};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    Computed,
    activation::Activation,
    dual::{DualEncoder, DualShape, scalar},
    invalid,
    linear::Linear,
    norm::Norm,
    parse,
    tower::{PatchEmbedding, Shape, TextTower, Tower},
};
use crate::model::{LoadError, PackedBatch, Weights};

/// Every default of `CLIPTextConfig`.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct TextConfig {
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    max_position_embeddings: usize,
    hidden_act: String,
    layer_norm_eps: f64,
    eos_token_id: u32,
}

impl Default for TextConfig {
    fn default() -> Self {
        Self {
            vocab_size: 49_408,
            hidden_size: 512,
            intermediate_size: 2048,
            num_hidden_layers: 12,
            num_attention_heads: 8,
            max_position_embeddings: 77,
            hidden_act: "quick_gelu".to_owned(),
            layer_norm_eps: 1e-5,
            eos_token_id: 49_407,
        }
    }
}

/// Every default of `CLIPVisionConfig`.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct VisionConfig {
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_channels: usize,
    image_size: usize,
    patch_size: usize,
    hidden_act: String,
    layer_norm_eps: f64,
}

impl Default for VisionConfig {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            num_channels: 3,
            image_size: 224,
            patch_size: 32,
            hidden_act: "quick_gelu".to_owned(),
            layer_norm_eps: 1e-5,
        }
    }
}

/// Old files say a tower's configuration twice; `…_dict` then wins, with defaults for what it lacks.
fn tower<T: DeserializeOwned + Default>(config: &Value, name: &str) -> Result<T, LoadError> {
    let given = [format!("{name}_dict"), name.to_owned()];
    match given.iter().map(|key| &config[key]).find(|value| !value.is_null()) {
        Some(value) => parse(value),
        None => Ok(T::default()),
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
    let text: TextConfig = tower(config, "text_config")?;
    let vision: VisionConfig = tower(config, "vision_config")?;
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
    Ok(Box::new(Clip::load(&text, &vision, shape, weights)?))
}

impl Clip {
    fn load(
        text: &TextConfig,
        vision: &VisionConfig,
        shape: DualShape,
        weights: &Weights,
    ) -> Result<Self, LoadError> {
        let (image_tower, text_tower) = (vision.shape()?, text.shape()?);
        let wide = vision.hidden_size;
        let of_image = |part: &str| format!("vision_model.{part}");
        let positions = of_image("embeddings.position_embedding.weight");
        Ok(Self {
            patch: PatchEmbedding::load(
                weights,
                &of_image("embeddings.patch_embedding"),
                [wide, vision.patch_size],
                false,
            )?,
            class: weights.get(&of_image("embeddings.class_embedding"), &[wide])?,
            patch_positions: weights.get(&positions, &[shape.patches() + 1, wide])?,
            before: image_tower.norm(weights, &of_image("pre_layrnorm"))?,
            vision: Tower::load(weights, "vision_model", &image_tower)?,
            after: image_tower.norm(weights, &of_image("post_layernorm"))?,
            project_image: Linear::head(weights, "visual_projection", [shape.width, wide])?,
            text: TextTower::load(weights, &text_tower, &shape, "text_projection")?,
            eos: text.eos_token_id,
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

impl TextConfig {
    fn shape(&self) -> Result<Shape, LoadError> {
        let shape = Shape {
            hidden: self.hidden_size,
            intermediate: self.intermediate_size,
            layers: self.num_hidden_layers,
            heads: self.num_attention_heads,
            eps: self.layer_norm_eps,
            activation: Activation::named("hidden_act", &self.hidden_act)?,
            causal: true,
        };
        shape.check()?;
        Ok(shape)
    }
}

impl VisionConfig {
    fn shape(&self) -> Result<Shape, LoadError> {
        let shape = Shape {
            hidden: self.hidden_size,
            intermediate: self.intermediate_size,
            layers: self.num_hidden_layers,
            heads: self.num_attention_heads,
            eps: self.layer_norm_eps,
            activation: Activation::named("hidden_act", &self.hidden_act)?,
            causal: false,
        };
        shape.check()?;
        Ok(shape)
    }
}
