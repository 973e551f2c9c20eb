//! What the rule-based verifiers read of a sample.

use std::borrow::Cow;

use crate::domain::{Miss, MissStatus, Sample};
use crate::verify::text::Unscored;

/// The completion's text.
pub(super) fn completion(sample: &Sample) -> Result<Cow<'_, str>, Miss> {
    sample.completion_text().ok_or_else(|| Miss::missing("completion"))
}

/// The gold answers: `answer`, then `answers`.
pub(super) fn golds(sample: &Sample) -> Result<Vec<&str>, Miss> {
    let golds: Vec<&str> =
        sample.answer.iter().chain(&sample.answers).map(String::as_str).collect();
    if golds.is_empty() { Err(Miss::missing("answer")) } else { Ok(golds) }
}

/// A gold's fault as a miss.
pub(super) fn unscored(reason: &Unscored) -> Miss {
    let status = match reason {
        Unscored::NoGold => MissStatus::MissingField,
        Unscored::GoldUnparsable(_) => MissStatus::GoldUnparsable,
    };
    Miss::new(status, reason.to_string())
}

/// A sample with this completion and these golds, for tests.
#[cfg(test)]
pub(super) fn judged(completion: &str, golds: &[&str]) -> Sample {
    Sample {
        completion: Some(crate::domain::Completion::Text(completion.to_owned())),
        answers: golds.iter().map(|gold| (*gold).to_owned()).collect(),
        ..Sample::default()
    }
}
