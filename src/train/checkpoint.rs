//! Checkpoints that survive a kill: written beside their place, then renamed into it.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    path::{Path, PathBuf},
};

use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::{TrainError, nn::Params, optim::AdamW};

const PREFIX: &str = "step-";
const KEPT: usize = 2;

#[derive(Serialize, Deserialize)]
struct State {
    step: usize,
    updates: usize,
    config: serde_json::Value,
    #[serde(default)]
    extra: serde_json::Value,
}

/// Where a run is beside its tensors.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Place {
    /// Steps taken.
    pub(super) step: usize,
    /// What else the run needs to go on.
    pub(super) extra: serde_json::Value,
}

/// Saves a run, and drops all but the newest checkpoints. At every instant a complete one is in place.
pub(super) fn save(
    directory: &Path,
    params: &Params,
    optimiser: &AdamW,
    config: &serde_json::Value,
    Place { step, extra }: Place,
) -> Result<(), TrainError> {
    let place = directory.join(format!("{PREFIX}{step:08}"));
    let beside = directory.join(format!(".{PREFIX}{step:08}.tmp"));
    if beside.exists() {
        fs::remove_dir_all(&beside).map_err(TrainError::file(&beside))?;
    }
    fs::create_dir_all(&beside).map_err(TrainError::file(&beside))?;
    write_tensors(&beside.join("model.safetensors"), &params.values())?;
    write_tensors(&beside.join("optimizer.safetensors"), &optimiser.state())?;
    let state = State { step, updates: optimiser.steps(), config: config.clone(), extra };
    let state =
        serde_json::to_vec(&state).map_err(|error| TrainError::Config(error.to_string()))?;
    write_synced(&beside.join("state.json"), &state)?;
    if place.exists() {
        fs::remove_dir_all(&place).map_err(TrainError::file(&place))?;
    }
    fs::rename(&beside, &place).map_err(TrainError::file(&place))?;
    let all = list(directory)?;
    for old in &all[..all.len().saturating_sub(KEPT)] {
        fs::remove_dir_all(old).map_err(TrainError::file(old))?;
    }
    Ok(())
}

/// Restores the newest checkpoint, if there is one, and returns where the run was.
///
/// # Errors
/// When it belongs to another configuration.
pub(super) fn resume(
    directory: &Path,
    params: &Params,
    optimiser: &mut AdamW,
    config: &serde_json::Value,
) -> Result<Option<Place>, TrainError> {
    let Some(newest) = list(directory)?.pop() else { return Ok(None) };
    let path = newest.join("state.json");
    let bytes = fs::read(&path).map_err(TrainError::file(&path))?;
    let state: State = serde_json::from_slice(&bytes)
        .map_err(|error| TrainError::Data(format!("{}: {error}", path.display())))?;
    if &state.config != config {
        return Err(TrainError::Config(format!(
            "{} belongs to a run with another configuration",
            newest.display()
        )));
    }
    params.set(&read_tensors(&newest.join("model.safetensors"), params.device())?)?;
    let moments = read_tensors(&newest.join("optimizer.safetensors"), params.device())?;
    optimiser.restore(&moments, state.updates)?;
    Ok(Some(Place { step: state.step, extra: state.extra }))
}

/// Complete checkpoints, oldest first.
fn list(directory: &Path) -> Result<Vec<PathBuf>, TrainError> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(TrainError::file(directory))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(TrainError::file(directory))?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Reads a safetensors file.
pub(super) fn read_tensors(
    path: &Path,
    device: &Device,
) -> Result<BTreeMap<String, Tensor>, TrainError> {
    let bytes = fs::read(path).map_err(TrainError::file(path))?;
    Ok(candle_core::safetensors::load_buffer(&bytes, device)?.into_iter().collect())
}

/// Writes a safetensors file; equal tensors give equal bytes.
pub(super) fn write_tensors(
    path: &Path,
    tensors: &BTreeMap<String, Tensor>,
) -> Result<(), TrainError> {
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let bytes = safetensors::serialize(tensors.iter(), Some(metadata))
        .map_err(|error| TrainError::Data(error.to_string()))?;
    write_synced(path, &bytes)
}

/// Writes a file and waits until it is on disk.
pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let write = || {
        let mut file = fs::File::create(path)?;
        io::Write::write_all(&mut file, bytes)?;
        file.sync_all()
    };
    write().map_err(TrainError::file(path))
}
