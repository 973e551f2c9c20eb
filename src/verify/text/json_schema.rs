//! Whether a completion is JSON of a given shape.
//!
//! The schema is compiled once, by the `jsonschema` crate (drafts 4, 6, 7, 2019-09, 2020-12; the last
//! unless `$schema` says otherwise). A `$ref` is a JSON pointer into the schema: one that leads out of it
//! or back to where it stands is refused, so nothing is ever fetched and validation is bounded. Patterns
//! run in linear time, so look-around and back-references are refused too.

mod unfold;

use std::{error::Error, fmt};

use jsonschema::{PatternOptions, Retrieve, Uri, Validator};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::extract::{after_think, answer_tag};

/// Bytes of a schema, as JSON.
const SCHEMA_LIMIT: usize = 64 << 10;
/// Bytes that a compiled pattern, or its automaton, may take.
const PATTERN_LIMIT: usize = 1 << 20;

/// Parameters of `json_schema`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonSchema {
    /// The JSON schema, at most 64 KiB. A `$ref` in it is a JSON pointer into it and leads forward: it may
    /// not be recursive, and not have over 4096 places once references are replaced. Required.
    #[schema(value_type = Object, example = json!({"type": "object", "required": ["name"]}))]
    schema: Schema,
    /// Where the JSON is. Default: `whole`.
    #[serde(default)]
    #[schema(inline, default = "whole")]
    from: From,
    /// Bytes of JSON; longer is a fault. Default: 65536.
    #[serde(default = "limit")]
    #[schema(value_type = usize, default = 65536, minimum = 1, maximum = 1_048_576)]
    max_bytes: Limit,
}

/// Where the JSON of a completion is. What precedes the last `</think>` is never read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// All of it, but for white space around it.
    #[default]
    Whole,
    /// The last closed block fenced by three backticks that names `json`, or no language.
    Fence,
    /// What the last complete `<answer>…</answer>` holds.
    AnswerTag,
}

/// The most bytes of JSON that are read.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "usize")]
struct Limit(usize);

impl TryFrom<usize> for Limit {
    type Error = &'static str;

    fn try_from(bytes: usize) -> Result<Self, Self::Error> {
        if bytes == 0 || bytes > 1 << 20 { Err("between 1 and 1048576") } else { Ok(Self(bytes)) }
    }
}

fn limit() -> Limit {
    Limit(1 << 16)
}

/// A compiled schema within its limits.
#[derive(Clone, Deserialize)]
#[serde(try_from = "Value")]
struct Schema(Validator);

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Schema")
    }
}

impl TryFrom<Value> for Schema {
    type Error = String;

    fn try_from(schema: Value) -> Result<Self, String> {
        if !schema.is_object() {
            return Err("a schema is an object".to_owned());
        }
        if schema.to_string().len() > SCHEMA_LIMIT {
            return Err(format!("the schema is longer than {SCHEMA_LIMIT} bytes"));
        }
        unfold::check(&schema)?;
        let patterns =
            PatternOptions::regex().size_limit(PATTERN_LIMIT).dfa_size_limit(PATTERN_LIMIT);
        jsonschema::options()
            .with_retriever(Nowhere)
            .with_pattern_options(patterns)
            .build(&schema)
            .map(Self)
            .map_err(|error| error.to_string())
    }
}

/// Refuses every reference that leads out of the schema.
struct Nowhere;

impl Retrieve for Nowhere {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        Err(format!("`{uri}` lies outside the schema, and nothing is fetched").into())
    }
}

/// In what a completion's JSON is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is no JSON where it should be.
    #[error("there is no JSON where it should be")]
    Missing,
    /// It is longer than the limit.
    #[error("the JSON is too long")]
    TooLong,
    /// It does not parse (also when nested deeper than 127 levels).
    #[error("it does not parse: {0}")]
    Malformed(String),
    /// It parses and breaks the schema.
    #[error("it does not fit the schema: {0}")]
    Invalid(String),
}

impl JsonSchema {
    /// Whether the completion holds JSON that fits the schema.
    ///
    /// # Errors
    /// With the first fault found.
    pub fn grade(&self, completion: &str) -> Result<(), Fault> {
        let rest = after_think(completion);
        let text = match self.from {
            From::Whole => Some(rest),
            From::Fence => fenced(rest),
            From::AnswerTag => answer_tag(rest),
        };
        let text = text.map(str::trim).filter(|text| !text.is_empty()).ok_or(Fault::Missing)?;
        if text.len() > self.max_bytes.0 {
            return Err(Fault::TooLong);
        }
        let value: Value =
            serde_json::from_str(text).map_err(|error| Fault::Malformed(error.to_string()))?;
        let place = |at: &str| if at.is_empty() { "the whole".to_owned() } else { at.to_owned() };
        // The error's own text would quote the completion.
        self.schema.0.validate(&value).map_err(|error| {
            let (at, by) = (place(error.instance_path().as_str()), error.schema_path().as_str());
            Fault::Invalid(format!("{at} breaks {by}"))
        })
    }
}

/// What the last closed block fenced by three backticks holds, if it names `json` or no language.
fn fenced(text: &str) -> Option<&str> {
    let mut open: Option<(usize, bool)> = None;
    let mut found = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        if let Some(language) = line.trim().strip_prefix("```") {
            match open.take() {
                None => {
                    let language = language.trim();
                    open =
                        Some((end, language.is_empty() || language.eq_ignore_ascii_case("json")));
                }
                Some((from, true)) => found = Some(&text[from..start]),
                Some((_, false)) => {}
            }
        }
        start = end;
    }
    found
}

#[cfg(test)]
mod tests;
