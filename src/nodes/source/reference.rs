//! The sample's own reference rewards, as a column.
//!
//! One number from `reference_rewards`: a baseline for `weighted` (`[1, −1]` centres a reward on it) or
//! the condition of a `gate`. Only what the sample carries is read: references that are stored or that
//! must be scored first belong to the shapers that use them (`par`, `centered`, `lsc`).

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::{Cell, Miss, Sample, Scope, stats};
use crate::nodes::{Family, Kind, SampleSource};

/// Parameters of `reference`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reference {
    /// How several reference rewards become one number. Default: `mean`.
    #[serde(default)]
    #[schema(inline, default = "mean")]
    aggregate: Aggregate,
}

/// How several numbers become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Aggregate {
    /// The arithmetic mean.
    #[default]
    Mean,
    /// The middle one, or the midpoint of the two middle ones.
    Median,
    /// The least.
    Min,
    /// The greatest.
    Max,
}

impl Kind for Reference {
    const NAME: &'static str = "reference";
    const FAMILY: Family = Family::Source;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "mean, median, min or max of the sample's reference rewards";
    const EQUATION: &'static str = "aggregate of r_ref^1 … r_ref^M";
    const PAPER: &'static str =
        "Fu et al. 2025, Reward Shaping to Mitigate Reward Hacking (arXiv 2502.18770): references";

    fn example() -> Value {
        json!({"aggregate": "mean"})
    }
}

impl SampleSource for Reference {
    fn value(&self, sample: &Sample) -> Cell {
        let rewards = &sample.reference_rewards;
        if rewards.is_empty() {
            return Err(Miss::missing("reference_rewards"));
        }
        Ok(match self.aggregate {
            Aggregate::Mean => stats::mean(rewards),
            Aggregate::Median => stats::median(rewards),
            Aggregate::Min => rewards.iter().copied().fold(f64::INFINITY, f64::min),
            Aggregate::Max => rewards.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MissStatus;

    #[test]
    fn the_four_aggregates() {
        let sample = Sample { reference_rewards: vec![0.25, -0.5, 1.0, 0.5], ..Sample::default() };
        let value = |aggregate| Reference { aggregate }.value(&sample);
        assert_eq!(value(Aggregate::Mean), Ok(0.3125));
        assert_eq!(value(Aggregate::Median), Ok(0.375));
        assert_eq!(value(Aggregate::Min), Ok(-0.5));
        assert_eq!(value(Aggregate::Max), Ok(1.0));
    }

    #[test]
    fn no_reference_rewards_is_a_miss() {
        let miss = Reference { aggregate: Aggregate::Mean }.value(&Sample::default()).unwrap_err();
        assert_eq!(miss.status, MissStatus::MissingField);
    }
}
