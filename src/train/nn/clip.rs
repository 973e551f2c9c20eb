//! A dual encoder of images and texts: Hugging Face's `CLIPModel`, with its parameters' names.
//! Radford et al. 2021, *Learning Transferable Visual Models* (arXiv 2103.00020), §2.4.

use candle_core::{D, Tensor};
use serde::{Deserialize, Serialize};

use super::{Attention, Embedding, LayerNorm, Linear, Params, causal};
use crate::train::TrainError;

/// The shape of both towers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClipConfig {
    /// Width and height of an image.
    pub image_size: usize,
    /// Width and height of a patch; divides `image_size`.
    pub patch_size: usize,
    /// Tokens of the tokenizer; 0: as many as it has.
    pub vocab_size: usize,
    /// Longest text.
    pub max_position_embeddings: usize,
    /// Numbers of an embedding.
    pub projection_dim: usize,
    /// The image tower.
    pub vision: TowerConfig,
    /// The text tower.
    pub text: TowerConfig,
}

/// The shape of one tower.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TowerConfig {
    /// Numbers per position.
    pub hidden_size: usize,
    /// Hidden units of each feed-forward layer.
    pub intermediate_size: usize,
    /// Blocks.
    pub num_hidden_layers: usize,
    /// Heads; divides `hidden_size`.
    pub num_attention_heads: usize,
}

impl Default for TowerConfig {
    fn default() -> Self {
        Self {
            hidden_size: 96,
            intermediate_size: 384,
            num_hidden_layers: 3,
            num_attention_heads: 4,
        }
    }
}

impl Default for ClipConfig {
    fn default() -> Self {
        let text = TowerConfig {
            hidden_size: 64,
            intermediate_size: 256,
            num_hidden_layers: 2,
            num_attention_heads: 4,
        };
        Self {
            image_size: 32,
            patch_size: 8,
            vocab_size: 0,
            max_position_embeddings: 16,
            projection_dim: 64,
            vision: TowerConfig::default(),
            text,
        }
    }
}

/// Epsilon of every norm, as in the reference.
pub(in crate::train) const EPS: f64 = 1e-5;
/// Where the temperature begins, and the largest it may get: `ln(1/0.07)` and `ln 100`.
const LOGIT_SCALE: f64 = 2.6592;
const MAX_LOGIT_SCALE: f64 = 4.6052;

/// Images and texts to unit vectors in one space.
#[derive(Clone, Debug)]
pub struct Clip {
    patch: Linear,
    class: Tensor,
    patch_positions: Tensor,
    before: LayerNorm,
    vision: Vec<Block>,
    after: LayerNorm,
    project_image: Linear,
    tokens: Embedding,
    token_positions: Tensor,
    text: Vec<Block>,
    text_norm: LayerNorm,
    project_text: Linear,
    logit_scale: Tensor,
}

impl Clip {
    /// A network whose parameters are named as in the reference.
    ///
    /// # Errors
    /// When the shape is impossible or a name is taken.
    pub fn new(params: &mut Params, config: &ClipConfig) -> Result<Self, TrainError> {
        let (side, edge) = (config.image_size, config.patch_size);
        if edge == 0 || !side.is_multiple_of(edge) {
            return Err(TrainError::Config(format!("patches of {edge} do not tile {side}")));
        }
        let count = (side / edge).pow(2);
        let (vision, text) = (&config.vision, &config.text);
        let (wide, narrow) = (vision.hidden_size, text.hidden_size);
        let inputs = 3 * edge * edge;
        let root = |size: usize| root(size).recip();
        Ok(Self {
            patch: Linear::new(
                params,
                &vision_name("embeddings.patch_embedding"),
                inputs,
                wide,
                root(inputs),
            )?,
            class: params.normal(
                &vision_name("embeddings.class_embedding"),
                &[wide],
                root(wide),
            )?,
            patch_positions: params.normal(
                &vision_name("embeddings.position_embedding.weight"),
                &[count + 1, wide],
                0.02,
            )?,
            before: LayerNorm::new(params, &vision_name("pre_layrnorm"), wide, EPS)?,
            vision: blocks(params, "vision_model", vision)?,
            after: LayerNorm::new(params, &vision_name("post_layernorm"), wide, EPS)?,
            project_image: Linear::new(
                params,
                "visual_projection",
                wide,
                config.projection_dim,
                root(wide),
            )?,
            tokens: Embedding::new(
                params,
                &text_name("embeddings.token_embedding"),
                config.vocab_size,
                narrow,
                0.02,
            )?,
            token_positions: params.normal(
                &text_name("embeddings.position_embedding.weight"),
                &[config.max_position_embeddings, narrow],
                0.01,
            )?,
            text: blocks(params, "text_model", text)?,
            text_norm: LayerNorm::new(params, &text_name("final_layer_norm"), narrow, EPS)?,
            project_text: Linear::new(
                params,
                "text_projection",
                narrow,
                config.projection_dim,
                root(narrow),
            )?,
            logit_scale: params.constant("logit_scale", &[], LOGIT_SCALE)?,
        })
    }

