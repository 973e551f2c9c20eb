//! The same value for every sample.
//!
//! A stand-in while a pipeline is built, or a fixed input to a combiner (the constant of a gate, the
//! last resort of `coalesce`).

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::{Cell, Sample, Scope};
use crate::nodes::{Family, Kind, SampleSource};

/// Parameters of `constant`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Constant {
    /// The value. Any finite number; required.
    #[schema(example = 1.0)]
    value: f64,
}

impl Kind for Constant {
    const NAME: &'static str = "constant";
    const FAMILY: Family = Family::Source;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "the same value for every sample";
    const EQUATION: &'static str = "value";
    const PAPER: &'static str = "none: a constant";

    fn example() -> Value {
        json!({"value": 1.0})
    }
}

impl SampleSource for Constant {
    fn value(&self, _: &Sample) -> Cell {
        Ok(self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::rejects;

    #[test]
    fn every_sample_gets_the_value() {
        assert_eq!(Constant { value: -2.5 }.value(&Sample::default()), Ok(-2.5));
    }

    #[test]
    fn a_value_that_is_no_number_is_refused() {
        assert_eq!(rejects("constant", json!({"value": "1"})), "/value");
        assert_eq!(rejects("constant", json!({})), "");
    }
}
