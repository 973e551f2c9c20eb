//! Programs: does what a completion says do what the tests ask?
//!
//! A program is foreign. It runs in a [`sandbox`], one process per test, and never learns what is expected
//! of it: outputs and values are compared here ([`judge`] is the only place where a test can pass), and
//! tests that are themselves programs run in a process of their own, which calls the candidate and takes
//! plain data for an answer. An exit code proves nothing. What the sandbox fails at is a miss, never a
//! score.
//!
//! ```text
//! request ─ grade ─ pool (queue, a thread per runner) ══ runner ── guard ── fork server ── one child per run
//! ```
//!
//! [`pool`] is the only place of the service that starts processes, and it spawns them without copying its
//! own memory. A runner is this program again (`assay sandbox-runner`), alone with boxes and pipes.

mod adapter;
mod equal;
mod extract;
mod frames;
mod grade;
mod judge;
mod language;
mod limits;
mod output;
mod pool;
mod runner;
mod sandbox;
mod score;
mod suite;
mod value;
mod verdict;
mod verifier;
mod wire;

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::Miss;

pub use adapter::PairedTests;
pub use equal::{ValueKind, ValueRule};
pub use extract::Extraction;
pub use limits::Limits;
pub use output::{OutputKind, OutputRule};
pub use pool::{PoolStats, SandboxConfig};
pub use runner::main as runner_main;
pub use sandbox::Tier;
pub use score::Scoring;
pub use suite::{AnyTests, AssertTests, CallTests, PytestTests, StdioTests, Tests};
pub use verdict::Verdict;
pub use verifier::CodeVerifier;

/// A program to judge.
#[derive(Clone, Debug)]
pub struct Program {
    /// The language's name.
    pub language: String,
    /// The program, or a completion that holds it.
    pub text: String,
    /// Whether `text` is a completion.
    pub extract: bool,
    /// The tests.
    pub tests: Arc<Tests>,
    /// The tests as they were sent.
    pub tests_text: Arc<str>,
    /// Bounds of each test.
    pub limits: Limits,
    /// When to stop.
    pub stop: Stopping,
}

/// When the tests of a program end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stopping {
    /// When all have run.
    #[default]
    All,
    /// At the first that fails; the others are `SKIPPED`.
    FirstFailure,
}

/// What became of one test.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TestResult {
    /// The judgement.
    pub verdict: Verdict,
    /// The name of a collected test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Milliseconds of processor time.
    pub cpu_ms: f64,
    /// Milliseconds from start to end, without what it waited for a runner.
    pub wall_ms: f64,
    /// The most memory it held, in KiB, its interpreter included.
    pub mem_kb: u64,
    /// Its exit code.
    pub exit: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Why the verdict is what it is. What was expected it never says in `stdio` and `call`; in `assert` and `pytest` it is
    /// the failed test's own message, which may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The beginning of its output.
    pub stdout_head: String,
    /// The beginning of its error output.
    pub stderr_head: String,
}

impl TestResult {
    /// The result of a test that did not run.
    fn plain(verdict: Verdict, message: Option<String>) -> Self {
        Self {
            verdict,
            name: None,
            cpu_ms: 0.0,
            wall_ms: 0.0,
            mem_kb: 0,
            exit: None,
            signal: None,
            message,
            stdout_head: String::new(),
            stderr_head: String::new(),
        }
    }
}

/// How a program was compiled, or checked.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Compilation {
    /// Whether it compiles.
    pub ok: bool,
    /// Milliseconds.
    pub ms: f64,
    /// What the compiler said.
    pub log: String,
}

/// What is known of a program after its tests.
#[derive(Clone, Debug, Default)]
pub struct Grade {
    /// One per test, in order; empty where the program could not be run.
    pub tests: Vec<TestResult>,
    /// Why there is no score.
    pub miss: Option<Miss>,
    /// What was found in the completion, if there was one.
    pub extraction: Option<Extraction>,
    /// How it was compiled, if its language does that.
    pub compile: Option<Compilation>,
    /// The isolation that it ran in.
    pub tier: Option<Tier>,
    /// The kernel's Landlock version.
    pub landlock_abi: i32,
    /// The longest wait for a runner, in milliseconds.
    pub queue_ms: f64,
    /// Whether it comes from memory.
    pub cached: bool,
}

impl Grade {
    /// The worst verdict.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.tests.iter().map(|test| test.verdict).max()
    }

    /// Tests that passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.tests.iter().filter(|test| test.verdict == Verdict::Ok).count()
    }

    /// The score.
    ///
    /// # Errors
    /// Why there is none.
    pub fn score(&self, scoring: Scoring) -> Result<f64, Miss> {
        if let Some(miss) = &self.miss {
            return Err(miss.clone());
        }
        let verdicts: Vec<Verdict> = self.tests.iter().map(|test| test.verdict).collect();
        scoring
            .score(&verdicts)
            .ok_or_else(|| Miss::new(crate::domain::MissStatus::SandboxError, "the sandbox failed"))
    }

    /// Whether it will be the same next time: not what depends on the machine's state.
    fn is_lasting(&self) -> bool {
        let fleeting = |test: &TestResult| matches!(test.verdict, Verdict::Tle | Verdict::Ie);
        !self.tests.iter().any(fleeting) && self.miss.as_ref().is_none_or(|miss| !miss.retryable())
    }
}

/// Whether the kernel bounds what a run holds, all its processes together, by a cgroup (v2) of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cgroup {
    /// Whether it does: a program that took too much memory was ended, and a fork bomb was held.
    pub enforced: bool,
    /// Why it does not. Then memory is watched, and bounded by the address space.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a machine offers for running programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Capabilities {
    /// Whether programs can be run at all.
    pub available: bool,
    /// The strongest isolation that withstood the attacks at the start.
    pub tier: Tier,
    /// Why stronger ones did not.
    pub missing: Vec<String>,
    /// How to get what is missing, where nothing holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<String>,
    /// The kernel's Landlock version, 0 for none.
    pub landlock_abi: i32,
    /// How memory and processes are bounded.
    pub cgroup: Cgroup,
    /// The Python interpreter's version.
    pub python: Option<String>,
    /// Whether NumPy can be imported.
    pub numpy: bool,
    /// Whether `pytest` tests can be run.
    pub pytest: bool,
    /// Whether programs of each language can be run.
    pub languages: BTreeMap<String, bool>,
    /// Runs at the same time.
    pub runners: usize,
}
