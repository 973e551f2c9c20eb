//! 1 if the completion has the form of a reasoning recipe, else 0.
//!
//! Thoughts in one tag, then the answer in another, each tag exactly once: the format reward of
//! DeepSeek-R1. What counts as the form is [`crate::verify::text::format`].

use serde_json::{Value, json};

use super::golds::completion;
use crate::domain::{Cell, ParamError, Sample, Scope};
use crate::nodes::{Family, Kind, SampleSource};
use crate::verify::text::format::Format;

impl Kind for Format {
    const NAME: &'static str = "format";
    const FAMILY: Family = Family::Source;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "1 if thoughts and answer stand in their tags, else 0";
    const EQUATION: &'static str = "1 if <think>…</think><answer>…</answer>, else 0";
    const PAPER: &'static str = "DeepSeek-AI 2025, DeepSeek-R1 (arXiv 2501.12948), format reward";

    fn example() -> Value {
        json!({"prefilled": true})
    }

    fn validate(&self) -> Result<(), ParamError> {
        self.check().map_err(|problem| ParamError::at(problem.pointer, problem.message))
    }
}

impl SampleSource for Format {
    fn value(&self, sample: &Sample) -> Cell {
        let formed = self.grade(&completion(sample)?).is_ok();
        Ok(f64::from(u8::from(formed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{MissStatus, parse};
    use crate::nodes::{source::golds::judged, testing::rejects};

    #[test]
    fn the_example() {
        let node: Format = parse(Format::example()).unwrap();
        assert_eq!(node.value(&judged("a</think> <answer>4</answer>", &[])), Ok(1.0));
        assert_eq!(node.value(&judged("a</think> 4", &[])), Ok(0.0));
        assert_eq!(node.value(&Sample::default()).unwrap_err().status, MissStatus::MissingField);
    }

    #[test]
    fn bad_tags_are_refused_with_their_place() {
        assert_eq!(rejects("format", json!({"think_tag": "a b"})), "/think_tag");
        assert_eq!(rejects("format", json!({"answer_tag": "think"})), "/answer_tag");
    }
}
