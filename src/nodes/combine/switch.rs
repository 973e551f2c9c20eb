//! One of the inputs, by where the sample comes from.
//!
//! Mixed data through one pipeline: `cases` maps the sample's `data_source` (or a numeric feature) to
//! the input that judges it. Only the chosen input is computed for a sample, and only its miss matters.
//! A sample without a case goes to `default`; without one it is a miss: `missing_field` when it does not
//! say where it comes from, `unsupported` when no case has it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::{Batch, Column, Miss, MissStatus, ParamError, Sample, Scope, pointer_step};
use crate::nodes::{Arity, Context, Family, Kind, Op};

/// Parameters of `switch`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switch {
    /// What decides: `"data_source"`, or `{"feature": "name"}` for the number of that name. Default:
    /// `data_source`.
    #[serde(default)]
    #[schema(inline, default = "data_source")]
    by: By,
    /// From a data source, or a feature's number, to the name of an input. At least one; required.
    #[schema(example = json!({"gsm8k": "math", "humaneval": "code"}))]
    cases: BTreeMap<String, String>,
    /// The input of a sample without a case. Absent (the default): such a sample is a miss.
    #[serde(default)]
    default: Option<String>,
}

/// What decides between the inputs.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum By {
    /// The sample's `data_source`.
    #[default]
    DataSource,
    /// The sample's number of this name.
    Feature(String),
}

impl Kind for Switch {
    const NAME: &'static str = "switch";
    const FAMILY: Family = Family::Combine;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "one of the inputs, by the sample's data source or a feature";
    const EQUATION: &'static str = "R_cases[data_source]";
    const PAPER: &'static str = "none: routing";

    fn example() -> Value {
        json!({"cases": {"gsm8k": "math", "humaneval": "code"}, "default": "rm"})
    }

    fn validate(&self) -> Result<(), ParamError> {
        if self.cases.is_empty() {
            return Err(ParamError::at("/cases", "must have at least one case"));
        }
        let By::Feature(_) = self.by else { return Ok(()) };
        let mut seen = Vec::new();
        for case in self.cases.keys() {
            let at = |message| ParamError::at(format!("/cases{}", pointer_step(case)), message);
            let number = number(case).ok_or_else(|| at("must be a finite number"))?;
            if seen.contains(&number) {
                return Err(at("is the same number as another case"));
            }
            seen.push(number);
        }
        Ok(())
    }
}

impl Op for Switch {
    fn arity(&self) -> Arity {
        Arity::AtLeast(1)
    }

    fn forgives(&self) -> bool {
        true
    }

    fn check(&self, inputs: &[String]) -> Result<(), ParamError> {
        let known = |pointer: String, name: &String| match inputs.contains(name) {
            true => Ok(()),
            false => Err(ParamError::at(pointer, format!("`{name}` is not an input"))),
        };
        for (case, name) in &self.cases {
            known(format!("/cases{}", pointer_step(case)), name)?;
        }
        self.default.as_ref().map_or(Ok(()), |name| known("/default".to_owned(), name))
    }

    fn selects(&self, names: &[String], batch: &Batch) -> Option<Vec<Option<usize>>> {
        let chosen = |sample| self.choose(names, sample).ok();
        Some(batch.samples().iter().map(chosen).collect())
    }

    fn apply(&self, inputs: &[Column], cx: &Context<'_>) -> Column {
        Column::new(cx.batch.samples().iter().enumerate().map(|(index, sample)| {
            let input = self.choose(cx.names, sample)?;
            inputs[input].cells()[index].clone()
        }))
    }
}

impl Switch {
    /// The position of the sample's input.
    fn choose(&self, names: &[String], sample: &Sample) -> Result<usize, Miss> {
        let name = self.case(sample).or_else(|miss| self.default.as_ref().ok_or(miss))?;
        names.iter().position(|candidate| candidate == name).ok_or_else(|| {
            Miss::new(MissStatus::Unsupported, format!("`{name}` is not an input of the switch"))
        })
    }

    fn case(&self, sample: &Sample) -> Result<&String, Miss> {
        match &self.by {
            By::DataSource => {
                let source =
                    sample.data_source.as_ref().ok_or_else(|| Miss::missing("data_source"))?;
                self.cases.get(source).ok_or_else(|| no_case(source))
            }
            By::Feature(name) => {
                let value = *sample
                    .features
                    .get(name)
                    .ok_or_else(|| Miss::missing(&format!("features.{name}")))?;
                let mut cases = self.cases.iter();
                let found = cases.find(|(case, _)| number(case) == Some(value));
                found.map(|(_, input)| input).ok_or_else(|| no_case(&value.to_string()))
            }
        }
    }
}

