//! The loops that decide a packed forward pass, each with one CPU form (f32, in place where it can be,
//! spread over rows) and one form composed of candle operations for other devices.
//!
//! A value depends on its own row or its own sequence only, never on what shares the batch.

mod attention;
mod cores;
mod exp;
mod fold;
mod gelu;
mod linear;
mod norm;
mod normal;
mod product;
mod rope;
mod swiglu;
mod tanh;

pub(super) use attention::Attention;
pub(super) use cores::Pass;
pub(super) use gelu::Gelu;
pub(super) use linear::{linear, linear_gated, linear_gelu, linear_layer_norm};
pub(super) use norm::{layer_norm, rms_norm};
pub(super) use rope::{Rope, RopeTables, rope_tables};
pub(super) use swiglu::Gate;

use candle_core::{CpuStorage, DType, Layout, Result, Tensor};

/// Whether the CPU form applies.
fn on_cpu(x: &Tensor) -> bool {
    x.device().is_cpu() && x.dtype() == DType::F32
}

/// A contiguous f32 tensor's values.
fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let (start, end) = layout
        .contiguous_offsets()
        .ok_or_else(|| candle_core::Error::Msg("the tensor is not contiguous".to_owned()))?;
    Ok(&storage.as_slice::<f32>()?[start..end])
}
