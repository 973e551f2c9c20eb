//! What one core grades: the math verifier on `benches/mix/math.jsonl`.
//!
//! Several passes over the mix, each with a new [`Grader`], so every gold is parsed in every pass. Printed:
//! grades per second of the best and the median pass; per class the 50th and 99th percentile and the
//! maximum over items of each item's fastest pass (a slower one was interrupted); and the slowest of the
//! hostile inputs of `tests/golden/math/adversarial.jsonl`.
//!
//! `cargo bench --bench math`, or, to grade a file and print one verdict per line, for `benches/peers`:
//! `cargo bench --bench math -- --verdicts FILE`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark talks to who runs it")]

use std::{
    collections::BTreeMap,
    hint::black_box,
    time::{Duration, Instant},
};

use assay::verify::math::{Grader, Policy};
use serde::Deserialize;
use serde_json::json;

const PASSES: usize = 9;
const GOLDS: usize = 1024;

/// A line of the mix, or of the labelled cases.
#[derive(Deserialize)]
struct Item {
    #[serde(alias = "group")]
    class: String,
    gold: Gold,
    completion: String,
    #[serde(default)]
    policy: Policy,
    right: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Gold {
    One(String),
    Any(Vec<String>),
}

impl Item {
    fn golds(&self) -> Vec<&str> {
        match &self.gold {
            Gold::One(gold) => vec![gold],
            Gold::Any(golds) => golds.iter().map(String::as_str).collect(),
        }
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--verdicts" {
            let path = arguments.next().unwrap();
            return verdicts(&items(&std::fs::read_to_string(path).unwrap()));
        }
    }
    throughput(&items(include_str!("mix/math.jsonl")));
    hostile(&items(include_str!("../tests/golden/math/adversarial.jsonl")));
}

fn items(lines: &str) -> Vec<Item> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// One pass: what each item took.
fn pass(items: &[Item]) -> Vec<Duration> {
    let grader = Grader::new(GOLDS);
    let grade = |item: &Item| {
        let golds = item.golds();
        let start = Instant::now();
        black_box(grader.grade(&item.policy, &golds, &item.completion));
        start.elapsed()
    };
    items.iter().map(grade).collect()
}

fn throughput(items: &[Item]) {
    check(items);
    let passes: Vec<Vec<Duration>> = (0..PASSES).map(|_| pass(items)).collect();
    let mut totals: Vec<Duration> = passes.iter().map(|pass| pass.iter().sum()).collect();
    totals.sort_unstable();
    let rate = |total: Duration| items.len() as f64 / total.as_secs_f64();
    println!("{} items, {PASSES} passes, one thread", items.len());
    println!("best pass     {:>10.0} grades/s", rate(totals[0]));
    println!("median pass   {:>10.0} grades/s", rate(totals[PASSES / 2]));

    let mut classes: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for (place, item) in items.iter().enumerate() {
        let fastest = passes.iter().map(|pass| pass[place]).min().unwrap();
        classes.entry(&item.class).or_default().push(fastest);
        classes.entry("all").or_default().push(fastest);
    }
    println!("{:<14} {:>6} {:>9} {:>9} {:>9}  µs", "class", "items", "p50", "p99", "max");
    for (class, mut times) in classes {
        times.sort_unstable();
        let at = |share: f64| micros(times[((times.len() - 1) as f64 * share).round() as usize]);
        println!(
            "{class:<14} {:>6} {:>9.1} {:>9.1} {:>9.1}",
            times.len(),
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
}

/// A fast wrong grader is worth nothing.
fn check(items: &[Item]) {
    let grader = Grader::new(GOLDS);
    let agrees = |item: &&Item| {
        let grade = grader.grade(&item.policy, &item.golds(), &item.completion);
        grade.verdict.correct() == item.right
    };
    println!("{} of {} labels met", items.iter().filter(agrees).count(), items.len());
}

fn hostile(items: &[Item]) {
    let passes: Vec<Vec<Duration>> = (0..3).map(|_| pass(items)).collect();
    let fastest = |place: usize| passes.iter().map(|pass| pass[place]).min().unwrap();
    let (time, item) = items
        .iter()
        .enumerate()
        .map(|(place, item)| (fastest(place), item))
        .max_by_key(|x| x.0)
        .unwrap();
    let head: String = item.completion.chars().take(60).collect();
    println!("worst of {} hostile inputs: {:.1} µs, {head:?}", items.len(), micros(time));
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// One line per item: the verdict, what it was read from, and the nanoseconds it took.
fn verdicts(items: &[Item]) {
    let grader = Grader::new(GOLDS);
    for item in items {
        let golds = item.golds();
        let start = Instant::now();
        let grade = grader.grade(&item.policy, &golds, &item.completion);
        let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap();
        println!(
            "{}",
            json!({"verdict": grade.verdict, "extracted": grade.extracted, "method": grade.method, "fuel": grade.fuel, "nanos": nanos})
        );
    }
}
