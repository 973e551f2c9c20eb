//! Min–max scaling by the running range.
//!
//! `(r − min) / (max − min)` over everything seen so far, this request included: the reply uses the
//! state *after* the update, as the authors' code does. A constant history gives 0.5 (their code: 0/0).
//! PAR (Fu et al. 2025, arXiv 2502.18770), the "minmax" rival of §4.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::{Column, Scope};
use crate::nodes::{Context, Family, Kind, Running};

/// Parameters of `minmax`: none.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Minmax {}

/// The range so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Told")]
pub(crate) struct Range {
    min: Option<f64>,
    max: Option<f64>,
}

/// A range as it is told, which need not be one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    min: Option<f64>,
    max: Option<f64>,
}

impl TryFrom<Told> for Range {
    type Error = &'static str;

    fn try_from(Told { min, max }: Told) -> Result<Self, &'static str> {
        match (min, max) {
            (None, None) => Ok(Self { min, max }),
            (Some(least), Some(greatest)) if least <= greatest => Ok(Self { min, max }),
            _ => Err("`min` and `max` must both be there, `min` not above `max`, or neither"),
        }
    }
}

impl Kind for Minmax {
    const NAME: &'static str = "minmax";
    const FAMILY: Family = Family::Shape;
    const SCOPE: Scope = Scope::Run;
    const SUMMARY: &'static str = "scale into [0, 1] by the running minimum and maximum";
    const EQUATION: &'static str = "(r − min_run) / (max_run − min_run); 0.5 when they are equal";
    const PAPER: &'static str =
        "Fu et al. 2025, Reward Shaping to Mitigate Reward Hacking (arXiv 2502.18770)";

    fn example() -> Value {
        json!({})
    }
}

impl Running for Minmax {
    type State = Range;

    fn observe(&self, state: &mut Range, inputs: &[Column], _: &Context<'_>) {
        for value in inputs[0].values() {
            state.min = Some(state.min.map_or(value, |least| least.min(value)));
            state.max = Some(state.max.map_or(value, |greatest| greatest.max(value)));
        }
    }

    fn shape(&self, state: &Range, inputs: &[Column], _: &Context<'_>) -> Column {
        let (Some(min), Some(max)) = (state.min, state.max) else {
            return inputs[0].map(|_| 0.5);
        };
        if max <= min {
            return inputs[0].map(|_| 0.5);
        }
        // Halves, so that a range wider than the largest number does not overflow.
        let half = if (max - min).is_finite() { 1.0 } else { 0.5 };
        inputs[0].map(|value| (half * value - half * min) / (half * max - half * min))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{assert_all_close, run};

    #[test]
    fn the_papers_two_batches() {
        let replies = run("minmax", Value::Null, &[&[1.0, 2.0, 3.0], &[4.0, 8.0]]);
        assert_all_close(&replies[0], &[0.0, 0.5, 1.0], 1e-12);
        assert_all_close(&replies[1], &[0.428571, 1.0], 1e-6);
    }

    #[test]
    fn a_constant_history_is_the_middle() {
        assert_eq!(run("minmax", Value::Null, &[&[3.0, 3.0], &[3.0]]), [vec![0.5; 2], vec![0.5]]);
    }

    #[test]
    fn the_widest_range_does_not_overflow() {
        let replies = run("minmax", Value::Null, &[&[f64::MIN, 0.0, f64::MAX]]);
        assert_eq!(replies[0], [0.0, 0.5, 1.0]);
    }

    #[test]
    fn an_impossible_state_is_refused() {
        for state in [json!({"min": 5, "max": 1}), json!({"min": 5}), json!({"max": 5})] {
            assert!(serde_json::from_value::<Range>(state.clone()).is_err(), "{state}");
        }
    }
}
