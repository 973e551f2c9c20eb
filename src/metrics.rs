//! Analyses: plain numbers in, figures out.
//!
//! Pure functions that describe a set of rewards instead of making one: curves, estimates, bounds. An
//! analysis is one file: its input struct *is* its type, [`Metric`] describes it, and one line in
//! [`METRICS`] registers it. Inputs are plain numbers without misses: what could not be scored is left
//! out, or refused, by the caller, who knows why it is missing.

mod best_of_n;
mod pass_at_k;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::{ParamError, parse, schema_of};
use best_of_n::BestOfN;
pub use best_of_n::kl_upper_bound;
use pass_at_k::PassAtK;

/// Every analysis, in documentation order.
pub const METRICS: &[Entry] = &[Entry::of::<BestOfN>(), Entry::of::<PassAtK>()];

/// Elementary steps that one analysis may take: a second or so.
const WORK_LIMIT: u64 = 200_000_000;

/// The analysis of that name.
#[must_use]
pub fn metric(name: &str) -> Option<&'static Entry> {
    METRICS.iter().find(|entry| entry.name == name)
}

/// What an analysis's file declares beside its formula. The input struct is the type.
pub trait Metric: DeserializeOwned + ToSchema + 'static {
    /// Unique snake_case name.
    const NAME: &'static str;
    /// One line, at most 80 characters, without a final stop.
    const SUMMARY: &'static str;
    /// The formula, in plain text.
    const EQUATION: &'static str;
    /// Where it comes from: paper, section, equation.
    const PAPER: &'static str;

    /// What it answers. All numbers are finite.
    type Output: Serialize + ToSchema;

    /// An input that works, as documentation and as a test.
    fn example() -> Value;

    /// The figures.
    ///
    /// # Errors
    /// At the first input that cannot be used.
    fn compute(&self) -> Result<Self::Output, ParamError>;
}

/// A line of the table of analyses.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Unique snake_case name.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The formula.
    pub equation: &'static str,
    /// Where it comes from.
    pub paper: &'static str,
    /// An input that works.
    pub example: fn() -> Value,
    /// The input's JSON schema; it refers to nothing outside itself.
    pub schema: fn() -> Value,
    /// The answer's JSON schema; it refers to nothing outside itself.
    pub output_schema: fn() -> Value,
    compute: fn(Value) -> Result<Value, ParamError>,
}

impl Entry {
    const fn of<M: Metric>() -> Self {
        Self {
            name: M::NAME,
            summary: M::SUMMARY,
            equation: M::EQUATION,
            paper: M::PAPER,
            example: M::example,
            schema: schema_of::<M>,
            output_schema: schema_of::<M::Output>,
            compute: compute::<M>,
        }
    }

    /// The figures for the given input (a JSON object).
    ///
    /// # Errors
    /// When a field is unknown, missing, of the wrong type or out of range; with its pointer.
    pub fn compute(&self, input: Value) -> Result<Value, ParamError> {
        (self.compute)(input)
    }
}

fn compute<M: Metric>(input: Value) -> Result<Value, ParamError> {
    let figures = parse::<M>(input)?.compute()?;
    serde_json::to_value(figures).map_err(|error| ParamError::at("", error.to_string()))
}

/// Refuses an input that would keep a core busy for long.
fn check_work(steps: u64) -> Result<(), ParamError> {
    if steps > WORK_LIMIT {
        return Err(ParamError::at("", "this is too much for one request; send less at a time"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_analysis_describes_itself() {
        let mut names: Vec<&str> = METRICS.iter().map(|entry| entry.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), METRICS.len());
        for entry in METRICS {
            assert!(
                entry.name.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
                "{}",
                entry.name
            );
            assert!(entry.summary.chars().count() <= 80 && !entry.summary.ends_with('.'));
            assert!(!entry.equation.is_empty() && !entry.paper.is_empty());
            assert_eq!(metric(entry.name).unwrap().name, entry.name);
        }
        assert!(metric("no_such_metric").is_none());
    }

    #[test]
    fn every_example_computes_the_same_finite_figures_twice() {
        for entry in METRICS {
            let figures = entry.compute((entry.example)()).unwrap();
            assert_eq!(figures, entry.compute((entry.example)()).unwrap());
            assert!(!figures.to_string().contains("null"), "{figures}");
        }
    }

    #[test]
    fn an_unknown_field_is_refused_with_its_place() {
        for entry in METRICS {
            let mut input = (entry.example)();
            input["no_such_field"] = json!(1);
            assert_eq!(entry.compute(input).unwrap_err().pointer, "/no_such_field");
            assert_eq!(entry.compute(json!([])).unwrap_err().pointer, "");
        }
    }

    #[test]
    fn every_schema_stands_alone_and_documents_each_field() {
        for entry in METRICS {
            for schema in [(entry.schema)(), (entry.output_schema)()] {
                assert!(!schema.to_string().contains("$ref"), "{}: {schema}", entry.name);
                for property in schema["properties"].as_object().unwrap().values() {
                    assert!(property["description"].is_string(), "{}: {property}", entry.name);
                }
            }
        }
    }
}
