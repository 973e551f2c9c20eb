//! Pre-norm transformer layers as CLIP and SigLIP have them, for images and texts alike.

mod text;

use candle_core::Tensor;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    Computed,
    activation::Activation,
    invalid,
    linear::Linear,
    norm::{Norm, NormKind},
    parse,
};
use crate::model::{LoadError, PackedBatch, Weights, WeightsError, kernels::Attention};
pub(super) use text::TextTower;

/// What a tower is like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) hidden: usize,
    pub(super) intermediate: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) eps: f64,
    pub(super) activation: Activation,
    pub(super) causal: bool,
}

/// What a tower's part of a configuration may say of its shape.
#[derive(Deserialize)]
struct Said {
    hidden_size: Option<usize>,
    intermediate_size: Option<usize>,
    num_hidden_layers: Option<usize>,
    num_attention_heads: Option<usize>,
    hidden_act: Option<String>,
    layer_norm_eps: Option<f64>,
}

/// The part of a configuration under the first of `names` that is there; without one, all is default.
pub(super) fn part(config: &Value, names: &[&str]) -> Value {
    let found = names.iter().map(|name| &config[name]).find(|value| !value.is_null());
    found.cloned().unwrap_or_else(|| Value::Object(Map::new()))
}

impl Shape {
    /// A tower as its part of a configuration says; what it leaves out is its family's.
    pub(super) fn of(config: &Value, family: Self) -> Result<Self, LoadError> {
        let said: Said = parse(config)?;
        let activation = said.hidden_act.map(|name| Activation::named("hidden_act", &name));
        let shape = Self {
            hidden: said.hidden_size.unwrap_or(family.hidden),
            intermediate: said.intermediate_size.unwrap_or(family.intermediate),
            layers: said.num_hidden_layers.unwrap_or(family.layers),
            heads: said.num_attention_heads.unwrap_or(family.heads),
            eps: said.layer_norm_eps.unwrap_or(family.eps),
            activation: activation.transpose()?.unwrap_or(family.activation),
            causal: family.causal,
        };
        if shape.heads == 0 || !shape.hidden.is_multiple_of(shape.heads) {
            return Err(invalid("num_attention_heads does not divide hidden_size"));
        }
        Ok(shape)
    }

    pub(super) fn norm(&self, weights: &Weights, name: &str) -> Result<Norm, WeightsError> {
        NormKind::Layer.load(weights, name, self.hidden, self.eps)
    }

    pub(super) fn mlp(&self, weights: &Weights, name: &str) -> Result<Mlp, WeightsError> {
        let [up, down] = ["fc1", "fc2"].map(|part| format!("{name}.{part}"));
        Ok(Mlp {
            up: Linear::load(weights, &up, [self.intermediate, self.hidden], true)?,
            down: Linear::load(weights, &down, [self.hidden, self.intermediate], true)?,
            activation: self.activation,
        })
    }

    fn attention(&self) -> Attention {
        Attention {
            heads: self.heads,
            kv_heads: self.heads,
            head_dim: self.hidden / self.heads,
            causal: self.causal,
            window: None,
            scale: ((self.hidden / self.heads) as f32).sqrt().recip(),
            softcap: None,
            qk_norm: None,
        }
    }
}

/// `down(activation(up(x)))`.
#[derive(Debug)]
pub(super) struct Mlp {
    up: Linear,
    down: Linear,
    activation: Activation,
}

impl Mlp {
    /// Added to `onto`.
    pub(super) fn onto(&self, onto: &Tensor, x: &Tensor) -> Computed {
        self.down.onto(onto, &self.up.activated(x, self.activation)?)
    }
}

#[derive(Debug)]
struct Layer {
    before_attention: Norm,
    qkv: Linear,
    output: Linear,
    before_mlp: Norm,
    mlp: Mlp,
}

/// A stack of layers.
#[derive(Debug)]
pub(super) struct Tower {
    layers: Vec<Layer>,
    attention: Attention,
}

impl Tower {
    /// `{root}.encoder.layers.…`.
    pub(super) fn load(weights: &Weights, root: &str, shape: &Shape) -> Result<Self, WeightsError> {
        let layers = (0..shape.layers)
            .map(|index| Layer::load(weights, &format!("{root}.encoder.layers.{index}"), shape))
            .collect::<Result<_, _>>()?;
        Ok(Self { layers, attention: shape.attention() })
    }

    /// `x` is `[positions, hidden]`, its sequences laid out as `batch` says; so is the result.
    pub(super) fn forward(&self, mut x: Tensor, batch: &PackedBatch) -> Computed {
        let plan = self.attention.plan(batch, None, &x)?;
        for layer in &self.layers {
            let qkv = layer.qkv.forward(&layer.before_attention.forward(&x)?)?;
            let seen = self.attention.forward(&qkv, batch, &plan)?;
            x = layer.output.onto(&x, &seen)?;
            x = layer.mlp.onto(&x, &layer.before_mlp.forward(&x)?)?;
        }
        Ok(x)
    }
}

impl Layer {
    fn load(weights: &Weights, name: &str, shape: &Shape) -> Result<Self, WeightsError> {
        let named = |part: &str| format!("{name}.{part}");
        let hidden = shape.hidden;
        let [q, k, v] =
            ["q_proj", "k_proj", "v_proj"].map(|part| named(&format!("self_attn.{part}")));
        let parts = [(q.as_str(), hidden), (&k, hidden), (&v, hidden)];
        Ok(Self {
            before_attention: shape.norm(weights, &named("layer_norm1"))?,
            qkv: Linear::fused(weights, &parts, hidden, true)?,
            output: Linear::load(weights, &named("self_attn.out_proj"), [hidden, hidden], true)?,
            before_mlp: shape.norm(weights, &named("layer_norm2"))?,
            mlp: shape.mlp(weights, &named("mlp"))?,
        })
    }
}

/// A convolution whose stride is its size, as a product: patches to vectors.
#[derive(Debug)]
pub(super) struct PatchEmbedding {
    weight: Tensor,
    bias: Option<Tensor>,
}

impl PatchEmbedding {
    pub(super) fn load(
        weights: &Weights,
        name: &str,
        [hidden, patch]: [usize; 2],
        bias: bool,
    ) -> Result<Self, WeightsError> {
        let weight = weights.get(&format!("{name}.weight"), &[hidden, 3, patch, patch])?;
        let bias = bias.then(|| weights.get(&format!("{name}.bias"), &[hidden])).transpose()?;
        Ok(Self { weight: weight.reshape((hidden, 3 * patch * patch))?, bias })
    }

    /// `[patches, 3 · patch²]` to `[patches, hidden]`.
    pub(super) fn forward(&self, patches: &Tensor) -> Computed {
        let patches = patches.to_dtype(self.weight.dtype())?;
        crate::model::kernels::linear(&patches, &self.weight, self.bias.as_ref(), None)
    }
}
