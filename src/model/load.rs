//! A reward model, put together from its files.

use std::sync::Arc;

use candle_core::{DType as Precision, Device};
use rayon::prelude::*;

use super::{
    DType, DeviceChoice, Encoded, Layout, ModelOptions, PackedBatch, TemplateError, TextEncoder,
    Weights, WeightsError,
    arch::{self, Network},
    kernels::Pass,
    text::TextLimits,
};

/// A model that cannot be loaded, with the file or tensor at fault.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file is not there.
    #[error("{0} is missing")]
    NoFile(&'static str),
    /// A file cannot be read.
    #[error("{file} cannot be read: {reason}")]
    Io {
        /// Its name.
        file: &'static str,
        /// Why.
        reason: String,
    },
    /// A file says something unusable.
    #[error("{file}: {reason}")]
    Config {
        /// Its name.
        file: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The chat template cannot be compiled.
    #[error(transparent)]
    Template(TemplateError),
    /// `format = "chat"` without a template.
    #[error("`format = \"chat\"`, but the model has no chat template")]
    NoTemplate,
    /// No code for this architecture.
    #[error("architecture `{0}` is not supported; supported are {list}", list = architectures())]
    Architecture(String),
    /// A base model where a reward model is needed.
    #[error("the checkpoint has no `{0}`: it is not a reward model")]
    NoHead(&'static str),
    /// The checkpoint cannot be used.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The device cannot be used.
    #[error("device: {0}")]
    Device(#[from] candle_core::Error),
    /// An option that does not fit this model.
    #[error("{0}")]
    Option(String),
}

impl LoadError {
    pub(super) fn unreadable(file: &'static str, error: &std::io::Error) -> Self {
        Self::Io { file, reason: error.to_string() }
    }
}

fn architectures() -> String {
    arch::ARCHITECTURES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// A reward model: tokens to one raw score per sequence.
#[derive(Debug)]
pub struct RewardModel {
    network: Box<dyn Network>,
    text: Arc<TextEncoder>,
    label: usize,
    deterministic: bool,
    sha256: String,
    dtype: &'static str,
    device: &'static str,
}

impl RewardModel {
    /// Loads `config.json`, the tokenizer and the weights.
    ///
    /// # Errors
    /// Naming the file, tensor or option that does not fit.
    pub fn load(layout: &Layout, options: &ModelOptions) -> Result<Self, LoadError> {
        let config = config(layout)?;
        let (device, device_name) = device(options.device)?;
        let (precision, dtype) = precision(options.dtype, &device)?;
        let weights = Weights::open(layout, precision, &device)?;
        let sha256 = weights.sha256().to_owned();
        let network = arch::build(&config, &weights)?;
        weights.finish()?;
        let limits = TextLimits {
            max_tokens: network.max_tokens(),
            vocabulary: network.vocabulary(),
            reads_pairs: network.reads_pairs(),
        };
        let text = Arc::new(TextEncoder::load(layout, options, limits)?);
        let label = label(network.labels(), options.label)?;
        let deterministic = options.deterministic;
        Ok(Self { network, text, label, deterministic, sha256, dtype, device: device_name })
    }

    /// How samples become tokens.
    #[must_use]
    pub fn text(&self) -> &Arc<TextEncoder> {
        &self.text
    }

    /// SHA-256 of the weights, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The type it computes in.
    #[must_use]
    pub fn dtype(&self) -> &'static str {
        self.dtype
    }

    /// Where it runs: `cpu` or `cuda`.
    #[must_use]
    pub fn device(&self) -> &'static str {
        self.device
    }

    /// The raw score of each sequence, in order; possibly not finite, if the model is broken.
    ///
    /// In deterministic mode each sequence is computed alone, so that its score is the same bits in any
    /// company; otherwise they are computed packed, and only the rounding of matrix products may differ.
    ///
    /// # Errors
    /// When the device fails.
    pub fn score(&self, sequences: &[&Encoded]) -> Result<Vec<f32>, candle_core::Error> {
        if self.deterministic {
            let scores: Result<Vec<_>, _> =
                sequences.par_iter().map(|sequence| self.packed(&[sequence])).collect();
            return Ok(scores?.concat());
        }
        self.packed(sequences)
    }

    fn packed(&self, sequences: &[&Encoded]) -> Result<Vec<f32>, candle_core::Error> {
        let batch = PackedBatch::new(sequences.iter().copied());
        let _pass = Pass::begin();
        self.network.forward(&batch)?.narrow(1, self.label, 1)?.flatten_all()?.to_vec1()
    }
}

pub(super) fn config(layout: &Layout) -> Result<serde_json::Value, LoadError> {
    const FILE: &str = "config.json";
    let bytes = layout
        .open(FILE)
        .map_err(|error| LoadError::unreadable(FILE, &error))?
        .ok_or(LoadError::NoFile(FILE))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| LoadError::Config { file: FILE, reason: error.to_string() })
}

pub(super) fn device(choice: DeviceChoice) -> Result<(Device, &'static str), LoadError> {
    let cuda = || Device::new_cuda(0).map(|device| (device, "cuda"));
    match choice {
        DeviceChoice::Cpu => Ok((Device::Cpu, "cpu")),
        DeviceChoice::Cuda => Ok(cuda()?),
        DeviceChoice::Auto => Ok(cuda().unwrap_or((Device::Cpu, "cpu"))),
    }
}

pub(super) fn precision(
    choice: DType,
    device: &Device,
) -> Result<(Precision, &'static str), LoadError> {
    match (choice, device.is_cpu()) {
        (DType::F32, _) | (DType::Auto, true) => Ok((Precision::F32, "f32")),
        (DType::Bf16 | DType::Auto, false) => Ok((Precision::BF16, "bf16")),
        (DType::F16, false) => Ok((Precision::F16, "f16")),
        (DType::F16 | DType::Bf16, true) => Err(LoadError::Option(
            "a CPU computes in f32: `dtype` must be \"auto\" or \"f32\" there (the checkpoint may \
             be stored in any type)"
                .to_owned(),
        )),
    }
}

fn label(labels: usize, wanted: Option<usize>) -> Result<usize, LoadError> {
    match wanted {
        Some(label) if label < labels => Ok(label),
        Some(label) => {
            Err(LoadError::Option(format!("`label = {label}`, but the head has {labels}")))
        }
        None if labels == 1 => Ok(0),
        None => Err(LoadError::Option(format!(
            "the head has {labels} labels: say which one is the reward with `label`"
        ))),
    }
}
