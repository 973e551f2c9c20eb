//! Labelled cases: every line of `tests/golden/math/*.jsonl` is graded and must come out as it says.

mod canonical;
mod corpus;
mod hostile;
mod near_misses;
mod properties;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Grader, Policy, Verdict};

#[derive(Deserialize)]
#[serde(untagged)]
enum Gold {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    group: String,
    gold: Gold,
    completion: String,
    #[serde(default)]
    policy: Policy,
    expected: String,
    why: String,
}

fn agrees(expected: &str, verdict: Verdict) -> bool {
    match expected {
        "T" => verdict == Verdict::Correct,
        "F" => verdict != Verdict::Correct,
        "incorrect" => matches!(verdict, Verdict::Incorrect | Verdict::AnswerUnparsable),
        name => serde_json::to_value(verdict).unwrap() == name,
    }
}

fn replay(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let grader = Grader::new(1024);
    let mut failures = Vec::new();
    for (line, json) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let case: Case = match serde_json::from_str(json) {
            Ok(case) => case,
            Err(error) => panic!("{}:{}: {error}", file.display(), line + 1),
        };
        let golds: Vec<&str> = match &case.gold {
            Gold::One(gold) => vec![gold],
            Gold::Many(golds) => golds.iter().map(String::as_str).collect(),
        };
        let grade = grader.grade(&case.policy, &golds, &case.completion);
        if !agrees(&case.expected, grade.verdict) {
            failures.push(format!(
                "{}:{} [{} / {}] {golds:?} <- {:?}: expected {}, got {:?}; read {:?} against {:?}",
                file.file_name().unwrap_or_default().display(),
                line + 1,
                case.group,
                case.why,
                grade.extracted.as_deref().unwrap_or("(nothing)"),
                case.expected,
                grade.verdict,
                grade.answer_canonical,
                grade.gold_canonical,
            ));
        }
    }
    failures
}

/// The files of labelled cases.
fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/math");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .collect();
    files.sort();
    files
}

/// The single golds of the cases under the default policy.
fn golds() -> BTreeSet<String> {
    let texts = files().into_iter().map(|file| std::fs::read_to_string(file).unwrap());
    let cases = texts.flat_map(|text| {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines.map(|line| serde_json::from_str::<Case>(line).unwrap()).collect::<Vec<_>>()
    });
    cases
        .filter(|case| case.policy == Policy::default())
        .filter_map(|case| match case.gold {
            Gold::One(gold) => Some(gold),
            Gold::Many(_) => None,
        })
        .collect()
}

#[test]
fn labelled_cases() {
    let failures: Vec<String> = files().iter().flat_map(|file| replay(file)).collect();
    assert!(failures.is_empty(), "{} cases:\n{}", failures.len(), failures.join("\n"));
}
