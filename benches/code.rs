//! What a test of the code verifier costs, against a fresh `python3 -I` with the usual imports per test, in the
//! same run on the same machine.
//!
//! Printed: tests per second of both, their ratio, milliseconds of processor time per test of both (the
//! child's own, and with the runners and the service), and the added latency of a single run (50th
//! percentile). Two threads start the fresh interpreters, as two runners run the tests.
//!
//! `cargo bench --bench code`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark talks to who runs it")]

use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use assay::verify::code::{CodeVerifier, Limits, Program, SandboxConfig, Stopping, Tests, Verdict};

const ITEMS: usize = 64;
const CASES: usize = 20;
const FRESH: usize = 60;
const RUNNERS: usize = 2;
/// What solutions of the usual data sets import.
const IMPORTS: &str = "import math, collections, heapq, bisect, itertools, functools, re, json, typing, \
    random, datetime, decimal, fractions, string, operator, copy, statistics\n";

fn program(salt: &str) -> Program {
    let case = |n: usize| format!(r#"{{"stdin":"{n}","stdout":"{}"}}"#, n + 1);
    let cases: Vec<String> = (0..CASES).map(case).collect();
    let text = format!(r#"{{"mode":"stdio","cases":[{}]}}"#, cases.join(","));
    Program {
        language: "python".to_owned(),
        text: format!("# {salt}\n{IMPORTS}print(int(input()) + 1)\n"),
        extract: false,
        tests: Arc::new(Tests::parse(&text).unwrap()),
        tests_text: text.into(),
        limits: Limits::default(),
        stop: Stopping::All,
    }
}

fn main() {
    let program_path = env!("CARGO_BIN_EXE_assay");
    let config = SandboxConfig {
        runners: RUNNERS,
        program: program_path.into(),
        cache_entries: 0,
        ..SandboxConfig::default()
    };
    let verifier = Arc::new(CodeVerifier::new(config));
    verifier.start();
    println!("isolation: {}", verifier.capabilities().unwrap().tier.as_str());
    let deadline = || Instant::now() + Duration::from_secs(600);
    let grade = |programs| futures::executor::block_on(verifier.grade_all(programs, deadline()));
    grade(vec![program("warm")]);

    let begun = (Instant::now(), runners_cpu());
    let grades = grade((0..ITEMS).map(|item| program(&item.to_string())).collect());
    let (took, whole) = (begun.0.elapsed(), runners_cpu() - begun.1);
    let tests = (ITEMS * CASES) as f64;
    let mut children = 0.0;
    for test in grades.iter().flat_map(|grade| &grade.tests) {
        assert_eq!(test.verdict, Verdict::Ok, "{test:?}");
        children += test.cpu_ms;
    }
    let rate = tests / took.as_secs_f64();
    println!(
        "sandboxed: {rate:.0} tests/s, {:.2} ms of processor time in the test",
        children / tests
    );
    println!("           {:.2} ms with runners, guards and this process", whole / tests);

    let mut waits: Vec<f64> = (0..60)
        .map(|n| {
            let mut one = program(&format!("latency {n}"));
            let text = r#"{"mode":"stdio","cases":[{"stdin":"1","stdout":"2"}]}"#;
            (one.tests, one.tests_text) = (Arc::new(Tests::parse(text).unwrap()), text.into());
            let begun = Instant::now();
            grade(vec![one]);
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    waits.sort_by(f64::total_cmp);
    println!("latency:   {:.1} ms at the 50th percentile, {:.1} at the 90th", waits[30], waits[54]);

    let begun = (Instant::now(), runners_cpu());
    std::thread::scope(|scope| {
        for _ in 0..RUNNERS {
            scope.spawn(|| (0..FRESH / RUNNERS).for_each(|_| fresh()));
        }
    });
    let fresh = FRESH as f64 / begun.0.elapsed().as_secs_f64();
    println!(
        "fresh:     {fresh:.1} tests/s, {:.1} ms of processor time",
        (runners_cpu() - begun.1) / FRESH as f64
    );
    println!("ratio:     {:.1}", rate / fresh);
}

fn fresh() {
    let source = format!("{IMPORTS}print(int(input()) + 1)\n");
    let mut child = Command::new("/usr/bin/python3")
        .args(["-I", "-c", &source])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"1").unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, b"2\n");
}

/// Milliseconds of processor time of this process, of what descends from it, and of what did.
fn runners_cpu() -> f64 {
    let stats: Vec<(u32, u32, f64)> = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
            let number = |at: usize| fields.get(at)?.parse::<f64>().ok();
            // In hundredths of a second: own time and that of children that were waited for.
            let ticks = number(11)? + number(12)? + number(13)? + number(14)?;
            Some((pid, fields[1].parse().ok()?, 10.0 * ticks))
        })
        .collect();
    let mut ours = vec![std::process::id()];
    let mut at = 0;
    while at < ours.len() {
        let parent = ours[at];
        ours.extend(stats.iter().filter(|(_, of, _)| *of == parent).map(|(pid, ..)| *pid));
        at += 1;
    }
    stats.iter().filter(|(pid, ..)| ours.contains(pid)).map(|(.., ms)| ms).sum()
}
