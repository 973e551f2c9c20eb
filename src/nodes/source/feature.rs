//! A number that the caller sends with the sample.
//!
//! `features.<name>`: a cost, a latency, a judge's mark computed elsewhere. Without `default`, a sample
//! that lacks it is a `missing_field` miss, never a silent 0.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::{Cell, Miss, ParamError, Sample, Scope};
use crate::nodes::{Family, Kind, SampleSource};

/// Parameters of `feature`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Feature {
    /// The key in the sample's `features`. Not empty; required.
    #[schema(example = "cost", min_length = 1)]
    name: String,
    /// The value of a sample that lacks the feature. Absent (the default): a `missing_field` miss.
    #[serde(default)]
    default: Option<f64>,
}

impl Kind for Feature {
    const NAME: &'static str = "feature";
    const FAMILY: Family = Family::Source;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "a named number sent with the sample";
    const EQUATION: &'static str = "features[name]";
    const PAPER: &'static str = "none: the caller's own number";

    fn example() -> Value {
        json!({"name": "cost"})
    }

    fn validate(&self) -> Result<(), ParamError> {
        if self.name.is_empty() {
            return Err(ParamError::at("/name", "a feature has a name"));
        }
        Ok(())
    }
}

impl SampleSource for Feature {
    fn value(&self, sample: &Sample) -> Cell {
        let value = sample.features.get(&self.name).copied();
        value.or(self.default).ok_or_else(|| Miss::missing(&format!("features.{}", self.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MissStatus;
    use crate::nodes::testing::rejects;

    fn feature(default: Option<f64>) -> Feature {
        Feature { name: "cost".to_owned(), default }
    }

    #[test]
    fn the_samples_own_number_comes_before_the_default() {
        let sample = Sample { features: [("cost".to_owned(), 0.3)].into(), ..Sample::default() };
        assert_eq!(feature(Some(9.0)).value(&sample), Ok(0.3));
        assert_eq!(feature(Some(9.0)).value(&Sample::default()), Ok(9.0));
    }

    #[test]
    fn an_absent_feature_is_a_miss_that_names_it() {
        let miss = feature(None).value(&Sample::default()).unwrap_err();
        assert_eq!(miss.status, MissStatus::MissingField);
        assert_eq!(miss.message, "the sample has no `features.cost`");
    }

    #[test]
    fn a_nameless_feature_is_refused() {
        assert_eq!(rejects("feature", json!({"name": ""})), "/name");
    }
}
