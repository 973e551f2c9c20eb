//! The Gaussian error linear unit and its two approximations. Hendrycks & Gimpel 2016, *Gaussian Error
//! Linear Units* (arXiv 1606.08415), §2.

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor};
use multiversion::multiversion;

use super::{cores::Cores, exp::exp, normal::tail, on_cpu, slice, tanh::tanh};

/// Which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) enum Gelu {
    /// `x · Φ(x)`.
    Exact,
    /// `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`.
    Tanh,
    /// `x · σ(1.702 x)`: OpenAI's CLIP.
    Quick,
}

impl Gelu {
    /// Of each element.
    pub(in crate::model) fn forward(self, x: &Tensor) -> Result<Tensor> {
        if on_cpu(x) {
            return x.contiguous()?.apply_op1_no_bwd(&self);
        }
        // Several steps, each of which a narrow type would round.
        let wide = x.to_dtype(DType::F32)?;
        let y = match self {
            Self::Exact => wide.gelu_erf()?,
            Self::Tanh => wide.gelu()?,
            Self::Quick => ((wide * 1.702)?.silu()? / 1.702)?,
        };
        y.to_dtype(x.dtype())
    }

    /// The form as a function of values on a CPU.
    pub(super) fn in_place(self) -> fn(&mut [f32]) {
        match self {
            Self::Exact => exact,
            Self::Tanh => smooth,
            Self::Quick => quick,
        }
    }
}

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let width = layout.dims().last().copied().unwrap_or(1);
        let (mut out, of) = (slice(x, layout)?.to_vec(), self.in_place());
        Cores::for_work(8 * out.len()).rows(&mut out, width, |_, row| of(row));
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn exact(values: &mut [f32]) {
    for x in values {
        // By the tail, not by Φ: nothing is lost where x is far below zero.
        *x = x.max(0.0) - x.abs() * tail(*x);
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn smooth(values: &mut [f32]) {
    // √(2/π)
    const SCALE: f32 = 0.797_884_6;
    for x in values {
        *x = 0.5 * *x * (1.0 + tanh(SCALE * (*x + 0.044_715 * *x * *x * *x)));
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn quick(values: &mut [f32]) {
    for x in values {
        *x /= 1.0 + exp(-1.702 * *x);
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn each_agrees_with_its_definition() {
        let x = Tensor::new(&[[1.0_f32, -2.0, 0.0, 30.0, -30.0]], &Device::Cpu).unwrap();
        for (form, expected) in [
            // Φ(1) = 0.8413447, Φ(−2) = 0.0227501
            (Gelu::Exact, [0.841_344_7, -0.045_500_3, 0.0, 30.0, 0.0]),
            // tanh(√(2/π) · 1.044715) = 0.6823840, tanh(√(2/π) · −2.35772) = −0.9545977
            (Gelu::Tanh, [0.841_192, -0.045_402_3, 0.0, 30.0, 0.0]),
            // σ(1.702) = 0.8457958, σ(−3.404) = 0.0321707
            (Gelu::Quick, [0.845_795_8, -0.064_341_4, 0.0, 30.0, 0.0]),
        ] {
            let y = form.forward(&x).unwrap().to_vec2::<f32>().unwrap();
            // A rounding of Φ(x) is one of x.
            for ((x, found), expected) in
                [1.0_f32, 2.0, 1.0, 30.0, 30.0].iter().zip(&y[0]).zip(expected)
            {
                let off = (found - expected).abs();
                assert!(off < 1e-6 * x, "{form:?}: {found} for {expected}");
            }
        }
    }

    /// A part of each row is no contiguous tensor.
    #[test]
    fn parts_of_rows_and_other_shapes_will_do() {
        let x = Tensor::new(&[[[1.0_f32, 9.0], [2.0, 9.0]]], &Device::Cpu).unwrap();
        let y = Gelu::Exact.forward(&x.narrow(2, 0, 1).unwrap()).unwrap();
        assert_eq!(y.dims(), [1, 2, 1]);
        let y = y.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert!((y[0] - 0.841_344_7).abs() < 1e-6 && (y[1] - 1.954_499_7).abs() < 1e-6);
    }
}
