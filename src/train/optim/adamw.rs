//! AdamW (Loshchilov and Hutter 2019, algorithm 2), as PyTorch computes it.

use std::collections::BTreeMap;

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::train::{TrainError, nn::Params};

/// Constants of [`AdamW`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdamWConfig {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub eps: f64,
    /// Decoupled weight decay. Applied to matrices only: gains of norms are not decayed.
    pub weight_decay: f64,
}

impl Default for AdamWConfig {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0.01 }
    }
}

/// The optimiser: its moments are named like the parameters and can be saved and restored.
#[derive(Debug)]
pub struct AdamW {
    config: AdamWConfig,
    first: BTreeMap<String, Tensor>,
    second: BTreeMap<String, Tensor>,
    step: usize,
}

const FIRST: &str = "m.";
const SECOND: &str = "v.";

impl AdamW {
    /// An optimiser for `params`, its moments zero.
    ///
    /// # Errors
    /// When the device has no memory left.
    pub fn new(params: &Params, config: AdamWConfig) -> Result<Self, TrainError> {
        let zeros = || {
            params
                .iter()
                .map(|(name, variable)| Ok((name.to_owned(), variable.zeros_like()?)))
                .collect::<Result<BTreeMap<_, _>, TrainError>>()
        };
        Ok(Self { config, first: zeros()?, second: zeros()?, step: 0 })
    }

    /// Steps taken.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.step
    }

    /// One update with learning rate `rate`. `gradients` are in the order of `params`.
    ///
    /// # Errors
    /// When the gradients are not those of the parameters.
    pub fn step(
        &mut self,
        params: &Params,
        gradients: &[Tensor],
        rate: f64,
    ) -> Result<(), TrainError> {
        let AdamWConfig { beta1, beta2, eps, weight_decay } = self.config;
        self.step += 1;
        let steps = i32::try_from(self.step).unwrap_or(i32::MAX);
        let (correction1, correction2) = (1.0 - beta1.powi(steps), 1.0 - beta2.powi(steps));
        let moments = self.first.values_mut().zip(self.second.values_mut());
        for (((_, variable), gradient), (first, second)) in
            params.iter().zip(gradients).zip(moments)
        {
            *first = ((&*first * beta1)? + (gradient * (1.0 - beta1))?)?;
            *second = ((&*second * beta2)? + (gradient.sqr()? * (1.0 - beta2))?)?;
            let spread = ((&*second / correction2)?.sqrt()? + eps)?;
            let update = ((&*first * (rate / correction1))? / spread)?;
            let decay = if variable.rank() > 1 { rate * weight_decay } else { 0.0 };
            let kept = (variable.as_detached_tensor() * (1.0 - decay))?;
            variable.set(&(kept - update)?)?;
        }
        Ok(())
    }

    /// The moments, as `m.{parameter}` and `v.{parameter}`.
    #[must_use]
    pub fn state(&self) -> BTreeMap<String, Tensor> {
        let named = |prefix: &'static str, moments: &BTreeMap<String, Tensor>| {
            let moments = moments.clone().into_iter();
            moments
                .map(move |(name, tensor)| (format!("{prefix}{name}"), tensor))
                .collect::<Vec<_>>()
        };
        named(FIRST, &self.first).into_iter().chain(named(SECOND, &self.second)).collect()
    }

    /// Continues from moments that [`state`](Self::state) gave after `step` steps.
    ///
    /// # Errors
    /// When a moment is missing or has another shape.
    pub fn restore(
        &mut self,
        state: &BTreeMap<String, Tensor>,
        step: usize,
    ) -> Result<(), TrainError> {
        for (prefix, moments) in [(FIRST, &mut self.first), (SECOND, &mut self.second)] {
            for (name, moment) in moments.iter_mut() {
                let saved = state.get(&format!("{prefix}{name}"));
                let saved = saved.filter(|saved| saved.dims() == moment.dims());
                let missing =
                    || TrainError::Config(format!("no moment {prefix}{name} of that shape"));
                *moment = saved.ok_or_else(missing)?.clone();
            }
        }
        self.step = step;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    /// Minimises the sum of x³ over the parameters for some steps, with a changing learning rate.
    fn run(params: &Params, optimiser: &mut AdamW, steps: std::ops::Range<usize>) {
        for step in steps {
            let gradients: Vec<Tensor> = params
                .iter()
                .map(|(_, variable)| (variable.as_detached_tensor().sqr().unwrap() * 3.0).unwrap())
                .collect();
            #[expect(clippy::cast_precision_loss, reason = "a small count")]
            optimiser.step(params, &gradients, 0.1 / (step + 1) as f64).unwrap();
        }
    }

    fn params() -> Params {
        let mut params = Params::new(0, &Device::Cpu);
        params.ones("gain", &[2]).unwrap();
        params.ones("matrix", &[1, 2]).unwrap();
        let tensor = |values: [f32; 2]| Tensor::new(&values, &Device::Cpu).unwrap();
        let values = BTreeMap::from([
            ("gain".to_owned(), tensor([0.5, -2.0])),
            ("matrix".to_owned(), tensor([1.5, 0.25]).reshape((1, 2)).unwrap()),
        ]);
        params.set(&values).unwrap();
        params
    }

    fn values(params: &Params) -> Vec<f32> {
        params.values().values().flat_map(|t| t.flatten_all().unwrap().to_vec1().unwrap()).collect()
    }

    #[test]
    fn updates_are_those_of_pytorch() {
        // tests/golden/train/adamw.py
        let golden = include_str!("../../../tests/golden/train/adamw.json");
        let golden: Vec<f32> = serde_json::from_str(golden).unwrap();
        let params = params();
        let config = AdamWConfig { weight_decay: 0.1, ..AdamWConfig::default() };
        let mut optimiser = AdamW::new(&params, config).unwrap();
        run(&params, &mut optimiser, 0..5);
        for (got, expected) in values(&params).iter().zip(&golden) {
            assert!((got - expected).abs() < 1e-6, "{got} {expected}");
        }
    }

    #[test]
    fn saved_moments_continue_the_run_bit_for_bit() {
        let straight = params();
        let mut optimiser = AdamW::new(&straight, AdamWConfig::default()).unwrap();
        run(&straight, &mut optimiser, 0..6);

        let resumed = params();
        let mut before = AdamW::new(&resumed, AdamWConfig::default()).unwrap();
        run(&resumed, &mut before, 0..3);
        let mut after = AdamW::new(&resumed, AdamWConfig::default()).unwrap();
        after.restore(&before.state(), before.steps()).unwrap();
        run(&resumed, &mut after, 3..6);
        assert_eq!(values(&straight), values(&resumed));
    }
}
