//! Pre-norm transformers: Llama, Mistral, Qwen2, Qwen3, Gemma 1 to 3, Phi 3, InternLM2, GPT-NeoX, and
//! ModernBERT, which has their layers without causality.
//!
//! One body for all, described by a [`Shape`]. Touvron et al. 2023 (Llama), Yang et al. 2024 (Qwen2:
//! biases into attention), Qwen team 2025 (Qwen3: normalised queries and keys), Gemma team 2024 and 2025
//! (scaled embeddings, soft caps, norms behind attention and block, alternating windows), Abdin et al.
//! 2024 (Phi 3), Cai et al. 2024 (InternLM2), Black et al. 2022 (GPT-NeoX: attention and block side by
//! side), Warner et al. 2024 (ModernBERT).

mod config;
mod families;
mod heads;
mod names;
mod rope;

use candle_core::Tensor;

pub(super) use heads::{classifier, encoder, gated, language_model, process, reward_mlp};

use super::{Body, Computed, activation::Activation, linear::Linear, norm::Norm};
use crate::model::{
    PackedBatch, Weights, WeightsError,
    kernels::{Attention, Plan, Rope},
};
use config::Shape;
use names::Qkv;

#[derive(Debug)]
struct Layer {
    before_attention: Option<Norm>,
    qkv: Linear,
    attention: Attention,
    output: Linear,
    after_attention: Option<Norm>,
    before_mlp: Norm,
    up: Linear,
    down: Linear,
    after_mlp: Option<Norm>,
    activation: Activation,
    gated: bool,
    parallel: bool,
}

#[derive(Debug)]
struct PreNorm {
    embeddings: Tensor,
    embedding_scale: Option<f64>,
    embeddings_norm: Option<Norm>,
    layers: Vec<Layer>,
    norm: Norm,
    ropes: [Rope; 2],
}

impl PreNorm {
    fn load(shape: &Shape, weights: &Weights) -> Result<Self, WeightsError> {
        let Shape { hidden, names, .. } = *shape;
        let layers = (0..shape.windows.len())
            .map(|index| Loader { shape, index, weights }.layer())
            .collect::<Result<Vec<_>, _>>()?;
        for buffer in ["rotary_emb.inv_freq", "attention.bias", "attention.masked_bias"] {
            weights.ignore(buffer);
        }
        let norm = |name: &str| shape.norm.load(weights, name, hidden, shape.eps);
        Ok(Self {
            embeddings: weights
                .get(&format!("{}.weight", names.embeddings), &[shape.vocabulary, hidden])?,
            embedding_scale: shape.embedding_scale,
            embeddings_norm: names.embeddings_norm.map(norm).transpose()?,
            layers,
            norm: norm(names.norm)?,
            ropes: shape.ropes.clone(),
        })
    }
}

/// Reads one layer.
struct Loader<'a> {
    shape: &'a Shape,
    index: usize,
    weights: &'a Weights,
}

