//! The completion's length.
//!
//! In tokens of the policy (as the caller counted them), characters or words. Useful under an `affine`
//! with a negative scale, as the condition of a `gate`, or to watch length against reward.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::{Cell, Sample, Scope};
use crate::nodes::{Family, Kind, SampleSource, length::LengthUnit};

/// Parameters of `length`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Length {
    /// What is counted. Default: `tokens`, read from the sample's `completion_tokens`.
    #[serde(default)]
    #[schema(inline, default = "tokens")]
    unit: LengthUnit,
}

impl Kind for Length {
    const NAME: &'static str = "length";
    const FAMILY: Family = Family::Source;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "length of the completion in tokens, characters or words";
    const EQUATION: &'static str = "|y|";
    const PAPER: &'static str = "none: a count";

    fn example() -> Value {
        json!({"unit": "words"})
    }
}

impl SampleSource for Length {
    fn value(&self, sample: &Sample) -> Cell {
        self.unit.of(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Completion, MissStatus};
    use crate::nodes::testing::rejects;

    fn sample() -> Sample {
        Sample {
            completion: Some(Completion::Text(" naïve  idea\n".to_owned())),
            completion_tokens: Some(5),
            ..Sample::default()
        }
    }

    #[test]
    fn each_unit_counts_its_own_thing() {
        let length = |unit| Length { unit }.value(&sample());
        assert_eq!(length(LengthUnit::Tokens), Ok(5.0));
        assert_eq!(length(LengthUnit::Characters), Ok(13.0));
        assert_eq!(length(LengthUnit::Words), Ok(2.0));
    }

    #[test]
    fn tokens_are_never_guessed_from_the_text() {
        let sample = Sample { completion_tokens: None, ..sample() };
        let miss = Length { unit: LengthUnit::Tokens }.value(&sample).unwrap_err();
        assert_eq!(miss.status, MissStatus::MissingField);
        assert_eq!(miss.message, "the sample has no `completion_tokens`");
    }

    #[test]
    fn an_absent_completion_is_a_miss_and_an_empty_one_is_not() {
        let words = Length { unit: LengthUnit::Words };
        assert!(words.value(&Sample::default()).is_err());
        let empty =
            Sample { completion: Some(Completion::Text(String::new())), ..Sample::default() };
        assert_eq!(words.value(&empty), Ok(0.0));
    }

    #[test]
    fn an_unknown_unit_is_refused() {
        assert_eq!(rejects("length", json!({"unit": "bytes"})), "/unit");
    }
}
