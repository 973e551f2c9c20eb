//! `config.json` of the pre-norm families, and the one shape that all of them come down to.

use serde::Deserialize;

use super::{
    names::{GEMMA2, GPT_NEOX, INTERNLM2, LLAMA, MODERNBERT, Names, PHI3},
    rope::{Rotary, Scaling},
};
use crate::model::{
    LoadError,
    arch::{activation::Activation, invalid, norm::NormKind},
    kernels::Rope,
};

/// The keys that any of the families has.
#[derive(Debug, Deserialize)]
pub(super) struct Config {
    model_type: String,
    pub(super) hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    pub(super) vocab_size: usize,
    max_position_embeddings: usize,
    original_max_position_embeddings: Option<f64>,
    rms_norm_eps: Option<f64>,
    layer_norm_eps: Option<f64>,
    norm_eps: Option<f64>,
    norm_bias: Option<bool>,
    hidden_act: Option<String>,
    hidden_activation: Option<String>,
    attention_bias: Option<bool>,
    bias: Option<bool>,
    mlp_bias: Option<bool>,
    rope_theta: Option<f64>,
    rotary_emb_base: Option<f64>,
    global_rope_theta: Option<f64>,
    local_rope_theta: Option<f64>,
    rope_local_base_freq: Option<f64>,
    rope_scaling: Option<Scaling>,
    rope_parameters: Option<Scaling>,
    partial_rotary_factor: Option<f64>,
    rotary_pct: Option<f64>,
    sliding_window: Option<usize>,
    use_sliding_window: Option<bool>,
    max_window_layers: Option<usize>,
    sliding_window_pattern: Option<usize>,
    global_attn_every_n_layers: Option<usize>,
    local_attention: Option<usize>,
    layer_types: Option<Vec<String>>,
    query_pre_attn_scalar: Option<f64>,
    attn_logit_softcapping: Option<f32>,
    use_bidirectional_attention: Option<bool>,
    use_parallel_residual: Option<bool>,
    pub(super) classifier_pooling: Option<String>,
    pub(super) classifier_activation: Option<String>,
    pub(super) classifier_bias: Option<bool>,
    /// The name of the head in OpenRLHF's checkpoints.
    pub(super) value_head_prefix: Option<String>,
    /// The token that InternLM2's reward models are read at.
    pub(super) reward_token_id: Option<u32>,
    pub(super) num_objectives: Option<usize>,
    pub(super) gating_temperature: Option<f64>,
    pub(super) gating_hidden_dim: Option<usize>,
    pub(super) gating_n_hidden: Option<usize>,
}

/// A pre-norm transformer as data.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) hidden: usize,
    pub(super) inner: usize,
    pub(super) vocabulary: usize,
    pub(super) max_tokens: usize,
    pub(super) heads: usize,
    pub(super) kv_heads: usize,
    pub(super) head_dim: usize,
    pub(super) norm: NormKind,
    pub(super) eps: f64,
    /// Whether the first layer's attention reads its input as it is (ModernBERT).
    pub(super) first_is_bare: bool,
    pub(super) activation: Activation,
    pub(super) gated: bool,
    pub(super) qkv_bias: bool,
    pub(super) output_bias: bool,
    pub(super) mlp_bias: bool,
    pub(super) qk_norm: bool,
    pub(super) causal: bool,
    pub(super) scale: f32,
    pub(super) softcap: Option<f32>,
    pub(super) embedding_scale: Option<f64>,
    /// Whether attention and block read the same input (GPT-NeoX).
    pub(super) parallel: bool,
    /// For layers that see all, and for those with a window.
    pub(super) ropes: [Rope; 2],
    /// Each layer's window; none: it sees all.
    pub(super) windows: Vec<Option<usize>>,
    pub(super) names: &'static Names,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Llama,
    Mistral,
    Qwen2,
    Qwen3,
    Gemma,
    Gemma2,
    Gemma3,
    Phi3,
    InternLm2,
    GptNeoX,
    ModernBert,
}

impl Family {
    fn named(model_type: &str) -> Result<Self, LoadError> {
        Ok(match model_type {
            "llama" => Self::Llama,
            "mistral" => Self::Mistral,
            "qwen2" => Self::Qwen2,
            "qwen3" => Self::Qwen3,
            "gemma" => Self::Gemma,
            "gemma2" => Self::Gemma2,
            "gemma3_text" => Self::Gemma3,
            "phi3" => Self::Phi3,
            "internlm2" => Self::InternLm2,
            "gpt_neox" => Self::GptNeoX,
            "modernbert" => Self::ModernBert,
            other => return Err(invalid(format!("model_type `{other}` is not supported"))),
        })
    }

