//! From how a run ended to a verdict. Pure: the only place where a test can pass.

use serde::Deserialize;

use super::{
    equal::ValueRule,
    frames::{Frame, frames},
    language::Language,
    output::OutputRule,
    value::Value,
    verdict::Verdict,
    wire::{Bounds, Ended, Stop},
};

/// The exit code by which the harness says that memory ran out.
const MEMORY: i32 = 87;

/// One process of a run, as it ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run<'a> {
    pub(super) ended: &'a Ended,
    pub(super) bounds: &'a Bounds,
    pub(super) language: &'a Language,
    pub(super) nonce: &'a [u8],
    pub(super) stdout: &'a [u8],
    pub(super) stderr: &'a [u8],
    pub(super) status: &'a [u8],
}

/// A verdict and what there is to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    pub(super) message: Option<String>,
}

impl Judgement {
    pub(super) fn new(verdict: Verdict, message: impl Into<Option<String>>) -> Self {
        Self { verdict, message: message.into() }
    }
}

impl<'a> Run<'a> {
    fn frames(&self) -> (Vec<Frame<'a>>, bool) {
        frames(self.status, self.nonce)
    }

    /// What forbids a pass, whatever was answered; none where the program ended as it should.
    pub(super) fn failure(&self) -> Option<Judgement> {
        let said = |verdict, message: &str| Some(Judgement::new(verdict, message.to_owned()));
        let ended = self.ended;
        if let Some(fault) = &ended.fault {
            return said(Verdict::Ie, fault);
        }
        let (frames, _) = self.frames();
        // Up to its first frame a run is not yet the program's: what is said there is true.
        match frames.first().map(|frame| (frame.kind, frame.text)) {
            Some((b'f', text)) => return said(Verdict::Ie, &String::from_utf8_lossy(text)),
            Some((b'e', text)) => return said(Verdict::Ce, &String::from_utf8_lossy(text)),
            _ if ended.stop == Some(Stop::Cancelled) => {
                return Some(Judgement::new(Verdict::Skipped, None));
            }
            Some((b'c', _)) => {}
            _ if self.was_held_up() => {
                return said(Verdict::Ie, "it did not get to run in its time");
            }
            _ => return said(Verdict::Ce, "the compiler ended before it was done"),
        }
        self.overrun().or_else(|| self.crash(&frames))
    }

    /// A limit that was hit.
    fn overrun(&self) -> Option<Judgement> {
        let said = |verdict, message: &str| Some(Judgement::new(verdict, message.to_owned()));
        match self.ended.stop {
            Some(Stop::Stdout) => return said(Verdict::Ole, "too much on standard output"),
            Some(Stop::Stderr) => return said(Verdict::Ole, "too much on standard error"),
            Some(Stop::Wall) => return said(Verdict::Tle, "limit: wall"),
            Some(Stop::Cpu) => return said(Verdict::Tle, "limit: cpu"),
            Some(Stop::Memory) => return said(Verdict::Mle, "limit: memory"),
            Some(Stop::Cancelled) | None => {}
        }
        if self.ended.cpu_us > self.bounds.cpu_ms * 1000 {
            return said(Verdict::Tle, "limit: cpu");
        }
        None
    }

    /// An end that is none of a sound program.
    fn crash(&self, frames: &[Frame<'_>]) -> Option<Judgement> {
        let said = |verdict, message: String| Some(Judgement::new(verdict, message));
        let mark = self.language.out_of_memory.as_bytes();
        let failed = self.ended.signal.is_some() || self.ended.exit != Some(0);
        let marked =
            failed && !mark.is_empty() && self.stderr.windows(mark.len()).any(|part| part == mark);
        let python = mark.is_empty() && self.ended.exit == Some(MEMORY);
        if marked || python || frames.iter().any(|frame| frame.kind == b'm') {
            return said(Verdict::Mle, "out of memory".to_owned());
        }
        match (self.ended.signal, self.ended.exit) {
            (Some(libc::SIGXCPU), _) => said(Verdict::Tle, "limit: cpu".to_owned()),
            (Some(libc::SIGXFSZ), _) => said(Verdict::Ole, "a file is too large".to_owned()),
            (Some(signal), _) => said(Verdict::Re, format!("ended by signal {signal}")),
            (None, Some(0)) => None,
            (None, Some(code)) => said(Verdict::Re, format!("ended with exit code {code}")),
            (None, None) => said(Verdict::Ie, "the end was not seen".to_owned()),
        }
    }

    /// Whether its time passed before it was the program's, with hardly any of a processor's.
    fn was_held_up(&self) -> bool {
        let waited =
            self.ended.stop == Some(Stop::Wall) && self.ended.cpu_us * 4 < self.ended.wall_us;
        waited && self.frames().0.is_empty()
    }

    /// Whether it was ended for time it nearly had: close to its limit, or waiting for a processor that
    /// others used.
    pub(super) fn is_close(&self) -> bool {
        let (cpu, wall) = (self.ended.cpu_us, self.ended.wall_us);
        match self.ended.stop {
            None => cpu > self.bounds.cpu_ms * 1000,
            Some(Stop::Wall) => cpu * 4 > wall || self.was_held_up(),
            Some(_) => false,
        }
    }

    /// The verdict on what a program wrote.
    pub(super) fn output(&self, expected: &str, rule: &OutputRule) -> Judgement {
        if let Some(failure) = self.failure() {
            return failure;
        }
        let Ok(got) = std::str::from_utf8(self.stdout) else {
            return Judgement::new(Verdict::Wa, "the output is not UTF-8".to_owned());
        };
        match rule.difference(expected, got) {
            None => Judgement::new(Verdict::Ok, None),
            Some(line) => Judgement::new(Verdict::Wa, format!("differs in line {line}")),
        }
    }

    /// The one result, if there is exactly one and nothing else.
    fn result(&self) -> Result<&'a str, Judgement> {
        let (frames, sound) = self.frames();
        let none = |message: &str| Err(Judgement::new(Verdict::Re, message.to_owned()));
        match &frames[..] {
            [_, Frame { kind: b'r', text }] if sound => {
                std::str::from_utf8(text).or_else(|_| none("the result is not text"))
            }
            [_] if sound => none("ended without a result"),
            _ => none("the report is not sound"),
        }
    }

