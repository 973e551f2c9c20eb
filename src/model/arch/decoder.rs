//! Pre-norm decoders with a sequence-classification head: Llama, Mistral, Qwen2, Qwen3.
//!
//! Touvron et al. 2023 (Llama), Yang et al. 2024 (Qwen2: biases on queries, keys and values), Qwen team
//! 2025 (Qwen3: RMS normalisation of queries and keys). The reward is read at the sequence's last token.

use candle_core::{DType, Tensor};
use serde::Deserialize;

use super::{Computed, Network, invalid, linear::Linear, parse};
use crate::model::{
    LoadError, PackedBatch, Weights,
    kernels::{Attention, Rope, rms_norm, rope_tables, swiglu},
};

#[derive(Debug, Deserialize)]
struct Config {
    model_type: String,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    vocab_size: usize,
    max_position_embeddings: usize,
    #[serde(default = "default_eps")]
    rms_norm_eps: f64,
    #[serde(default = "default_act")]
    hidden_act: String,
    attention_bias: Option<bool>,
    #[serde(default)]
    mlp_bias: bool,
    rope_theta: Option<f64>,
    #[serde(default)]
    rope_scaling: Option<Scaling>,
    #[serde(default)]
    rope_parameters: Option<Scaling>,
    sliding_window: Option<usize>,
    use_sliding_window: Option<bool>,
    max_window_layers: Option<usize>,
    layer_types: Option<Vec<String>>,
}

/// `rope_scaling` of older configurations, `rope_parameters` of newer ones.
#[derive(Debug, Deserialize)]
struct Scaling {
    #[serde(alias = "type", default)]
    rope_type: Option<String>,
    rope_theta: Option<f64>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<f64>,
}

fn default_eps() -> f64 {
    1e-6
}

fn default_act() -> String {
    "silu".to_owned()
}

impl Config {
    fn check(&self) -> Result<(), LoadError> {
        let kv = self.kv_heads();
        if self.num_attention_heads == 0 || kv == 0 || !self.num_attention_heads.is_multiple_of(kv)
        {
            return Err(invalid("num_key_value_heads does not divide num_attention_heads"));
        }
        if self.hidden_act != "silu" {
            return Err(invalid(format!("hidden_act `{}` is not supported", self.hidden_act)));
        }
        if !self.head_dim().is_multiple_of(2) {
            return Err(invalid("head_dim is odd"));
        }
        Ok(())
    }

    fn kv_heads(&self) -> usize {
        self.num_key_value_heads.unwrap_or(self.num_attention_heads)
    }

    fn head_dim(&self) -> usize {
        self.head_dim.unwrap_or(self.hidden_size / self.num_attention_heads.max(1))
    }

    /// Qwen2 has biases on the projections into attention whether its configuration says so or not.
    fn qkv_bias(&self) -> bool {
        self.attention_bias.unwrap_or(self.model_type == "qwen2")
    }

    fn window(&self, layer: usize) -> Option<usize> {
        let uses = match (self.model_type.as_str(), &self.layer_types) {
            ("mistral", _) => true,
            ("qwen2" | "qwen3", _) if self.use_sliding_window != Some(true) => false,
            (_, Some(types)) => types.get(layer).is_some_and(|kind| kind == "sliding_attention"),
            ("qwen2" | "qwen3", None) => self.max_window_layers.is_none_or(|first| layer >= first),
            _ => false,
        };
        self.sliding_window.filter(|_| uses)
    }

    fn rope(&self) -> Result<Rope, LoadError> {
        let scaling = self.rope_parameters.as_ref().or(self.rope_scaling.as_ref());
        let theta = scaling.and_then(|s| s.rope_theta).or(self.rope_theta).unwrap_or(10_000.0);
        let dim = self.head_dim();
        let plain = (0..dim / 2).map(|pair| theta.powf(-((2 * pair) as f64) / dim as f64));
        let frequencies: Vec<f64> = match scaling.and_then(|s| s.rope_type.as_deref()) {
            None | Some("default") => plain.collect(),
            Some("linear") => {
                let factor = required(scaling.and_then(|s| s.factor), "factor")?;
                plain.map(|frequency| frequency / factor).collect()
            }
            Some("llama3") => {
                let bands = Bands::of(scaling)?;
                plain.map(|frequency| bands.scaled(frequency)).collect()
            }
            Some(other) => return Err(invalid(format!("rope type `{other}` is not supported"))),
        };
        #[expect(clippy::cast_possible_truncation, reason = "f32 is what models compute in")]
        Ok(Rope {
            frequencies: frequencies.into_iter().map(|frequency| frequency as f32).collect(),
        })
    }
}

fn required(value: Option<f64>, name: &str) -> Result<f64, LoadError> {
    value.ok_or_else(|| invalid(format!("rope scaling lacks `{name}`")))
}

/// Llama 3.1's scaling: long wavelengths are stretched, short ones kept, those between blended.
struct Bands {
    factor: f64,
    low: f64,
    high: f64,
    context: f64,
}

impl Bands {
    fn of(scaling: Option<&Scaling>) -> Result<Self, LoadError> {
        let field = |get: fn(&Scaling) -> Option<f64>, name| required(scaling.and_then(get), name);
        Ok(Self {
            factor: field(|s| s.factor, "factor")?,
            low: field(|s| s.low_freq_factor, "low_freq_factor")?,
            high: field(|s| s.high_freq_factor, "high_freq_factor")?,
            context: field(
                |s| s.original_max_position_embeddings,
                "original_max_position_embeddings",
            )?,
        })
    }

