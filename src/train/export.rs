//! Trained networks in the layout of Hugging Face.

use std::{collections::BTreeMap, fs, path::Path};

use candle_core::{DType, Tensor};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    TrainError,
    checkpoint::{write_synced, write_tensors},
    nn::DecoderConfig,
    tokenizer::{BOS, ChatTokenizer, EOS, PAD},
};

/// The files of a tokenizer that a model carries.
const TOKENIZER_FILES: [&str; 2] = ["tokenizer.json", "tokenizer_config.json"];

/// The type weights are stored in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Storage {
    /// 32-bit floats: what was trained.
    #[default]
    F32,
    /// 16-bit floats: half the size, rounded.
    F16,
}

/// What a decoder ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// One score per sequence.
    SequenceClassification,
    /// The next token, by the embeddings.
    LanguageModel,
}

/// Writes `config.json`, `model.safetensors` and the tokenizer's files.
pub(super) fn export(
    directory: &Path,
    tokenizer_directory: &Path,
    tokenizer: &ChatTokenizer,
    (architecture, head): (&DecoderConfig, Head),
    tensors: &BTreeMap<String, Tensor>,
    storage: Storage,
) -> Result<(), TrainError> {
    fs::create_dir_all(directory).map_err(TrainError::file(directory))?;
    let dtype = match storage {
        Storage::F32 => DType::F32,
        Storage::F16 => DType::F16,
    };
    let stored = |(name, value): (&String, &Tensor)| Ok((name.clone(), value.to_dtype(dtype)?));
    let tensors: BTreeMap<_, _> = tensors.iter().map(stored).collect::<Result<_, TrainError>>()?;
    write_tensors(&directory.join("model.safetensors"), &tensors)?;
    for file in TOKENIZER_FILES {
        let (from, to) = (tokenizer_directory.join(file), directory.join(file));
        let bytes = fs::read(&from).map_err(TrainError::file(&from))?;
        write_synced(&to, &bytes)?;
    }
    // Last: where it is, the rest is.
    let config = hugging_face_config(architecture, head, tokenizer, storage);
    write_synced(&directory.join("config.json"), config.as_bytes())
}

/// The shape in a directory's `config.json`.
pub(super) fn read_architecture(directory: &Path) -> Result<DecoderConfig, TrainError> {
    let path = directory.join("config.json");
    let bytes = fs::read(&path).map_err(TrainError::file(&path))?;
    let bad = |error| TrainError::Config(format!("{}: {error}", path.display()));
    let known = serde_json::to_value(DecoderConfig::default()).map_err(bad)?;
    let mut config: serde_json::Value = serde_json::from_slice(&bytes).map_err(bad)?;
    if let Some(fields) = config.as_object_mut() {
        fields.retain(|name, _| known.get(name).is_some());
    }
    serde_json::from_value(config).map_err(bad)
}

fn hugging_face_config(
    architecture: &DecoderConfig,
    head: Head,
    tokenizer: &ChatTokenizer,
    storage: Storage,
) -> String {
    let class = match head {
        Head::SequenceClassification => "LlamaForSequenceClassification",
        Head::LanguageModel => "LlamaForCausalLM",
    };
    let mut config = json!({
        "architectures": [class],
        "model_type": "llama",
        "vocab_size": architecture.vocab_size,
        "hidden_size": architecture.hidden_size,
        "intermediate_size": architecture.intermediate_size,
        "num_hidden_layers": architecture.num_hidden_layers,
        "num_attention_heads": architecture.num_attention_heads,
        "num_key_value_heads": architecture.num_key_value_heads,
        "max_position_embeddings": architecture.max_position_embeddings,
        "rms_norm_eps": architecture.rms_norm_eps,
        "rope_theta": architecture.rope_theta,
        "initializer_range": architecture.initializer_range,
        "hidden_act": "silu",
        "attention_bias": false,
        "mlp_bias": false,
        "tie_word_embeddings": head == Head::LanguageModel,
        "bos_token_id": tokenizer.id(BOS),
        "eos_token_id": tokenizer.id(EOS),
        "pad_token_id": tokenizer.id(PAD),
        "torch_dtype": match storage {
            Storage::F32 => "float32",
            Storage::F16 => "float16",
        },
    });
    if head == Head::SequenceClassification {
        config["id2label"] = json!({ "0": "LABEL_0" });
        config["label2id"] = json!({ "LABEL_0": 0 });
    }
    format!("{config:#}\n")
}
