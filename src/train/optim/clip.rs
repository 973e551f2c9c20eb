//! Gradients in the parameters' order, and their length.

use candle_core::{DType, Tensor, backprop::GradStore};

use crate::train::{TrainError, nn::Params};

/// The gradient of every parameter, in the store's order.
///
/// # Errors
/// When a parameter has none: the loss does not depend on it, or an operation cut it off.
pub fn gradients(params: &Params, store: &GradStore) -> Result<Vec<Tensor>, TrainError> {
    params
        .iter()
        .map(|(name, variable)| {
            let cut = || TrainError::Config(format!("the loss does not reach parameter {name}"));
            store.get(variable).cloned().ok_or_else(cut)
        })
        .collect()
}

/// Scales the gradients down to a joint Euclidean norm of at most `limit` and returns the norm they had.
/// A limit of 0 does not clip.
///
/// # Errors
/// When a gradient is not of a float type.
pub fn clip_global_norm(gradients: &mut [Tensor], limit: f64) -> Result<f64, TrainError> {
    let mut square = 0.0;
    for gradient in &*gradients {
        square += f64::from(gradient.sqr()?.sum_all()?.to_dtype(DType::F32)?.to_scalar::<f32>()?);
    }
    let norm = square.sqrt();
    if limit > 0.0 && norm > limit {
        for gradient in gradients {
            *gradient = (&*gradient * (limit / norm))?;
        }
    }
    Ok(norm)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn clipped(limit: f64) -> (f64, Vec<f32>) {
        let tensor = |value: f32| Tensor::new(&[value], &Device::Cpu).unwrap();
        let mut gradients = [tensor(3.0), tensor(-4.0)];
        let norm = clip_global_norm(&mut gradients, limit).unwrap();
        (norm, gradients.iter().map(|g| g.to_vec1::<f32>().unwrap()[0]).collect())
    }

    #[test]
    fn only_what_is_longer_than_the_limit_is_shortened() {
        assert_eq!(clipped(10.0), (5.0, vec![3.0, -4.0]));
        assert_eq!(clipped(0.0), (5.0, vec![3.0, -4.0]));
        let (norm, scaled) = clipped(1.0);
        assert!((norm - 5.0).abs() < 1e-9);
        assert!((scaled[0] - 0.6).abs() < 1e-6 && (scaled[1] + 0.8).abs() < 1e-6);
    }
}
