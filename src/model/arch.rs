//! Model families: one file each, one line in [`ARCHITECTURES`] each.

mod clip;
mod decoder;
mod dual;
mod encoder;
mod linear;
mod siglip;
mod tower;

use candle_core::Tensor;

pub(super) use dual::DUAL_ENCODERS;
pub use dual::{DualEncoder, DualShape};

use super::{LoadError, PackedBatch, Weights};

/// A tensor, or the device's failure.
type Computed = Result<Tensor, candle_core::Error>;

/// A network from packed tokens to one row of head outputs per sequence.
///
/// Contract: a row depends on its own sequence only, up to the rounding of matrix products whose shape
/// depends on the batch.
pub trait Network: Send + Sync + std::fmt::Debug {
    /// `[sequences, labels]`, f32.
    ///
    /// # Errors
    /// When the device fails.
    fn forward(&self, batch: &PackedBatch) -> Result<Tensor, candle_core::Error>;

    /// Outputs of the head.
    fn labels(&self) -> usize;

    /// Longest sequence.
    fn max_tokens(&self) -> usize;

    /// Number of embeddings.
    fn vocabulary(&self) -> usize;

    /// Whether the family reads pairs of texts.
    fn reads_pairs(&self) -> bool;
}

/// Builds a network from `config.json` and the weights.
type Build = fn(&serde_json::Value, &Weights) -> Result<Box<dyn Network>, LoadError>;

/// What can be loaded, by the name in `architectures` of `config.json`.
pub const ARCHITECTURES: &[(&str, Build)] = &[
    ("LlamaForSequenceClassification", decoder::build),
    ("MistralForSequenceClassification", decoder::build),
    ("Qwen2ForSequenceClassification", decoder::build),
    ("Qwen3ForSequenceClassification", decoder::build),
    ("BertForSequenceClassification", encoder::build),
    ("RobertaForSequenceClassification", encoder::build),
    ("XLMRobertaForSequenceClassification", encoder::build),
];

/// The network that `config.json` names.
///
/// # Errors
/// When the architecture is unknown, or configuration and weights do not fit.
pub fn build(config: &serde_json::Value, weights: &Weights) -> Result<Box<dyn Network>, LoadError> {
    let named = config["architectures"][0].as_str().unwrap_or("none");
    let (_, build) = ARCHITECTURES
        .iter()
        .find(|(name, _)| *name == named)
        .ok_or_else(|| LoadError::Architecture(named.to_owned()))?;
    build(config, weights)
}

/// A part of `config.json` as the family's own type.
fn parse<T: serde::de::DeserializeOwned>(config: &serde_json::Value) -> Result<T, LoadError> {
    serde_path_to_error::deserialize(config)
        .map_err(|error| LoadError::Config { file: "config.json", reason: error.to_string() })
}

fn invalid(reason: impl Into<String>) -> LoadError {
    LoadError::Config { file: "config.json", reason: reason.into() }
}
