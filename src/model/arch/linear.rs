//! `x Wᵀ + b`.

use candle_core::Tensor;

use super::{Computed, activation::Activation, norm::Norm};
use crate::model::{
    Weights, WeightsError,
    kernels::{linear, linear_gated, linear_gelu, linear_layer_norm},
};

/// A linear map, its weight stored `[out, in]`.
#[derive(Debug)]
pub(super) struct Linear {
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Linear {
    /// `{name}.weight` and, when `bias`, `{name}.bias`.
    pub(super) fn load(
        weights: &Weights,
        name: &str,
        [out, input]: [usize; 2],
        bias: bool,
    ) -> Result<Self, WeightsError> {
        Self::fused(weights, &[(name, out)], input, bias)
    }

    /// Several maps of the same input as one product, their outputs side by side.
    pub(super) fn fused(
        weights: &Weights,
        parts: &[(&str, usize)],
        input: usize,
        bias: bool,
    ) -> Result<Self, WeightsError> {
        let weight = parts
            .iter()
            .map(|(name, out)| weights.get(&format!("{name}.weight"), &[*out, input]))
            .collect::<Result<Vec<_>, _>>()?;
        let bias = parts
            .iter()
            .filter(|_| bias)
            .map(|(name, out)| weights.get(&format!("{name}.bias"), &[*out]))
            .collect::<Result<Vec<_>, _>>()?;
        let bias = if bias.is_empty() { None } else { Some(Tensor::cat(&bias, 0)?) };
        Ok(Self { weight: Tensor::cat(&weight, 0)?, bias })
    }

    /// One stored map whose outputs lie, for each key head, as its queries, its key and its value: put in
    /// the order of [`fused`](Self::fused), all queries, all keys, all values (InternLM2, GPT-NeoX).
    pub(super) fn interleaved(
        weights: &Weights,
        name: &str,
        [kv_heads, queries, head_dim]: [usize; 3],
        input: usize,
        bias: bool,
    ) -> Result<Self, WeightsError> {
        let stored = Self::load(weights, name, [kv_heads * (queries + 2) * head_dim, input], bias)?;
        let ordered = |stored: &Tensor| -> Computed {
            let rest = stored.dims()[1..].iter().product::<usize>();
            let heads = stored.reshape((kv_heads, queries + 2, head_dim * rest))?;
            let part = |from, count| heads.narrow(1, from, count)?.contiguous()?.flatten_all();
            let parts = [part(0, queries)?, part(queries, 1)?, part(queries + 1, 1)?];
            Tensor::cat(&parts, 0)?.reshape(stored.shape())
        };
        let bias = stored.bias.as_ref().map(ordered).transpose()?;
        Ok(Self { weight: ordered(&stored.weight)?, bias })
    }

    /// Some rows of a stored map, in f32.
    pub(super) fn rows(
        weights: &Weights,
        name: &str,
        shape: [usize; 2],
        rows: &[u32],
    ) -> Result<Self, WeightsError> {
        let stored = weights.get_f32(name, &shape)?;
        let rows = Tensor::new(rows, weights.device())?;
        Ok(Self { weight: stored.index_select(&rows, 0)?, bias: None })
    }

    /// A head's map: in f32 whatever the rest is in.
    pub(super) fn wide(
        weights: &Weights,
        name: &str,
        [out, input]: [usize; 2],
        bias: bool,
    ) -> Result<Self, WeightsError> {
        let weight = weights.get_f32(&format!("{name}.weight"), &[out, input])?;
        let bias =
            if bias { Some(weights.get_f32(&format!("{name}.bias"), &[out])?) } else { None };
        Ok(Self { weight, bias })
    }

    /// As [`wide`](Self::wide), with a bias where the checkpoint has one.
    pub(super) fn head(
        weights: &Weights,
        name: &str,
        [out, input]: [usize; 2],
    ) -> Result<Self, WeightsError> {
        let bias = weights.shape(&format!("{name}.bias")).is_some();
        Self::wide(weights, name, [out, input], bias)
    }

    /// `x` is `[rows, in]`, the result `[rows, out]`.
    pub(super) fn forward(&self, x: &Tensor) -> Computed {
        linear(x, &self.weight, self.bias.as_ref(), None)
    }

    /// As [`forward`](Self::forward), added to `onto`.
    pub(super) fn onto(&self, onto: &Tensor, x: &Tensor) -> Computed {
        linear(x, &self.weight, self.bias.as_ref(), Some(onto))
    }

    /// As [`forward`](Self::forward), then `activation`.
    pub(super) fn activated(&self, x: &Tensor, activation: Activation) -> Computed {
        match activation {
            Activation::Gelu(form) => linear_gelu(x, &self.weight, self.bias.as_ref(), form),
            Activation::Relu | Activation::Silu | Activation::Tanh => {
                activation.forward(&self.forward(x)?)
            }
        }
    }

    /// As [`forward`](Self::forward) to `[gate, up]`, then `activation` of the gate times the rest.
    pub(super) fn gated(&self, x: &Tensor, activation: Activation) -> Computed {
        match activation.gate() {
            Some(gate) => linear_gated(x, &self.weight, self.bias.as_ref(), gate),
            None => activation.gated(&self.forward(x)?),
        }
    }

    /// As [`onto`](Self::onto), then `norm`.
    pub(super) fn normed(&self, onto: &Tensor, x: &Tensor, norm: &Norm) -> Computed {
        match norm {
            Norm::Layer { weight, bias, eps } => {
                linear_layer_norm(x, &self.weight, self.bias.as_ref(), onto, [weight, bias], *eps)
            }
            Norm::Rms { .. } => norm.forward(&self.onto(onto, x)?),
        }
    }
}
