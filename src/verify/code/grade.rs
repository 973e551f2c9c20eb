//! The way of one program: extraction, compilation, tests.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};

use super::{
    Compilation, Grade, Program, Stopping, TestResult,
    extract::program,
    judge::{Judged, Judgement, Run, pair},
    language::{How, Language},
    pool::{Lost, Outcome, Pool},
    sandbox::Tier,
    suite::{CallCase, Suite},
    verdict::Verdict,
    verifier::miss,
    wire::{Bounds, Ended, Flavour, Mode, Process, Stop},
};
use crate::domain::{Miss, MissStatus};

/// Bytes of a program's source.
const SOURCE: usize = 256 << 10;

/// Tests of one program that wait or run at the same time.
const AT_ONCE: usize = 64;

/// Tests that are read beside each.
const BESIDE: usize = 64;

/// Characters of outputs that are shown.
const HEAD: usize = 512;

/// Bounds of a compiler.
const COMPILER: Bounds = Bounds {
    cpu_ms: 20_000,
    wall_ms: 40_000,
    memory_mb: 1024,
    address_space: true,
    stdout: 16 << 10,
    stderr: 64 << 10,
    tasks: 32,
};

/// What has been asked for, and by when.
pub(super) struct Grading<'a> {
    pool: &'a Pool,
    request: u64,
    deadline: Instant,
}

/// Processes and their inputs.
type Work = (Vec<Process>, Vec<Arc<[u8]>>);

impl<'a> Grading<'a> {
    pub(super) fn new(pool: &'a Pool, request: u64, deadline: Instant) -> Self {
        Self { pool, request, deadline }
    }

    /// The grade of a program.
    pub(super) async fn grade(&self, item: &Program) -> Grade {
        let mut grade = Grade::default();
        match self.attempt(item, &mut grade).await {
            Ok(tests) => grade.tests = tests,
            Err(miss) => grade.miss = Some(miss),
        }
        if let Some(found) = self.pool.found() {
            grade.tier = Some(found.tier);
            grade.landlock_abi = found.landlock_abi;
        }
        if grade.tests.iter().any(|test| test.verdict == Verdict::Ie) {
            let message = "the sandbox failed, not the program";
            grade.miss.get_or_insert_with(|| miss(MissStatus::SandboxError, message));
        }
        grade
    }

    async fn attempt(&self, item: &Program, grade: &mut Grade) -> Result<Vec<TestResult>, Miss> {
        let language = Language::named(&item.language).ok_or_else(|| {
            miss(MissStatus::Unsupported, format!("there is no language `{}`", item.language))
        })?;
        let suite = &item.tests.0;
        if language.how != How::Python && !matches!(suite, Suite::Stdio { .. }) {
            let message = format!("{} programs take `stdio` tests only", language.name);
            return Err(miss(MissStatus::Unsupported, message));
        }
        let count = item.tests.count();
        if count == Some(0) {
            return Err(miss(MissStatus::NoTests, "there are no tests"));
        }
        let source = if item.extract {
            let (source, extraction) = program(&item.text, language);
            grade.extraction = Some(extraction);
            source
        } else {
            Some(item.text.clone())
        };
        let every = |verdict, message: &str| {
            let test = TestResult::plain(verdict, Some(message.to_owned()));
            vec![test; count.unwrap_or(1)]
        };
        let Some(source) = source else {
            return Ok(every(Verdict::Ce, "the completion holds no program"));
        };
        if source.len() > SOURCE {
            return Ok(every(Verdict::Ce, "the program is longer than 256 KiB"));
        }
        self.wait_for_tier(language)?;
        let image = match self.prepare(language, &source, grade).await? {
            Ok(image) => image,
            Err(judgement) => {
                let message = judgement.message.unwrap_or_default();
                return Ok(every(judgement.verdict, &message));
            }
        };
        let tests = Tests { language, item, source: &source, image, tier: self.tier() };
        match suite {
            Suite::Pytest { .. } => self.collected(&tests, grade).await,
            Suite::Stdio { .. } | Suite::Call { .. } | Suite::Judge { .. } => {
                self.counted(&tests, count.unwrap_or(1), grade).await
            }
        }
    }

    /// Checks that the language can be run here.
    fn wait_for_tier(&self, language: &Language) -> Result<(), Miss> {
        if language.tool().is_none() {
            let message = format!("{} is not installed", language.tool);
            return Err(miss(MissStatus::Unsupported, message));
        }
        if self.tier() == Tier::Filters && !language.runs_in(Tier::Filters) {
            let message = format!(
                "{} needs isolation by namespaces: it works on files or starts processes",
                language.name
            );
            return Err(miss(MissStatus::Unsupported, message));
        }
        Ok(())
    }