    fn is_gemma(self) -> bool {
        matches!(self, Self::Gemma | Self::Gemma2 | Self::Gemma3)
    }

    fn names(self) -> &'static Names {
        match self {
            Self::Llama | Self::Mistral | Self::Qwen2 | Self::Qwen3 | Self::Gemma => &LLAMA,
            Self::Gemma2 | Self::Gemma3 => &GEMMA2,
            Self::Phi3 => &PHI3,
            Self::InternLm2 => &INTERNLM2,
            Self::GptNeoX => &GPT_NEOX,
            Self::ModernBert => &MODERNBERT,
        }
    }

    fn default_eps(self) -> f64 {
        if matches!(self, Self::Phi3 | Self::GptNeoX | Self::ModernBert) { 1e-5 } else { 1e-6 }
    }

    fn default_activation(self) -> &'static str {
        match self {
            Self::GptNeoX | Self::ModernBert => "gelu",
            family if family.is_gemma() => "gelu_pytorch_tanh",
            _ => "silu",
        }
    }

    /// Base wavelengths where the configuration names none: of layers that see all, of those with a
    /// window.
    fn default_thetas(self) -> [f64; 2] {
        match self {
            Self::Gemma3 => [1_000_000.0, 10_000.0],
            Self::ModernBert => [160_000.0, 10_000.0],
            _ => [10_000.0; 2],
        }
    }
}

impl Config {
    /// Checks the configuration and brings it into shape.
    pub(super) fn shape(&self) -> Result<Shape, LoadError> {
        let family = Family::named(&self.model_type)?;
        let (heads, kv_heads) = (self.num_attention_heads, self.kv_heads());
        if heads == 0 || kv_heads == 0 || !heads.is_multiple_of(kv_heads) {
            return Err(invalid("num_key_value_heads does not divide num_attention_heads"));
        }
        if self.use_bidirectional_attention == Some(true) {
            return Err(invalid("use_bidirectional_attention is not supported"));
        }
        let head_dim = self.head_dim.unwrap_or(self.hidden_size / heads);
        let base = self.query_pre_attn_scalar.unwrap_or(head_dim as f64);
        #[expect(clippy::cast_possible_truncation, reason = "f32 is what models compute in")]
        let scale = base.sqrt().recip() as f32;
        let bias = self.attention_bias.or(self.bias);
        Ok(Shape {
            hidden: self.hidden_size,
            inner: self.intermediate_size,
            vocabulary: self.vocab_size,
            max_tokens: self.max_position_embeddings,
            heads,
            kv_heads,
            head_dim,
            norm: self.norm(family),
            eps: self.eps(family),
            first_is_bare: family == Family::ModernBert,
            activation: self.activation(family)?,
            gated: family != Family::GptNeoX,
            // Qwen2 has biases into attention, and none out of it, whatever its configuration says.
            qkv_bias: bias.unwrap_or(matches!(family, Family::Qwen2 | Family::GptNeoX)),
            output_bias: bias.unwrap_or(family == Family::GptNeoX) && family != Family::Qwen2,
            mlp_bias: self.mlp_bias.unwrap_or(family == Family::GptNeoX),
            qk_norm: matches!(family, Family::Qwen3 | Family::Gemma3),
            causal: family != Family::ModernBert,
            scale,
            softcap: self.attn_logit_softcapping.filter(|_| family == Family::Gemma2),
            embedding_scale: family.is_gemma().then(|| (self.hidden_size as f64).sqrt()),
            parallel: family == Family::GptNeoX && self.use_parallel_residual.unwrap_or(true),
            ropes: self.ropes(family, head_dim)?,
            windows: (0..self.num_hidden_layers).map(|layer| self.window(family, layer)).collect(),
            names: family.names(),
        })
    }

    fn kv_heads(&self) -> usize {
        self.num_key_value_heads.unwrap_or(self.num_attention_heads)
    }

    fn eps(&self, family: Family) -> f64 {
        let named = match family {
            Family::GptNeoX => self.layer_norm_eps,
            Family::ModernBert => self.norm_eps,
            _ => self.rms_norm_eps,
        };
        named.unwrap_or(family.default_eps())
    }

