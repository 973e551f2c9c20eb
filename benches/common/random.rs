//! Models of random weights in Hugging Face layout, each with a golden's tokenizer.

use std::{collections::BTreeMap, fs, path::Path};

use rand::{RngExt, SeedableRng};
use safetensors::{Dtype, tensor::TensorView};
use serde_json::Value;

/// Writes a model: `config.json`, the tokenizer of `golden`, and tensors of the given names and shapes.
pub(crate) fn write(
    directory: &Path,
    golden: &str,
    config: &Value,
    shapes: impl IntoIterator<Item = (String, Vec<usize>)>,
) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models").join(golden);
    fs::copy(golden.join("tokenizer.json"), directory.join("tokenizer.json")).unwrap();
    fs::write(directory.join("config.json"), config.to_string()).unwrap();
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
    let tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)> = shapes
        .into_iter()
        .map(|(name, shape)| {
            let count = shape.iter().product::<usize>();
            let values = (0..count).flat_map(|_| rng.random_range(-0.1_f32..0.1).to_le_bytes());
            (name, (shape, values.collect()))
        })
        .collect();
    let views = tensors.iter().map(|(name, (shape, bytes))| {
        (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap())
    });
    let file = safetensors::serialize(views, None).unwrap();
    fs::write(directory.join("model.safetensors"), file).unwrap();
}
