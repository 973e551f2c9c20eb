//! Element-wise functions by the names configurations give them.

use candle_core::{D, Tensor};

use super::{Computed, invalid};
use crate::model::{
    LoadError,
    kernels::{gelu, gelu_tanh, quick_gelu, swiglu},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activation {
    QuickGelu,
    Gelu,
    GeluTanh,
    Relu,
    Silu,
    Tanh,
}

impl Activation {
    /// The function called `name` in `key` of `config.json`.
    pub(super) fn named(key: &str, name: &str) -> Result<Self, LoadError> {
        match name {
            "quick_gelu" => Ok(Self::QuickGelu),
            "gelu" => Ok(Self::Gelu),
            "gelu_new" | "gelu_pytorch_tanh" | "gelu_fast" => Ok(Self::GeluTanh),
            "relu" => Ok(Self::Relu),
            "silu" | "swish" => Ok(Self::Silu),
            "tanh" => Ok(Self::Tanh),
            other => Err(invalid(format!("{key} `{other}` is not supported"))),
        }
    }

    pub(super) fn forward(self, x: &Tensor) -> Computed {
        match self {
            Self::QuickGelu => quick_gelu(x),
            Self::Gelu => gelu(x),
            Self::GeluTanh => gelu_tanh(x),
            Self::Relu => x.relu(),
            Self::Silu => x.silu(),
            Self::Tanh => x.tanh(),
        }
    }

    /// `f(gate) · up`, where each row of `x` is `[gate, up]`. Shazeer 2020, *GLU Variants*.
    pub(super) fn gated(self, x: &Tensor) -> Computed {
        if self == Self::Silu {
            return swiglu(x);
        }
        let width = x.dim(D::Minus1)? / 2;
        let gate = self.forward(&x.narrow(D::Minus1, 0, width)?)?;
        gate.mul(&x.narrow(D::Minus1, width, width)?)
    }
}
