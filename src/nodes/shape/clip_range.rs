//! Clipping to a running range around the mean.
//!
//! `clip(r, μ_run − n σ_run, μ_run + n σ_run)` over everything seen so far, this request included: the
//! reply uses the state *after* the update, as the authors' code does. σ is the population's. Under a
//! frozen state that has seen nothing, values pass unchanged. A value beyond 1e140 is a miss and not taken in.
//! PAR (Fu et al. 2025, arXiv 2502.18770), the "clip" rival, with n = 1.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::running::{Moments, fit};
use crate::domain::{Column, ParamError, Scope};
use crate::nodes::{Context, Family, Kind, Running};

/// Parameters of `clip_range`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClipRange {
    /// Half the width of the range, in running standard deviations. At least 0. Default: 1.
    #[serde(default = "one")]
    #[schema(default = 1.0, minimum = 0.0)]
    stds: f64,
}

impl Kind for ClipRange {
    const NAME: &'static str = "clip_range";
    const FAMILY: Family = Family::Shape;
    const SCOPE: Scope = Scope::Run;
    const SUMMARY: &'static str = "clip to the running mean plus or minus standard deviations";
    const EQUATION: &'static str = "clip(r, μ_run − n σ_run, μ_run + n σ_run)";
    const PAPER: &'static str =
        "Fu et al. 2025, Reward Shaping to Mitigate Reward Hacking (arXiv 2502.18770)";

    fn example() -> Value {
        json!({"stds": 1.0})
    }

    fn validate(&self) -> Result<(), ParamError> {
        if self.stds >= 0.0 {
            return Ok(());
        }
        Err(ParamError::at("/stds", "must be at least 0"))
    }
}

impl Running for ClipRange {
    type State = Moments;

    fn observe(&self, state: &mut Moments, inputs: &[Column], _: &Context<'_>) {
        state.observe(&inputs[0]);
    }

    fn shape(&self, state: &Moments, inputs: &[Column], _: &Context<'_>) -> Column {
        let rewards = fit(&inputs[0]);
        if state.count == 0 {
            return rewards;
        }
        let width = self.stds * state.std();
        let (low, high) = (state.mean - width, state.mean + width);
        rewards.map(|reward| reward.max(low).min(high))
    }
}

fn one() -> f64 {
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{assert_all_close, rejects, run};

    #[test]
    fn the_papers_two_batches() {
        let replies = run("clip_range", Value::Null, &[&[1.0, 2.0, 3.0], &[4.0, 8.0]]);
        assert_all_close(&replies[0], &[2.0 - 0.816497, 2.0, 2.0 + 0.816497], 1e-6);
        assert_all_close(&replies[1], &[4.0, 6.016609], 1e-6);
    }

    #[test]
    fn the_width_is_in_standard_deviations() {
        let replies = run("clip_range", json!({"stds": 0.5}), &[&[1.0, 2.0, 3.0], &[4.0, 80.0]]);
        assert_all_close(&replies[0], &[2.0 - 0.408248, 2.0, 2.0 + 0.408248], 1e-6);
        // Mean 18, population standard deviation 31.0161 (Python's statistics.pstdev).
        assert_all_close(&replies[1], &[4.0, 18.0 + 15.508062], 1e-5);
    }

    #[test]
    fn a_negative_width_is_refused() {
        assert_eq!(rejects("clip_range", json!({"stds": -1})), "/stds");
    }
}
