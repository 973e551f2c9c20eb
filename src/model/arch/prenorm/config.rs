//! `config.json` of the pre-norm families, and the one shape that all of them come down to.

use serde::Deserialize;

use super::{
    families::{FAMILIES, Family, Windows},
    names::Names,
    rope::{Rotary, Scaling},
};
use crate::model::{
    LoadError,
    arch::{activation::Activation, invalid, norm::NormKind},
    kernels::{Gelu, Rope},
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

impl Config {
    /// Checks the configuration and brings it into shape.
    pub(super) fn shape(&self) -> Result<Shape, LoadError> {
        let family = self.family()?;
        let (heads, kv_heads) = (self.num_attention_heads, self.kv_heads());
        if heads == 0 || kv_heads == 0 || !heads.is_multiple_of(kv_heads) {
            return Err(invalid("num_key_value_heads does not divide num_attention_heads"));
        }
        if self.use_bidirectional_attention == Some(true) {
            return Err(invalid("use_bidirectional_attention is not supported"));
        }
        let head_dim = self.head_dim.unwrap_or(self.hidden_size / heads);
        if head_dim == 0 {
            return Err(invalid("a head has no width"));
        }
        let base = self.query_pre_attn_scalar.unwrap_or(head_dim as f64);
        #[expect(clippy::cast_possible_truncation, reason = "f32 is what models compute in")]
        let scale = base.sqrt().recip() as f32;
        let bias = self.attention_bias.or(self.bias).unwrap_or(family.attention_bias);
        Ok(Shape {
            hidden: self.hidden_size,
            inner: self.intermediate_size,
            vocabulary: self.vocab_size,
            max_tokens: self.max_position_embeddings,
            heads,
            kv_heads,
            head_dim,
            norm: if self.norm_bias == Some(true) { NormKind::Layer } else { family.norm },
            eps: self.eps().unwrap_or(family.eps),
            first_is_bare: family.first_is_bare,
            activation: self.activation(family)?,
            gated: family.gated,
            qkv_bias: bias,
            output_bias: bias && family.output_bias,
            mlp_bias: self.mlp_bias.unwrap_or(family.mlp_bias),
            qk_norm: family.qk_norm,
            causal: family.causal,
            scale,
            softcap: self.attn_logit_softcapping.filter(|_| family.softcap),
            embedding_scale: family.scaled.then(|| (self.hidden_size as f64).sqrt()),
            parallel: family.parallel && self.use_parallel_residual.unwrap_or(true),
            ropes: self.ropes(family, head_dim)?,
            windows: (0..self.num_hidden_layers).map(|layer| self.window(family, layer)).collect(),
            names: family.names,
        })
    }

    fn family(&self) -> Result<&'static Family, LoadError> {
        let found = FAMILIES.iter().find(|(model_type, _)| *model_type == self.model_type);
        let unknown = || invalid(format!("model_type `{}` is not supported", self.model_type));
        found.map(|(_, family)| family).ok_or_else(unknown)
    }

    fn kv_heads(&self) -> usize {
        self.num_key_value_heads.unwrap_or(self.num_attention_heads)
    }

    fn eps(&self) -> Option<f64> {
        self.norm_eps.or(self.rms_norm_eps).or(self.layer_norm_eps)
    }

    fn activation(&self, family: &Family) -> Result<Activation, LoadError> {
        let named = self.hidden_activation.as_ref().or(self.hidden_act.as_ref());
        match named.map_or(family.activation, String::as_str) {
            "gelu" if family.gelu_is_approximate => Ok(Activation::Gelu(Gelu::Tanh)),
            name => Activation::named("hidden_act", name),
        }
    }

    fn window(&self, family: &Family, layer: usize) -> Option<usize> {
        let typed = self.layer_types.as_ref();
        let typed =
            typed.map(|types| types.get(layer).is_some_and(|kind| kind == "sliding_attention"));
        let rounds = self.sliding_window_pattern.or(self.global_attn_every_n_layers);
        let rounds = |default: usize| rounds.unwrap_or(default).max(1);
        let uses = match family.windows {
            Windows::Never => false,
            Windows::Always => true,
            Windows::Asked => {
                let from_layer = || self.max_window_layers.is_none_or(|first| layer >= first);
                self.use_sliding_window == Some(true) && typed.unwrap_or_else(from_layer)
            }
            Windows::AllButLast(n) => typed.unwrap_or(!(layer + 1).is_multiple_of(rounds(n))),
            Windows::AllButFirst(n) => typed.unwrap_or(!layer.is_multiple_of(rounds(n))),
        };
        // ModernBERT says how wide a window is to both sides together.
        let window = self.local_attention.map(|both| both / 2 + 1);
        window.or(self.sliding_window).or(family.window).filter(|_| uses)
    }

    fn ropes(&self, family: &Family, head_dim: usize) -> Result<[Rope; 2], LoadError> {
        let [global, local] = family.thetas;
        let newer = self.rope_parameters.as_ref();
        let older = self.rope_scaling.as_ref();
        let whole = newer.map(|newer| newer.full_attention.as_deref().unwrap_or(newer)).or(older);
        let theta = self.rotary_emb_base.or(self.global_rope_theta).or(self.rope_theta);
        let all = self.rope(family, head_dim, whole, theta.unwrap_or(global))?;
        if !family.two_ropes {
            return Ok([all.clone(), all]);
        }
        let older = older.filter(|_| family.scales_both);
        let windowed = newer.and_then(|newer| newer.sliding_attention.as_deref()).or(older);
        let theta = self.local_rope_theta.or(self.rope_local_base_freq).unwrap_or(local);
        Ok([all, self.rope(family, head_dim, windowed, theta)?])
    }

    fn rope(
        &self,
        family: &Family,
        head_dim: usize,
        scaling: Option<&Scaling>,
        theta: f64,
    ) -> Result<Rope, LoadError> {
        let partial = scaling
            .and_then(|scaling| scaling.partial_rotary_factor)
            .or(self.partial_rotary_factor)
            .or(self.rotary_pct)
            .unwrap_or(family.rotary);
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
            yarn_is_longrope: family.yarn_is_longrope,
        }
        .rope()
    }
}
