//! Position-wise layers and the functions they are made of.

use candle_core::{D, Tensor};

use super::Params;
use crate::train::TrainError;

/// A table of vectors looked up by token.
#[derive(Clone, Debug)]
pub struct Embedding {
    weight: Tensor,
    width: usize,
}

impl Embedding {
    /// `count` vectors of `width` numbers, as parameter `{name}.weight`.
    ///
    /// # Errors
    /// When the name is taken.
    pub fn new(
        params: &mut Params,
        name: &str,
        count: usize,
        width: usize,
        std: f64,
    ) -> Result<Self, TrainError> {
        let weight = params.normal(&format!("{name}.weight"), &[count, width], std)?;
        Ok(Self { weight, width })
    }

    /// `[batch, time]` token ids to `[batch, time, width]`.
    ///
    /// # Errors
    /// When an id is outside the table.
    pub fn forward(&self, ids: &Tensor) -> Result<Tensor, TrainError> {
        let (batch, time) = ids.dims2()?;
        let rows = self.weight.index_select(&ids.flatten_all()?, 0)?;
        Ok(rows.reshape((batch, time, self.width))?)
    }

    /// The same weights without history: it computes, and nothing is trained through it.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self { weight: self.weight.detach(), width: self.width }
    }

    /// The table, `[count, width]`: the output projection of a model with tied embeddings.
    #[must_use]
    pub fn weight(&self) -> &Tensor {
        &self.weight
    }
}

/// A linear map, with or without bias.
#[derive(Clone, Debug)]
pub struct Linear {
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Linear {
    /// A map from `inputs` to `outputs` numbers, stored as `[outputs, inputs]` in `{name}.weight`.
    ///
    /// # Errors
    /// When the name is taken.
    pub fn new(
        params: &mut Params,
        name: &str,
        inputs: usize,
        outputs: usize,
        std: f64,
    ) -> Result<Self, TrainError> {
        let weight = params.normal(&format!("{name}.weight"), &[outputs, inputs], std)?;
        Ok(Self { weight, bias: None })
    }

    /// As [`new`](Self::new), with a bias in `{name}.bias` that begins at 0.
    ///
    /// # Errors
    /// When a name is taken.
    pub fn biased(
        params: &mut Params,
        name: &str,
        inputs: usize,
        outputs: usize,
        std: f64,
    ) -> Result<Self, TrainError> {
        let bias = params.constant(&format!("{name}.bias"), &[outputs], 0.0)?;
        Ok(Self { bias: Some(bias), ..Self::new(params, name, inputs, outputs, std)? })
    }

    /// The same weights without history.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self { weight: self.weight.detach(), bias: self.bias.as_ref().map(Tensor::detach) }
    }

    /// `[…, inputs]` to `[…, outputs]`.
    ///
    /// # Errors
    /// When the last dimension is not `inputs`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, TrainError> {
        let (outputs, inputs) = self.weight.dims2()?;
        let mut shape = x.dims().to_vec();
        // One product over all positions: candle multiplies batches one by one.
        let mut rows = x.reshape(((), inputs))?.matmul(&self.weight.t()?)?;
        if let Some(bias) = &self.bias {
            rows = rows.broadcast_add(bias)?;
        }
        if let Some(last) = shape.last_mut() {
            *last = outputs;
        }
        Ok(rows.reshape(shape)?)
    }
}

/// Root-mean-square normalisation (Zhang and Sennrich 2019).
#[derive(Clone, Debug)]
pub struct RmsNorm {
    weight: Tensor,
    eps: f64,
}

impl RmsNorm {
    /// A norm over the last dimension of size `width`, with its gain in `{name}.weight`.
    ///
    /// # Errors
    /// When the name is taken.
    pub fn new(
        params: &mut Params,
        name: &str,
        width: usize,
        eps: f64,
    ) -> Result<Self, TrainError> {
        Ok(Self { weight: params.ones(&format!("{name}.weight"), &[width])?, eps })
    }

    /// The same gains without history.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self { weight: self.weight.detach(), eps: self.eps }
    }

    /// `x / √(mean(x²) + eps) · weight`, of the same shape.
    ///
    /// # Errors
    /// When the last dimension is not the norm's width.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, TrainError> {
        let scale = (x.sqr()?.mean_keepdim(D::Minus1)? + self.eps)?.sqrt()?.recip()?;
        Ok(x.broadcast_mul(&scale)?.broadcast_mul(&self.weight)?)
    }
}

