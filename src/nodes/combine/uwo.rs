//! Uncertainty-weighted optimisation: the mean, less the members' disagreement.
//!
//! `R_μ − λ · Var_i(R_i)`, with `R_μ = Σ_i w_i R_i` and `Var = Σ_i w_i (R_i − R_μ)²`, `w_i = 1/k` unless
//! given. Coste et al. 2023, *Reward Model Ensembles Help Mitigate Overoptimization*
//! (arXiv 2310.02743), Eq. 5: the variance is divided by k (`population`); the authors' PPO code divides
//! by k − 1 (`sample`), which is another penalty for the same λ. λ = 0.5 is their choice for best-of-n,
//! 0.1 for PPO; λ = 0 is exactly the mean.
//!
//! Weights and `downside` (only members *below* the mean count: optimistic disagreement is not
//! punished) are the risk-averse mean–variance form of arXiv 2205.15434.
//!
//! Pitfalls: the penalty is in squared reward units, so λ must be chosen per scale and members must
//! share one (`calibrated = true` on `reward_models`); for a large λ the value falls below every member;
//! and it is not monotone: raising a high outlier lowers it once `2 λ (R_i − R_μ) > 1`. `entropic` is
//! the bounded, monotone alternative.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{check_min_members, check_weights, rows_by_member};
use crate::domain::{
    Column, ParamError, Scope,
    stats::{self, Variance},
};
use crate::nodes::{Arity, Context, Family, Kind, Op};

/// Parameters of `uwo`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Uwo {
    /// Weight of the variance, in inverse reward units. At least 0; 0 is the mean. Default: 0.5.
    #[serde(default = "half")]
    #[schema(default = 0.5, minimum = 0.0)]
    lambda: f64,
    /// What the variance is divided by; one member has variance 0 either way. Default: `population`,
    /// as in the paper.
    #[serde(default = "population")]
    #[schema(inline, default = "population")]
    variance: Variance,
    /// Positive weights of the members, one per input in order; normalised to sum to 1 over the members
    /// that answered. Absent (the default): all equal.
    #[serde(default)]
    weights: Option<Vec<f64>>,
    /// Count only members below the mean in the variance. Default: false.
    #[serde(default)]
    #[schema(default = false)]
    downside: bool,
    /// Combine from the members that answered when at least this many did, from 1 to the number of
    /// inputs. Absent (the default): all must.
    #[serde(default)]
    #[schema(minimum = 1)]
    min_members: Option<usize>,
}

impl Kind for Uwo {
    const NAME: &'static str = "uwo";
    const FAMILY: Family = Family::Combine;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "mean of an ensemble less lambda times its variance";
    const EQUATION: &'static str = "R_μ − λ (1/k) Σ_i (R_i − R_μ)²";
    const PAPER: &'static str =
        "Coste et al. 2023, Reward Model Ensembles (arXiv 2310.02743), Eq. 5";

    fn example() -> Value {
        json!({"lambda": 0.5, "variance": "population"})
    }

    fn validate(&self) -> Result<(), ParamError> {
        if !(self.lambda >= 0.0 && self.lambda.is_finite()) {
            return Err(ParamError::at("/lambda", "must be a finite number of at least 0"));
        }
        let Some(weights) = &self.weights else { return Ok(()) };
        if self.variance == Variance::Sample {
            return Err(ParamError::at("/variance", "`sample` is undefined for weighted members"));
        }
        match weights.iter().position(|weight| !(*weight > 0.0 && weight.is_finite())) {
            Some(index) => Err(ParamError::at(
                format!("/weights/{index}"),
                "must be positive; leave the member out instead of giving it no weight",
            )),
            // Shares of an endless sum would all be none.
            None if !weights.iter().sum::<f64>().is_finite() => {
                Err(ParamError::at("/weights", "must have a finite sum"))
            }
            None => Ok(()),
        }
    }
}

impl Op for Uwo {
    fn arity(&self) -> Arity {
        Arity::AtLeast(1)
    }

    fn is_ensemble(&self) -> bool {
        true
    }

    fn forgives(&self) -> bool {
        self.min_members.is_some()
    }

    fn check(&self, inputs: &[String]) -> Result<(), ParamError> {
        if let Some(weights) = &self.weights {
            check_weights(weights, inputs.len())?;
        }
        check_min_members(self.min_members, inputs.len())
    }

    fn apply(&self, inputs: &[Column], _: &Context<'_>) -> Column {
        rows_by_member(inputs, self.min_members, |members, values| match &self.weights {
            None => self.combine(stats::mean(values), values, |_| {
                1.0 / self.variance.divisor(values.len())
            }),
            Some(weights) => {
                let total: f64 = members.iter().map(|member| weights[*member]).sum();
                let weight = |index: usize| weights[members[index]] / total;
                let mean = (0..values.len()).map(|index| weight(index) * values[index]).sum();
                self.combine(mean, values, weight)
            }
        })
    }
}

impl Uwo {
    fn combine(&self, mean: f64, values: &[f64], weight: impl Fn(usize) -> f64) -> f64 {
        if self.lambda == 0.0 {
            // Not `mean − 0 · variance`: a variance that overflows must not spoil a plain mean.
            return mean;
        }
        let variance: f64 = values
            .iter()
            .enumerate()
            .map(|(index, value)| {
                let above = value - mean;
                let counted = if self.downside { above.min(0.0) } else { above };
                weight(index) * counted * counted
            })
            .sum();
        mean - self.lambda * variance
    }
}

