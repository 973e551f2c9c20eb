//! Gated activations: Llama's and its like's, Gemma's, ModernBERT's. Shazeer 2020, *GLU Variants*.

use candle_core::{D, Result, Tensor};
use multiversion::multiversion;

use super::{exp::exp, gelu::Gelu};

/// The function of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::model) enum Gate {
    /// `x · σ(x)`: Eq. 6.
    Silu,
    /// Eq. 5.
    Gelu(Gelu),
}

impl Gate {
    /// `f(gate) · up`, where each row of `x` is `[gate, up]`.
    pub(super) fn forward(self, x: &Tensor) -> Result<Tensor> {
        let width = x.dim(D::Minus1)? / 2;
        // GPUs take the sigmoid of contiguous 16-bit rows in f32, and several numbers at a time.
        let gate = x.narrow(D::Minus1, 0, width)?.contiguous()?;
        let gate = match self {
            Self::Silu => gate.silu()?,
            Self::Gelu(form) => form.forward(&gate)?,
        };
        gate.mul(&x.narrow(D::Minus1, width, width)?)
    }

    /// The same of one row on a CPU, in its first half.
    pub(super) fn in_place(self, row: &mut [f32]) {
        let (gate, up) = row.split_at_mut(row.len() / 2);
        match self {
            Self::Silu => silu(gate),
            Self::Gelu(form) => form.in_place()(gate),
        }
        gate.iter_mut().zip(up).for_each(|(gate, up)| *gate *= *up);
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn silu(values: &mut [f32]) {
    for x in values {
        *x /= 1.0 + exp(-*x);
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn both_forms_agree_with_the_definition() {
        for (gate, [first, second]) in [
            // silu(1) = 0.7310586, silu(−2) = −0.2384058
            (Gate::Silu, [0.731_058_6, -0.238_405_84]),
            // Φ(1) = 0.8413447, Φ(−2) = 0.0227501
            (Gate::Gelu(Gelu::Exact), [0.841_344_7, -0.045_500_3]),
        ] {
            let mut row = [1.0_f32, -2.0, 3.0, 5.0];
            let x = Tensor::new(&[row], &Device::Cpu).unwrap();
            gate.in_place(&mut row);
            for y in [&row[..2], &gate.forward(&x).unwrap().to_vec2::<f32>().unwrap()[0]] {
                assert!((y[0] - 3.0 * first).abs() < 2e-6, "{gate:?}: {y:?}");
                assert!((y[1] - 5.0 * second).abs() < 2e-6, "{gate:?}: {y:?}");
            }
        }
    }
}