    fn scaled(&self, frequency: f64) -> f64 {
        let wavelength = 2.0 * std::f64::consts::PI / frequency;
        if wavelength < self.context / self.high {
            frequency
        } else if wavelength > self.context / self.low {
            frequency / self.factor
        } else {
            let share = (self.context / wavelength - self.low) / (self.high - self.low);
            (1.0 - share) * frequency / self.factor + share * frequency
        }
    }
}

#[derive(Debug)]
struct Layer {
    before_attention: Tensor,
    qkv: Linear,
    attention: Attention,
    output: Linear,
    before_mlp: Tensor,
    gate_up: Linear,
    down: Linear,
}

#[derive(Debug)]
struct Decoder {
    embeddings: Tensor,
    layers: Vec<Layer>,
    norm: Tensor,
    head: Linear,
    labels: usize,
    rope: Rope,
    eps: f64,
    config: Config,
}

/// Builds a decoder with its classification head.
pub(super) fn build(
    config: &serde_json::Value,
    weights: &Weights,
) -> Result<Box<dyn Network>, LoadError> {
    let config: Config = parse(config)?;
    config.check()?;
    let hidden = config.hidden_size;
    let layers = (0..config.num_hidden_layers)
        .map(|index| layer(&config, index, weights))
        .collect::<Result<Vec<_>, _>>()?;
    let labels = match weights.shape("score.weight") {
        Some(shape) => shape.first().copied().unwrap_or(0),
        None => return Err(LoadError::NoHead("score.weight")),
    };
    weights.ignore("rotary_emb.inv_freq");
    Ok(Box::new(Decoder {
        embeddings: weights.get("model.embed_tokens.weight", &[config.vocab_size, hidden])?,
        layers,
        norm: weights.get("model.norm.weight", &[hidden])?,
        head: Linear::head(weights, "score", [labels, hidden])?,
        labels,
        rope: config.rope()?,
        eps: config.rms_norm_eps,
        config,
    }))
}

fn layer(config: &Config, index: usize, weights: &Weights) -> Result<Layer, LoadError> {
    let name = |part: &str| format!("model.layers.{index}.{part}");
    let (hidden, dim) = (config.hidden_size, config.head_dim());
    let (heads, kv_heads) = (config.num_attention_heads, config.kv_heads());
    let [q, k, v] = ["q_proj", "k_proj", "v_proj"].map(|part| name(&format!("self_attn.{part}")));
    let [gate, up] = ["gate_proj", "up_proj"].map(|part| name(&format!("mlp.{part}")));
    let parts = [(q.as_str(), heads * dim), (&k, kv_heads * dim), (&v, kv_heads * dim)];
    let inner = config.intermediate_size;
    let output_bias = config.attention_bias.unwrap_or(false) && config.model_type != "qwen2";
    let qk_norm = if config.model_type == "qwen3" {
        let q = weights.get(&name("self_attn.q_norm.weight"), &[dim])?;
        let k = weights.get(&name("self_attn.k_norm.weight"), &[dim])?;
        Some((q, k, config.rms_norm_eps))
    } else {
        None
    };
    let output = name("self_attn.o_proj");
    let gates = [(gate.as_str(), inner), (&up, inner)];
    Ok(Layer {
        before_attention: weights.get(&name("input_layernorm.weight"), &[hidden])?,
        qkv: Linear::fused(weights, &parts, hidden, config.qkv_bias())?,
        attention: Attention {
            heads,
            kv_heads,
            head_dim: dim,
            causal: true,
            window: config.window(index),
            qk_norm,
        },
        output: Linear::load(weights, &output, [hidden, heads * dim], output_bias)?,
        before_mlp: weights.get(&name("post_attention_layernorm.weight"), &[hidden])?,
        gate_up: Linear::fused(weights, &gates, hidden, config.mlp_bias)?,
        down: Linear::load(weights, &name("mlp.down_proj"), [hidden, inner], config.mlp_bias)?,
    })
}

impl Network for Decoder {
    fn forward(&self, batch: &PackedBatch) -> Computed {
        let device = self.embeddings.device();
        let ids = Tensor::new(batch.ids.as_slice(), device)?;
        let tables = rope_tables(&self.rope, batch);
        let mut x = self.embeddings.index_select(&ids, 0)?;
        for layer in &self.layers {
            let qkv = layer.qkv.forward(&rms_norm(&x, &layer.before_attention, self.eps)?)?;
            let seen = layer.attention.forward(&qkv, batch, Some(&tables))?;
            x = layer.output.onto(&x, &seen)?;
            let gates = layer.gate_up.forward(&rms_norm(&x, &layer.before_mlp, self.eps)?)?;
            x = layer.down.onto(&x, &swiglu(&gates)?)?;
        }
        // Only the last tokens are read: pool before the norm and the head.
        let last = x.index_select(&Tensor::new(batch.last(), device)?, 0)?;
        self.head.forward(&rms_norm(&last, &self.norm, self.eps)?.to_dtype(DType::F32)?)
    }

    fn labels(&self) -> usize {
        self.labels
    }

    fn max_tokens(&self) -> usize {
        self.config.max_position_embeddings
    }

    fn vocabulary(&self) -> usize {
        self.config.vocab_size
    }

    fn reads_pairs(&self) -> bool {
        false
    }
}