fn half() -> f64 {
    0.5
}

fn population() -> Variance {
    Variance::Population
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::nodes::testing::{
        assert_all_close, assert_close, cells, column, combine, names, op, rejects,
    };

    const MEMBERS: [f64; 5] = [1.0, 2.0, 4.0, 3.0, 0.0];

    #[test]
    fn weights_without_a_finite_sum_are_refused() {
        assert_eq!(rejects("uwo", json!({"weights": [1e308, 1e308]})), "/weights");
    }

    fn uwo(lambda: f64, variance: &str, members: &[f64]) -> f64 {
        combine("uwo", json!({"lambda": lambda, "variance": variance}), members)
    }

    #[test]
    fn the_papers_members_under_both_conventions() {
        for (lambda, population, sample) in [(0.1, 1.8, 1.75), (0.5, 1.0, 0.75), (1.0, 0.0, -0.5)] {
            assert_close(uwo(lambda, "population", &MEMBERS), population, 1e-12);
            assert_close(uwo(lambda, "sample", &MEMBERS), sample, 1e-12);
        }
    }

    #[test]
    fn the_reference_codes_members_under_both_conventions() {
        let members = [1.0, 2.0, 4.0, 5.0, 3.0];
        assert_close(uwo(0.5, "population", &members), 2.0, 1e-12);
        assert_close(uwo(0.5, "sample", &members), 1.75, 1e-12);
        assert_close(uwo(0.1, "population", &members), 2.8, 1e-12);
        assert_close(uwo(0.1, "sample", &members), 2.75, 1e-12);
    }

    #[test]
    fn disagreement_loses_where_the_mean_prefers_it() {
        assert_eq!(uwo(0.5, "population", &[3.0, 3.0, 3.0]), 3.0);
        assert_close(uwo(0.5, "population", &[5.0, 5.0, -0.5]), -0.194444, 1e-6);
    }

    #[test]
    fn raising_a_high_outlier_can_lower_it() {
        assert_close(uwo(0.5, "population", &[0.0, 0.0, 3.0]), 0.0, 1e-12);
        assert_close(uwo(0.5, "population", &[0.0, 0.0, 3.3]), -0.11, 1e-12);
    }

    #[test]
    fn a_single_member_has_no_variance() {
        for variance in ["population", "sample"] {
            assert_eq!(uwo(0.5, variance, &[7.0]), 7.0);
        }
    }

    #[test]
    fn weighted_members_are_the_risk_averse_actions() {
        let params = json!({"lambda": 0.1, "weights": [0.9, 0.1]});
        let values = cells("uwo", params, &[column(&[3.0, 1.0]), column(&[-10.0, 1.0])]);
        let values: Vec<f64> = values.into_iter().map(Result::unwrap).collect();
        assert_all_close(&values, &[0.179, 1.0], 1e-12);
    }

    #[test]
    fn weights_are_normalised() {
        let with = |weights: Value| combine("uwo", json!({"weights": weights}), &[3.0, -10.0]);
        assert_close(with(json!([9, 1])), with(json!([0.9, 0.1])), 1e-12);
        assert_close(with(json!([2, 2])), uwo(0.5, "population", &[3.0, -10.0]), 1e-12);
    }

    #[test]
    fn downside_counts_members_below_the_mean_only() {
        let downside = |members: &[f64]| combine("uwo", json!({"downside": true}), members);
        // Mean 2; below it 1 and 0: (1 + 4) / 5 = 1, half of it off.
        assert_close(downside(&MEMBERS), 1.5, 1e-12);
        // An optimistic outlier: mean 1, below it (1 + 1) / 3.
        assert_close(downside(&[0.0, 0.0, 3.0]), 1.0 - 1.0 / 3.0, 1e-12);
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        assert_eq!(rejects("uwo", json!({"lambda": -0.1})), "/lambda");
        assert_eq!(rejects("uwo", json!({"weights": [1, 0]})), "/weights/1");
        assert_eq!(rejects("uwo", json!({"weights": [1], "variance": "sample"})), "/variance");
        let error = op("uwo", json!({"weights": [1, 2]})).check(&names(3)).unwrap_err();
        assert_eq!(error.pointer, "/weights");
    }

    proptest! {
        #[test]
        fn lambda_zero_is_the_mean_bit_for_bit(
            members in prop::collection::vec(any::<f64>().prop_filter("finite", |x| x.is_finite()), 1..6),
        ) {
            let inputs: Vec<Column> = members.iter().map(|value| column(&[*value])).collect();
            let mean = cells("mean", Value::Null, &inputs);
            prop_assert_eq!(cells("uwo", json!({"lambda": 0}), &inputs), mean);
        }

        #[test]
        fn never_above_the_mean_and_blind_to_the_members_order(
            mut members in prop::collection::vec(-100.0..100.0, 1..6),
            lambda in 0.0..5.0,
        ) {
            let value = uwo(lambda, "population", &members);
            prop_assert!(value <= combine("mean", Value::Null, &members) + 1e-9);
            members.reverse();
            prop_assert!((uwo(lambda, "population", &members) - value).abs() < 1e-7);
        }
    }
}
