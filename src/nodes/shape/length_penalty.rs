//! A penalty on completions that run on.
//!
//! `r + per_unit · max(0, |y| − threshold)`, by default −0.01 per token above 300, as the PAR authors'
//! code applies to every method unless told otherwise. A sample whose length is unknown is a miss.
//!
//! Pitfall: where it stands matters. Ahead of `par` it acts on the raw reward while the references carry
//! no such penalty; behind it, one token too many can cost more than the whole bounded reward.
//! PAR (Fu et al. 2025, arXiv 2502.18770), reference code.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::{Column, ParamError, Scope};
use crate::nodes::{Context, Family, Kind, Op, length::LengthUnit};

/// Parameters of `length_penalty`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LengthPenalty {
    /// Added per unit above the threshold, in reward units. Default: −0.01.
    #[serde(default = "cent")]
    #[schema(default = -0.01)]
    per_unit: f64,
    /// Length up to which nothing is added. At least 0. Default: 300.
    #[serde(default = "three_hundred")]
    #[schema(default = 300.0, minimum = 0.0)]
    threshold: f64,
    /// What length is counted in. Default: `tokens`, read from the sample's `completion_tokens`.
    #[serde(default)]
    #[schema(inline, default = "tokens")]
    unit: LengthUnit,
}

impl Kind for LengthPenalty {
    const NAME: &'static str = "length_penalty";
    const FAMILY: Family = Family::Shape;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "penalty per token (character, word) above a threshold";
    const EQUATION: &'static str = "r + per_unit · max(0, |y| − threshold)";
    const PAPER: &'static str =
        "Fu et al. 2025, Reward Shaping to Mitigate Reward Hacking (arXiv 2502.18770)";

    fn example() -> Value {
        json!({"per_unit": -0.01, "threshold": 300, "unit": "tokens"})
    }

    fn validate(&self) -> Result<(), ParamError> {
        if self.threshold >= 0.0 {
            return Ok(());
        }
        Err(ParamError::at("/threshold", "must be at least 0"))
    }
}

impl Op for LengthPenalty {
    fn apply(&self, inputs: &[Column], cx: &Context<'_>) -> Column {
        let samples = cx.batch.samples();
        Column::new(inputs[0].cells().iter().zip(samples).map(|(cell, sample)| {
            let reward = cell.clone()?;
            let excess = (self.unit.of(sample)? - self.threshold).max(0.0);
            Ok(reward + self.per_unit * excess)
        }))
    }
}

fn cent() -> f64 {
    -0.01
}

fn three_hundred() -> f64 {
    300.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Batch, Cell, Completion, MissStatus, Sample};
    use crate::nodes::testing::{apply, assert_close, column, rejects};

    fn penalised(params: Value, sample: Sample, reward: f64) -> Cell {
        let batch = Batch::new(vec![sample]).unwrap();
        apply("length_penalty", params, &[column(&[reward])], &batch, &[]).remove(0)
    }

    fn tokens(count: u64) -> Sample {
        Sample { completion_tokens: Some(count), ..Sample::default() }
    }

    #[test]
    fn twenty_tokens_too_many_cost_a_fifth() {
        assert_close(penalised(Value::Null, tokens(320), 0.0).unwrap(), -0.2, 1e-12);
        assert_eq!(penalised(Value::Null, tokens(300), 1.5), Ok(1.5));
        assert_eq!(penalised(Value::Null, tokens(0), 1.5), Ok(1.5));
    }

    #[test]
    fn other_units_come_from_the_text() {
        let text = "one two three".to_owned();
        let sample = Sample { completion: Some(Completion::Text(text)), ..Sample::default() };
        let params = json!({"unit": "words", "threshold": 1, "per_unit": -0.5});
        assert_eq!(penalised(params, sample, 3.0), Ok(2.0));
    }

    #[test]
    fn an_unknown_length_is_a_miss() {
        let miss = penalised(Value::Null, Sample::default(), 1.0).unwrap_err();
        assert_eq!(miss.status, MissStatus::MissingField);
    }

    #[test]
    fn a_negative_threshold_is_refused() {
        assert_eq!(rejects("length_penalty", json!({"threshold": -1})), "/threshold");
    }
}
