//! Element-wise functions by the names configurations give them.

use candle_core::{D, Tensor};

use super::{Computed, invalid};
use crate::model::{
    LoadError,
    kernels::{Gate, Gelu},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activation {
    Gelu(Gelu),
    Relu,
    Silu,
    Tanh,
}

impl Activation {
    /// The function called `name` in `key` of `config.json`.
    pub(super) fn named(key: &str, name: &str) -> Result<Self, LoadError> {
        match name {
            "quick_gelu" => Ok(Self::Gelu(Gelu::Quick)),
            "gelu" => Ok(Self::Gelu(Gelu::Exact)),
            "gelu_new" | "gelu_pytorch_tanh" | "gelu_fast" => Ok(Self::Gelu(Gelu::Tanh)),
            "relu" => Ok(Self::Relu),
            "silu" | "swish" => Ok(Self::Silu),
            "tanh" => Ok(Self::Tanh),
            other => Err(invalid(format!("{key} `{other}` is not supported"))),
        }
    }

    pub(super) fn forward(self, x: &Tensor) -> Computed {
        match self {
            Self::Gelu(form) => form.forward(x),
            Self::Relu => x.relu(),
            Self::Silu => x.silu(),
            Self::Tanh => x.tanh(),
        }
    }

    /// The function as that of a gate, where there is a form for it.
    pub(super) fn gate(self) -> Option<Gate> {
        match self {
            Self::Silu => Some(Gate::Silu),
            Self::Gelu(form) => Some(Gate::Gelu(form)),
            Self::Relu | Self::Tanh => None,
        }
    }

    /// `f(gate) · up`, where each row of `x` is `[gate, up]`. Shazeer 2020, *GLU Variants*.
    pub(super) fn gated(self, x: &Tensor) -> Computed {
        let width = x.dim(D::Minus1)? / 2;
        let gate = self.forward(&x.narrow(D::Minus1, 0, width)?)?;
        gate.mul(&x.narrow(D::Minus1, width, width)?)
    }
}
