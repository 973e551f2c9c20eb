//! The gated activation of Llama-like blocks.

use candle_core::{CpuStorage, CustomOp1, D, Layout, Result, Shape, Tensor};
use multiversion::multiversion;

use super::{cores::Cores, exp::exp, on_cpu, slice};

/// `silu(gate) · up`, where each row of `x` is `[gate, up]`. Shazeer 2020, *GLU Variants*, Eq. 6.
pub(in crate::model) fn swiglu(x: &Tensor) -> Result<Tensor> {
    if on_cpu(x) {
        return x.apply_op1_no_bwd(&SwiGlu);
    }
    let width = x.dim(D::Minus1)? / 2;
    // GPUs take the sigmoid of contiguous 16-bit rows in f32, and several numbers at a time.
    x.narrow(D::Minus1, 0, width)?.contiguous()?.silu()?.mul(&x.narrow(D::Minus1, width, width)?)
}

struct SwiGlu;

impl CustomOp1 for SwiGlu {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, doubled) = layout.shape().dims2()?;
        let width = doubled / 2;
        let x = slice(x, layout)?;
        let mut out = vec![0.0; rows * width];
        Cores::for_work(16 * out.len()).rows(&mut out, width, |index, out| {
            let (gate, up) = x[index * doubled..][..doubled].split_at(width);
            gated(gate, up, out);
        });
        Ok((CpuStorage::F32(out), Shape::from((rows, width))))
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn gated(gate: &[f32], up: &[f32], out: &mut [f32]) {
    for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
        *out = gate / (1.0 + exp(-gate)) * up;
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn agrees_with_the_definition() {
        let x = Tensor::new(&[[1.0_f32, -2.0, 3.0, 5.0]], &Device::Cpu).unwrap();
        let y = swiglu(&x).unwrap().to_vec2::<f32>().unwrap();
        // silu(1) = 0.7310586, silu(−2) = −0.2384058
        assert!((y[0][0] - 3.0 * 0.731_058_6).abs() < 1e-6);
        assert!((y[0][1] - 5.0 * -0.238_405_84).abs() < 1e-6);
    }
}