/// Layer normalisation (Ba et al. 2016), composed: candle's own has no gradient.
#[derive(Clone, Debug)]
pub struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl LayerNorm {
    /// A norm over the last dimension of size `width`, with its gain in `{name}.weight` and its offset
    /// in `{name}.bias`.
    ///
    /// # Errors
    /// When a name is taken.
    pub fn new(
        params: &mut Params,
        name: &str,
        width: usize,
        eps: f64,
    ) -> Result<Self, TrainError> {
        let weight = params.ones(&format!("{name}.weight"), &[width])?;
        let bias = params.constant(&format!("{name}.bias"), &[width], 0.0)?;
        Ok(Self { weight, bias, eps })
    }

    /// `(x − mean) / √(variance + eps) · weight + bias`, of the same shape.
    ///
    /// # Errors
    /// When the last dimension is not the norm's width.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, TrainError> {
        let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let scale = (centred.sqr()?.mean_keepdim(D::Minus1)? + self.eps)?.sqrt()?.recip()?;
        let scaled = centred.broadcast_mul(&scale)?.broadcast_mul(&self.weight)?;
        Ok(scaled.broadcast_add(&self.bias)?)
    }
}

/// The gated feed-forward layer of Llama (Shazeer 2020): `down(silu(gate(x)) · up(x))`.
#[derive(Clone, Debug)]
pub struct SwiGlu {
    gate: Linear,
    up: Linear,
    down: Linear,
}

impl SwiGlu {
    /// A layer of `width` numbers with `inner` hidden units.
    ///
    /// # Errors
    /// When a name under `name` is taken.
    pub fn new(
        params: &mut Params,
        name: &str,
        width: usize,
        inner: usize,
        std: f64,
    ) -> Result<Self, TrainError> {
        Ok(Self {
            gate: Linear::new(params, &format!("{name}.gate_proj"), width, inner, std)?,
            up: Linear::new(params, &format!("{name}.up_proj"), width, inner, std)?,
            down: Linear::new(params, &format!("{name}.down_proj"), inner, width, std)?,
        })
    }

    /// The same weights without history.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self { gate: self.gate.detached(), up: self.up.detached(), down: self.down.detached() }
    }

    /// `[…, width]` to `[…, width]`.
    ///
    /// # Errors
    /// When the last dimension is not `width`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, TrainError> {
        let gated = (self.gate.forward(x)?.silu()? * self.up.forward(x)?)?;
        self.down.forward(&gated)
    }
}

/// Softmax over the last dimension. Every row needs one finite entry.
///
/// # Errors
/// For a scalar.
pub fn softmax(x: &Tensor) -> Result<Tensor, TrainError> {
    // The result does not depend on the shift, so its gradient is not needed.
    let peak = x.max_keepdim(D::Minus1)?.detach();
    let exp = x.broadcast_sub(&peak)?.exp()?;
    let total = exp.sum_keepdim(D::Minus1)?.recip()?;
    Ok(exp.broadcast_mul(&total)?)
}

/// Logarithm of the softmax over the last dimension. Every row needs one finite entry.
///
/// # Errors
/// For a scalar.
pub fn log_softmax(x: &Tensor) -> Result<Tensor, TrainError> {
    let shifted = x.broadcast_sub(&x.max_keepdim(D::Minus1)?.detach())?;
    let log_total = shifted.exp()?.sum_keepdim(D::Minus1)?.log()?;
    Ok(shifted.broadcast_sub(&log_total)?)
}

/// `ln(1 + eˣ)` elementwise, without overflow.
///
/// # Errors
/// When memory runs out on a device.
pub fn softplus(x: &Tensor) -> Result<Tensor, TrainError> {
    let tail = (x.abs()?.neg()?.exp()? + 1.0)?.log()?;
    Ok((x.relu()? + tail)?)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn tensor(values: &[f32]) -> Tensor {
        Tensor::from_slice(values, values.len(), &Device::Cpu).unwrap()
    }

    fn close(tensor: &Tensor, expected: &[f32]) {
        let got: Vec<f32> = tensor.to_vec1().unwrap();
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-6, "{got} {expected}");
        }
    }

    #[test]
    fn softmax_of_logarithms_is_their_share() {
        let x = tensor(&[1f32.ln(), 2f32.ln(), 5f32.ln()]);
        close(&softmax(&x).unwrap(), &[0.125, 0.25, 0.625]);
        close(&log_softmax(&x).unwrap(), &[0.125f32.ln(), 0.25f32.ln(), 0.625f32.ln()]);
        close(&softmax(&tensor(&[1000.0, 1000.0])).unwrap(), &[0.5, 0.5]);
    }

    #[test]
    fn softplus_neither_overflows_nor_vanishes() {
        close(&softplus(&tensor(&[0.0, 3f32.ln(), -100.0])).unwrap(), &[2f32.ln(), 4f32.ln(), 0.0]);
        close(&softplus(&tensor(&[500.0])).unwrap(), &[500.0]);
    }

    #[test]
    fn rms_norm_gives_a_unit_mean_square() {
        // mean(x²) = (9 + 16) / 2 = 12.5.
        let mut params = Params::new(0, &Device::Cpu);
        let norm = RmsNorm::new(&mut params, "norm", 2, 0.0).unwrap();
        let scale = 12.5f32.sqrt();
        close(&norm.forward(&tensor(&[3.0, -4.0])).unwrap(), &[3.0 / scale, -4.0 / scale]);
    }
}
