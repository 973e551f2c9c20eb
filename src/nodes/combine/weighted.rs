//! A weighted sum of the inputs.
//!
//! `Σ_i w_i R_i`, or divided by `Σ_i w_i`. For rewards of different kinds (helpfulness, correctness, a
//! cost with a negative weight). Weights belong to inputs by position. A sum of terms on different
//! scales is decided by the widest: bring them to one scale first.
//! Linear scalarisation, as in Wang et al. 2024, *Interpretable Preferences via Multi-Objective Reward
//! Modeling* (arXiv 2406.12845), §2.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{check_weights, rows};
use crate::domain::{Column, ParamError, Scope};
use crate::nodes::{Arity, Context, Family, Kind, Op};

/// Parameters of `weighted`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Weighted {
    /// One finite weight per input, in order; may be negative. Required.
    #[schema(example = json!([1.0, -0.1]))]
    weights: Vec<f64>,
    /// Divide by the sum of the weights, which then must be at least 0 each and not all 0. Default:
    /// false.
    #[serde(default)]
    #[schema(default = false)]
    normalise: bool,
}

impl Kind for Weighted {
    const NAME: &'static str = "weighted";
    const FAMILY: Family = Family::Combine;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "weighted sum of the inputs, optionally normalised";
    const EQUATION: &'static str = "Σ_i w_i R_i, or that divided by Σ_i w_i";
    const PAPER: &'static str = "Wang et al. 2024, ArmoRM (arXiv 2406.12845), §2";

    fn example() -> Value {
        json!({"weights": [1.0, 0.5, -0.1]})
    }

    fn validate(&self) -> Result<(), ParamError> {
        let fits = |weight: &f64| weight.is_finite() && (!self.normalise || *weight >= 0.0);
        if let Some(index) = self.weights.iter().position(|weight| !fits(weight)) {
            let message = "must be finite, and at least 0 when normalised";
            return Err(ParamError::at(format!("/weights/{index}"), message));
        }
        let total: f64 = self.weights.iter().sum();
        if self.weights.is_empty() || (self.normalise && !(total > 0.0 && total.is_finite())) {
            return Err(ParamError::at("/weights", "must have a positive, finite sum"));
        }
        Ok(())
    }
}

impl Op for Weighted {
    fn arity(&self) -> Arity {
        Arity::AtLeast(1)
    }

    fn check(&self, inputs: &[String]) -> Result<(), ParamError> {
        check_weights(&self.weights, inputs.len())
    }

    fn apply(&self, inputs: &[Column], _: &Context<'_>) -> Column {
        let total: f64 = if self.normalise { self.weights.iter().sum() } else { 1.0 };
        rows(inputs, None, |values| {
            let sum: f64 = values.iter().zip(&self.weights).map(|(value, w)| value * w).sum();
            sum / total
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{assert_close, combine, names, op, rejects};

    #[test]
    fn a_sum_and_an_average() {
        let sum = combine("weighted", json!({"weights": [1.0, -0.5]}), &[3.0, 4.0]);
        assert_eq!(sum, 1.0);
        let params = json!({"weights": [3, 1], "normalise": true});
        assert_eq!(combine("weighted", params, &[3.0, 7.0]), 4.0);
    }

    #[test]
    fn normalised_weights_need_not_sum_to_one() {
        let params = json!({"weights": [0.34, 0.34, 0.33], "normalise": true});
        assert_close(combine("weighted", params, &[2.0, 2.0, 2.0]), 2.0, 1e-12);
    }

    #[test]
    fn weights_must_fit() {
        let error = op("weighted", json!({"weights": [1, 2]})).check(&names(3)).unwrap_err();
        assert_eq!(error.pointer, "/weights");
        assert_eq!(error.message, "2 weights for 3 inputs");
        let normalised =
            |weights| rejects("weighted", json!({"weights": weights, "normalise": true}));
        assert_eq!(normalised(json!([1, -1])), "/weights/1");
        assert_eq!(normalised(json!([0, 0])), "/weights");
        assert_eq!(rejects("weighted", json!({"weights": []})), "/weights");
    }
}