    /// The isolation, as far as it is known.
    fn tier(&self) -> Tier {
        self.pool.found().map_or(Tier::Namespaces, |found| found.tier)
    }

    /// Compiles or checks a program, where its language does that: what is then executed.
    async fn prepare(
        &self,
        language: &'static Language,
        source: &str,
        grade: &mut Grade,
    ) -> Result<Result<Arc<[u8]>, Judgement>, Miss> {
        let source: Arc<[u8]> = Arc::from(source.as_bytes());
        let Some(exec) = language.preparation(self.tier()) else { return Ok(Ok(source)) };
        let keeps = exec.keep.is_some();
        let bounds = Bounds { address_space: language.bounds_address_space(), ..COMPILER };
        let process = process(Mode::Exec(exec), Flavour::Plain, bounds);
        // A compiler reads from its standard input; a check reads the file.
        let blobs = vec![Arc::clone(&source), Arc::clone(&source)];
        let nonce = process.nonce.clone();
        let mut outcome = self.run((vec![process.clone()], blobs.clone()), false).await?;
        // A compiler waits for nothing but a processor: if its time passed, others had it.
        if outcome.ended[0].stop == Some(Stop::Wall) {
            outcome = self.run((vec![process], blobs), true).await?;
        }
        grade.queue_ms = grade.queue_ms.max(outcome.queued.as_secs_f64() * 1e3);
        let ended = &outcome.ended[0];
        let run = run(ended, &bounds, language, &nonce, &outcome.blobs[..4]);
        let failure = match ended.stop {
            Some(Stop::Wall) => {
                let message = "the compiler did not get to run in its time".to_owned();
                Some(Judgement::new(Verdict::Ie, message))
            }
            _ => run.failure(),
        };
        let log = head(&outcome.blobs[1], 16 << 10);
        let ok = failure.is_none() && !(keeps && outcome.blobs[3].is_empty());
        let ms = ended.wall_us as f64 / 1e3;
        if let Some(failure) = failure.as_ref().filter(|failure| failure.verdict == Verdict::Ie) {
            return Ok(Err(failure.clone()));
        }
        grade.compile = Some(Compilation { ok, ms, log });
        if !ok {
            return Ok(Err(Judgement::new(Verdict::Ce, "the program does not compile".to_owned())));
        }
        Ok(Ok(if keeps { std::mem::take(&mut outcome.blobs[3]).into() } else { source }))
    }

    /// Runs tests whose number is known, several at a time.
    async fn counted(
        &self,
        tests: &Tests<'_>,
        count: usize,
        grade: &mut Grade,
    ) -> Result<Vec<TestResult>, Miss> {
        let mut results: Vec<Option<Result<TestResult, Miss>>> = vec![None; count];
        let at_first = tests.item.stop == Stopping::FirstFailure;
        // Tests from here on are not needed: by their order, not by which ended first.
        let needed = AtomicUsize::new(count);
        let mut runs = stream::iter((0..count).take_while(|index| *index < needed.load(Relaxed)))
            .map(|index| async move { (index, self.test(tests, index).await) })
            .buffer_unordered(AT_ONCE);
        let mut compile_error = None;
        while let Some((index, result)) = runs.next().await {
            let result = match result {
                Ok((result, queued)) => {
                    grade.queue_ms = grade.queue_ms.max(queued.as_secs_f64() * 1e3);
                    Ok(result)
                }
                // A test that cannot be used matters as far as it is needed.
                Err(miss) if at_first && miss.status == MissStatus::InvalidInput => Err(miss),
                Err(miss) => return Err(miss),
            };
            if let Ok(result) = &result
                && result.verdict == Verdict::Ce
            {
                compile_error = Some(result.clone());
                break;
            }
            let passed = matches!(&result, Ok(result) if result.verdict == Verdict::Ok);
            results[index] = Some(result);
            if !passed && at_first {
                needed.fetch_min(index + 1, Relaxed);
            }
            if results[..needed.load(Relaxed)].iter().all(Option::is_some) {
                break;
            }
        }
        drop(runs);
        if let Some(result) = compile_error {
            return Ok(vec![result; count]);
        }
        let skipped = || TestResult::plain(Verdict::Skipped, None);
        results[needed.into_inner()..].fill(None);
        results.into_iter().map(|result| result.unwrap_or_else(|| Ok(skipped()))).collect()
    }

