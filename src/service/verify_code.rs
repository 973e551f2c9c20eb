//! Programs run against tests.

use std::{num::NonZeroU32, sync::Arc};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FieldError, Service, ServiceError};
use crate::{
    domain::RawJson,
    verify::code::{
        AnyTests, Capabilities, Compilation, Extraction, Grade, Limits, Program, Scoring, Stopping,
        TestResult, Tests, Tier, Verdict,
    },
};

/// The most tests of one program.
const TESTS: usize = 1000;

/// A program to run.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeItem {
    /// The caller's own identifier, echoed in the result.
    #[serde(default)]
    pub id: Option<String>,
    /// The language. Default: `python`.
    #[serde(default = "python")]
    #[schema(example = "python", default = "python")]
    pub language: String,
    /// What the model wrote: the program is its last fenced block in the language. Excludes `code`.
    #[serde(default)]
    pub completion: Option<String>,
    /// The program itself. Excludes `completion`.
    #[serde(default)]
    pub code: Option<String>,
    /// The tests, by `mode`: `stdio`, `call`, `assert`, `pytest`; or as in APPS, TACO and LiveCodeBench.
    #[schema(value_type = AnyTests)]
    pub tests: RawJson,
    /// Bounds of each test.
    #[serde(default)]
    #[schema(inline)]
    pub limits: Limits,
}

fn python() -> String {
    "python".to_owned()
}

/// Programs to run.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    /// The programs, in the order of the reply. May be empty.
    pub items: Vec<CodeItem>,
    /// What the verdicts are worth.
    #[serde(default)]
    #[schema(inline)]
    pub scoring: Scoring,
    /// When the tests of a program end.
    #[serde(default)]
    #[schema(inline)]
    pub stop: Stopping,
    /// How long the request may take. Default: the service's.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 4_294_967_295u32, example = 30_000)]
    pub deadline_ms: Option<NonZeroU32>,
}

/// What programs ran in.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Isolation {
    /// How strong the walls were.
    pub tier: Tier,
    /// The kernel's Landlock version, 0 for none.
    pub landlock_abi: i32,
}

/// What became of one program.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CodeResult {
    /// As in the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the verdicts are worth; null where the program could not be judged.
    pub score: Option<f64>,
    /// `ok`, or why there is no score.
    #[schema(example = "ok")]
    pub status: &'static str,
    /// Why there is no score, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether the same item may have a score when sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
    /// Whether all tests passed; null where the program could not be judged.
    pub all_pass: Option<bool>,
    /// Tests that passed.
    pub passed: usize,
    /// Tests.
    pub total: usize,
    /// The worst verdict.
    pub verdict: Option<Verdict>,
    /// One per test, in order.
    pub tests: Vec<TestResult>,
    /// What was found in the completion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extraction: Option<Extraction>,
    /// How the program was compiled, where its language does that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compile: Option<Compilation>,
    /// What it ran in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub isolation: Option<Isolation>,
    /// The longest wait of a test for a runner, in milliseconds. It does not count as running time.
    pub queue_ms: f64,
    /// Whether the verdicts come from memory.
    pub cached: bool,
}

/// Results, in the order of the request.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CodeResponse {
    /// The results.
    pub results: Vec<CodeResult>,
}

impl Service {
    /// Runs programs against tests.
    ///
    /// # Errors
    /// More items than one request takes, an item that contradicts itself, or no isolation on this machine.
    pub async fn verify_code(&self, request: CodeRequest) -> Result<CodeResponse, ServiceError> {
        self.check_bounds(request.items.len(), "/items")?;
        let deadline = self.deadline(request.deadline_ms);
        let (mut ids, mut programs) = (Vec::new(), Vec::new());
        for (index, item) in request.items.into_iter().enumerate() {
            ids.push(item.id.clone());
            programs.push(program(index, item, request.stop)?);
        }
        let code = &self.world().code;
        let some = !programs.is_empty();
        let grades = code.grade_all(programs, deadline).await;
        // Known by now: the first run waits until it is.
        let unavailable = code.capabilities().filter(|found| some && !found.available);
        if let Some(found) = unavailable {
            let reasons = [found.missing, found.remedies].concat();
            return Err(ServiceError::SandboxUnavailable(reasons.join("; ")));
        }
        let results = ids.into_iter().zip(&grades);
        let results = results.map(|(id, grade)| result(id, grade, request.scoring)).collect();
        Ok(CodeResponse { results })
    }

    /// What this machine offers for running programs. Blocks while that is being found out.
    #[must_use]
    pub fn code_capabilities(&self) -> Option<Capabilities> {
        self.world().code.start();
        self.world().code.capabilities()
    }
}

fn program(index: usize, item: CodeItem, stop: Stopping) -> Result<Program, ServiceError> {
    let at = |field: &str, detail: String| {
        ServiceError::Invalid(vec![FieldError::at(format!("/items/{index}{field}"), detail)])
    };
    let (text, extract) = match (item.completion, item.code) {
        (Some(text), None) => (text, true),
        (None, Some(text)) => (text, false),
        _ => return Err(at("", "give either `completion` or `code`".to_owned())),
    };
    if let Some((field, range)) = item.limits.mistake() {
        return Err(at(&format!("/limits/{field}"), range));
    }
    let tests = Tests::parse(item.tests.get())
        .map_err(|error| at(&format!("/tests{}", error.pointer), error.message))?;
    if tests.count().is_some_and(|count| count > TESTS) {
        return Err(at("/tests", format!("more than {TESTS} tests")));
    }
    let tests_text = item.tests.get().into();
    let (language, limits) = (item.language, item.limits);
    Ok(Program { language, text, extract, tests: Arc::new(tests), tests_text, limits, stop })
}

fn result(id: Option<String>, grade: &Grade, scoring: Scoring) -> CodeResult {
    let score = grade.score(scoring);
    let judged = score.is_ok();
    let (passed, total) = (grade.passed(), grade.tests.len());
    let isolation = grade.tier.map(|tier| Isolation { tier, landlock_abi: grade.landlock_abi });
    let miss = score.as_ref().err();
    CodeResult {
        id,
        status: miss.map_or("ok", |miss| miss.status.as_str()),
        message: miss.map(|miss| miss.message.clone().into_owned()),
        retryable: miss.map(crate::domain::Miss::retryable),
        score: score.ok(),
        all_pass: judged.then_some(passed == total),
        passed,
        total,
        verdict: grade.verdict(),
        tests: grade.tests.clone(),
        extraction: grade.extraction.clone(),
        compile: grade.compile.clone(),
        isolation,
        queue_ms: grade.queue_ms,
        cached: grade.cached,
    }
}
