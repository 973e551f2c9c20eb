//! Preference pairs, and their form on disk.

use std::{
    collections::HashSet,
    fs::File,
    io::{BufRead, BufReader, BufWriter, Write},
    path::Path,
};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{
    corpus::Corpus,
    corruption::spoilt,
    exercise::{Exercise, explanation},
    style::{opened, typed},
};
use crate::train::TrainError;

/// Two completions of a prompt, one of them preferred: one line of a JSONL file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreferencePair {
    /// The user's turn.
    pub prompt: String,
    /// The completion labelled better.
    pub chosen: String,
    /// The completion labelled worse.
    pub rejected: String,
    /// What distinguishes the two; accuracy is reported by it.
    #[serde(default)]
    pub subset: String,
    /// By how much the chosen one should win at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f32>,
}

/// An endless stream of pairs, no two of which are equal.
#[derive(Debug)]
pub struct Generator {
    corpus: Corpus,
    rng: ChaCha8Rng,
    label_noise: f64,
    seen: HashSet<(String, String, String)>,
}

impl Generator {
    /// A stream that follows from `seed`. Each label is flipped with probability `label_noise`, in
    /// `[0, 0.5]`, once and for all.
    #[must_use]
    pub fn new(corpus: Corpus, seed: u64, label_noise: f64) -> Self {
        let rng = ChaCha8Rng::seed_from_u64(seed);
        Self { corpus, rng, label_noise: label_noise.clamp(0.0, 0.5), seen: HashSet::new() }
    }

    /// The next `count` pairs.
    pub fn take(&mut self, count: usize) -> Vec<PreferencePair> {
        (0..count).map(|_| self.next_pair(Exercise::random)).collect()
    }

    /// From here on labels are flipped at another rate.
    pub fn set_label_noise(&mut self, label_noise: f64) {
        self.label_noise = label_noise.clamp(0.0, 0.5);
    }

    /// The next `count` pairs whose prompt asks for an explanation.
    pub fn take_explanations(&mut self, count: usize) -> Vec<PreferencePair> {
        (0..count).map(|_| self.next_pair(explanation)).collect()
    }

    fn next_pair(&mut self, exercise: fn(&mut ChaCha8Rng, &Corpus) -> Exercise) -> PreferencePair {
        loop {
            let exercise = exercise(&mut self.rng, &self.corpus);
            let good = opened(&mut self.rng, &exercise.good);
            let (kind, bad) = spoilt(&mut self.rng, &self.corpus, &exercise);
            let prompt = typed(&mut self.rng, &exercise.prompt);
            let fresh = bad.trim() != exercise.good.trim()
                && self.seen.insert((prompt.clone(), good.clone(), bad.clone()));
            if fresh {
                let flip = self.rng.random_bool(self.label_noise);
                let (chosen, rejected) = if flip { (bad, good) } else { (good, bad) };
                let subset = kind.name().to_owned();
                return PreferencePair { prompt, chosen, rejected, subset, margin: None };
            }
        }
    }
}

/// Writes one pair per line.
///
/// # Errors
/// When the file cannot be written.
pub fn write_jsonl(path: &Path, pairs: &[PreferencePair]) -> Result<(), TrainError> {
    let write = || {
        let mut file = BufWriter::new(File::create(path)?);
        for pair in pairs {
            serde_json::to_writer(&mut file, pair)?;
            file.write_all(b"\n")?;
        }
        file.flush()
    };
    write().map_err(TrainError::file(path))
}

/// Reads a file with one pair per line; other fields than those of [`PreferencePair`] are ignored.
///
/// # Errors
/// When the file cannot be read or a line is not a pair, with the line's number.
pub fn read_jsonl(path: &Path) -> Result<Vec<PreferencePair>, TrainError> {
    let file = BufReader::new(File::open(path).map_err(TrainError::file(path))?);
    let mut pairs = Vec::new();
    for (index, line) in file.lines().enumerate() {
        let line = line.map_err(TrainError::file(path))?;
        if line.trim().is_empty() {
            continue;
        }
        let bad = |error| TrainError::Data(format!("{}:{}: {error}", path.display(), index + 1));
        pairs.push(serde_json::from_str(&line).map_err(bad)?);
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn pairs(seed: u64, noise: f64) -> Vec<PreferencePair> {
        Generator::new(Corpus::shipped(), seed, noise).take(3000)
    }

    #[test]
    fn the_seed_decides_and_no_pair_comes_twice() {
        let ours = pairs(1, 0.25);
        assert_eq!(ours, pairs(1, 0.25));
        assert_ne!(ours, pairs(2, 0.25));
        let distinct: HashSet<_> =
            ours.iter().map(|pair| (&pair.prompt, &pair.chosen, &pair.rejected)).collect();
        assert_eq!(distinct.len(), ours.len());
        assert!(ours.iter().all(|pair| pair.chosen != pair.rejected));
    }

    #[test]
    fn noise_flips_labels_at_its_rate_and_changes_nothing_else() {
        let texts = |pair: &PreferencePair| {
            let mut both = [pair.chosen.clone(), pair.rejected.clone()];
            both.sort();
            (pair.prompt.clone(), both)
        };
        let (clean, noisy) = (pairs(3, 0.0), pairs(3, 0.25));
        assert!(clean.iter().map(texts).eq(noisy.iter().map(texts)));
        let flipped = clean.iter().zip(&noisy).filter(|(a, b)| a.chosen != b.chosen).count();
        // 3000 draws at 0.25: 750 with a standard deviation of 24.
        assert!((650..850).contains(&flipped), "{flipped}");
    }

    #[test]
    fn every_kind_of_mistake_occurs() {
        let mut counts = BTreeMap::new();
        for pair in pairs(4, 0.0) {
            *counts.entry(pair.subset).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 13, "{counts:?}");
        assert!(counts.values().all(|count| *count >= 15), "{counts:?}");
    }

    #[test]
    fn files_hold_what_was_written_and_errors_name_the_line() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pairs.jsonl");
        let written = &pairs(5, 0.0)[..20];
        write_jsonl(&path, written).unwrap();
        assert_eq!(read_jsonl(&path).unwrap(), written);
        std::fs::write(&path, "\n{\"prompt\":\"a\"}\n").unwrap();
        assert!(read_jsonl(&path).unwrap_err().to_string().contains("pairs.jsonl:2:"));
    }
}
