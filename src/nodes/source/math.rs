//! A completion's final answer against the gold answer, exactly.
//!
//! A right answer is worth `correct`; a wrong one, none, a cut-off one and an unreadable one are worth
//! `incorrect`. A gold answer that cannot be read is a `gold_unparsable` miss, never a zero: the data is
//! at fault, not the policy. What cannot be decided, or not within the fuel, is a miss unless `unsure`
//! says what it is worth.
//! Verifiable rewards: DeepSeek-AI 2025 (arXiv 2501.12948) §2.2.2; what false negatives of rule-based
//! graders cost: Xu et al. 2025, *TinyV* (arXiv 2505.14625).

use std::time::Instant;

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Scored, Source, World};
use crate::domain::{Batch, BoxFuture, Cell, Column, Miss, MissStatus, ParamError, Sample, Scope};
use crate::nodes::{Family, Kind};
use crate::verify::math::{Grade, Policy, Question, Verdict};

/// Parameters of `math`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Math {
    /// How answers are found and compared: a policy's name, or an object. Default: `default`.
    #[serde(default)]
    #[schema(inline, default = "default")]
    policy: Policy,
    /// The value of a right answer. Default: 1.
    #[serde(default = "one")]
    #[schema(default = 1.0)]
    correct: f64,
    /// The value of a wrong answer, of none, of a cut-off one and of an unreadable one. Default: 0.
    #[serde(default)]
    #[schema(default = 0.0)]
    incorrect: f64,
    /// The value where equality cannot be decided, or not within the fuel. Default: a miss.
    #[serde(default)]
    unsure: Option<f64>,
}

fn one() -> f64 {
    1.0
}

impl Kind for Math {
    const NAME: &'static str = "math";
    const FAMILY: Family = Family::Source;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "whether the completion's final answer equals a gold answer";
    const EQUATION: &'static str = "correct if answer ≡ any gold, else incorrect";
    const PAPER: &'static str = "DeepSeek-AI 2025, DeepSeek-R1 (arXiv 2501.12948), §2.2.2";

    fn example() -> Value {
        json!({"policy": "default", "incorrect": -1.0})
    }

    fn validate(&self) -> Result<(), ParamError> {
        let values = [
            ("/correct", Some(self.correct)),
            ("/incorrect", Some(self.incorrect)),
            ("/unsure", self.unsure),
        ];
        match values.iter().find(|(_, value)| value.is_some_and(|value| !value.is_finite())) {
            Some((pointer, _)) => Err(ParamError::at(*pointer, "must be finite")),
            None => Ok(()),
        }
    }
}

impl Source for Math {
    fn score<'a>(&'a self, batch: Batch, world: &'a World, _: Instant) -> BoxFuture<'a, Scored> {
        Box::pin(async move {
            let questions: Vec<_> = batch.samples().iter().map(question).collect();
            let asked = questions.iter().flatten().cloned().collect();
            let grades = world.grader.grade_all(self.policy.clone(), asked).await;
            let mut grades = grades.into_iter();
            let (mut cells, mut details) = (Vec::new(), Vec::new());
            for question in questions {
                let grade = question.and_then(|_| grades.next().ok_or_else(lost));
                details.push(grade.as_ref().map_or(Value::Null, evidence));
                cells.push(grade.and_then(|grade| self.value(&grade)));
            }
            Column::new(cells).with_details(details).into()
        })
    }
}

impl Math {
    fn value(&self, grade: &Grade) -> Cell {
        let unsure =
            |status, message: &'static str| self.unsure.ok_or_else(|| Miss::new(status, message));
        match grade.verdict {
            Verdict::Correct => Ok(self.correct),
            Verdict::Incorrect
            | Verdict::NoAnswer
            | Verdict::Truncated
            | Verdict::AnswerUnparsable => Ok(self.incorrect),
            Verdict::GoldUnparsable => {
                Err(Miss::new(MissStatus::GoldUnparsable, "no gold answer can be read"))
            }
            Verdict::Undecided => {
                unsure(MissStatus::Undecided, "whether the answers are equal could not be decided")
            }
            Verdict::BudgetExceeded => {
                unsure(MissStatus::BudgetExceeded, "the comparison ran out of fuel")
            }
        }
    }
}

fn question(sample: &Sample) -> Result<Question, Miss> {
    let completion = sample.completion_text().ok_or_else(|| Miss::missing("completion"))?;
    let golds: Vec<_> = sample.answer.iter().chain(&sample.answers).cloned().collect();
    if golds.is_empty() {
        return Err(Miss::missing("answer"));
    }
    Ok(Question { golds, completion: completion.into_owned() })
}

fn lost() -> Miss {
    Miss::new(MissStatus::Cancelled, "the grader stopped")
}

fn evidence(grade: &Grade) -> Value {
    serde_json::to_value(grade).unwrap_or_default()
}
