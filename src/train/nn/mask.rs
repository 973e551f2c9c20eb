//! Masks that are added to attention scores: 0 where a query may look, −∞ where it may not.

use candle_core::{Device, Tensor};

use crate::train::TrainError;

/// `[time, time]`: a query sees itself and what came before.
///
/// With padding on the right nothing more is needed: no real position can see a pad.
///
/// # Errors
/// When the device has no memory left.
pub fn causal(time: usize, device: &Device) -> Result<Tensor, TrainError> {
    let blocked = |i| if i % time > i / time { f32::NEG_INFINITY } else { 0.0 };
    let values: Vec<f32> = (0..time * time).map(blocked).collect();
    Ok(Tensor::from_vec(values, (time, time), device)?)
}

/// `[batch, 1, 1, time]`: every query sees the first `length` keys of its row, for attention in both
/// directions. Lengths are at least 1.
///
/// # Errors
/// When the device has no memory left.
pub fn key_padding(lengths: &[usize], time: usize, device: &Device) -> Result<Tensor, TrainError> {
    let row = |length: &usize| {
        let length = *length;
        (0..time).map(move |key| if key < length { 0.0 } else { f32::NEG_INFINITY })
    };
    let values: Vec<f32> = lengths.iter().flat_map(row).collect();
    Ok(Tensor::from_vec(values, (lengths.len(), 1, 1, time), device)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO: f32 = f32::NEG_INFINITY;

    #[test]
    fn the_future_is_hidden() {
        let mask: Vec<Vec<f32>> = causal(3, &Device::Cpu).unwrap().to_vec2().unwrap();
        assert_eq!(mask, [[0.0, NO, NO], [0.0, 0.0, NO], [0.0, 0.0, 0.0]]);
    }

    #[test]
    fn pads_are_hidden() {
        let mask = key_padding(&[1, 3], 3, &Device::Cpu).unwrap();
        let mask: Vec<f32> = mask.flatten_all().unwrap().to_vec1().unwrap();
        assert_eq!(mask, [0.0, NO, NO, 0.0, 0.0, 0.0]);
    }
}
