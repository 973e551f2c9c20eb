//! What administrators changed, kept across restarts when there is a place to keep it.
//!
//! One JSON file in a directory, `changes.json`, replaced as a whole: a restart finds the file of before or
//! after a change, never half of one. It holds differences from the configuration: a model or pipeline that
//! was put, or `null` for one that was deleted.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

use crate::{model::ModelSpec, pipeline::PipelineSpec};

/// The file's name in its directory.
const FILE: &str = "changes.json";

/// The changes, by name; `None` deletes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// Models.
    pub models: BTreeMap<String, Option<ModelSpec>>,
    /// Pipelines.
    pub pipelines: BTreeMap<String, Option<PipelineSpec>>,
}

/// A place for changes that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", .file.display())]
pub struct ChangesError {
    /// The file.
    pub file: PathBuf,
    /// Why.
    pub reason: String,
}

/// The changes since the configuration was written.
#[derive(Debug, Default)]
pub struct Changes {
    directory: Option<PathBuf>,
    recorded: Mutex<Recorded>,
}

impl Changes {
    /// The changes kept in `directory`, which is made if it is not there; `None`: they are forgotten when
    /// the process ends.
    ///
    /// # Errors
    /// When the directory cannot be made or written, or its file is not what was written there.
    pub fn open(directory: Option<&Path>) -> Result<Self, ChangesError> {
        let Some(directory) = directory else { return Ok(Self::default()) };
        let file = directory.join(FILE);
        let failed = |reason: String| ChangesError { file: file.clone(), reason };
        std::fs::create_dir_all(directory).map_err(|error| failed(error.to_string()))?;
        let recorded = match std::fs::read(&file) {
            Ok(bytes) => {
                let mut json = serde_json::Deserializer::from_slice(&bytes);
                serde_path_to_error::deserialize(&mut json)
                    .map_err(|error| failed(format!("{}: {}", error.path(), error.inner())))?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Recorded::default(),
            Err(error) => return Err(failed(error.to_string())),
        };
        // Whether it can be written is better known now than at the first change.
        write(directory, &recorded).map_err(|error| failed(error.to_string()))?;
        let directory = Some(directory.to_owned());
        Ok(Self { directory, recorded: Mutex::new(recorded) })
    }

    /// Where they are kept.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        self.directory.as_ref().map(|directory| directory.join(FILE))
    }

    /// All changes.
    #[must_use]
    pub fn recorded(&self) -> Recorded {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a change, on the disk first.
    pub(super) fn record(&self, change: impl FnOnce(&mut Recorded)) -> io::Result<()> {
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = recorded.clone();
        change(&mut changed);
        if let Some(directory) = &self.directory {
            write(directory, &changed)?;
        }
        *recorded = changed;
        Ok(())
    }
}

/// Replaces the file: a new one beside it, on the disk before it takes the name.
fn write(directory: &Path, recorded: &Recorded) -> io::Result<()> {
    let beside = directory.join(format!("{FILE}.new"));
    let mut file = File::create(&beside)?;
    serde_json::to_writer_pretty(&mut file, recorded)?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    std::fs::rename(&beside, directory.join(FILE))?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_outlive_the_process_or_are_not_made() {
        let all = tempfile::tempdir().unwrap();
        let directory = all.path().join("a/b");
        let changes = Changes::open(Some(&directory)).unwrap();
        changes.record(|changes| drop(changes.models.insert("m".to_owned(), None))).unwrap();
        let spec = serde_json::from_str(r#"{"output": "o", "nodes": {}}"#).unwrap();
        changes.record(|all| drop(all.pipelines.insert("p".to_owned(), Some(spec)))).unwrap();
        assert_eq!(Changes::open(Some(&directory)).unwrap().recorded(), changes.recorded());
        std::fs::remove_dir_all(&directory).unwrap();
        assert!(changes.record(|changes| changes.models.clear()).is_err());
        assert_eq!(changes.recorded().models.len(), 1);
        // A write that was cut off left a file beside the good one.
        let changes = Changes::open(Some(&directory)).unwrap();
        std::fs::write(directory.join("changes.json.new"), "{").unwrap();
        changes.record(|changes| drop(changes.models.insert("n".to_owned(), None))).unwrap();
        assert_eq!(Changes::open(Some(&directory)).unwrap().recorded().models.len(), 1);
    }

    #[test]
    fn a_damaged_file_is_refused_and_kept() {
        let all = tempfile::tempdir().unwrap();
        let file = all.path().join(FILE);
        for damaged in ["", "{", "[]", r#"{"models": {"m": {"path": 1}}, "pipelines": {}}"#] {
            std::fs::write(&file, damaged).unwrap();
            let error = Changes::open(Some(all.path())).unwrap_err().to_string();
            assert!(error.contains(FILE), "{error}");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), damaged);
        }
    }
}
