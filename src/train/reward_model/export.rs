//! A trained network in the layout of Hugging Face.

use std::{collections::BTreeMap, fs, path::Path};

use candle_core::{DType, Tensor};
use serde_json::json;

use super::config::Storage;
use crate::train::{
    TrainError,
    checkpoint::{write_synced, write_tensors},
    nn::{DecoderConfig, Params},
    tokenizer::{BOS, ChatTokenizer, EOS, PAD},
};

/// The files of a tokenizer that a model carries.
const TOKENIZER_FILES: [&str; 2] = ["tokenizer.json", "tokenizer_config.json"];

/// Writes `config.json`, `model.safetensors` and the tokenizer's files.
pub(super) fn export(
    directory: &Path,
    tokenizer_directory: &Path,
    tokenizer: &ChatTokenizer,
    architecture: &DecoderConfig,
    params: &Params,
    storage: Storage,
) -> Result<(), TrainError> {
    fs::create_dir_all(directory).map_err(TrainError::file(directory))?;
    let dtype = match storage {
        Storage::F32 => DType::F32,
        Storage::F16 => DType::F16,
    };
    let stored = |(name, value): (String, Tensor)| Ok((name, value.to_dtype(dtype)?));
    let tensors: BTreeMap<_, _> =
        params.values().into_iter().map(stored).collect::<Result<_, TrainError>>()?;
    write_tensors(&directory.join("model.safetensors"), &tensors)?;
    let config = hugging_face_config(architecture, tokenizer, storage);
    write_synced(&directory.join("config.json"), config.as_bytes())?;
    for file in TOKENIZER_FILES {
        let (from, to) = (tokenizer_directory.join(file), directory.join(file));
        let bytes = fs::read(&from).map_err(TrainError::file(&from))?;
        write_synced(&to, &bytes)?;
    }
    Ok(())
}

fn hugging_face_config(
    architecture: &DecoderConfig,
    tokenizer: &ChatTokenizer,
    storage: Storage,
) -> String {
    let config = json!({
        "architectures": ["LlamaForSequenceClassification"],
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
        "tie_word_embeddings": false,
        "bos_token_id": tokenizer.id(BOS),
        "eos_token_id": tokenizer.id(EOS),
        "pad_token_id": tokenizer.id(PAD),
        "id2label": { "0": "LABEL_0" },
        "label2id": { "LABEL_0": 0 },
        "torch_dtype": match storage {
            Storage::F32 => "float32",
            Storage::F16 => "float16",
        },
    });
    format!("{config:#}\n")
}