impl Loader<'_> {
    fn name(&self, part: &str) -> String {
        format!("{}.{}.{part}", self.shape.names.layer, self.index)
    }

    fn norm(&self, part: &str) -> Result<Norm, WeightsError> {
        let Shape { norm, hidden, eps, .. } = *self.shape;
        norm.load(self.weights, &self.name(part), hidden, eps)
    }

    fn layer(&self) -> Result<Layer, WeightsError> {
        let Shape { hidden, inner, heads, head_dim, names, output_bias, mlp_bias, .. } =
            *self.shape;
        let bare = self.shape.first_is_bare && self.index == 0;
        let linear = |part, shape, bias| Linear::load(self.weights, &self.name(part), shape, bias);
        Ok(Layer {
            before_attention: if bare { None } else { Some(self.norm(names.before_attention)?) },
            qkv: self.qkv()?,
            attention: self.attention()?,
            output: linear(names.output, [hidden, heads * head_dim], output_bias)?,
            after_attention: names.after_attention.map(|part| self.norm(part)).transpose()?,
            before_mlp: self.norm(names.before_mlp)?,
            up: self.up()?,
            down: linear(names.down, [hidden, inner], mlp_bias)?,
            after_mlp: names.after_mlp.map(|part| self.norm(part)).transpose()?,
            activation: self.shape.activation,
            gated: self.shape.gated,
            parallel: self.shape.parallel,
        })
    }

    fn qkv(&self) -> Result<Linear, WeightsError> {
        let Shape { hidden, heads, kv_heads, head_dim, qkv_bias, names, .. } = *self.shape;
        let (queries, keys) = (heads * head_dim, kv_heads * head_dim);
        match names.qkv {
            Qkv::Separate(parts) => {
                let [q, k, v] = parts.map(|part| self.name(part));
                let parts = [(q.as_str(), queries), (&k, keys), (&v, keys)];
                Linear::fused(self.weights, &parts, hidden, qkv_bias)
            }
            Qkv::Stacked(part) => {
                let shape = [queries + 2 * keys, hidden];
                Linear::load(self.weights, &self.name(part), shape, qkv_bias)
            }
            Qkv::Interleaved(part) => {
                let layout = [kv_heads, heads / kv_heads, head_dim];
                Linear::interleaved(self.weights, &self.name(part), layout, hidden, qkv_bias)
            }
        }
    }

    fn up(&self) -> Result<Linear, WeightsError> {
        let Shape { hidden, inner, gated, mlp_bias, names, .. } = *self.shape;
        let width = if gated { 2 * inner } else { inner } / names.up.len();
        let parts: Vec<_> = names.up.iter().map(|part| self.name(part)).collect();
        let parts: Vec<_> = parts.iter().map(|part| (part.as_str(), width)).collect();
        Linear::fused(self.weights, &parts, hidden, mlp_bias)
    }

    fn attention(&self) -> Result<Attention, WeightsError> {
        let Shape { heads, kv_heads, head_dim, causal, scale, softcap, norm, eps, .. } =
            *self.shape;
        let weight = |part| norm.weight(self.weights, &self.name(part), head_dim);
        let qk_norm = if self.shape.qk_norm {
            Some((weight("self_attn.q_norm")?, weight("self_attn.k_norm")?, eps))
        } else {
            None
        };
        let window = self.shape.windows[self.index];
        Ok(Attention { heads, kv_heads, head_dim, causal, window, scale, softcap, qk_norm })
    }
}

impl Layer {
    fn forward(&self, x: &Tensor, batch: &PackedBatch, plan: &Plan) -> Computed {
        let qkv = match &self.before_attention {
            Some(norm) => self.qkv.forward(&norm.forward(x)?)?,
            None => self.qkv.forward(x)?,
        };
        let seen = self.attention.forward(&qkv, batch, plan)?;
        let attended = added(x, &self.output, self.after_attention.as_ref(), &seen)?;
        let read = if self.parallel { x } else { &attended };
        let read = self.before_mlp.forward(read)?;
        let inner = if self.gated {
            self.up.gated(&read, self.activation)?
        } else {
            self.up.activated(&read, self.activation)?
        };
        added(&attended, &self.down, self.after_mlp.as_ref(), &inner)
    }
}

/// `onto` and what `linear`, then `norm` where there is one, make of `x`.
fn added(onto: &Tensor, linear: &Linear, norm: Option<&Norm>, x: &Tensor) -> Computed {
    match norm {
        Some(norm) => onto + norm.forward(&linear.forward(x)?)?,
        None => linear.onto(onto, x),
    }
}

impl Body for PreNorm {
    fn looks_back_only(&self) -> bool {
        // LongRoPE turns the same tokens otherwise in a longer sequence.
        let fixed = self.ropes.iter().all(|rope| rope.long.is_none());
        fixed && self.layers.iter().all(|layer| layer.attention.causal)
    }

    fn hidden(&self, batch: &PackedBatch) -> Computed {
        let ids = Tensor::new(batch.ids.as_slice(), self.embeddings.device())?;
        let mut x = self.embeddings.index_select(&ids, 0)?;
        if let Some(scale) = self.embedding_scale {
            x = (x * scale)?;
        }
        if let Some(norm) = &self.embeddings_norm {
            x = norm.forward(&x)?;
        }
        // One for layers that see all, one for those with a window, when the first of them comes.
        let mut plans = [None, None];
        for layer in &self.layers {
            let windowed = usize::from(layer.attention.window.is_some());
            let plan = match plans[windowed].take() {
                Some(plan) => plan,
                None => layer.attention.plan(batch, Some(&self.ropes[windowed]), &x)?,
            };
            x = layer.forward(&x, batch, &plan)?;
            plans[windowed] = Some(plan);
        }
        Ok(x)
    }

    fn finish(&self, rows: &Tensor) -> Computed {
        self.norm.forward(rows)
    }
}
