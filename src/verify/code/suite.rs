//! Tests as they are sent.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use utoipa::ToSchema;

use super::{adapter, equal::ValueRule, output::OutputRule, value::Value};
use crate::domain::{ParamError, RawJson, from_objects_at};

/// Tests of one program.
#[derive(Clone, Debug, PartialEq)]
pub struct Tests(pub(super) Suite);

/// Tests, by how the program is used.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Suite {
    Stdio {
        cases: Vec<StdioCase>,
        compare: OutputRule,
    },
    Call {
        entry: String,
        cases: Vec<CallCase>,
        compare: ValueRule,
    },
    /// Sources, each with the function that it checks, if it is a `check`.
    Judge {
        sources: Vec<String>,
        entry: Option<String>,
    },
    Pytest {
        module: String,
        files: BTreeMap<String, String>,
    },
}

/// One run of a whole program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StdioCase {
    /// What the program reads.
    #[serde(default)]
    pub(super) stdin: String,
    /// What it must write.
    pub(super) stdout: String,
}

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CallCase {
    /// JSON arrays and objects, as they were written.
    pub(super) args: String,
    pub(super) kwargs: String,
    /// Any of these is right.
    pub(super) expected: Vec<Value>,
}

/// Tests of what a program reads and writes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StdioTests {
    /// `stdio`.
    #[serde(rename = "mode")]
    #[schema(rename = "mode", example = "stdio")]
    _mode: String,
    /// Each is one run of the program.
    #[schema(inline)]
    cases: Vec<StdioCase>,
    /// How outputs are compared.
    #[serde(default)]
    #[schema(inline)]
    compare: OutputRule,
}

/// Tests of what a Python function returns.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallTests {
    /// `call`.
    #[serde(rename = "mode")]
    #[schema(rename = "mode", example = "call")]
    _mode: String,
    /// `f`, or `Class.method` of an instance made without arguments.
    #[schema(example = "Solution.twoSum")]
    entry: String,
    /// Each is one call, in a process of its own.
    #[schema(inline)]
    cases: Vec<RawCall>,
    /// How values are compared.
    #[serde(default)]
    #[schema(inline)]
    compare: ValueRule,
}

/// One call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RawCall {
    /// Positional arguments. Integers keep every digit; `{"$float": "inf" | "-inf" | "nan"}`,
    /// `{"$tuple": […]}` and `{"$set": […]}` stand for what JSON lacks.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    args: Option<RawJson>,
    /// Arguments by name.
    #[serde(default)]
    #[schema(value_type = Object)]
    kwargs: Option<RawJson>,
    /// The value that must be returned.
    #[schema(value_type = Object)]
    expected: RawJson,
}

/// Tests that say themselves what is right, in Python. They run in a process of their own; the program
/// answers their calls from another, and only plain data crosses.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssertTests {
    /// `assert`.
    #[serde(rename = "mode")]
    #[schema(rename = "mode", example = "assert")]
    _mode: String,
    /// Statements, each one test.
    #[serde(default)]
    #[schema(example = json!(["assert f(1) == 2"]))]
    asserts: Vec<String>,
    /// The source of a function `check(candidate)`: one test.
    #[serde(default)]
    check: Option<String>,
    /// The function that `check` is given.
    #[serde(default)]
    entry: Option<String>,
}

/// A pytest suite; one test per collected item. It runs in a process of its own, like `assert`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PytestTests {
    /// `pytest`.
    #[serde(rename = "mode")]
    #[schema(rename = "mode", example = "pytest")]
    _mode: String,
    /// The name by which the tests import the program. Default: `solution`.
    #[serde(default = "solution")]
    module: String,
    /// Files by relative path.
    files: BTreeMap<String, String>,
}

fn solution() -> String {
    "solution".to_owned()
}

/// Tests of one program, by `mode`; or `{"inputs": […], "outputs": […], "fn_name": …}` as in APPS, TACO and
/// LiveCodeBench. Documentation only: values would lose digits in an untagged enum.
#[derive(Debug, ToSchema)]
#[schema(title = "Tests")]
#[serde(untagged)]
pub enum AnyTests {
    /// `stdio`.
    Stdio(StdioTests),
    /// `call`.
    Call(CallTests),
    /// `assert`.
    Assert(AssertTests),
    /// `pytest`.
    Pytest(PytestTests),
    /// APPS, TACO, LiveCodeBench.
    Paired(adapter::PairedTests),
}

#[derive(Deserialize)]
struct Head {
    mode: Option<String>,
}

impl Tests {
    /// Reads tests from JSON text.
    ///
    /// # Errors
    /// With the place of the mistake.
    pub fn parse(text: &str) -> Result<Self, ParamError> {
        let head: Head = read(text)?;
        let suite = match head.mode.as_deref() {
            Some("stdio") => {
                let StdioTests { cases, compare, .. } = read(text)?;
                Suite::Stdio { cases, compare }
            }
            Some("call") => call(read(text)?)?,
            Some("assert") => judge(read(text)?)?,
            Some("pytest") => pytest(read(text)?)?,
            Some(other) => {
                let message =
                    format!("unknown mode `{other}`, expected `stdio`, `call`, `assert`, `pytest`");
                return Err(ParamError::at("/mode", message));
            }
            None => adapter::suite(read(text)?)?,
        };
        Ok(Self(suite))
    }

