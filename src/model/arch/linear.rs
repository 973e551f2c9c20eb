//! `x Wᵀ + b`.

use candle_core::Tensor;

use super::Computed;
use crate::model::{Weights, WeightsError, kernels::linear};

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

    /// A head: in f32 whatever the rest is in; its bias is optional in the checkpoint.
    pub(super) fn head(
        weights: &Weights,
        name: &str,
        [out, input]: [usize; 2],
    ) -> Result<Self, WeightsError> {
        let weight = weights.get_f32(&format!("{name}.weight"), &[out, input])?;
        let bias = format!("{name}.bias");
        let bias = match weights.shape(&bias) {
            Some(_) => Some(weights.get_f32(&bias, &[out])?),
            None => None,
        };
        Ok(Self { weight, bias })
    }

    /// `x` is `[rows, in]`, the result `[rows, out]`.
    pub(super) fn forward(&self, x: &Tensor) -> Computed {
        linear(x, &self.weight, self.bias.as_ref(), None)
    }

    /// As [`forward`](Self::forward), added to `onto`.
    pub(super) fn onto(&self, onto: &Tensor, x: &Tensor) -> Computed {
        linear(x, &self.weight, self.bias.as_ref(), Some(onto))
    }
}
