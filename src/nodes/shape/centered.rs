//! The reward's lead over the mean reference reward.
//!
//! `r − (1/M) Σ_m r_ref^m`: comparable between prompts, but not bounded. PAR (Fu et al. 2025,
//! arXiv 2502.18770), the "centered" rival.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{against_references, check_max_references};
use crate::domain::{Column, ParamError, Scope, stats};
use crate::nodes::{Context, Family, Kind, Op};

/// Parameters of `centered`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Centered {
    /// Use at most this many references, the first ones. At least 1. Default: 10, as in the paper.
    #[serde(default = "ten")]
    #[schema(default = 10, minimum = 1)]
    max_references: usize,
    /// The only reference reward of a sample that has none, in reward units. Absent (the default): such
    /// a sample is a `missing_field` miss.
    #[serde(default)]
    fallback: Option<f64>,
}

impl Kind for Centered {
    const NAME: &'static str = "centered";
    const FAMILY: Family = Family::Shape;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "reward less the mean reference reward";
    const EQUATION: &'static str = "r − (1/M) Σ_m r_ref^m";
    const PAPER: &'static str =
        "Fu et al. 2025, Reward Shaping to Mitigate Reward Hacking (arXiv 2502.18770)";

    fn example() -> Value {
        json!({"fallback": 0.0})
    }

    fn validate(&self) -> Result<(), ParamError> {
        check_max_references(self.max_references)
    }
}

impl Op for Centered {
    fn uses_references(&self) -> bool {
        true
    }

    fn apply(&self, inputs: &[Column], cx: &Context<'_>) -> Column {
        against_references(&inputs[0], cx, self.max_references, self.fallback, |reward, refs| {
            reward - stats::mean(refs)
        })
    }
}

fn ten() -> usize {
    10
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{assert_close, shape};

    #[test]
    fn the_papers_reward_and_references() {
        let value = shape("centered", Value::Null, 1.2, &[0.2, -0.3, 1.0, 0.5]).unwrap();
        assert_close(value, 0.85, 1e-12);
    }
}
