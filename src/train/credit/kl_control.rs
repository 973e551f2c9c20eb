//! The adaptive penalty on divergence.
//!
//! `beta ← beta · (1 + clip(KL / target − 1, ±0.2) · samples / horizon)`. Ziegler et al. 2019,
//! *Fine-Tuning Language Models from Human Preferences* (arXiv 1909.08593), §2.2.

use serde::{Deserialize, Serialize};

/// A coefficient that is steered, or constant without a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KlControl {
    /// The present coefficient, in reward units per nat.
    pub beta: f64,
    /// Divergence to be held, in nats per completion, and over how many samples.
    pub target: Option<(f64, f64)>,
}

impl KlControl {
    /// After a step of `samples` completions with this mean divergence, in nats.
    pub fn update(&mut self, kl: f64, samples: usize) {
        if let Some((target, horizon)) = self.target {
            let error = (kl / target - 1.0).clamp(-0.2, 0.2);
            self.beta *= 1.0 + error * samples as f64 / horizon;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_far_costs_more_and_too_near_less() {
        let after = |kl: f64| {
            let mut control = KlControl { beta: 0.1, target: Some((6.0, 10_000.0)) };
            control.update(kl, 256);
            control.beta
        };
        // Errors 0.1, and −0.5 held at −0.2; 256 / 10000 = 0.0256.
        assert!((after(6.6) - 0.1 * 1.00256).abs() < 1e-12);
        assert!((after(3.0) - 0.1 * (1.0 - 0.2 * 0.0256)).abs() < 1e-12);
        let mut fixed = KlControl { beta: 0.1, target: None };
        fixed.update(100.0, 256);
        assert_eq!(fixed.beta, 0.1);
    }
}
