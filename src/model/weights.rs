//! Checkpoints, read strictly: every tensor asked for must be there with the right shape and finite
//! values, and every tensor that is there must have been asked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::{Mutex, MutexGuard, PoisonError},
};

use candle_core::{DType, Device, Tensor};
use half::{bf16, f16};
use rayon::prelude::*;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Bytes, Layout};
use crate::domain::hex;

/// A checkpoint that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// A file is not there.
    #[error("{0} is missing")]
    NoFile(String),
    /// A file cannot be read.
    #[error("{file} cannot be read: {source}")]
    Io {
        /// Its name.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what its name says.
    #[error("{file} is damaged: {reason}")]
    Damaged {
        /// Its name.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// The model needs a tensor that the checkpoint lacks.
    #[error("tensor `{0}` is missing")]
    Missing(String),
    /// The checkpoint has tensors that the model has no place for.
    #[error("the model has no place for {}: is it another architecture, or another head?", list(.0))]
    Unexpected(Vec<String>),
    /// A tensor has another shape than the configuration says.
    #[error("tensor `{name}` has shape {found:?}, the configuration asks for {expected:?}")]
    Shape {
        /// Its name.
        name: String,
        /// The shape in the file.
        found: Vec<usize>,
        /// The shape that fits.
        expected: Vec<usize>,
    },
    /// A tensor's number format is not supported.
    #[error("tensor `{name}` is stored as {dtype}, which is not supported")]
    Format {
        /// Its name.
        name: String,
        /// The format.
        dtype: String,
    },
    /// A tensor holds NaN or infinity.
    #[error("tensor `{0}` holds values that are not finite")]
    NotFinite(String),
    /// The weights do not fit into memory.
    #[error("the weights take {needed} MiB as {dtype:?}, and {free} MiB of memory are free")]
    Memory {
        /// What they take, in MiB.
        needed: u64,
        /// The type they are computed in.
        dtype: DType,
        /// What is free, in MiB.
        free: u64,
    },
    /// The device refused.
    #[error("device: {0}")]
    Device(#[from] candle_core::Error),
}

fn list(names: &[String]) -> String {
    let shown = names.iter().take(4).map(|name| format!("`{name}`")).collect::<Vec<_>>();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

struct Entry {
    shard: usize,
    dtype: Dtype,
    shape: Vec<usize>,
    range: Range<usize>,
}

/// The tensors of a checkpoint, and which of them were asked for.
pub struct Weights {
    shards: Vec<Bytes>,
    entries: BTreeMap<String, Entry>,
    asked: Mutex<BTreeSet<String>>,
    dtype: DType,
    device: Device,
}

impl std::fmt::Debug for Weights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Weights").field("tensors", &self.entries.len()).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct ShardIndex {
    weight_map: BTreeMap<String, String>,
}

impl Weights {
    /// Opens `model.safetensors`, or the shards of `model.safetensors.index.json`. Tensors will be of
    /// `dtype` on `device`.
    ///
    /// # Errors
    /// When files are missing, unreadable or damaged (truncated, overlapping, contradicting the index).
    pub fn open(layout: &Layout, dtype: DType, device: &Device) -> Result<Self, WeightsError> {
        Self::of_files(layout, &shard_names(layout)?, dtype, device)
    }

    /// Opens one file of that name.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_file(
        layout: &Layout,
        name: &str,
        dtype: DType,
        device: &Device,
    ) -> Result<Self, WeightsError> {
        Self::of_files(layout, &[name.to_owned()], dtype, device)
    }

    fn of_files(
        layout: &Layout,
        names: &[String],
        dtype: DType,
        device: &Device,
    ) -> Result<Self, WeightsError> {
        let mut shards = Vec::new();
        let mut entries = BTreeMap::new();
        for (shard, name) in names.iter().enumerate() {
            let bytes = read(layout, name)?.ok_or_else(|| WeightsError::NoFile(name.clone()))?;
            for (tensor, entry) in header(name, &bytes, shard)? {
                if entries.insert(tensor.clone(), entry).is_some() {
                    let reason = format!("tensor `{tensor}` is in two shards");
                    return Err(WeightsError::Damaged { file: name.clone(), reason });
                }
            }
            shards.push(bytes);
        }
        let asked = Mutex::default();
        Ok(Self { shards, entries, asked, dtype, device: device.clone() })
    }

    /// Checks that all tensors, converted, fit into `free` bytes.
    ///
    /// # Errors
    /// With both sizes, when they do not.
    pub fn check_fits(&self, free: Option<u64>) -> Result<(), WeightsError> {
        let needed = self.bytes() as u64;
        match free {
            Some(free) if needed > free => Err(WeightsError::Memory {
                needed: needed >> 20,
                dtype: self.dtype,
                free: free >> 20,
            }),
            _ => Ok(()),
        }
    }

    /// Bytes of the tensors, in the type they are computed in.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let values: usize = self.entries.values().map(|e| e.shape.iter().product::<usize>()).sum();
        values * self.dtype.size_in_bytes()
    }

    /// SHA-256 of the files, in hexadecimal (of the shards' concatenation, in name order). Reads all of them:
    /// about a second for a gigabyte.
    #[must_use]
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for shard in &self.shards {
            hash.update(&**shard);
        }
        hex(&hash.finalize())
    }

    /// The device that tensors are put on.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The type that tensors are converted to.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The shape of a tensor; `None` when there is none of that name.
    #[must_use]
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.entries.get(name).map(|entry| entry.shape.as_slice())
    }

    /// The tensor of that name, in the checkpoint's dtype of choice.
    ///
    /// # Errors
    /// When it is missing, of another shape, in an unsupported format or not finite.
    pub fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor, WeightsError> {
        self.get_as(name, shape, self.dtype)
    }

    /// The tensor of that name in f32: heads are computed in f32 on any device.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn get_f32(&self, name: &str, shape: &[usize]) -> Result<Tensor, WeightsError> {
        self.get_as(name, shape, DType::F32)
    }

    fn get_as(&self, name: &str, shape: &[usize], dtype: DType) -> Result<Tensor, WeightsError> {
        let entry = self.entries.get(name).ok_or_else(|| WeightsError::Missing(name.to_owned()))?;
        self.asked().insert(name.to_owned());
        if entry.shape != shape {
            return Err(WeightsError::Shape {
                name: name.to_owned(),
                found: entry.shape.clone(),
                expected: shape.to_vec(),
            });
        }
        let values = floats(name, entry, &self.shards[entry.shard][entry.range.clone()])?;
        if !values.par_iter().all(|value| value.is_finite()) {
            return Err(WeightsError::NotFinite(name.to_owned()));
        }
        let tensor = Tensor::from_vec(values, shape, &Device::Cpu)?;
        Ok(tensor.to_dtype(dtype)?.to_device(&self.device)?)
    }

    fn asked(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Declares a tensor known and unneeded (buffers that old checkpoints carry).
    pub fn ignore(&self, suffix: &str) {
        let names = self.entries.keys().filter(|name| name.ends_with(suffix)).cloned();
        self.asked().extend(names);
    }

    /// Checks that every tensor was asked for.
    ///
    /// # Errors
    /// Naming those that were not.
    pub fn finish(self) -> Result<(), WeightsError> {
        let asked = self.asked.into_inner().unwrap_or_else(PoisonError::into_inner);
        let left: Vec<_> = self.entries.into_keys().filter(|name| !asked.contains(name)).collect();
        if left.is_empty() { Ok(()) } else { Err(WeightsError::Unexpected(left)) }
    }
}