    /// How many tests there are, if that is known before they run.
    #[must_use]
    pub fn count(&self) -> Option<usize> {
        match &self.0 {
            Suite::Stdio { cases, .. } => Some(cases.len()),
            Suite::Call { cases, .. } => Some(cases.len()),
            Suite::Judge { sources, .. } => Some(sources.len()),
            Suite::Pytest { .. } => None,
        }
    }
}

pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, ParamError> {
    let mut json = serde_json::Deserializer::from_str(text);
    from_objects_at(&mut json).map_err(|(pointer, error)| {
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message);
        ParamError::at(pointer, message)
    })
}

fn call(tests: CallTests) -> Result<Suite, ParamError> {
    if !is_entry(&tests.entry) {
        return Err(ParamError::at("/entry", "must be `function` or `Class.method`"));
    }
    let mut cases = Vec::new();
    for (index, case) in tests.cases.iter().enumerate() {
        let at = |field: &str, message: String| {
            ParamError::at(format!("/cases/{index}/{field}"), message)
        };
        let text = |raw: &Option<RawJson>, empty: &str| {
            raw.as_ref().map_or(empty, |raw| raw.get()).trim().to_owned()
        };
        let (args, kwargs) = (text(&case.args, "[]"), text(&case.kwargs, "{}"));
        if !args.starts_with('[') {
            return Err(at("args", "must be an array".to_owned()));
        }
        if !kwargs.starts_with('{') {
            return Err(at("kwargs", "must be an object".to_owned()));
        }
        let expected = Value::parse(case.expected.get());
        let expected = expected.map_err(|error| at("expected", error.to_string()))?;
        cases.push(CallCase { args, kwargs, expected: vec![expected] });
    }
    if !(tests.compare.abs >= 0.0 && tests.compare.rel >= 0.0) {
        return Err(ParamError::at("/compare", "`abs` and `rel` must not be negative"));
    }
    Ok(Suite::Call { entry: tests.entry, cases, compare: tests.compare })
}

/// Whether it is `name` or `Name.name`.
pub(super) fn is_entry(entry: &str) -> bool {
    let name = |part: &str| {
        part.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    entry.split('.').count() <= 2 && entry.split('.').all(name)
}

fn judge(tests: AssertTests) -> Result<Suite, ParamError> {
    match (tests.check, tests.entry) {
        (None, None) => Ok(Suite::Judge { sources: tests.asserts, entry: None }),
        (Some(_), _) if !tests.asserts.is_empty() => {
            Err(ParamError::at("/asserts", "excludes `check`"))
        }
        (Some(check), Some(entry)) if is_entry(&entry) => {
            Ok(Suite::Judge { sources: vec![check], entry: Some(entry) })
        }
        (Some(_), _) => Err(ParamError::at("/entry", "`check` needs the name of a function")),
        (None, Some(_)) => Err(ParamError::at("/check", "`entry` goes with `check`")),
    }
}

fn pytest(tests: PytestTests) -> Result<Suite, ParamError> {
    if !is_entry(&tests.module) {
        return Err(ParamError::at("/module", "must be a module's name"));
    }
    for name in tests.files.keys() {
        let sound = |part: &str| !part.is_empty() && part != ".." && part != ".";
        if !name.ends_with(".py") || !name.split('/').all(sound) || name.contains('\0') {
            let step = crate::domain::pointer_step(name);
            let message = "must be a relative path that ends in `.py`";
            return Err(ParamError::at(format!("/files{step}"), message));
        }
    }
    Ok(Suite::Pytest { module: tests.module, files: tests.files })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> (String, String) {
        let error = Tests::parse(text).unwrap_err();
        (error.pointer, error.message)
    }

    #[test]
    fn mistakes_have_their_places() {
        assert_eq!(error(r#"{"mode":"x"}"#).0, "/mode");
        let case = r#"{"mode":"stdio","cases":[{"stdin":"1"}]}"#;
        assert_eq!(error(case), ("/cases/0".into(), "missing field `stdout`".into()));
        assert_eq!(error(r#"{"mode":"stdio","cases":[],"x":1}"#).0, "/x");
        assert_eq!(error(r#"{"mode":"call","entry":"a b","cases":[]}"#).0, "/entry");
        let args = r#"{"mode":"call","entry":"f","cases":[{"args":1,"expected":1}]}"#;
        assert_eq!(error(args).0, "/cases/0/args");
        assert_eq!(error(r#"{"mode":"assert","check":"x"}"#).0, "/entry");
        assert_eq!(error(r#"{"mode":"pytest","files":{"../x.py":""}}"#).0, "/files/..~1x.py");
        assert_eq!(error("{}").1, "missing field `inputs`");
    }

    #[test]
    fn integers_keep_their_digits() {
        let big = "1".repeat(400);
        let text = format!(
            r#"{{"mode":"call","entry":"f","cases":[{{"args":[{big}],"expected":{big}}}]}}"#
        );
        let Suite::Call { cases, .. } = Tests::parse(&text).unwrap().0 else { panic!("no calls") };
        assert_eq!(cases[0].args, format!("[{big}]"));
        assert_eq!(cases[0].expected, [Value::parse(&big).unwrap()]);
    }
}