    fn norm(&self, family: Family) -> NormKind {
        match family {
            Family::GptNeoX => NormKind::Layer,
            Family::ModernBert if self.norm_bias == Some(true) => NormKind::Layer,
            Family::ModernBert => NormKind::LayerNoBias,
            family if family.is_gemma() => NormKind::RmsOffset,
            _ => NormKind::Rms,
        }
    }

    fn activation(&self, family: Family) -> Result<Activation, LoadError> {
        let named = match family {
            Family::Gemma2 | Family::Gemma3 | Family::ModernBert => &self.hidden_activation,
            _ => &self.hidden_act,
        };
        match named.as_deref().unwrap_or(family.default_activation()) {
            // The first Gemma's configurations say `gelu` and mean its approximation.
            "gelu" if family == Family::Gemma => Ok(Activation::GeluTanh),
            name => Activation::named("hidden_act", name),
        }
    }

    fn window(&self, family: Family, layer: usize) -> Option<usize> {
        let every = |n: Option<usize>, default: usize| n.unwrap_or(default).max(1);
        let typed = self.layer_types.as_ref();
        let typed =
            typed.map(|types| types.get(layer).is_some_and(|kind| kind == "sliding_attention"));
        let uses = match family {
            Family::Mistral | Family::Phi3 => true,
            Family::Qwen2 | Family::Qwen3 => {
                let from_layer = || self.max_window_layers.is_none_or(|first| layer >= first);
                self.use_sliding_window == Some(true) && typed.unwrap_or_else(from_layer)
            }
            Family::Gemma2 => typed.unwrap_or(layer.is_multiple_of(2)),
            Family::Gemma3 => {
                let whole = every(self.sliding_window_pattern, 6);
                typed.unwrap_or(!(layer + 1).is_multiple_of(whole))
            }
            Family::ModernBert => {
                let whole = every(self.global_attn_every_n_layers, 3);
                typed.unwrap_or(!layer.is_multiple_of(whole))
            }
            Family::Llama | Family::Gemma | Family::InternLm2 | Family::GptNeoX => false,
        };
        let window = match family {
            Family::ModernBert => Some(self.local_attention.unwrap_or(128) / 2 + 1),
            Family::Gemma2 | Family::Gemma3 => self.sliding_window.or(Some(4096)),
            _ => self.sliding_window,
        };
        window.filter(|_| uses)
    }

    fn ropes(&self, family: Family, head_dim: usize) -> Result<[Rope; 2], LoadError> {
        let [global, local] = family.default_thetas();
        let newer = self.rope_parameters.as_ref();
        let older = self.rope_scaling.as_ref();
        let whole = newer.map(|newer| newer.full_attention.as_deref().unwrap_or(newer)).or(older);
        let theta = match family {
            Family::GptNeoX => self.rotary_emb_base.or(self.rope_theta),
            Family::ModernBert => self.global_rope_theta,
            _ => self.rope_theta,
        };
        let all = self.rope(family, head_dim, whole, theta.unwrap_or(global))?;
        if !matches!(family, Family::Gemma3 | Family::ModernBert) {
            return Ok([all.clone(), all]);
        }
        // Only ModernBERT scales the layers with a window as well.
        let older = older.filter(|_| family == Family::ModernBert);
        let windowed = newer.and_then(|newer| newer.sliding_attention.as_deref()).or(older);
        let theta = self.local_rope_theta.or(self.rope_local_base_freq).unwrap_or(local);
        Ok([all, self.rope(family, head_dim, windowed, theta)?])
    }

    fn rope(
        &self,
        family: Family,
        head_dim: usize,
        scaling: Option<&Scaling>,
        theta: f64,
    ) -> Result<Rope, LoadError> {
        let partial = scaling
            .and_then(|scaling| scaling.partial_rotary_factor)
            .or(self.partial_rotary_factor)
            .or(self.rotary_pct)
            .unwrap_or(if family == Family::GptNeoX { 0.25 } else { 1.0 });
        if !(partial > 0.0 && partial <= 1.0) {
            return Err(invalid("the rotary share of a head is not between 0 and 1"));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a width")]
        let dim = (head_dim as f64 * partial) as usize;
        if !dim.is_multiple_of(2) {
            return Err(invalid("head_dim is odd"));
        }
        Rotary {
            theta: scaling.and_then(|scaling| scaling.rope_theta).unwrap_or(theta),
            dim,
            scaling,
            context: self.max_position_embeddings as f64,
            original_context: self.original_max_position_embeddings,
            is_phi: family == Family::Phi3,
        }
        .rope()
    }
}
