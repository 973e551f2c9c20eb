//! Tests in the form of APPS, TACO and LiveCodeBench: parallel lists of inputs and outputs.
//!
//! Without `fn_name` a case is a run: an input and an output are texts, or lists of lines. With it a case is
//! a call: an input is a list of arguments, or (LiveCodeBench) a text with one JSON value per line; an
//! output is the value, its JSON as a text, or (APPS) the value in a list of its own.

use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    equal::ValueRule,
    output::OutputRule,
    suite::{CallCase, StdioCase, Suite, is_entry},
    value::Value,
};
use crate::domain::{ParamError, RawJson};

/// Tests as parallel lists.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PairedTests {
    /// One per test.
    #[schema(value_type = Vec<Object>)]
    inputs: Vec<RawJson>,
    /// One per test.
    #[schema(value_type = Vec<Object>)]
    outputs: Vec<RawJson>,
    /// The function that is called; without it the whole program is run.
    #[serde(default)]
    fn_name: Option<String>,
}

pub(super) fn suite(tests: PairedTests) -> Result<Suite, ParamError> {
    let (inputs, outputs) = (tests.inputs.len(), tests.outputs.len());
    if inputs != outputs {
        let message = format!("there are {inputs} inputs and {outputs} outputs");
        return Err(ParamError::at("/outputs", message));
    }
    let pairs = tests.inputs.iter().zip(&tests.outputs).enumerate();
    match tests.fn_name {
        None => {
            let cases = pairs.map(|(index, (input, output))| {
                let stdin = text(input, &format!("/inputs/{index}"))?;
                let stdout = text(output, &format!("/outputs/{index}"))?;
                Ok(StdioCase { stdin, stdout })
            });
            let cases = cases.collect::<Result<_, ParamError>>()?;
            Ok(Suite::Stdio { cases, compare: OutputRule::default() })
        }
        Some(name) if is_entry(&name) => {
            let cases = pairs.map(|(index, (input, output))| {
                let args = arguments(input, &format!("/inputs/{index}"))?;
                let expected = expected(output, &format!("/outputs/{index}"))?;
                Ok(CallCase { args, kwargs: "{}".to_owned(), expected })
            });
            let cases = cases.collect::<Result<_, ParamError>>()?;
            // A method of `Solution` where there is such a class, else a function.
            Ok(Suite::Call { entry: format!("~{name}"), cases, compare: ValueRule::default() })
        }
        Some(_) => Err(ParamError::at("/fn_name", "must be a function's name")),
    }
}

fn text(raw: &RawJson, at: &str) -> Result<String, ParamError> {
    let text = serde_json::from_str::<String>(raw.get());
    let lines = || serde_json::from_str::<Vec<String>>(raw.get()).map(|lines| lines.join("\n"));
    let wrong = |_| ParamError::at(at, "must be a text or a list of lines");
    text.or_else(|_| lines()).map_err(wrong)
}

fn arguments(raw: &RawJson, at: &str) -> Result<String, ParamError> {
    let written = raw.get().trim();
    match Value::parse(written) {
        Ok(Value::List(_)) => Ok(written.to_owned()),
        Ok(Value::Text(lines)) => {
            let lines: Vec<&str> = lines.lines().filter(|line| !line.trim().is_empty()).collect();
            for line in &lines {
                Value::parse(line).map_err(|error| ParamError::at(at, error.to_string()))?;
            }
            Ok(format!("[{}]", lines.join(",")))
        }
        _ => Err(ParamError::at(at, "must be a list of arguments, or their JSON line by line")),
    }
}

fn expected(raw: &RawJson, at: &str) -> Result<Vec<Value>, ParamError> {
    let value = Value::parse(raw.get()).map_err(|error| ParamError::at(at, error.to_string()))?;
    if let Value::Text(text) = value {
        return Ok(vec![Value::parse(&text).unwrap_or(Value::Text(text))]);
    }
    // In APPS `[value]` stands for the value.
    let only = if let Value::List(items) = &value {
        items.first().filter(|_| items.len() == 1)
    } else {
        None
    };
    let wrapped = only.cloned();
    Ok(wrapped.into_iter().chain([value]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::code::Tests;

    #[test]
    fn runs_are_texts_or_lines() {
        let Suite::Stdio { cases, .. } =
            Tests::parse(r#"{"inputs":["1\n",["2","3"]],"outputs":["a",["b","c"]]}"#).unwrap().0
        else {
            panic!("no runs")
        };
        assert_eq!((cases[1].stdin.as_str(), cases[1].stdout.as_str()), ("2\n3", "b\nc"));
    }

    #[test]
    fn calls_are_lists_or_lines_of_json() {
        let text = r#"{"fn_name":"f","inputs":[[1,[2]],"[1,2]\n5"],"outputs":[[7],"[0, 1]"]}"#;
        let Suite::Call { entry, cases, .. } = Tests::parse(text).unwrap().0 else {
            panic!("no calls")
        };
        assert_eq!(entry, "~f");
        assert_eq!((cases[0].args.as_str(), cases[1].args.as_str()), ("[1,[2]]", "[[1,2],5]"));
        let value = |text| Value::parse(text).unwrap();
        assert_eq!(cases[0].expected, [value("7"), value("[7]")]);
        assert_eq!(cases[1].expected, [value("[0,1]")]);
    }

    #[test]
    fn lists_must_be_of_one_length() {
        assert!(Tests::parse(r#"{"inputs":["1"],"outputs":[]}"#).is_err());
    }
}
