//! Model families: a body each (what turns tokens into hidden states), a head (what turns those into
//! numbers), one line in [`ARCHITECTURES`] for each pair that checkpoints name.

mod activation;
mod clip;
mod dual;
#[cfg(test)]
mod goldens;
mod head;
mod linear;
mod norm;
mod postnorm;
mod prenorm;
mod siglip;
mod tower;

use candle_core::Tensor;

pub(super) use dual::DUAL_ENCODERS;
pub use dual::{DualEncoder, DualShape};
pub use head::Outputs;

use super::{LoadError, PackedBatch, StepTags, TextLimits, Weights};
use head::Head;

/// A tensor, or the device's failure.
type Computed = Result<Tensor, candle_core::Error>;

/// A network from packed tokens to hidden states.
///
/// Contract: a row depends on its own sequence only, up to the rounding of matrix products whose shape
/// depends on the batch.
trait Body: Send + Sync + std::fmt::Debug {
    /// `[tokens, width]`, behind the last layer.
    fn hidden(&self, batch: &PackedBatch) -> Computed;

    /// Whether a token's state depends on what comes before it alone, whatever the sequence's length.
    fn looks_back_only(&self) -> bool {
        false
    }

    /// What comes between the last layer and the head, row by row.
    fn finish(&self, rows: &Tensor) -> Computed {
        Ok(rows.clone())
    }
}

/// A body with its head, and what it asks of its text.
#[derive(Debug)]
pub struct Network {
    body: Box<dyn Body>,
    head: Head,
    text: TextLimits,
}

impl Network {
    /// A row of numbers per sequence.
    ///
    /// # Errors
    /// When the device fails.
    pub fn forward(&self, batch: &PackedBatch) -> Result<Vec<Vec<f32>>, candle_core::Error> {
        self.head.read(self.body.as_ref(), &self.body.hidden(batch)?, batch)
    }

    /// Whether sequences that begin alike may have their beginning computed once.
    #[must_use]
    pub fn shares_beginnings(&self) -> bool {
        self.body.looks_back_only()
    }

    /// What the numbers are.
    #[must_use]
    pub fn outputs(&self) -> Outputs {
        self.head.outputs()
    }

    /// What it asks of its text.
    #[must_use]
    pub fn text(&self) -> &TextLimits {
        &self.text
    }
}

/// What a network is built from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// `config.json`.
    pub config: &'a serde_json::Value,
    /// The checkpoint.
    pub weights: &'a Weights,
    /// The tokens whose logits judge a step, for language models that judge by them.
    pub tags: Option<StepTags>,
}

/// Builds a network.
type Build = fn(&Source<'_>) -> Result<Network, LoadError>;

/// What can be loaded, by the name in `architectures` of `config.json`.
pub const ARCHITECTURES: &[(&str, Build)] = &[
    ("LlamaForSequenceClassification", prenorm::classifier),
    ("MistralForSequenceClassification", prenorm::classifier),
    ("Qwen2ForSequenceClassification", prenorm::classifier),
    ("Qwen3ForSequenceClassification", prenorm::classifier),
    ("GemmaForSequenceClassification", prenorm::classifier),
    ("Gemma2ForSequenceClassification", prenorm::classifier),
    ("Gemma3TextForSequenceClassification", prenorm::classifier),
    ("Phi3ForSequenceClassification", prenorm::classifier),
    ("GPTNeoXForSequenceClassification", prenorm::classifier),
    ("InternLM2ForRewardModel", prenorm::classifier),
    ("LLMForSequenceRegression", prenorm::classifier),
    ("Qwen2ForRewardModel", prenorm::reward_mlp),
    ("Qwen2ForProcessRewardModel", prenorm::process),
    ("LlamaForRewardModelWithGating", prenorm::gated),
    ("LlamaForCausalLM", prenorm::language_model),
    ("MistralForCausalLM", prenorm::language_model),
    ("Qwen2ForCausalLM", prenorm::language_model),
    ("Qwen3ForCausalLM", prenorm::language_model),
    ("ModernBertForSequenceClassification", prenorm::encoder),
    ("BertForSequenceClassification", postnorm::classifier),
    ("RobertaForSequenceClassification", postnorm::classifier),
    ("XLMRobertaForSequenceClassification", postnorm::classifier),
    ("DistilBertForSequenceClassification", postnorm::classifier),
    ("DebertaV2ForSequenceClassification", postnorm::classifier),
];

/// The network that `config.json` names.
///
/// # Errors
/// When the architecture is unknown, or configuration and weights do not fit.
pub fn build(source: &Source<'_>) -> Result<Network, LoadError> {
    let named = source.config["architectures"][0].as_str().unwrap_or("none");
    let (_, build) = ARCHITECTURES
        .iter()
        .find(|(name, _)| *name == named)
        .ok_or_else(|| LoadError::Architecture(named.to_owned()))?;
    build(source)
}

/// A part of `config.json` as the family's own type.
fn parse<T: serde::de::DeserializeOwned>(config: &serde_json::Value) -> Result<T, LoadError> {
    serde_path_to_error::deserialize(config)
        .map_err(|error| LoadError::Config { file: "config.json", reason: error.to_string() })
}

fn invalid(reason: impl Into<String>) -> LoadError {
    LoadError::Config { file: "config.json", reason: reason.into() }
}