    /// Unit vectors `[images, projection]` of patches `[images, patches, 3 · patch²]`.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn images(&self, patches: &Tensor) -> Result<Tensor, TrainError> {
        let (images, ..) = patches.dims3()?;
        let (_, width) = self.patch_positions.dims2()?;
        let class = self.class.reshape((1, 1, width))?.broadcast_as((images, 1, width))?;
        let x = Tensor::cat(&[class.contiguous()?, self.patch.forward(patches)?], 1)?;
        let x = x.broadcast_add(&self.patch_positions)?;
        let mut x = self.before.forward(&x)?;
        for block in &self.vision {
            x = block.forward(&x, None)?;
        }
        let class = x.narrow(1, 0, 1)?.squeeze(1)?.contiguous()?;
        unit(&self.project_image.forward(&self.after.forward(&class)?)?)
    }

    /// Unit vectors `[texts, projection]` of `ids` `[texts, time]`, padded on the right; `lengths` count
    /// the tokens of each, the last of which is read.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn texts(&self, ids: &Tensor, lengths: &[usize]) -> Result<Tensor, TrainError> {
        let (texts, time) = ids.dims2()?;
        let positions = self.token_positions.narrow(0, 0, time)?;
        let mut x = self.tokens.forward(ids)?.broadcast_add(&positions)?;
        let mask = causal(time, ids.device())?;
        for block in &self.text {
            x = block.forward(&x, Some(&mask))?;
        }
        let last = lengths.iter().enumerate().map(|(row, length)| row * time + length - 1);
        let last: Vec<u32> = last.map(|at| u32::try_from(at).unwrap_or(u32::MAX)).collect();
        let last = Tensor::from_vec(last, texts, ids.device())?;
        let read = x.reshape((texts * time, ()))?.index_select(&last, 0)?;
        unit(&self.project_text.forward(&self.text_norm.forward(&read)?)?)
    }

    /// `exp(logit_scale) · images · textsᵀ`.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn logits(&self, images: &Tensor, texts: &Tensor) -> Result<Tensor, TrainError> {
        let scale = self.logit_scale.minimum(MAX_LOGIT_SCALE)?.exp()?;
        Ok(images.matmul(&texts.t()?)?.broadcast_mul(&scale)?)
    }
}

fn vision_name(part: &str) -> String {
    format!("vision_model.{part}")
}

fn text_name(part: &str) -> String {
    format!("text_model.{part}")
}

fn unit(x: &Tensor) -> Result<Tensor, TrainError> {
    let length = (x.sqr()?.sum_keepdim(D::Minus1)? + 1e-12)?.sqrt()?;
    Ok(x.broadcast_div(&length)?)
}

#[expect(clippy::cast_precision_loss, reason = "sizes are small")]
fn root(size: usize) -> f64 {
    (size as f64).sqrt()
}

/// A pre-norm block: attention, then a feed-forward layer with quick-GELU.
#[derive(Clone, Debug)]
struct Block {
    before_attention: LayerNorm,
    attention: Attention,
    before_mlp: LayerNorm,
    up: Linear,
    down: Linear,
}

