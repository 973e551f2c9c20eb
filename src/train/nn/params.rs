//! The trainable tensors of a network, in a fixed order.

use std::{collections::BTreeMap, f64::consts::TAU};

use candle_core::{DType, Device, Tensor, Var};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::train::TrainError;

/// Named trainable tensors (f32), ordered by name.
///
/// Layers hold clones of the tensors; a clone shares its storage with the variable, so
/// [`set`](Self::set) is seen by every layer.
#[derive(Debug)]
pub struct Params {
    variables: BTreeMap<String, Var>,
    rng: ChaCha8Rng,
    device: Device,
}

impl Params {
    /// An empty store whose initial values will be drawn from `seed`.
    #[must_use]
    pub fn new(seed: u64, device: &Device) -> Self {
        Self {
            variables: BTreeMap::new(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            device: device.clone(),
        }
    }

    /// Adds a tensor of independent normal values with mean 0 and standard deviation `std`.
    ///
    /// # Errors
    /// When the name is taken.
    pub fn normal(&mut self, name: &str, shape: &[usize], std: f64) -> Result<Tensor, TrainError> {
        let count = shape.iter().product();
        let values = (0..count).map(|_| standard_normal(&mut self.rng) * std);
        #[expect(clippy::cast_possible_truncation, reason = "parameters are f32")]
        let values: Vec<f32> = values.map(|value| value as f32).collect();
        self.add(name, &Tensor::from_vec(values, shape, &self.device)?)
    }

    /// Adds a tensor of ones.
    ///
    /// # Errors
    /// When the name is taken.
    pub fn ones(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, TrainError> {
        self.constant(name, shape, 1.0)
    }

    /// Adds a tensor of one value.
    ///
    /// # Errors
    /// When the name is taken.
    pub fn constant(
        &mut self,
        name: &str,
        shape: &[usize],
        value: f64,
    ) -> Result<Tensor, TrainError> {
        let values = Tensor::full(value, shape, &self.device)?.to_dtype(DType::F32)?;
        self.add(name, &values)
    }

    fn add(&mut self, name: &str, value: &Tensor) -> Result<Tensor, TrainError> {
        if self.variables.contains_key(name) {
            return Err(TrainError::Config(format!("two parameters named {name}")));
        }
        let variable = Var::from_tensor(value)?;
        let tensor = variable.as_tensor().clone();
        self.variables.insert(name.to_owned(), variable);
        Ok(tensor)
    }

    /// Where the tensors live.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The variables in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Var)> {
        self.variables.iter().map(|(name, variable)| (name.as_str(), variable))
    }

    /// How many numbers are trained.
    #[must_use]
    pub fn count(&self) -> usize {
        self.variables.values().map(|variable| variable.elem_count()).sum()
    }

    /// The present values by name, without history.
    #[must_use]
    pub fn values(&self) -> BTreeMap<String, Tensor> {
        self.iter()
            .map(|(name, variable)| (name.to_owned(), variable.as_detached_tensor()))
            .collect()
    }

    /// Replaces every value.
    ///
    /// # Errors
    /// When the names or shapes are not exactly this store's.
    pub fn set(&self, values: &BTreeMap<String, Tensor>) -> Result<(), TrainError> {
        if !self.variables.keys().eq(values.keys()) {
            return Err(TrainError::Config("the file's tensors are not this network's".to_owned()));
        }
        self.set_known(values)
    }

    /// Replaces the values of the parameters that `values` names, and ignores other names.
    ///
    /// # Errors
    /// When a shape is not the parameter's.
    pub fn set_known(&self, values: &BTreeMap<String, Tensor>) -> Result<(), TrainError> {
        for (name, value) in values {
            if let Some(variable) = self.variables.get(name) {
                variable.set(&value.to_dtype(DType::F32)?.to_device(&self.device)?)?;
            }
        }
        Ok(())
    }
}

/// One draw from the standard normal distribution (Box and Muller 1958).
pub(crate) fn standard_normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (TAU * rng.random::<f64>()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(seed: u64) -> Vec<f32> {
        let mut params = Params::new(seed, &Device::Cpu);
        params.normal("w", &[4000], 0.5).unwrap().to_vec1().unwrap()
    }

    #[test]
    fn initial_values_depend_on_the_seed_alone_and_have_the_asked_spread() {
        let values = drawn(7);
        assert_eq!(values, drawn(7));
        assert_ne!(values, drawn(8));
        let mean = values.iter().sum::<f32>() / 4000.0;
        let std = (values.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 4000.0).sqrt();
        // Standard errors: 0.5/√4000 = 0.008 and 0.5/√8000 = 0.006.
        assert!(mean.abs() < 0.03 && (std - 0.5).abs() < 0.02, "{mean} {std}");
    }

    #[test]
    fn other_names_or_shapes_are_refused() {
        let mut params = Params::new(0, &Device::Cpu);
        let held = params.ones("a", &[2]).unwrap();
        assert!(params.ones("a", &[2]).is_err());
        let tensor =
            |values: &[f32]| Tensor::from_slice(values, values.len(), &Device::Cpu).unwrap();
        assert!(params.set(&BTreeMap::from([("b".to_owned(), tensor(&[1.0, 2.0]))])).is_err());
        assert!(params.set(&BTreeMap::from([("a".to_owned(), tensor(&[1.0]))])).is_err());
        params.set(&BTreeMap::from([("a".to_owned(), tensor(&[3.0, 4.0]))])).unwrap();
        assert_eq!(held.to_vec1::<f32>().unwrap(), [3.0, 4.0]);
    }
}
