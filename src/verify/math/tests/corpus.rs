//! Replays the corpus of the fuzz targets (`fuzz/`), below the guard that turns a panic into a verdict.

use std::path::Path;

use super::super::compare::compare;
use super::super::extract::{Extraction, extract};
use super::super::fuel::{Fuel, GRADE};
use super::super::read::{Reading, read};
use super::Policy;

fn corpus(target: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts: Vec<String> = files
        .map(|file| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned())
        .collect();
    assert!(texts.len() >= 80);
    texts
}

#[test]
fn every_text_is_read() {
    for text in corpus("math_read") {
        for reading in read(&text, &mut Fuel::new(GRADE)).readings {
            let _ = reading.canonical();
        }
    }
}

#[test]
fn every_pair_is_compared() {
    let pairs = corpus("math_symmetry").into_iter().map(|text| {
        let (gold, answer) = text.split_once('\0').unwrap_or((&text, &text));
        format!("{gold}\0\\boxed{{{answer}}}")
    });
    for text in corpus("math_compare").into_iter().chain(pairs) {
        let (gold, completion) = text.split_once('\0').unwrap_or((&text, &text));
        let Extraction::Found(answer) = extract(&Policy::default(), completion) else { continue };
        let mut fuel = Fuel::new(GRADE);
        let (gold, given) = (read(gold, &mut fuel), read(&answer, &mut fuel));
        for a in gold.readings.iter().map(Reading::side) {
            for b in given.readings.iter().map(Reading::side) {
                // Whatever comes of it; fuel that runs out is an end too.
                let _ = compare(&Policy::default(), a, b, &mut fuel);
            }
        }
    }
}
