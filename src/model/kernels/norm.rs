//! Normalisation of rows.

use candle_core::{CpuStorage, CustomOp2, CustomOp3, D, DType, Layout, Result, Shape, Tensor};
use multiversion::multiversion;

use super::{
    cores::Cores,
    fold::{fold, fold_map},
    on_cpu, slice,
};

/// `x / sqrt(mean(x²) + eps) · weight` over the last dimension. Zhang & Sennrich 2019, Eq. 4.
pub(in crate::model) fn rms_norm(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    if on_cpu(x) {
        return x.apply_op2_no_bwd(weight, &RmsNorm { eps });
    }
    let wide = x.to_dtype(DType::F32)?;
    let scale = ((wide.sqr()?.mean_keepdim(D::Minus1)? + eps)?).sqrt()?;
    let unit = wide.broadcast_div(&scale)?;
    if weight.dtype() == DType::F32 {
        // Gemma keeps its weights wide and rounds the product.
        return unit.broadcast_mul(weight)?.to_dtype(x.dtype());
    }
    unit.to_dtype(x.dtype())?.broadcast_mul(weight)
}

/// `(x − mean) / sqrt(var + eps) · weight + bias` over the last dimension. Ba et al. 2016, Eq. 4.
pub(in crate::model) fn layer_norm(
    x: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    eps: f64,
) -> Result<Tensor> {
    if on_cpu(x) {
        return x.apply_op3_no_bwd(weight, bias, &LayerNorm { eps });
    }
    let wide = x.to_dtype(DType::F32)?;
    let centred = wide.broadcast_sub(&wide.mean_keepdim(D::Minus1)?)?;
    let scale = ((centred.sqr()?.mean_keepdim(D::Minus1)? + eps)?).sqrt()?;
    let unit = centred.broadcast_div(&scale)?;
    let (weight, bias) = (weight.to_dtype(DType::F32)?, bias.to_dtype(DType::F32)?);
    unit.broadcast_mul(&weight)?.broadcast_add(&bias)?.to_dtype(x.dtype())
}

struct RmsNorm {
    eps: f64,
}

impl CustomOp2 for RmsNorm {
    fn name(&self) -> &'static str {
        "rms_norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let weight = slice(weight, weight_layout)?;
        let mut out = slice(x, x_layout)?.to_vec();
        Cores::for_work(4 * out.len()).rows(&mut out, weight.len(), |_, row| {
            rms_row(row, weight, self.eps);
        });
        Ok((CpuStorage::F32(out), x_layout.shape().clone()))
    }
}

struct LayerNorm {
    eps: f64,
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer_norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (weight, bias) = (slice(weight, weight_layout)?, slice(bias, bias_layout)?);
        let mut out = slice(x, x_layout)?.to_vec();
        Cores::for_work(4 * out.len()).rows(&mut out, weight.len(), |_, row| {
            layer_row(row, weight, bias, self.eps);
        });
        Ok((CpuStorage::F32(out), x_layout.shape().clone()))
    }
}

// Means are taken in f64, so that wide rows lose nothing.

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn rms_row(row: &mut [f32], weight: &[f32], eps: f64) {
    let squares = fold_map(row, |v| v * v, 0.0_f64, |a, b| a + b) / row.len() as f64;
    let scale = narrow((squares + eps).sqrt().recip());
    for (v, w) in row.iter_mut().zip(weight) {
        *v = *v * scale * w;
    }
}

/// [`layer_norm`] of one row, in place.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
pub(super) fn layer_row(row: &mut [f32], weight: &[f32], bias: &[f32], eps: f64) {
    let centre = narrow(fold(row, 0.0_f64, |a, b| a + b) / row.len() as f64);
    row.iter_mut().for_each(|v| *v -= centre);
    let squares = fold_map(row, |v| v * v, 0.0_f64, |a, b| a + b) / row.len() as f64;
    let scale = narrow((squares + eps).sqrt().recip());
    for ((v, w), b) in row.iter_mut().zip(weight).zip(bias) {
        *v = *v * scale * w + b;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "f32 is what models compute in")]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn a_row_is_normalised_by_hand() {
        let x = Tensor::new(&[[3.0_f32, 4.0], [0.0, 2.0]], &Device::Cpu).unwrap();
        let weight = Tensor::new(&[1.0_f32, 2.0], &Device::Cpu).unwrap();
        let bias = Tensor::new(&[0.5_f32, 0.0], &Device::Cpu).unwrap();
        // sqrt((9 + 16) / 2) = 3.5355339, sqrt(4 / 2) = 1.4142135
        let rms = rms_norm(&x, &weight, 0.0).unwrap();
        assert_close(&rms, [[0.848_528_1, 2.262_741_7], [0.0, 2.828_427]]);
        // means 3.5 and 1, standard deviations 0.5 and 1
        let layer = layer_norm(&x, &weight, &bias, 0.0).unwrap();
        assert_close(&layer, [[-0.5, 2.0], [-0.5, 2.0]]);
    }

    fn assert_close(found: &Tensor, expected: [[f32; 2]; 2]) {
        for (found, expected) in found.to_vec2::<f32>().unwrap().iter().zip(expected) {
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-6, "{found} for {expected}");
            }
        }
    }
}
