//! The Gaussian error linear unit and its approximations. Hendrycks & Gimpel 2016, §2.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use multiversion::multiversion;

use super::{cores::Cores, exp::exp, normal::tail, on_cpu, slice, tanh::tanh};

/// `x · Φ(x)`.
pub(in crate::model) fn gelu(x: &Tensor) -> Result<Tensor> {
    if on_cpu(x) {
        return Elementwise { name: "gelu", row: exact }.of(x);
    }
    x.gelu_erf()
}

/// `x · (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2`.
pub(in crate::model) fn gelu_tanh(x: &Tensor) -> Result<Tensor> {
    if on_cpu(x) {
        return Elementwise { name: "gelu_tanh", row: by_tanh }.of(x);
    }
    x.gelu()
}

/// `x · σ(1.702 x)`: the activation of OpenAI's CLIP.
pub(in crate::model) fn quick_gelu(x: &Tensor) -> Result<Tensor> {
    if on_cpu(x) {
        return Elementwise { name: "quick_gelu", row: by_sigmoid }.of(x);
    }
    let gate = ((x * -1.702)?.exp()? + 1.0)?.recip()?;
    x.mul(&gate)
}

/// A function of each value by itself, row by row.
struct Elementwise {
    name: &'static str,
    row: fn(&[f32], &mut [f32]),
}

impl Elementwise {
    fn of(&self, x: &Tensor) -> Result<Tensor> {
        x.contiguous()?.apply_op1_no_bwd(self)
    }
}

impl CustomOp1 for Elementwise {
    fn name(&self) -> &'static str {
        self.name
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (x, width) = (slice(x, layout)?, layout.dims().last().copied().unwrap_or(1));
        let mut out = vec![0.0; x.len()];
        Cores::for_work(16 * out.len()).rows(&mut out, width, |index, out| {
            (self.row)(&x[index * width..][..width], out);
        });
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn exact(x: &[f32], out: &mut [f32]) {
    for (out, x) in out.iter_mut().zip(x) {
        // By the tail, not by Φ: nothing is lost where x is far below zero.
        *out = x.max(0.0) - x.abs() * tail(*x);
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn by_tanh(x: &[f32], out: &mut [f32]) {
    const ROOT: f32 = 0.797_884_6; // √(2/π)
    for (out, x) in out.iter_mut().zip(x) {
        *out = 0.5 * x * (1.0 + tanh(ROOT * (x + 0.044_715 * x * x * x)));
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn by_sigmoid(x: &[f32], out: &mut [f32]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out = x / (1.0 + exp(-1.702 * x));
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn check(f: impl Fn(&Tensor) -> Result<Tensor>, expected: [f32; 4]) {
        let x = Tensor::new(&[[1.0_f32, -2.0, 0.0, 30.0]], &Device::Cpu).unwrap();
        let y = f(&x).unwrap().to_vec2::<f32>().unwrap();
        for (found, expected) in y[0].iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} for {expected}");
        }
    }

    #[test]
    fn agrees_with_the_definitions() {
        // Φ(1) = 0.8413447, Φ(−2) = 0.0227501
        check(gelu, [0.841_344_7, -0.045_500_26, 0.0, 30.0]);
        // tanh(0.8335628) = 0.6823840, tanh(−1.8811885) = −0.9545977
        check(gelu_tanh, [0.841_192, -0.045_402_3, 0.0, 30.0]);
        // σ(1.702) = 0.8457958, σ(−3.404) = 0.0321707
        check(quick_gelu, [0.845_795_8, -0.064_341_4, 0.0, 30.0]);
    }

    #[test]
    fn a_part_of_each_row_is_enough() {
        let x = Tensor::new(&[[1.0_f32, -2.0, 7.0], [0.0, 30.0, 7.0]], &Device::Cpu).unwrap();
        let y = gelu(&x.narrow(1, 0, 2).unwrap()).unwrap().to_vec2::<f32>().unwrap();
        assert!((y[0][1] + 0.045_500_26).abs() < 1e-6 && y[1] == [0.0, 30.0]);
    }
}
