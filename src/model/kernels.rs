//! The loops that decide a packed forward pass, each with one CPU form (f32, in place where it can be,
//! spread over rows) and one form composed of candle operations for other devices.
//!
//! A value depends on its own row or its own sequence only, never on what shares the batch.

mod attention;
mod buckets;
mod cores;
mod exp;
mod fold;
#[cfg(test)]
pub(super) mod forced;
mod gelu;
mod linear;
mod norm;
mod normal;
mod padded;
mod product;
mod rope;
mod swiglu;
mod tanh;

pub(super) use attention::{Attention, Plan};
pub(super) use buckets::Policy;
pub(super) use cores::Pass;
pub(super) use gelu::Gelu;
pub(super) use linear::{linear, linear_gated, linear_gelu, linear_layer_norm};
pub(super) use norm::{layer_norm, rms_norm};
pub(super) use padded::{Padded, PaddedBucket};
pub(super) use rope::Rope;
pub(super) use swiglu::Gate;

use candle_core::{CpuStorage, DType, Device, Layout, Result, Tensor};

/// Whether the CPU form applies.
fn on_cpu(x: &Tensor) -> bool {
    composed_by(x).is_none()
}

/// How sequences are put together where the composed forms apply; `None` where the CPU forms do.
fn composed_by(x: &Tensor) -> Option<Policy> {
    #[cfg(test)]
    if let Some(policy) = forced::policy() {
        return Some(policy);
    }
    (!x.device().is_cpu() || x.dtype() != DType::F32).then_some(Policy::GPU)
}

/// Whether passes may run side by side: each on a core of a CPU. A GPU takes one after another.
pub(super) fn side_by_side(device: &Device) -> bool {
    #[cfg(test)]
    if forced::policy().is_some() {
        return false;
    }
    device.is_cpu()
}

/// A contiguous f32 tensor's values.
fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let (start, end) = layout
        .contiguous_offsets()
        .ok_or_else(|| candle_core::Error::Msg("the tensor is not contiguous".to_owned()))?;
    Ok(&storage.as_slice::<f32>()?[start..end])
}