fn no_case(value: &str) -> Miss {
    Miss::new(MissStatus::Unsupported, format!("the switch has no case for `{value}`"))
}

fn number(case: &str) -> Option<f64> {
    case.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Cell;
    use crate::nodes::testing::{column, miss, op, rejects};

    fn names() -> Vec<String> {
        ["math", "code", "rm"].map(str::to_owned).to_vec()
    }

    fn from(sources: &[Option<&str>]) -> Batch {
        let sample = |source: &Option<&str>| Sample {
            data_source: source.map(str::to_owned),
            ..Sample::default()
        };
        Batch::new(sources.iter().map(sample).collect()).unwrap()
    }

    fn switch(params: Value, inputs: &[Column], batch: &Batch) -> Vec<Cell> {
        let cx = Context { batch, names: &names(), references: &[] };
        op("switch", params).apply(inputs, &cx).cells().to_vec()
    }

    #[test]
    fn each_sample_is_judged_by_its_own_input() {
        let batch = from(&[Some("humaneval"), Some("gsm8k"), Some("other"), None]);
        let inputs = [column(&[1.0; 4]), column(&[2.0; 4]), column(&[3.0; 4])];
        let chosen = [Ok(2.0), Ok(1.0), Ok(3.0), Ok(3.0)];
        assert_eq!(switch(Switch::example(), &inputs, &batch), chosen);
    }

    #[test]
    fn the_other_inputs_need_not_be_computed() {
        let params = json!({"cases": {"gsm8k": "math", "humaneval": "code"}});
        let batch = from(&[Some("humaneval"), Some("gsm8k"), Some("other")]);
        let selected = op("switch", params).selects(&names(), &batch);
        assert_eq!(selected, Some(vec![Some(1), Some(0), None]));
    }

    #[test]
    fn only_the_chosen_inputs_miss_matters() {
        let lost = || Column::new([miss(MissStatus::Timeout)]);
        let inputs = [column(&[1.0]), lost(), lost()];
        let value = |source| switch(Switch::example(), &inputs, &from(&[Some(source)])).remove(0);
        assert_eq!(value("gsm8k"), Ok(1.0));
        assert_eq!(value("humaneval"), miss(MissStatus::Timeout));
    }

    #[test]
    fn a_sample_without_a_case_is_a_miss() {
        let params = json!({"cases": {"gsm8k": "math"}});
        let inputs = [column(&[1.0; 2]), column(&[2.0; 2]), column(&[3.0; 2])];
        let cells = switch(params, &inputs, &from(&[None, Some("other")]));
        assert_eq!(cells[0].as_ref().unwrap_err().status, MissStatus::MissingField);
        let unsupported = cells[1].as_ref().unwrap_err();
        assert_eq!(unsupported.status, MissStatus::Unsupported);
        assert_eq!(unsupported.message, "the switch has no case for `other`");
    }

    #[test]
    fn a_feature_is_compared_as_a_number() {
        let params = json!({"by": {"feature": "level"}, "cases": {"1": "math", "2.50": "code"}});
        let level = |level: f64| Sample {
            features: [("level".to_owned(), level)].into(),
            ..Sample::default()
        };
        let batch = Batch::new(vec![level(2.5), level(1.0), level(3.0)]).unwrap();
        let inputs = [column(&[1.0; 3]), column(&[2.0; 3]), column(&[3.0; 3])];
        let cells = switch(params, &inputs, &batch);
        assert_eq!(cells[..2], [Ok(2.0), Ok(1.0)]);
        assert_eq!(cells[2].as_ref().unwrap_err().status, MissStatus::Unsupported);
    }

    #[test]
    fn bad_cases_are_refused_with_their_place() {
        assert_eq!(rejects("switch", json!({"cases": {}})), "/cases");
        let by_level = |cases| rejects("switch", json!({"by": {"feature": "l"}, "cases": cases}));
        assert_eq!(by_level(json!({"easy": "math"})), "/cases/easy");
        assert_eq!(by_level(json!({"1": "math", "1.0": "code"})), "/cases/1.0");
        let check = |params| op("switch", params).check(&names()).unwrap_err().pointer;
        assert_eq!(check(json!({"cases": {"a/b": "nobody"}})), "/cases/a~1b");
        assert_eq!(check(json!({"cases": {"a": "math"}, "default": "nobody"})), "/default");
    }
}
