//! Several rewards at once, each to be pursued up to a point: Lagrange multipliers as weights.
//!
//! Component rewards `r_i` have thresholds `θ_i` beyond which more of them says nothing. Maximising the
//! negative divergence from the reference subject to `E[r_i] ≥ θ_i` (or `= θ_i`) gives the advantage
//! `(N − Σ μ_i) A_KL + Σ μ_i A_i`, each `A` standardised over the step, `μ = σ(λ)` (or `tanh λ`, which can
//! push a reward down). `λ` descends `Σ μ_i (mean r_i − θ_i)` by momentum, its gradient clipped.
//! Moskovitz et al. 2024, *Confronting Reward Model Overoptimization with Constrained RLHF* (arXiv
//! 2310.04373), µ-PPO and ξ-PPO; constants of the authors' code.

use serde::{Deserialize, Serialize};

use super::whitened;
use crate::train::objective::sigmoid;

/// The sense of a constraint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// At least the threshold (µ-PPO).
    #[default]
    AtLeast,
    /// Exactly the threshold (ξ-PPO).
    Equal,
}

/// One component reward and where it is to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constraint {
    /// A column of the pipeline, as replies name it: `node` or `node.column`.
    pub component: String,
    /// Its proxy point, in the column's units.
    pub threshold: f64,
    /// The sense.
    #[serde(default)]
    pub bound: Bound,
}

/// Momentum of the descent on `λ`.
const MOMENTUM: f64 = 0.1;
/// Greatest norm of its gradient.
const MAX_NORM: f64 = 0.5;

/// The multipliers: state of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Multipliers {
    lambda: Vec<f64>,
    velocity: Vec<f64>,
}

impl Multipliers {
    /// One per constraint, `λ = 0`.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self { lambda: vec![0.0; count], velocity: vec![0.0; count] }
    }

    /// The weights `μ`.
    #[must_use]
    pub fn weights(&self, constraints: &[Constraint]) -> Vec<f64> {
        let squash = |(lambda, constraint): (&f64, &Constraint)| match constraint.bound {
            Bound::AtLeast => sigmoid(*lambda),
            Bound::Equal => lambda.tanh(),
        };
        self.lambda.iter().zip(constraints).map(squash).collect()
    }

    /// One step of descent, given the components' mean rewards: a reward below its threshold gains
    /// weight.
    pub fn update(&mut self, constraints: &[Constraint], means: &[f64], rate: f64) {
        let weights = self.weights(constraints);
        let slope = |((weight, constraint), mean): ((&f64, &Constraint), &f64)| {
            let by_lambda = match constraint.bound {
                Bound::AtLeast => weight * (1.0 - weight),
                Bound::Equal => 1.0 - weight * weight,
            };
            by_lambda * (mean - constraint.threshold)
        };
        let slopes: Vec<f64> = weights.iter().zip(constraints).zip(means).map(slope).collect();
        let norm = slopes.iter().map(|slope| slope * slope).sum::<f64>().sqrt();
        let scale = if norm > MAX_NORM { MAX_NORM / norm } else { 1.0 };
        let state = self.lambda.iter_mut().zip(&mut self.velocity);
        for ((lambda, velocity), slope) in state.zip(slopes) {
            *velocity = MOMENTUM * *velocity + scale * slope;
            *lambda -= rate * *velocity;
        }
    }
}

/// `(N − Σ μ) A_KL + Σ μ_i A_i` of standardised components. `kl` and each of `components` have one entry
/// per completion.
#[must_use]
pub fn mixed(kl: &[f64], components: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    let rest = weights.len() as f64 - weights.iter().sum::<f64>();
    let mut total: Vec<f64> =
        whitened(&kl.iter().map(|kl| -kl).collect::<Vec<_>>()).iter().map(|a| rest * a).collect();
    for (component, weight) in components.iter().zip(weights) {
        for (total, advantage) in total.iter_mut().zip(whitened(component)) {
            *total += weight * advantage;
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constraints(bound: Bound) -> Vec<Constraint> {
        let of = |component: &str, threshold| Constraint {
            component: component.to_owned(),
            threshold,
            bound,
        };
        vec![of("intent", 0.44), of("meteor", 0.238)]
    }

    #[track_caller]
    fn close(got: &[f64], expected: &[f64]) {
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-8, "{got} {expected}");
        }
    }

    #[test]
    fn what_falls_short_gains_weight() {
        let step = |bound| {
            let mut multipliers = Multipliers::new(2);
            multipliers.update(&constraints(bound), &[0.30, 0.26], 0.1);
            multipliers.weights(&constraints(bound))
        };
        close(&step(Bound::AtLeast), &[0.500_874_999, 0.499_862_5]);
        close(&step(Bound::Equal), &[0.013_999_085, -0.002_199_996]);
    }

    #[test]
    fn advantages_are_mixed_by_the_weights() {
        // Standardised, two completions have ±1 (up to 1e-8): A_KL = 1, A = (1, −1) for the first.
        let components = [vec![5.0, 3.0], vec![0.0, 8.0]];
        let got = mixed(&[0.0, 2.0], &components, &[0.6, 0.3]);
        close(&got.iter().map(|a| (a * 1e6).round() / 1e6).collect::<Vec<_>>(), &[1.4, -1.4]);
    }
}