fn read(layout: &Layout, name: &str) -> Result<Option<Bytes>, WeightsError> {
    layout.open(name).map_err(|source| WeightsError::Io { file: name.to_owned(), source })
}

fn shard_names(layout: &Layout) -> Result<Vec<String>, WeightsError> {
    const INDEX: &str = "model.safetensors.index.json";
    let Some(bytes) = read(layout, INDEX)? else {
        return Ok(vec!["model.safetensors".to_owned()]);
    };
    let damaged = |reason: String| WeightsError::Damaged { file: INDEX.to_owned(), reason };
    let index: ShardIndex =
        serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    let names: BTreeSet<String> = index.weight_map.into_values().collect();
    match names.iter().find(|name| name.contains(['/', '\\']) || name.starts_with('.')) {
        Some(name) => Err(damaged(format!("`{name}` is not a file beside it"))),
        None => Ok(names.into_iter().collect()),
    }
}

fn header(file: &str, bytes: &Bytes, shard: usize) -> Result<Vec<(String, Entry)>, WeightsError> {
    let (start, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| {
        WeightsError::Damaged { file: file.to_owned(), reason: error.to_string() }
    })?;
    let data = start + 8;
    Ok(metadata
        .tensors()
        .into_iter()
        .map(|(name, info)| {
            let (from, to) = info.data_offsets;
            let range = data + from..data + to;
            (name, Entry { shard, dtype: info.dtype, shape: info.shape.clone(), range })
        })
        .collect())
}

