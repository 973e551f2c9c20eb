//! A completion's program against the sample's tests.
//!
//! The program runs in a sandbox and never learns what is expected of it. Its score is the share of tests
//! that pass, or 1 only if all do, or the graded table of CodeRL and B-Coder. What the sandbox fails at is
//! a `sandbox_error` miss, never a zero; a suite without tests is a `no_tests` miss.
//! Le et al. 2022, *CodeRL* (arXiv 2207.01780) §3.2; Yu et al. 2023, *B-Coder* (arXiv 2310.03173).

use std::{sync::Arc, time::Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Scored, Source, World};
use crate::domain::{Batch, BoxFuture, Column, Miss, MissStatus, ParamError, Sample, Scope};
use crate::nodes::{Family, Kind};
use crate::verify::code::{Grade, Limits, Program, Scoring, Stopping, Tests};

/// Parameters of `code`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Code {
    /// The language of the programs. Default: `python`.
    #[serde(default = "python")]
    #[schema(default = "python")]
    language: String,
    /// What the verdicts are worth. Default: `fraction`.
    #[serde(default)]
    #[schema(inline)]
    scoring: Scoring,
    /// When the tests of a program end. Default: `all`.
    #[serde(default)]
    #[schema(inline)]
    stop: Stopping,
    /// Bounds of each test.
    #[serde(default)]
    #[schema(inline)]
    limits: Limits,
}

fn python() -> String {
    "python".to_owned()
}

impl Kind for Code {
    const NAME: &'static str = "code";
    const FAMILY: Family = Family::Source;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "whether the completion's program passes the sample's tests";
    const EQUATION: &'static str = "passed / tests, or 1 if all pass, or graded from -1 to 1";
    const PAPER: &'static str = "Le et al. 2022, CodeRL (arXiv 2207.01780), §3.2";

    fn example() -> Value {
        json!({"language": "python", "scoring": "fraction"})
    }

    fn validate(&self) -> Result<(), ParamError> {
        if let Some((field, range)) = self.limits.mistake() {
            return Err(ParamError::at(format!("/limits/{field}"), range));
        }
        Ok(())
    }
}

impl Source for Code {
    fn score<'a>(
        &'a self,
        batch: Batch,
        world: &'a World,
        deadline: Instant,
    ) -> BoxFuture<'a, Scored> {
        Box::pin(async move {
            let programs: Vec<_> =
                batch.samples().iter().map(|sample| self.program(sample)).collect();
            let asked = programs.iter().flatten().cloned().collect();
            let mut grades = world.code.grade_all(asked, deadline).await.into_iter();
            let (mut cells, mut details) = (Vec::new(), Vec::new());
            for program in programs {
                let grade = program.and_then(|_| grades.next().ok_or_else(lost));
                details.push(grade.as_ref().map_or(Value::Null, |grade| evidence(grade)));
                cells.push(grade.and_then(|grade| grade.score(self.scoring)));
            }
            Column::new(cells).with_details(details).into()
        })
    }
}

impl Code {
    fn program(&self, sample: &Sample) -> Result<Program, Miss> {
        let text = sample.completion_text().ok_or_else(|| Miss::missing("completion"))?;
        let tests_text = sample.tests.as_ref().ok_or_else(|| Miss::missing("tests"))?.get();
        let tests = Tests::parse(tests_text).map_err(|error| {
            let message = format!("tests{}: {}", error.pointer, error.message);
            Miss::new(MissStatus::InvalidInput, message)
        })?;
        Ok(Program {
            language: self.language.clone(),
            text: text.into_owned(),
            extract: true,
            tests: Arc::new(tests),
            tests_text: tests_text.into(),
            limits: self.limits,
            stop: self.stop,
        })
    }
}

fn lost() -> Miss {
    Miss::new(MissStatus::Cancelled, "the verifier stopped")
}

fn evidence(grade: &Grade) -> Value {
    json!({
        "verdict": grade.verdict(),
        "passed": grade.passed(),
        "total": grade.tests.len(),
        "tests": grade.tests,
    })
}
