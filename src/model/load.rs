//! A reward model, put together from its files.

use std::sync::Arc;

use candle_core::Device;

use super::{
    Calibration, Encoded, ForwardError, Layout, ModelOptions, PackedBatch, Reduce, StepTags,
    TemplateError, TextEncoder, TextFiles, Weights, WeightsError,
    arch::{self, Network, Outputs},
    device::{named, precision},
    kernels::{Pass, side_by_side},
    lots, memory,
    packed::families,
};
use crate::domain::Parts;

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
    NoHead(String),
    /// A language model without anything that says how it judges.
    #[error(
        "a language model is no reward model by itself: the checkpoint has no value head, and `steps` \
         names no `good` and `bad` token"
    )]
    NoJudge,
    /// The checkpoint cannot be used.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A GPU where this program knows of none.
    #[error(
        "`device = \"cuda\"` needs a program built with `--features cuda`; this one computes on CPUs only"
    )]
    NoCuda,
    /// A GPU that is not there, or not to be had.
    #[error("GPU {number} cannot be used: {reason}")]
    NoGpu {
        /// Its number, from 0.
        number: usize,
        /// Why.
        reason: String,
    },
    /// The device cannot be used.
    #[error("device: {0}")]
    Device(#[from] candle_core::Error),
    /// The model's first scores failed.
    #[error("the first forward pass failed: {0}")]
    Forward(#[from] ForwardError),
    /// An option that does not fit this model.
    #[error("{reason}")]
    Option {
        /// Its name.
        name: &'static str,
        /// Why.
        reason: String,
    },
    /// A model that loads and cannot work.
    #[error("{0}")]
    Unusable(String),
}

impl LoadError {
    pub(super) fn option(name: &'static str, reason: impl Into<String>) -> Self {
        Self::Option { name, reason: reason.into() }
    }

    /// The option at fault, if it is one and not the model.
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Option { name, .. } => Some(name),
            Self::NoCuda | Self::NoGpu { .. } => Some("device"),
            Self::NoJudge => Some("steps"),
            Self::NoFile(_)
            | Self::Io { .. }
            | Self::Config { .. }
            | Self::Template(_)
            | Self::NoTemplate
            | Self::Architecture(_)
            | Self::NoHead(_)
            | Self::Weights(_)
            | Self::Device(_)
            | Self::Forward(_)
            | Self::Unusable(_) => None,
        }
    }

    pub(super) fn unreadable(file: &'static str, error: &std::io::Error) -> Self {
        Self::Io { file, reason: error.to_string() }
    }
}

fn architectures() -> String {
    arch::ARCHITECTURES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// What a model says of one sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The raw score; not finite if the model is broken.
    pub value: f32,
    /// What it was made from, for models with more than one output.
    pub parts: Option<Arc<Parts>>,
}

/// A reward model: tokens to one raw score per sequence.
#[derive(Debug)]
pub struct RewardModel {
    network: Network,
    text: Arc<TextEncoder>,
    label: usize,
    reduce: Reduce,
    calibration: Option<Calibration>,
    deterministic: bool,
    sha256: String,
    dtype: &'static str,
    device: Device,
    architecture: String,
    bytes: usize,
}

impl RewardModel {
    /// Loads `config.json`, the tokenizer and the weights, onto the first of the options' devices.
    ///
    /// # Errors
    /// Naming the file, tensor, device or option that does not fit.
    pub fn load(layout: &Layout, options: &ModelOptions) -> Result<Self, LoadError> {
        let devices = options.devices()?;
        Self::on(devices.first().unwrap_or(&Device::Cpu), layout, options)
    }