fn blocks(
    params: &mut Params,
    tower: &str,
    config: &TowerConfig,
) -> Result<Vec<Block>, TrainError> {
    let count = config.num_hidden_layers;
    (0..count)
        .map(|index| Block::new(params, &format!("{tower}.encoder.layers.{index}"), config))
        .collect()
}

impl Block {
    fn new(params: &mut Params, name: &str, config: &TowerConfig) -> Result<Self, TrainError> {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        let std = (root(width) * root(2 * config.num_hidden_layers)).recip();
        let named = |part: &str| format!("{name}.{part}");
        let heads = config.num_attention_heads;
        Ok(Self {
            before_attention: LayerNorm::new(params, &named("layer_norm1"), width, EPS)?,
            attention: Attention::biased(params, &named("self_attn"), width, heads, std)?,
            before_mlp: LayerNorm::new(params, &named("layer_norm2"), width, EPS)?,
            up: Linear::biased(params, &named("mlp.fc1"), width, inner, root(2 * width).recip())?,
            down: Linear::biased(params, &named("mlp.fc2"), inner, width, std)?,
        })
    }

    fn forward(&self, x: &Tensor, mask: Option<&Tensor>) -> Result<Tensor, TrainError> {
        let x = (x + self.attention.forward(&self.before_attention.forward(x)?, mask, None)?)?;
        let inner = self.up.forward(&self.before_mlp.forward(&x)?)?;
        Ok((&x + self.down.forward(&quick_gelu(&inner)?)?)?)
    }
}

/// `x · σ(1.702 x)`.
fn quick_gelu(x: &Tensor) -> Result<Tensor, TrainError> {
    let gate = ((x * -1.702)?.exp()? + 1.0)?.recip()?;
    Ok((x * gate)?)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn every_parameter_has_the_gradient_of_finite_differences() {
        let tower = TowerConfig {
            hidden_size: 8,
            intermediate_size: 8,
            num_hidden_layers: 1,
            num_attention_heads: 2,
        };
        let config = ClipConfig {
            image_size: 4,
            patch_size: 2,
            vocab_size: 5,
            max_position_embeddings: 4,
            projection_dim: 4,
            vision: tower.clone(),
            text: tower,
        };
        let mut params = Params::new(3, &Device::Cpu);
        let network = Clip::new(&mut params, &config).unwrap();
        let patches: Vec<f32> = (0..96_u8).map(|at| (f32::from(at) * 0.7).sin()).collect();
        let patches = Tensor::from_vec(patches, (2, 4, 12), &Device::Cpu).unwrap();
        let ids = Tensor::new(&[[0_u32, 1, 4, 0], [0, 2, 3, 4]], &Device::Cpu).unwrap();
        let loss = || {
            let (images, texts) =
                (network.images(&patches).unwrap(), network.texts(&ids, &[3, 4]).unwrap());
            let logits = network.logits(&images, &texts).unwrap();
            let weights = Tensor::new(&[[1.0_f32, -0.5], [0.3, 0.8]], &Device::Cpu).unwrap();
            (logits * weights).unwrap().sum_all().unwrap()
        };
        let value = || f64::from(loss().to_scalar::<f32>().unwrap());
        let gradients = loss().backward().unwrap();
        for (name, variable) in params.iter() {
            let gradient: Vec<f32> =
                gradients.get(variable).unwrap().flatten_all().unwrap().to_vec1().unwrap();
            let (at, steepest) =
                gradient.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).unwrap();
            // What is added to all keys alike does not change the softmax.
            assert!(steepest.abs() > 1e-4 || name.ends_with("k_proj.bias"), "{name}");
            let before: Vec<f32> =
                variable.as_detached_tensor().flatten_all().unwrap().to_vec1().unwrap();
            let moved = |by: f32| {
                let mut values = before.clone();
                values[at] += by;
                variable
                    .set(&Tensor::from_vec(values, variable.shape(), &Device::Cpu).unwrap())
                    .unwrap();
                value()
            };
            let slope = (moved(2e-3) - moved(-2e-3)) / 4e-3;
            moved(0.0);
            let off = (slope - f64::from(*steepest)).abs();
            assert!(off < 0.05 * slope.abs().max(0.1), "{name}: {steepest} for {slope}");
        }
    }
}
