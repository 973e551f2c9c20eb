//! A trained network in the layout of Hugging Face.

use std::{collections::BTreeMap, fs, path::Path};

use candle_core::{DType, Tensor};
use serde_json::{Value, json};

use super::words::{BOS, EOS, PAD_ID, Words, tokenizer_config};
use crate::train::{
    TrainError,
    checkpoint::{write_synced, write_tensors},
    nn::{ClipConfig, EPS, Params, TowerConfig},
};

/// Writes configuration, weights in f16, tokenizer and image processor.
pub(super) fn export(
    directory: &Path,
    architecture: &ClipConfig,
    words: &Words,
    params: &Params,
) -> Result<(), TrainError> {
    fs::create_dir_all(directory).map_err(TrainError::file(directory))?;
    let (edge, width) = (architecture.patch_size, architecture.vision.hidden_size);
    let stored = |(name, value): (String, Tensor)| {
        // The patch embedding is a convolution there.
        let value = if name.ends_with("patch_embedding.weight") {
            value.reshape((width, 3, edge, edge))?
        } else {
            value
        };
        Ok((name, value.to_dtype(DType::F16)?))
    };
    let tensors: BTreeMap<_, _> =
        params.values().into_iter().map(stored).collect::<Result<_, TrainError>>()?;
    write_tensors(&directory.join("model.safetensors"), &tensors)?;
    let longest = architecture.max_position_embeddings;
    for (file, text) in [
        ("config.json", format!("{:#}\n", config(architecture, words))),
        ("preprocessor_config.json", format!("{:#}\n", preprocessor(architecture.image_size))),
        ("tokenizer.json", words.json.clone()),
        ("tokenizer_config.json", tokenizer_config(longest)),
    ] {
        write_synced(&directory.join(file), text.as_bytes())?;
    }
    Ok(())
}

fn config(architecture: &ClipConfig, words: &Words) -> Value {
    let tower = |config: &TowerConfig| {
        let mut tower = serde_json::to_value(config).unwrap_or_default();
        tower["hidden_act"] = json!("quick_gelu");
        tower["layer_norm_eps"] = json!(EPS);
        tower["projection_dim"] = json!(architecture.projection_dim);
        tower
    };
    let (mut text, mut vision) = (tower(&architecture.text), tower(&architecture.vision));
    text["model_type"] = json!("clip_text_model");
    text["vocab_size"] = json!(architecture.vocab_size);
    text["max_position_embeddings"] = json!(architecture.max_position_embeddings);
    text["bos_token_id"] = json!(words.id(BOS));
    text["eos_token_id"] = json!(words.id(EOS));
    text["pad_token_id"] = json!(PAD_ID);
    vision["model_type"] = json!("clip_vision_model");
    vision["image_size"] = json!(architecture.image_size);
    vision["patch_size"] = json!(architecture.patch_size);
    json!({
        "architectures": ["CLIPModel"],
        "model_type": "clip",
        "projection_dim": architecture.projection_dim,
        "text_config": text,
        "vision_config": vision,
        "torch_dtype": "float16",
    })
}

fn preprocessor(side: usize) -> Value {
    json!({
        "image_processor_type": "CLIPImageProcessor",
        "do_convert_rgb": true,
        "do_resize": true,
        "size": {"shortest_edge": side},
        "resample": 3,
        "do_center_crop": true,
        "crop_size": {"height": side, "width": side},
        "do_rescale": true,
        "rescale_factor": 1.0 / 255.0,
        "do_normalize": true,
        "image_mean": [0.481_454_66, 0.457_827_5, 0.408_210_73],
        "image_std": [0.268_629_54, 0.261_302_58, 0.275_777_11],
    })
}
