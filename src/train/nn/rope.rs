//! Rotary position embeddings (Su et al. 2021), in the layout of Hugging Face's Llama.

use candle_core::{D, Device, Tensor};

use crate::train::TrainError;

/// Cosines and sines of every position, `[positions, head / 2]`.
#[derive(Clone, Debug)]
pub struct Rope {
    cos: Tensor,
    sin: Tensor,
}

impl Rope {
    /// The table for `positions` positions of heads of `head` (even) numbers: angle of pair `i` at
    /// position `p` is `p · theta^(−2i / head)`.
    ///
    /// # Errors
    /// When the device has no memory left.
    #[expect(clippy::cast_precision_loss, reason = "positions and widths are far below 2^52")]
    pub fn new(
        positions: usize,
        head: usize,
        theta: f64,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let half = head / 2;
        let angles: Vec<f64> = (0..positions * half)
            .map(|i| (i / half) as f64 * theta.powf(-2.0 * (i % half) as f64 / head as f64))
            .collect();
        #[expect(clippy::cast_possible_truncation, reason = "the table is f32")]
        let table = |f: fn(f64) -> f64| {
            let values: Vec<f32> = angles.iter().map(|angle| f(*angle) as f32).collect();
            Tensor::from_vec(values, (positions, half), device)
        };
        Ok(Self { cos: table(f64::cos)?, sin: table(f64::sin)? })
    }

    /// Turns `[batch, heads, time, head]` by the positions `0..time`. The pair of number `i` is number
    /// `i + head / 2` (Hugging Face's `rotate_half`).
    ///
    /// # Errors
    /// When `time` exceeds the table.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor, TrainError> {
        self.turn(x, 0)
    }

    /// The same for the positions `first..first + time`.
    ///
    /// # Errors
    /// When a position is beyond the table.
    pub fn turn(&self, x: &Tensor, first: usize) -> Result<Tensor, TrainError> {
        let (_, _, time, head) = x.dims4()?;
        let (cos, sin) = (self.cos.narrow(0, first, time)?, self.sin.narrow(0, first, time)?);
        let first = x.narrow(D::Minus1, 0, head / 2)?;
        let second = x.narrow(D::Minus1, head / 2, head / 2)?;
        let turned_first = (first.broadcast_mul(&cos)? - second.broadcast_mul(&sin)?)?;
        let turned_second = (second.broadcast_mul(&cos)? + first.broadcast_mul(&sin)?)?;
        Ok(Tensor::cat(&[turned_first, turned_second], D::Minus1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_turn_by_position_over_their_wavelength() {
        // head 4, theta 100: wave numbers 1 and 100^(-1/2) = 0.1. Position 2 turns by 2 and 0.2.
        let rope = Rope::new(3, 4, 100.0, &Device::Cpu).unwrap();
        let x = [1f32, 0.0, 0.0, 1.0].repeat(3);
        let x = Tensor::from_vec(x, (1, 1, 3, 4), &Device::Cpu).unwrap();
        let out: Vec<f32> = rope.forward(&x).unwrap().flatten_all().unwrap().to_vec1().unwrap();
        assert_eq!(out[..4], [1.0, 0.0, 0.0, 1.0]);
        let expected = [2f32.cos(), -0.2f32.sin(), 2f32.sin(), 0.2f32.cos()];
        for (got, expected) in out[8..].iter().zip(expected) {
            assert!((got - expected).abs() < 1e-6, "{got} {expected}");
        }
    }
}
