//! A cap on the reward.
//!
//! `min(r, c)`: nothing to gain above c. The authors try c in 3, 4 and 5; the best c depends on the
//! model's scale. PAR (Fu et al. 2025, arXiv 2502.18770), the "ceiling" rival.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::{Column, Scope};
use crate::nodes::{Context, Family, Kind, Op};

/// Parameters of `ceiling`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ceiling {
    /// The greatest value, in reward units. Required.
    #[schema(example = 4.0)]
    max: f64,
}

impl Kind for Ceiling {
    const NAME: &'static str = "ceiling";
    const FAMILY: Family = Family::Shape;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "cap the reward";
    const EQUATION: &'static str = "min(r, max)";
    const PAPER: &'static str =
        "Fu et al. 2025, Reward Shaping to Mitigate Reward Hacking (arXiv 2502.18770)";

    fn example() -> Value {
        json!({"max": 4.0})
    }
}

impl Op for Ceiling {
    fn apply(&self, inputs: &[Column], _: &Context<'_>) -> Column {
        inputs[0].map(|reward| reward.min(self.max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{cells, column, rejects};

    #[test]
    fn values_above_are_cut_and_others_stay() {
        let values = cells("ceiling", json!({"max": 4}), &[column(&[-9.0, 4.0, 4.5])]);
        assert_eq!(values, [Ok(-9.0), Ok(4.0), Ok(4.0)]);
    }

    #[test]
    fn the_cap_is_required() {
        assert_eq!(rejects("ceiling", json!({})), "");
    }
}
