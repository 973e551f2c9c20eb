//! Log-sigmoid centring: the log-odds of a completion against the good references.
//!
//! `log σ(r − q)`, where q is the 85th percentile of a normal fitted to the reference rewards:
//! `q = mean + 1.0364 · (sd + 1e−5)`. All references count, and the standard deviation is the sample's
//! (n − 1), as in the code of the PAR authors; a single reference has sd 0.
//!
//! Pitfall: at most 0 but unbounded below, so one terrible completion can dominate a batch.
//! Wang et al. 2024, *Transforming and Combining Rewards for Aligning Large Language Models*
//! (arXiv 2402.00742); as a rival in PAR (Fu et al. 2025, arXiv 2502.18770).

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::against_references;
use crate::domain::{
    Column, Scope,
    stats::{self, Variance},
};
use crate::nodes::{Context, Family, Kind, Op};

/// The 85th percentile of the standard normal.
const QUANTILE: f64 = 1.036_433_389_493_789_7;
/// Added to the standard deviation, as in the reference code.
const EPSILON: f64 = 1e-5;

/// Parameters of `lsc`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lsc {
    /// What the references' variance is divided by. Default: `sample`, as in the reference code.
    #[serde(default = "sample")]
    #[schema(inline, default = "sample")]
    variance: Variance,
    /// The only reference reward of a sample that has none, in reward units. Absent (the default): such
    /// a sample is a `missing_field` miss.
    #[serde(default)]
    fallback: Option<f64>,
}

impl Kind for Lsc {
    const NAME: &'static str = "lsc";
    const FAMILY: Family = Family::Shape;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "log-sigmoid of the lead over the references' 85th percentile";
    const EQUATION: &'static str = "log σ(r − q), q = mean + 1.0364 (sd + 1e-5) of r_ref";
    const PAPER: &'static str =
        "Wang et al. 2024, Transforming and Combining Rewards (arXiv 2402.00742)";

    fn example() -> Value {
        json!({"fallback": 0.0})
    }
}

impl Op for Lsc {
    fn uses_references(&self) -> bool {
        true
    }

    fn apply(&self, inputs: &[Column], cx: &Context<'_>) -> Column {
        against_references(&inputs[0], cx, usize::MAX, self.fallback, |reward, refs| {
            stats::log_logistic(reward - self.percentile(refs))
        })
    }
}

impl Lsc {
    fn percentile(&self, references: &[f64]) -> f64 {
        stats::mean(references) + QUANTILE * (self.variance.std(references) + EPSILON)
    }
}

fn sample() -> Variance {
    Variance::Sample
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{assert_close, shape};

    const REFERENCES: [f64; 4] = [0.2, -0.3, 1.0, 0.5];

    #[test]
    fn the_percentile_under_both_conventions() {
        let q = |variance| Lsc { variance, fallback: None }.percentile(&REFERENCES);
        assert_close(q(Variance::Sample), 0.914526, 1e-6);
        assert_close(q(Variance::Population), 0.838895, 1e-6);
    }

    #[test]
    fn the_papers_reward_under_both_conventions() {
        let lsc = |params| shape("lsc", params, 1.2, &REFERENCES).unwrap();
        assert_close(lsc(Value::Null), -0.560563, 1e-6);
        assert_close(lsc(json!({"variance": "population"})), -0.528806, 1e-6);
    }

    #[test]
    fn one_reference_has_no_deviation() {
        let value = shape("lsc", Value::Null, 0.0, &[0.0]).unwrap();
        assert_close(value, -std::f64::consts::LN_2, 1e-5);
    }

    #[test]
    fn far_below_it_is_linear_and_unbounded() {
        let value = shape("lsc", Value::Null, -1e6, &[0.0]).unwrap();
        assert_close(value, -1e6, 1e-4);
    }
}
