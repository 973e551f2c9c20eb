//! The activation of OpenAI's CLIP.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use multiversion::multiversion;

use super::{cores::Cores, exp::exp, on_cpu, slice};

/// `x · σ(1.702 x)`. Hendrycks & Gimpel 2016, *Gaussian Error Linear Units*, §2.
pub(in crate::model) fn quick_gelu(x: &Tensor) -> Result<Tensor> {
    if on_cpu(x) {
        return x.apply_op1_no_bwd(&QuickGelu);
    }
    let gate = ((x * -1.702)?.exp()? + 1.0)?.recip()?;
    x.mul(&gate)
}

struct QuickGelu;

impl CustomOp1 for QuickGelu {
    fn name(&self) -> &'static str {
        "quick_gelu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (_, width) = layout.shape().dims2()?;
        let x = slice(x, layout)?;
        let mut out = vec![0.0; x.len()];
        Cores::for_work(16 * out.len()).rows(&mut out, width, |index, out| {
            gate(&x[index * width..][..width], out);
        });
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }
}

#[multiversion(targets("x86_64+avx2", "x86_64+avx512f"))]
fn gate(x: &[f32], out: &mut [f32]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out = x / (1.0 + exp(-1.702 * x));
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn agrees_with_the_definition() {
        let x = Tensor::new(&[[1.0_f32, -2.0, 0.0, 30.0]], &Device::Cpu).unwrap();
        let y = quick_gelu(&x).unwrap().to_vec2::<f32>().unwrap();
        // σ(1.702) = 0.8457958, σ(−3.404) = 0.0321707
        for (found, expected) in y[0].iter().zip([0.845_795_8, -0.064_341_4, 0.0, 30.0]) {
            assert!((found - expected).abs() < 1e-6, "{found} for {expected}");
        }
    }
}