fn floats(name: &str, entry: &Entry, bytes: &[u8]) -> Result<Vec<f32>, WeightsError> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the formats that are not supported")]
    Ok(match entry.dtype {
        Dtype::F32 => convert(bytes, f32::from_le_bytes),
        Dtype::F16 => convert(bytes, |b| f16::from_le_bytes(b).to_f32()),
        Dtype::BF16 => convert(bytes, |b| bf16::from_le_bytes(b).to_f32()),
        #[expect(clippy::cast_possible_truncation, reason = "f32 is what models compute in")]
        Dtype::F64 => convert(bytes, |b| f64::from_le_bytes(b) as f32),
        other => {
            let dtype = format!("{other:?}");
            return Err(WeightsError::Format { name: name.to_owned(), dtype });
        }
    })
}

fn convert<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> f32 + Sync) -> Vec<f32> {
    let (chunks, _) = bytes.as_chunks::<N>();
    chunks.par_iter().map(|chunk| read(*chunk)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(bytes: Vec<u8>) -> (tempfile::TempDir, Layout) {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("model.safetensors"), bytes).unwrap();
        let layout = Layout::Directory(directory.path().to_owned());
        (directory, layout)
    }

    fn file(values: &[f32]) -> Vec<u8> {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let view =
            safetensors::tensor::TensorView::new(Dtype::F32, vec![values.len()], &bytes).unwrap();
        safetensors::serialize([("w", view)], None).unwrap()
    }

    fn open(bytes: Vec<u8>) -> Result<Weights, WeightsError> {
        Weights::open(&layout(bytes).1, DType::F32, &Device::Cpu)
    }

    #[test]
    fn a_tensor_comes_back_as_it_is() {
        let weights = open(file(&[1.0, -2.5])).unwrap();
        assert_eq!(weights.get("w", &[2]).unwrap().to_vec1::<f32>().unwrap(), [1.0, -2.5]);
        weights.finish().unwrap();
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let weights = open(file(&[1.0, f32::NAN])).unwrap();
        let error = |result: Result<Tensor, WeightsError>| result.unwrap_err().to_string();
        assert_eq!(error(weights.get("v", &[2])), "tensor `v` is missing");
        assert!(error(weights.get("w", &[3])).contains("has shape [2]"));
        assert!(error(weights.get("w", &[2])).contains("not finite"));
        let unasked = open(file(&[1.0])).unwrap().finish().unwrap_err().to_string();
        assert!(unasked.contains("no place for `w`"), "{unasked}");
    }

    #[test]
    fn a_checkpoint_larger_than_memory_is_refused() {
        let weights = open(file(&[0.0; 1 << 18])).unwrap();
        assert!(weights.check_fits(Some(1 << 20)).is_ok() && weights.check_fits(None).is_ok());
        let error = weights.check_fits(Some((1 << 20) - 1)).unwrap_err().to_string();
        assert_eq!(error, "the weights take 1 MiB as F32, and 0 MiB of memory are free");
    }

    #[test]
    fn damaged_files_are_errors() {
        let whole = file(&[1.0, 2.0]);
        for cut in [0, 4, 12, whole.len() - 1] {
            let error = open(whole[..cut].to_vec()).unwrap_err();
            assert!(matches!(error, WeightsError::Damaged { .. }), "{cut}: {error}");
        }
        let mut longer = whole.clone();
        longer.push(0);
        assert!(matches!(open(longer).unwrap_err(), WeightsError::Damaged { .. }));
        let empty = tempfile::tempdir().unwrap();
        let nothing = Layout::Directory(empty.path().to_owned());
        let error = Weights::open(&nothing, DType::F32, &Device::Cpu).unwrap_err();
        assert!(matches!(error, WeightsError::NoFile(_)));
    }
}
