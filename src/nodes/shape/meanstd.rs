//! Standardisation by running moments.
//!
//! `(r − μ_run) / σ_run` over everything seen so far, this request included: the reply uses the state
//! *after* the update, as the authors' code does. σ is the population's; while it is 0 the difference is
//! divided by 1. A value beyond 1e140 is a miss and not taken in. What one sample gets depends on what came before it: freeze the state to compare.
//! PAR (Fu et al. 2025, arXiv 2502.18770), the "mean-std" rival.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::running::{Moments, fit};
use crate::domain::{Column, Scope};
use crate::nodes::{Context, Family, Kind, Running};

/// Parameters of `meanstd`: none.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Meanstd {}

impl Kind for Meanstd {
    const NAME: &'static str = "meanstd";
    const FAMILY: Family = Family::Shape;
    const SCOPE: Scope = Scope::Run;
    const SUMMARY: &'static str = "standardise by the running mean and standard deviation";
    const EQUATION: &'static str = "(r − μ_run) / σ_run; r − μ_run when σ_run is 0";
    const PAPER: &'static str =
        "Fu et al. 2025, Reward Shaping to Mitigate Reward Hacking (arXiv 2502.18770)";

    fn example() -> Value {
        json!({})
    }
}

impl Running for Meanstd {
    type State = Moments;

    fn observe(&self, state: &mut Moments, inputs: &[Column], _: &Context<'_>) {
        state.observe(&inputs[0]);
    }

    fn shape(&self, state: &Moments, inputs: &[Column], _: &Context<'_>) -> Column {
        let std = state.std();
        let divisor = if std > 0.0 { std } else { 1.0 };
        fit(&inputs[0]).map(|reward| (reward - state.mean) / divisor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{assert_all_close, run};

    #[test]
    fn the_papers_two_batches() {
        let replies = run("meanstd", Value::Null, &[&[1.0, 2.0, 3.0], &[4.0, 8.0]]);
        assert_all_close(&replies[0], &[-1.224745, 0.0, 1.224745], 1e-6);
        assert_all_close(&replies[1], &[0.165521, 1.820733], 1e-6);
    }

    #[test]
    fn without_deviation_the_difference_stays() {
        assert_eq!(run("meanstd", Value::Null, &[&[5.0]]), [[0.0]]);
        assert_eq!(run("meanstd", Value::Null, &[&[5.0, 5.0], &[5.0]])[1], [0.0]);
    }
}