    /// Runs a suite that says itself how many tests there are.
    async fn collected(
        &self,
        tests: &Tests<'_>,
        grade: &mut Grade,
    ) -> Result<Vec<TestResult>, Miss> {
        if let Some(found) = self.pool.found().filter(|found| !found.pytest) {
            let message = match found.tier {
                Tier::Filters => "pytest needs isolation by namespaces: it works on files",
                Tier::Namespaces | Tier::None => "pytest is not installed",
            };
            return Err(miss(MissStatus::Unsupported, message));
        }
        let (judged, outcome, _) = self.pair(tests, 0, false).await?;
        grade.queue_ms = grade.queue_ms.max(outcome.queued.as_secs_f64() * 1e3);
        let judged = self.usable(judged)?;
        if judged.is_empty() {
            return Err(miss(MissStatus::NoTests, "no test was collected"));
        }
        let result = |(name, judgement)| {
            let result = shown(judgement, &outcome.ended[0], &outcome.blobs[..4]);
            TestResult { name, ..result }
        };
        Ok(judged.into_iter().map(result).collect())
    }

    /// Runs one test; once more and alone if it was only just too slow.
    async fn test(&self, tests: &Tests<'_>, index: usize) -> Result<(TestResult, Duration), Miss> {
        let (mut result, mut queued, close) = self.once(tests, index, false).await?;
        if close && matches!(result.verdict, Verdict::Tle | Verdict::Ie) {
            let (again, waited, _) = self.once(tests, index, true).await?;
            (result, queued) = (again, queued + waited);
        }
        Ok((result, queued))
    }

    async fn once(
        &self,
        tests: &Tests<'_>,
        index: usize,
        alone: bool,
    ) -> Result<(TestResult, Duration, bool), Miss> {
        if let Suite::Judge { .. } = &tests.item.tests.0 {
            let (judged, outcome, close) = self.pair(tests, index, alone).await?;
            let judged = self.usable(judged)?;
            let judgement = judged.into_iter().next().map(|(_, judgement)| judgement);
            let nothing = || Judgement::new(Verdict::Ie, "the test has no outcome".to_owned());
            let judgement = judgement.unwrap_or_else(nothing);
            let result = shown(judgement, &outcome.ended[0], &outcome.blobs[..4]);
            return Ok((result, outcome.queued, close));
        }
        let work = tests.single(index);
        let (bounds, nonce) = (work.0[0].bounds, work.0[0].nonce.clone());
        let outcome = self.run(work, alone).await?;
        let run = run(&outcome.ended[0], &bounds, tests.language, &nonce, &outcome.blobs[..4]);
        let judgement = match &tests.item.tests.0 {
            Suite::Stdio { cases, compare } => run.output(&cases[index].stdout, compare),
            Suite::Call { cases, compare, .. } => run.value(&cases[index].expected, compare),
            Suite::Judge { .. } | Suite::Pytest { .. } => {
                Judgement::new(Verdict::Ie, "not a test of one process".to_owned())
            }
        };
        let close = run.is_close();
        Ok((shown(judgement, &outcome.ended[0], &outcome.blobs[..4]), outcome.queued, close))
    }

    /// Runs tests in one process and the candidate in another.
    async fn pair(
        &self,
        tests: &Tests<'_>,
        index: usize,
        alone: bool,
    ) -> Result<(Judged, Outcome, bool), Miss> {
        let (work, whole) = tests.double(index);
        let bounds: Vec<Bounds> = work.0.iter().map(|process| process.bounds).collect();
        let nonces: Vec<String> = work.0.iter().map(|process| process.nonce.clone()).collect();
        let outcome = self.run(work, alone).await?;
        let language = tests.language;
        let (ended, blobs) = (&outcome.ended, &outcome.blobs);
        let candidate = run(&ended[0], &bounds[0], language, &nonces[0], &blobs[..4]);
        let judge = run(&ended[1], &bounds[1], language, &nonces[1], &blobs[4..]);
        let close = candidate.is_close();
        Ok((pair(&candidate, &judge, whole), outcome, close))
    }

    fn usable(&self, judged: Judged) -> Result<Vec<(Option<String>, Judgement)>, Miss> {
        match judged {
            Judged::Tests(tests) => Ok(tests),
            Judged::Unusable(why) => {
                let message = format!("the tests cannot be used: {}", head(why.as_bytes(), 300));
                Err(miss(MissStatus::InvalidInput, message))
            }
        }
    }

    async fn run(&self, work: Work, alone: bool) -> Result<Outcome, Miss> {
        let (processes, blobs) = work;
        let outcome = self.pool.run(self.request, processes, blobs, alone, self.deadline).await;
        outcome.map_err(|lost| match lost {
            Lost::Timeout => miss(MissStatus::Timeout, "not run by the deadline"),
            Lost::Overloaded => miss(MissStatus::Overloaded, "too many runs wait"),
            Lost::Unavailable => {
                miss(MissStatus::SandboxError, "no isolation holds on this machine")
            }
            Lost::Fault(fault) => miss(MissStatus::SandboxError, fault),
        })
    }
}

/// A program with its tests, ready to be run.
struct Tests<'a> {
    language: &'static Language,
    item: &'a Program,
    source: &'a str,
    /// What is executed: the source, or what was made of it.
    image: Arc<[u8]>,
    tier: Tier,
}