    /// The model once for each of the options' replicas. Those on a CPU are one and the same.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn replicas(layout: &Layout, options: &ModelOptions) -> Result<Vec<Arc<Self>>, LoadError> {
        replicas(options, |device| Self::on(device, layout, options))
    }

    fn on(device: &Device, layout: &Layout, options: &ModelOptions) -> Result<Self, LoadError> {
        let config = config(layout)?;
        let (precision, dtype) = precision(options.dtype, device)?;
        let weights = Weights::open(layout, precision, device)?;
        if device.is_cpu() {
            weights.check_fits(memory::available())?;
        }
        let bytes = weights.bytes();
        let architecture = config["architectures"][0].as_str().unwrap_or_default().to_owned();
        let files = TextFiles::open(layout)?;
        let tags = StepTags::of(&options.steps, &files)?;
        let source = arch::Source { config: &config, weights: &weights, tags };
        let (network, sha256) = rayon::join(|| arch::build(&source), || weights.sha256());
        let network = network?;
        weights.finish()?;
        let limits = network.text().clone();
        let text = Arc::new(TextEncoder::load(files, layout, options, limits)?);
        Ok(Self {
            label: label(network.outputs(), options.label)?,
            network,
            text,
            reduce: options.steps.reduce,
            calibration: options.calibration.or_else(|| calibration(&config)),
            deterministic: options.deterministic,
            sha256,
            dtype,
            device: device.clone(),
            architecture,
            bytes,
        })
    }

    /// How samples become tokens.
    #[must_use]
    pub fn text(&self) -> &Arc<TextEncoder> {
        &self.text
    }

    /// Mean and deviation of its scores on a reference set: the operator's, else those that the
    /// checkpoint carries. Scores stay raw; `calibrated = true` in a pipeline uses them.
    #[must_use]
    pub fn calibration(&self) -> Option<Calibration> {
        self.calibration
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
        named(&self.device)
    }

    /// Whether it runs on a GPU.
    #[must_use]
    pub fn is_on_gpu(&self) -> bool {
        !self.device.is_cpu()
    }

    /// What the checkpoint calls itself.
    #[must_use]
    pub fn architecture(&self) -> &str {
        &self.architecture
    }

    /// Bytes of its weights in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// What the model says of each sequence, in order.
    ///
    /// In deterministic mode each sequence is computed alone, so that its score is the same bits in any
    /// company; otherwise they are computed packed, and only the rounding of matrix products may differ.
    ///
    /// # Errors
    /// When the device fails.
    pub fn score(&self, sequences: &[&Encoded]) -> Result<Vec<Judgement>, ForwardError> {
        lots::each(&self.lots(sequences), side_by_side(&self.device), |lot| {
            self.packed(&lot.iter().map(|index| sequences[*index]).collect::<Vec<_>>())
        })
    }

    /// What is computed together.
    fn lots(&self, sequences: &[&Encoded]) -> Vec<Vec<usize>> {
        if self.deterministic {
            return lots::single(sequences.len());
        }
        let cost = |index: usize| sequences[index].ids.len();
        let work = (0..sequences.len()).map(cost).sum::<usize>() * self.bytes / 4;
        let cores = if side_by_side(&self.device) { Pass::cores(work) } else { 1 };
        if cores == 1 {
            return vec![(0..sequences.len()).collect()];
        }
        let units = if self.shares_beginnings() {
            families(sequences)
        } else {
            lots::single(sequences.len())
        };
        lots::deal(units, cores, cost)
    }

    /// Sequences that need as much memory as any that fill a batch of about `tokens`: the longest there are, no two of
    /// which begin alike.
    #[must_use]
    pub fn filling(&self, tokens: usize) -> Vec<Encoded> {
        filling(tokens, self.text.max_tokens(), self.network.text().vocabulary)
    }

    /// Whether sequences of one batch that begin alike have their beginning computed once: on decoders,
    /// but for deterministic mode.
    #[must_use]
    pub fn shares_beginnings(&self) -> bool {
        !self.deterministic && self.network.shares_beginnings()
    }

    fn packed(&self, sequences: &[&Encoded]) -> Result<Vec<Judgement>, ForwardError> {
        let batch = if self.shares_beginnings() {
            PackedBatch::sharing(sequences)
        } else {
            PackedBatch::new(sequences.iter().copied())
        };
        let _pass = Pass::begin();
        let rows = self.network.forward(&batch)?;
        Ok(rows.into_iter().map(|row| self.judgement(row)).collect())
    }

    fn judgement(&self, row: Vec<f32>) -> Judgement {
        let value = |at: usize| row.get(at).copied().unwrap_or(f32::NAN);
        let (value, parts) = match self.network.outputs() {
            Outputs::Labels(1) => (value(0), None),
            Outputs::Labels(_) => (value(self.label), Some(Parts::Labels(row))),
            Outputs::Steps => (self.reduce.of(&row), Some(Parts::Steps(row))),
            Outputs::Objectives => {
                (value(0), Some(Parts::Objectives(row.get(1..).unwrap_or_default().to_vec())))
            }
        };
        Judgement { value, parts: parts.map(Arc::new) }
    }
}

/// One model per device, but one for all that are a CPU.
pub(super) fn replicas<T>(
    options: &ModelOptions,
    load: impl Fn(&Device) -> Result<T, LoadError>,
) -> Result<Vec<Arc<T>>, LoadError> {
    let mut replicas: Vec<Arc<T>> = Vec::new();
    for device in options.devices()? {
        let replica = match replicas.first() {
            Some(first) if device.is_cpu() => Arc::clone(first),
            _ => Arc::new(load(&device)?),
        };
        replicas.push(replica);
    }
    Ok(replicas)
}

/// See [`RewardModel::filling`]; `longest` and `vocabulary` are the model's.
fn filling(tokens: usize, longest: usize, vocabulary: usize) -> Vec<Encoded> {
    let length = tokens.min(longest).max(1);
    let digits = |mut number: usize| {
        (0..length).map(move |_| {
            let digit = number % vocabulary;
            number /= vocabulary;
            u32::try_from(digit).unwrap_or(0)
        })
    };
    let sequence =
        |number| Encoded { ids: digits(number).collect(), marks: vec![0], ..Encoded::default() };
    (0..tokens / length).map(sequence).collect()
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

/// What OpenRLHF leaves in a reward model's configuration.
fn calibration(config: &serde_json::Value) -> Option<Calibration> {
    let known = Calibration { mean: config["mean"].as_f64()?, std: config["std"].as_f64()? };
    known.is_sound().then_some(known)
}

fn label(outputs: Outputs, wanted: Option<usize>) -> Result<usize, LoadError> {
    let labels = match outputs {
        Outputs::Labels(labels) => labels,
        Outputs::Steps | Outputs::Objectives => 1,
    };
    match wanted {
        Some(label) if label < labels => Ok(label),
        Some(label) => {
            Err(LoadError::option("label", format!("`label = {label}`, but the head has {labels}")))
        }
        None if labels == 1 => Ok(0),
        None => Err(LoadError::option(
            "label",
            format!("the head has {labels} labels: say which one is the reward with `label`"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_filled_with_long_sequences_that_differ() {
        let found = filling(100, 40, 2);
        assert_eq!(found.iter().map(|one| one.ids.len()).collect::<Vec<_>>(), [40, 40]);
        let found = filling(64, 4, 3);
        let different: std::collections::BTreeSet<_> = found.iter().map(|one| &one.ids).collect();
        assert_eq!((found.len(), different.len()), (16, 16));
        assert!(found.iter().flat_map(|one| &one.ids).all(|id| *id < 3));
        assert_eq!(filling(8, 1 << 20, 5)[0].ids.len(), 8);
    }
}
