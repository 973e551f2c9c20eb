//! Normalisation layers.

use candle_core::{DType, Tensor};

use super::Computed;
use crate::model::{
    Weights, WeightsError,
    kernels::{layer_norm, rms_norm},
};

/// A normalisation of rows with its weights.
#[derive(Debug)]
pub(super) enum Norm {
    /// By the root mean square.
    Rms { weight: Tensor, eps: f64 },
    /// By mean and standard deviation.
    Layer { weight: Tensor, bias: Tensor, eps: f64 },
}

/// Which normalisation a family uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NormKind {
    /// RMS.
    Rms,
    /// RMS whose stored weight is the distance from one (Gemma).
    RmsOffset,
    /// LayerNorm with a bias.
    Layer,
    /// LayerNorm without one.
    LayerNoBias,
}

impl NormKind {
    /// `{name}.weight`, `{name}.bias` where there is one, `[width]` each.
    pub(super) fn load(
        self,
        weights: &Weights,
        name: &str,
        width: usize,
        eps: f64,
    ) -> Result<Norm, WeightsError> {
        let weight = self.weight(weights, name, width)?;
        Ok(match self {
            Self::Rms | Self::RmsOffset => Norm::Rms { weight, eps },
            Self::Layer => {
                let bias = weights.get(&format!("{name}.bias"), &[width])?;
                Norm::Layer { weight, bias, eps }
            }
            Self::LayerNoBias => Norm::Layer { bias: weight.zeros_like()?, weight, eps },
        })
    }

    /// The factors alone.
    pub(super) fn weight(
        self,
        weights: &Weights,
        name: &str,
        width: usize,
    ) -> Result<Tensor, WeightsError> {
        let name = format!("{name}.weight");
        match self {
            Self::RmsOffset => Ok((weights.get_f32(&name, &[width])? + 1.0)?),
            Self::Rms | Self::Layer | Self::LayerNoBias => weights.get(&name, &[width]),
        }
    }
}

impl Norm {
    pub(super) fn forward(&self, x: &Tensor) -> Computed {
        match self {
            Self::Rms { weight, eps } => rms_norm(x, weight, *eps),
            Self::Layer { weight, bias, eps } => layer_norm(x, weight, bias, *eps),
        }
    }

    /// The same, computed in f32 for a head.
    pub(super) fn in_f32(self) -> Result<Self, WeightsError> {
        Ok(match self {
            Self::Rms { weight, eps } => Self::Rms { weight: weight.to_dtype(DType::F32)?, eps },
            Self::Layer { weight, bias, eps } => Self::Layer {
                weight: weight.to_dtype(DType::F32)?,
                bias: bias.to_dtype(DType::F32)?,
                eps,
            },
        })
    }
}
