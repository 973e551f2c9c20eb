//! A value by whether a pattern is found.
//!
//! A format reward (`<think>…</think><answer>…</answer>`), a forbidden phrase, or a number read out of
//! the text. Patterns run in time linear in the text (no look-around, no back-references), so no
//! completion can stall the service. The pattern is searched for anywhere: anchor it with `\A` and `\z`
//! to match the whole text, and start it with `(?s)` to let `.` cross lines.
//! Format rewards: DeepSeek-AI 2025, *DeepSeek-R1* (arXiv 2501.12948), §2.2.2.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::{Cell, Miss, ParamError, Sample, Scope};
use crate::nodes::{Family, Kind, SampleSource};

/// Bytes that a compiled pattern may take.
const COMPILED_LIMIT: usize = 1 << 20;
/// Bytes of a pattern's source.
const SOURCE_LIMIT: usize = 4096;

/// Parameters of `regex`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Regex {
    /// The pattern, in the syntax of Rust's `regex`. At most 4096 bytes, and 1 MiB once compiled;
    /// required.
    #[schema(value_type = String, max_length = 4096, example = "(?s)\\A<think>.*</think>")]
    pattern: Pattern,
    /// Which text is searched. Default: `completion`.
    #[serde(default)]
    #[schema(inline, default = "completion")]
    on: Field,
    /// The value where the pattern is found. Default: 1.
    #[serde(default = "one")]
    #[schema(default = 1.0)]
    matched: f64,
    /// The value where it is not. Default: 0.
    #[serde(default)]
    #[schema(default = 0.0)]
    unmatched: f64,
    /// The number of a group of the pattern: where the pattern is found, the value is the number that
    /// the group holds, in place of `matched`; text that is no finite number counts as not found.
    #[serde(default)]
    #[schema(minimum = 1)]
    capture: Option<usize>,
}

/// Which text of the sample is searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Field {
    /// The completion; of several turns the assistant's, one per line.
    #[default]
    Completion,
    /// The prompt; of several messages their contents, one per line.
    Prompt,
    /// The gold answer.
    Answer,
}

impl Field {
    fn of(self, sample: &Sample) -> Result<Cow<'_, str>, Miss> {
        match self {
            Self::Completion => sample.completion_text().ok_or_else(|| Miss::missing("completion")),
            Self::Prompt => prompt(sample).ok_or_else(|| Miss::missing("prompt")),
            Self::Answer => {
                sample.answer.as_deref().map(Cow::Borrowed).ok_or_else(|| Miss::missing("answer"))
            }
        }
    }
}

fn prompt(sample: &Sample) -> Option<Cow<'_, str>> {
    match (&sample.prompt, &sample.messages) {
        (Some(prompt), _) => Some(Cow::Borrowed(prompt)),
        (None, Some(messages)) => {
            let contents: Vec<&str> =
                messages.iter().map(|message| message.content.as_str()).collect();
            Some(Cow::Owned(contents.join("\n")))
        }
        (None, None) => None,
    }
}

/// A compiled pattern within its limits.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Pattern(regex::Regex);

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(source: String) -> Result<Self, String> {
        if source.len() > SOURCE_LIMIT {
            return Err(format!("the pattern is longer than {SOURCE_LIMIT} bytes"));
        }
        regex::RegexBuilder::new(&source)
            .size_limit(COMPILED_LIMIT)
            .build()
            .map(Self)
            .map_err(|error| error.to_string())
    }
}

impl Kind for Regex {
    const NAME: &'static str = "regex";
    const FAMILY: Family = Family::Source;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "a value by whether a pattern is found in the text";
    const EQUATION: &'static str = "matched (or the captured number) if found, else unmatched";
    const PAPER: &'static str = "DeepSeek-AI 2025, DeepSeek-R1 (arXiv 2501.12948), format reward";

    fn example() -> Value {
        json!({"pattern": r"(?s)\A<think>.*</think>\s*<answer>.*</answer>\s*\z"})
    }

