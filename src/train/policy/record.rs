//! `metrics.jsonl`: one object a line, kept in step with the checkpoints.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use crate::train::{TrainError, checkpoint::write_synced};

/// Figures of one step, by name. `step` counts from 0 (before any update); a figure that has no value is
/// absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record(pub Map<String, Value>);

impl Record {
    /// A line for a step.
    #[must_use]
    pub fn at(step: usize) -> Self {
        Self(Map::from_iter([("step".to_owned(), step.into())]))
    }

    /// Adds a figure; one that is not finite is left out.
    pub fn set(&mut self, name: &str, value: f64) {
        if let Some(number) = serde_json::Number::from_f64(value) {
            self.0.insert(name.to_owned(), number.into());
        }
    }

    /// A figure.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).and_then(Value::as_f64)
    }

    /// The step.
    #[must_use]
    pub fn step(&self) -> usize {
        self.0.get("step").and_then(Value::as_u64).unwrap_or(0) as usize
    }
}

/// The complete lines of a file; none where there is no file. A torn last line is left out.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn read_records(path: &Path) -> Result<Vec<Record>, TrainError> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text.map_err(TrainError::file(path))?,
    };
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok().map(Record)).collect())
}

/// The file in the making.
#[derive(Debug)]
pub(super) struct Recorder {
    path: PathBuf,
    file: fs::File,
    pub(super) records: Vec<Record>,
}

impl Recorder {
    /// Opens the file of a run that has taken `step` steps: lines of later steps are dropped.
    pub(super) fn open(path: &Path, step: Option<usize>) -> Result<Self, TrainError> {
        let mut records = match step {
            Some(step) => {
                let mut records = read_records(path)?;
                records.retain(|record| record.step() <= step);
                records
            }
            None => Vec::new(),
        };
        records.dedup_by_key(|record| record.step());
        let lines: String = records.iter().map(line).collect();
        let beside = path.with_extension("jsonl.tmp");
        write_synced(&beside, lines.as_bytes())?;
        fs::rename(&beside, path).map_err(TrainError::file(path))?;
        let file = fs::OpenOptions::new().append(true).open(path);
        let file = file.map_err(TrainError::file(path))?;
        Ok(Self { path: path.to_owned(), file, records })
    }

    pub(super) fn write(&mut self, record: Record) -> Result<(), TrainError> {
        self.file.write_all(line(&record).as_bytes()).map_err(TrainError::file(&self.path))?;
        self.records.push(record);
        Ok(())
    }
}

fn line(record: &Record) -> String {
    format!("{}\n", Value::Object(record.0.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(step: usize, value: f64) -> Record {
        let mut record = Record::at(step);
        record.set("reward/mean", value);
        record
    }

    #[test]
    fn a_resumed_file_has_no_line_twice_and_none_torn() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("metrics.jsonl");
        let mut recorder = Recorder::open(&path, None).unwrap();
        for step in 0..4 {
            recorder.write(record(step, 0.5)).unwrap();
        }
        write!(recorder.file, "{{\"step\": 4, \"rew").unwrap();
        let mut resumed = Recorder::open(&path, Some(2)).unwrap();
        resumed.write(record(3, 0.7)).unwrap();
        let expected: Vec<Record> =
            (0..3).map(|step| record(step, 0.5)).chain([record(3, 0.7)]).collect();
        assert_eq!(read_records(&path).unwrap(), expected);
        assert_eq!(resumed.records, expected);
    }

    #[test]
    fn what_is_no_number_is_no_figure() {
        let mut record = Record::at(1);
        record.set("kl", f64::NAN);
        assert_eq!(record.get("kl"), None);
        assert_eq!(line(&record), "{\"step\":1}\n");
    }
}
