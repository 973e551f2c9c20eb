//! Model families: a body each (what turns tokens into hidden states), a head (what turns those into
//! numbers), one line in [`ARCHITECTURES`] for each pair that checkpoints name.

mod activation;
mod head;
mod linear;
mod norm;
mod postnorm;
mod prenorm;

use candle_core::Tensor;

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

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use candle_core::{DType, Device};
    use serde_json::Value;

    use super::*;
    use crate::model::{Encoded, Layout};

    fn numbers(value: &Value) -> Vec<f64> {
        value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
    }

    fn encoded(item: &Value) -> Encoded {
        let ids = |key: &str| item[key].as_array().into_iter().flatten();
        let ids = |key: &str| {
            ids(key).map(|id| u32::try_from(id.as_u64().unwrap()).unwrap()).collect::<Vec<_>>()
        };
        Encoded {
            ids: ids("ids"),
            type_ids: ids("token_type_ids"),
            marks: ids("marks"),
            truncated: false,
        }
    }

    /// The form of every operation that other devices use, which f64 has on a CPU as well, against the
    /// goldens: side by side, and with beginnings computed once where that is possible.
    #[test]
    fn the_form_for_other_devices_agrees_with_the_goldens() {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models");
        let mut cases = 0;
        for entry in fs::read_dir(root).unwrap() {
            let path = entry.unwrap().path();
            let Ok(text) = fs::read_to_string(path.join("expected.json")) else { continue };
            let expected: Value = serde_json::from_str(&text).unwrap();
            let config = fs::read(path.join("config.json")).unwrap();
            let config = serde_json::from_slice(&config).unwrap();
            let weights =
                Weights::open(&Layout::Directory(path.clone()), DType::F64, &Device::Cpu).unwrap();
            let items = expected["items"].as_array().unwrap();
            let tags = encoded(&serde_json::json!({"ids": items[0]["tags"]})).ids;
            let tags = (!tags.is_empty()).then(|| StepTags { good: tags[0], bad: tags[1] });
            let network = build(&Source { config: &config, weights: &weights, tags }).unwrap();
            let sequences: Vec<Encoded> = items.iter().map(encoded).collect();
            let mut batches = vec![PackedBatch::new(&sequences)];
            if network.shares_beginnings() {
                batches.push(PackedBatch::sharing(&sequences.iter().collect::<Vec<_>>()));
            }
            for batch in batches {
                for (item, row) in items.iter().zip(network.forward(&batch).unwrap()) {
                    let mut wanted = numbers(&item["steps"]);
                    wanted.extend(numbers(&item["logits"]));
                    wanted.extend(numbers(&item["objectives"]));
                    assert_eq!(row.len(), wanted.len(), "{path:?}/{}", item["name"]);
                    for (found, wanted) in row.iter().zip(wanted) {
                        let off = (f64::from(*found) - wanted).abs() / wanted.abs().max(1.0);
                        assert!(off < 1e-5, "{path:?}/{}: {found} for {wanted}", item["name"]);
                    }
                }
            }
            cases += 1;
        }
        assert!(cases >= 32, "only {cases} cases");
    }
}
