//! A linear change of scale.
//!
//! `scale · r + offset`: to undo a model's calibration, turn a cost into a reward, or bring a verdict to
//! −1 and 1.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::{Column, Scope};
use crate::nodes::{Context, Family, Kind, Op};

/// Parameters of `affine`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Affine {
    /// Multiplies the reward. Default: 1.
    #[serde(default = "one")]
    #[schema(default = 1.0)]
    scale: f64,
    /// Added after scaling. Default: 0.
    #[serde(default)]
    #[schema(default = 0.0)]
    offset: f64,
}

impl Kind for Affine {
    const NAME: &'static str = "affine";
    const FAMILY: Family = Family::Shape;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "linear change of scale";
    const EQUATION: &'static str = "scale · r + offset";
    const PAPER: &'static str = "none: a change of units";

    fn example() -> Value {
        json!({"scale": 2.0, "offset": -1.0})
    }
}

impl Op for Affine {
    fn apply(&self, inputs: &[Column], _: &Context<'_>) -> Column {
        inputs[0].map(|reward| self.scale * reward + self.offset)
    }
}

fn one() -> f64 {
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{cells, column};

    #[test]
    fn a_verdict_from_zero_and_one_to_minus_one_and_one() {
        let values = cells("affine", Affine::example(), &[column(&[0.0, 0.5, 1.0])]);
        assert_eq!(values, [Ok(-1.0), Ok(0.0), Ok(1.0)]);
    }

    #[test]
    fn the_default_changes_nothing() {
        assert_eq!(cells("affine", Value::Null, &[column(&[0.3])]), [Ok(0.3)]);
    }
}