    fn validate(&self) -> Result<(), ParamError> {
        let groups = self.pattern.0.captures_len() - 1;
        match self.capture {
            Some(group) if group == 0 || group > groups => Err(ParamError::at(
                "/capture",
                format!("the pattern has {groups} groups, numbered from 1"),
            )),
            _ => Ok(()),
        }
    }
}

impl SampleSource for Regex {
    fn value(&self, sample: &Sample) -> Cell {
        let text = self.on.of(sample)?;
        let found = match self.capture {
            None => self.pattern.0.is_match(&text).then_some(self.matched),
            Some(group) => self.pattern.0.captures(&text).and_then(|groups| {
                let number: f64 = groups.get(group)?.as_str().trim().parse().ok()?;
                number.is_finite().then_some(number)
            }),
        };
        Ok(found.unwrap_or(self.unmatched))
    }
}

fn one() -> f64 {
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Completion;
    use crate::domain::{Message, MissStatus, parse};
    use crate::nodes::testing::rejects;

    fn value(params: Value, sample: &Sample) -> Cell {
        parse::<Regex>(params).unwrap().value(sample)
    }

    fn completion(text: &str) -> Sample {
        Sample { completion: Some(Completion::Text(text.to_owned())), ..Sample::default() }
    }

    #[test]
    fn the_format_reward_of_the_example() {
        let format = |text| value(Regex::example(), &completion(text));
        assert_eq!(format("<think>a\nb</think>\n<answer>4</answer>\n"), Ok(1.0));
        assert_eq!(format("so: <think>a</think><answer>4</answer>"), Ok(0.0));
        assert_eq!(format("<think>a</think>"), Ok(0.0));
    }

    #[test]
    fn values_are_configurable() {
        let params = json!({"pattern": "sorry", "matched": -1.0, "unmatched": 0.5});
        assert_eq!(value(params.clone(), &completion("I am sorry.")), Ok(-1.0));
        assert_eq!(value(params, &completion("Sure.")), Ok(0.5));
    }

    #[test]
    fn a_captured_number_is_the_value() {
        let params = json!({"pattern": r"score: (\S+)", "capture": 1, "unmatched": -3.0});
        let captured = |text| value(params.clone(), &completion(text));
        assert_eq!(captured("score: 7.5, then"), Ok(-3.0));
        assert_eq!(captured("score: 7.5"), Ok(7.5));
        assert_eq!(captured("score: inf"), Ok(-3.0));
        assert_eq!(captured("no mark"), Ok(-3.0));
    }

    #[test]
    fn other_fields_can_be_searched() {
        let turn = |content: &str| Message { role: "user".into(), content: content.into() };
        let sample = Sample {
            messages: Some(vec![turn("first"), turn("second")]),
            answer: Some("42".to_owned()),
            ..Sample::default()
        };
        let found = |pattern, on| value(json!({"pattern": pattern, "on": on}), &sample);
        assert_eq!(found("first\nsecond", "prompt"), Ok(1.0));
        assert_eq!(found(r"^\d+$", "answer"), Ok(1.0));
        assert_eq!(found("x", "completion").unwrap_err().status, MissStatus::MissingField);
    }

    #[test]
    fn bad_patterns_are_refused_with_their_place() {
        for pattern in ["(", "(?=a)", r"(a)\1", &"a".repeat(4097), r"\w{500}{500}"] {
            assert_eq!(rejects("regex", json!({"pattern": pattern})), "/pattern", "{pattern}");
        }
        assert_eq!(rejects("regex", json!({"pattern": "(a)", "capture": 2})), "/capture");
        assert_eq!(rejects("regex", json!({"pattern": "(a)", "capture": 0})), "/capture");
    }

    #[test]
    fn a_hostile_text_takes_linear_time() {
        let text = "a".repeat(1 << 20);
        assert_eq!(value(json!({"pattern": "(a*)*b"}), &completion(&text)), Ok(0.0));
    }
}
