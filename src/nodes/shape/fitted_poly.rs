//! A polynomial stand-in for the sigmoid.
//!
//! The least-squares fit of degree 5 to the sigmoid on 100 even points of [−5, 5], 0 below and 1 above.
//! Inside the window the fit overshoots (1.0017 at 4.9): values are clamped to [0, 1], unlike in the
//! authors' code. With `relative`, the mean over the leads `r − r_ref^m`, as `par`.
//! PAR (Fu et al. 2025, arXiv 2502.18770), the "fitted poly" rival.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{against_references, check_max_references};
use crate::domain::{Column, ParamError, Scope};
use crate::nodes::{Context, Family, Kind, Op};

/// The fit's odd coefficients, of x⁵, x³ and x. The sigmoid less ½ is odd, so the even ones vanish.
const ODD: [f64; 3] = [2.0266916983218417e-4, -1.0130912056492036e-2, 0.22878851177826098];
/// Half the width of the window that was fitted.
const WINDOW: f64 = 5.0;

/// Parameters of `fitted_poly`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FittedPoly {
    /// Compare with reference rewards, as `par` does. Default: false.
    #[serde(default)]
    #[schema(default = false)]
    relative: bool,
    /// When relative: use at most this many references, the first ones. At least 1. Default: 10.
    #[serde(default = "ten")]
    #[schema(default = 10, minimum = 1)]
    max_references: usize,
    /// When relative: the only reference reward of a sample that has none, in reward units. Absent (the
    /// default): such a sample is a `missing_field` miss.
    #[serde(default)]
    fallback: Option<f64>,
}

impl Kind for FittedPoly {
    const NAME: &'static str = "fitted_poly";
    const FAMILY: Family = Family::Shape;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "degree-5 polynomial fit of the sigmoid, clamped to [0, 1]";
    const EQUATION: &'static str = "2.02669e-4 x⁵ − 1.01309e-2 x³ + 0.228789 x + 0.5 on [−5, 5]";
    const PAPER: &'static str =
        "Fu et al. 2025, Reward Shaping to Mitigate Reward Hacking (arXiv 2502.18770)";

    fn example() -> Value {
        json!({"relative": false})
    }

    fn validate(&self) -> Result<(), ParamError> {
        check_max_references(self.max_references)
    }
}

impl Op for FittedPoly {
    fn uses_references(&self) -> bool {
        self.relative
    }

    fn apply(&self, inputs: &[Column], cx: &Context<'_>) -> Column {
        if !self.relative {
            return inputs[0].map(poly);
        }
        against_references(&inputs[0], cx, self.max_references, self.fallback, |reward, refs| {
            refs.iter().map(|known| poly(reward - known)).sum::<f64>() / refs.len() as f64
        })
    }
}

fn poly(x: f64) -> f64 {
    // Clamping the argument keeps the powers finite; the value at the window's edge is clamped below.
    let x = x.clamp(-WINDOW, WINDOW);
    if x.abs() == WINDOW {
        return if x > 0.0 { 1.0 } else { 0.0 };
    }
    let square = x * x;
    (0.5 + x * (ODD[2] + square * (ODD[1] + square * ODD[0]))).clamp(0.0, 1.0)
}

fn ten() -> usize {
    10
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{assert_close, cells, column, shape};

    #[test]
    fn the_fit_inside_the_window() {
        // Values of the fit made afresh with exact rational arithmetic.
        assert_close(poly(1.0), 0.718860268891601, 1e-15);
        assert_close(poly(2.5), 0.9334676896793885, 1e-15);
        assert_close(poly(0.0), 0.5, 0.0);
        assert_close(poly(-1.0) + poly(1.0), 1.0, 1e-15);
    }

    #[test]
    fn the_overshoot_is_clamped() {
        let unclamped = 0.5 + 4.9_f64.powi(5) * ODD[0] + 4.9_f64.powi(3) * ODD[1] + 4.9 * ODD[2];
        assert_close(unclamped, 1.001662, 1e-6);
        let values =
            cells("fitted_poly", Value::Null, &[column(&[4.9, -4.9, 5.0, -5.0, 1e300, -1e300])]);
        assert_eq!(values, [Ok(1.0), Ok(0.0), Ok(1.0), Ok(0.0), Ok(1.0), Ok(0.0)]);
    }

    #[test]
    fn relative_is_the_mean_over_the_leads() {
        let params = json!({"relative": true});
        let value = shape("fitted_poly", params, 1.2, &[0.2, -0.3, 1.0, 0.5]).unwrap();
        assert_close(value, 0.6829445163267148, 1e-12);
    }
}