    /// The verdict on what a call returned.
    pub(super) fn value(&self, expected: &[Value], rule: &ValueRule) -> Judgement {
        if let Some(failure) = self.failure() {
            return failure;
        }
        let text = match self.result() {
            Ok(text) => text,
            Err(judgement) => return judgement,
        };
        match Value::parse(text) {
            Ok(got) if expected.iter().any(|expected| rule.equal(expected, &got)) => {
                Judgement::new(Verdict::Ok, None)
            }
            Ok(_) => Judgement::new(Verdict::Wa, format!("returned {}", head(text))),
            Err(_) => Judgement::new(Verdict::Re, "the result is not a value".to_owned()),
        }
    }
}

fn head(text: &str) -> String {
    text.chars().take(200).collect()
}

/// What the process with the tests reports.
#[derive(Debug, Deserialize)]
struct Report {
    outcome: String,
    detail: Option<String>,
    #[serde(default)]
    items: Vec<(String, String, Option<String>)>,
}

/// What tests in a process of their own came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// One verdict per test, with the names of collected ones.
    Tests(Vec<(Option<String>, Judgement)>),
    /// The tests themselves cannot be used.
    Unusable(String),
}

/// The verdicts of tests in one process on a candidate in another. `whole` says whether there is one test
/// only, or as many as were collected.
pub(super) fn pair(candidate: &Run<'_>, tests: &Run<'_>, whole: bool) -> Judged {
    let one = |judgement| Judged::Tests(vec![(None, judgement)]);
    // The candidate's own end, which is to be ended once the tests are done.
    let own = candidate.failure().filter(|failure| failure.verdict != Verdict::Skipped);
    if let Some(failure) = &own
        && matches!(failure.verdict, Verdict::Ie | Verdict::Ce)
    {
        return one(failure.clone());
    }
    if let Some(fault) = tests.ended.fault.clone() {
        return one(Judgement::new(Verdict::Ie, fault));
    }
    let report = tests.failure().is_none().then(|| tests.result().ok()).flatten();
    let Some(report) = report.and_then(|text| serde_json::from_str::<Report>(text).ok()) else {
        // The tests did not come to an end: because of the candidate, for nothing else is foreign there.
        return one(own.unwrap_or_else(|| unfinished(tests)));
    };
    match report.outcome.as_str() {
        "invalid" | "broken" | "unplain" | "faulty" => {
            return Judged::Unusable(report.detail.unwrap_or(report.outcome));
        }
        _ => {}
    }
    let said = |outcome: &str, detail: Option<String>| judgement(outcome, detail, own.as_ref());
    if whole {
        return one(said(&report.outcome, report.detail));
    }
    let unusable = |(_, outcome, detail): &(_, String, Option<String>)| match outcome.as_str() {
        "unplain" => Some("a test hands over what is not plain data".to_owned()),
        "faulty" => Some(detail.clone().unwrap_or_default()),
        _ => None,
    };
    if let Some(why) = report.items.iter().find_map(unusable) {
        return Judged::Unusable(why);
    }
    if report.items.is_empty() && report.outcome == "dead" {
        return one(said("dead", report.detail));
    }
    let counted = report.items.into_iter().filter(|(_, outcome, _)| outcome != "skipped");
    Judged::Tests(
        counted.map(|(name, outcome, detail)| (Some(name), said(&outcome, detail))).collect(),
    )
}

fn unfinished(tests: &Run<'_>) -> Judgement {
    match tests.failure() {
        Some(Judgement { verdict: Verdict::Tle, message }) => Judgement::new(Verdict::Tle, message),
        Some(Judgement { verdict: Verdict::Skipped, .. }) => Judgement::new(Verdict::Skipped, None),
        Some(failure) => Judgement::new(Verdict::Re, failure.message),
        None => Judgement::new(Verdict::Re, "the tests did not end".to_owned()),
    }
}

fn judgement(outcome: &str, detail: Option<String>, own: Option<&Judgement>) -> Judgement {
    match outcome {
        // An output flood counts even if the tests were content.
        "ok" => match own {
            Some(failure) if failure.verdict == Verdict::Ole => failure.clone(),
            _ => Judgement::new(Verdict::Ok, None),
        },
        "wrong" => Judgement::new(Verdict::Wa, detail),
        "dead" => own.cloned().unwrap_or_else(|| Judgement::new(Verdict::Re, detail)),
        _ => Judgement::new(Verdict::Re, detail),
    }
}
