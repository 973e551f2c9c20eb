//! Preference as reward: how surely the completion beats the reference completions.
//!
//! `(1/M) Σ_m σ(k (r − r_ref^m))`, over the rewards of M completions of the same prompt by the SFT
//! policy, scored by the same model: under Bradley–Terry, the probability of beating a reference.
//! Bounded, steep at the start, flat once clearly better: what keeps a policy from hacking the reward.
//! The mean is of the sigmoids, not the sigmoid of the mean; one reference is enough, ten are usual.
//! Fu et al. 2025, *Reward Shaping to Mitigate Reward Hacking in RLHF* (arXiv 2502.18770), PAR.
//!
//! The rivals of the same form: `relative = false` is the "pure sigmoid" `σ(k r)`, without references;
//! `function = "tanh"` or `"arctan"`; `shift = 3` is the slow-growth-fast-converge control. Offsets
//! common to reward and references cancel, those of the reward alone (a length penalty) do not.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{against_references, check_max_references};
use crate::domain::{Column, ParamError, Scope, stats};
use crate::nodes::{Context, Family, Kind, Op};

/// Parameters of `par`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Par {
    /// Steepness, in inverse reward units. Above 0. Default: 1.
    #[serde(default = "one")]
    #[schema(default = 1.0, exclusive_minimum = 0.0)]
    k: f64,
    /// The bounded function. Default: `sigmoid`.
    #[serde(default)]
    #[schema(inline, default = "sigmoid")]
    function: Squash,
    /// Compare with reference rewards; false applies the function to the reward itself. Default: true.
    #[serde(default = "yes")]
    #[schema(default = true)]
    relative: bool,
    /// Subtracted from the reward, in reward units. Default: 0.
    #[serde(default)]
    #[schema(default = 0.0)]
    shift: f64,
    /// Use at most this many references, the first ones. At least 1. Default: 10, as in the paper.
    #[serde(default = "ten")]
    #[schema(default = 10, minimum = 1)]
    max_references: usize,
    /// The only reference reward of a sample that has none, in reward units. Absent (the default): such
    /// a sample is a `missing_field` miss.
    #[serde(default)]
    fallback: Option<f64>,
}

/// A bounded, increasing function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Squash {
    /// `1 / (1 + e^−x)`, in [0, 1].
    #[default]
    Sigmoid,
    /// Hyperbolic tangent, in [−1, 1].
    Tanh,
    /// Arc tangent, in [−π/2, π/2].
    Arctan,
}

impl Kind for Par {
    const NAME: &'static str = "par";
    const FAMILY: Family = Family::Shape;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "preference as reward: mean sigmoid of the lead over references";
    const EQUATION: &'static str = "(1/M) Σ_m σ(k (r − r_ref^m))";
    const PAPER: &'static str =
        "Fu et al. 2025, Reward Shaping to Mitigate Reward Hacking (arXiv 2502.18770), PAR";

    fn example() -> Value {
        json!({"k": 1.0, "fallback": 0.0})
    }

    fn validate(&self) -> Result<(), ParamError> {
        if !(self.k > 0.0 && self.k.is_finite()) {
            return Err(ParamError::at("/k", "must be a finite number above 0"));
        }
        check_max_references(self.max_references)
    }
}

impl Op for Par {
    fn uses_references(&self) -> bool {
        self.relative
    }

    fn apply(&self, inputs: &[Column], cx: &Context<'_>) -> Column {
        if !self.relative {
            return inputs[0].map(|reward| self.squash(reward - self.shift));
        }
        against_references(&inputs[0], cx, self.max_references, self.fallback, |reward, refs| {
            let sum: f64 = refs.iter().map(|known| self.squash(reward - self.shift - known)).sum();
            sum / refs.len() as f64
        })
    }
}

impl Par {
    fn squash(&self, lead: f64) -> f64 {
        let x = self.k * lead;
        match self.function {
            Squash::Sigmoid => stats::logistic(x),
            Squash::Tanh => x.tanh(),
            Squash::Arctan => x.atan(),
        }
    }
}

fn one() -> f64 {
    1.0
}

fn yes() -> bool {
    true
}

fn ten() -> usize {
    10
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{assert_close, rejects, shape};

    const REFERENCES: [f64; 4] = [0.2, -0.3, 1.0, 0.5];

    fn par(params: Value, references: &[f64]) -> f64 {
        shape("par", params, 1.2, references).unwrap()
    }

    #[test]
    fn the_papers_shapers_on_one_reward_and_four_references() {
        let cases = [
            (json!({}), 0.691664),
            (json!({"k": 2}), 0.808561),
            (json!({"k": 3}), 0.869537),
            (json!({"shift": 3}), 0.112519),
            (json!({"function": "tanh"}), 0.617121),
            (json!({"function": "arctan"}), 0.644078),
        ];
        for (params, expected) in cases {
            assert_close(par(params, &REFERENCES), expected, 1e-6);
        }
        assert_close(par(json!({}), &REFERENCES[..1]), 0.731059, 1e-6);
    }

    #[test]
    fn the_mean_of_sigmoids_is_not_the_sigmoid_of_the_mean() {
        let of_the_mean = stats::logistic(1.2 - 0.35);
        assert_close(of_the_mean, 0.700567, 1e-6);
        assert!((par(json!({}), &REFERENCES) - of_the_mean).abs() > 0.008);
    }

    #[test]
    fn the_pure_functions_need_no_references() {
        let pure =
            |k, function: &str| par(json!({"relative": false, "k": k, "function": function}), &[]);
        assert_close(pure(1, "sigmoid"), 0.768524783, 1e-9);
        assert_close(pure(2, "sigmoid"), 0.916827304, 1e-9);
        assert_close(pure(3, "sigmoid"), 0.973403006, 1e-9);
        assert_close(pure(1, "tanh"), 0.833654607, 1e-9);
    }

    #[test]
    fn a_large_lead_saturates_without_nan() {
        assert_eq!(shape("par", json!({}), 1000.0, &[0.0]), Ok(1.0));
        assert_eq!(shape("par", json!({}), -1000.0, &[0.0]), Ok(0.0));
        assert_eq!(shape("par", json!({}), 1e308, &[-1e308]), Ok(1.0));
    }

    #[test]
    fn a_steepness_that_is_not_positive_is_refused() {
        assert_eq!(rejects("par", json!({"k": 0})), "/k");
        assert_eq!(rejects("par", json!({"k": -1})), "/k");
    }
}