impl Tests<'_> {
    fn bounds(&self) -> Bounds {
        let address_space = self.language.bounds_address_space();
        Bounds { address_space, ..self.item.limits.bounds() }
    }

    fn flavour(&self) -> Flavour {
        if self.source.contains("numpy") { Flavour::Numpy } else { Flavour::Plain }
    }

    /// A test of one process.
    fn single(&self, index: usize) -> Work {
        let bounds = self.bounds();
        let empty = || Arc::from(&b""[..]);
        match &self.item.tests.0 {
            Suite::Stdio { cases, .. } => {
                let exec = self.language.execution(bounds.memory_mb, self.tier);
                let mode = exec.map_or(Mode::Stdio, Mode::Exec);
                let flavour = match self.language.how {
                    How::Python => self.flavour(),
                    How::Compiled(_) | How::Script { .. } => Flavour::Plain,
                };
                let stdin = Arc::from(cases[index].stdin.as_bytes());
                (vec![process(mode, flavour, bounds)], vec![Arc::clone(&self.image), stdin])
            }
            Suite::Call { entry, cases, .. } => {
                let mode = Mode::Call { entry: entry.clone() };
                let payload = self.call(&cases[index]);
                (vec![process(mode, self.flavour(), bounds)], vec![payload, empty()])
            }
            Suite::Judge { .. } | Suite::Pytest { .. } => (Vec::new(), Vec::new()),
        }
    }

    /// What a call's process is given: JSON, in which the arguments stand as they were sent.
    fn call(&self, case: &CallCase) -> Arc<[u8]> {
        let source = quoted(self.source);
        let text =
            format!(r#"{{"source":{source},"args":{},"kwargs":{}}}"#, case.args, case.kwargs);
        Arc::from(text.as_bytes())
    }

    /// A test of two processes, and whether it is one test only.
    fn double(&self, index: usize) -> (Work, bool) {
        let bounds = self.bounds();
        let patient = Bounds {
            cpu_ms: bounds.cpu_ms + 10_000,
            wall_ms: bounds.wall_ms + 1000,
            memory_mb: bounds.memory_mb + 256,
            ..bounds
        };
        let (mode, payload, whole) = match &self.item.tests.0 {
            Suite::Judge { sources, entry } => {
                let entry = entry.as_deref().map_or("null".to_owned(), quoted);
                let source = quoted(&sources[index]);
                // What all of them say of the program's classes holds for each.
                let all = if sources.len() > BESIDE { String::new() } else { sources.join("\n") };
                let all = quoted(&all);
                let payload = format!(r#"{{"source":{source},"all":{all},"entry":{entry}}}"#);
                (Mode::Judge, payload, true)
            }
            Suite::Pytest { module, files } => {
                let payload = serde_json::json!({"module": module, "files": files});
                (Mode::Suite, payload.to_string(), false)
            }
            Suite::Stdio { .. } | Suite::Call { .. } => (Mode::Judge, String::new(), true),
        };
        let candidate = format!(r#"{{"source":{}}}"#, quoted(self.source));
        let text = |text: String| Arc::from(text.as_bytes());
        let processes = vec![
            process(Mode::Answer, self.flavour(), bounds),
            process(mode, Flavour::Tests, patient),
        ];
        let blobs = vec![text(candidate), text(String::new()), text(payload), text(String::new())];
        ((processes, blobs), whole)
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn process(mode: Mode, flavour: Flavour, bounds: Bounds) -> Process {
    // Tells a report from an accident; nothing depends on its being secret.
    let [one, other] = [0, 1].map(|part| RandomState::new().hash_one(part));
    let nonce = format!("{one:016x}{other:016x}");
    Process { mode, flavour, bounds, nonce }
}

fn run<'a>(
    ended: &'a Ended,
    bounds: &'a Bounds,
    language: &'a Language,
    nonce: &'a str,
    blobs: &'a [Vec<u8>],
) -> Run<'a> {
    let nonce = nonce.as_bytes();
    let [stdout, stderr, status] = [0, 1, 2].map(|at| blobs[at].as_slice());
    Run { ended, bounds, language, nonce, stdout, stderr, status }
}

fn shown(judgement: Judgement, ended: &Ended, blobs: &[Vec<u8>]) -> TestResult {
    TestResult {
        verdict: judgement.verdict,
        name: None,
        cpu_ms: ended.cpu_us as f64 / 1e3,
        wall_ms: ended.wall_us as f64 / 1e3,
        mem_kb: ended.mem_kb,
        exit: ended.exit,
        signal: ended.signal,
        message: judgement.message,
        stdout_head: head(&blobs[0], HEAD),
        stderr_head: head(&blobs[1], HEAD),
    }
}

fn head(bytes: &[u8], most: usize) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(most)]).into_owned()
}
