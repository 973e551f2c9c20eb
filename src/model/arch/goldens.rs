//! The forms of every operation that GPUs use, on a CPU, against the numbers of `transformers` in `tests/golden`: side
//! by side, with beginnings computed once where that is possible, in few buckets and in many, in wide types and narrow.

use std::{
    fs,
    path::{Path, PathBuf},
};

use candle_core::{DType, Device, Tensor};
use serde_json::Value;

use super::{DUAL_ENCODERS, Network, Source, build};
use crate::{
    domain::{Data, Image},
    model::{
        ClipText, Encoded, Layout, PackedBatch, StepTags, Weights,
        image::{ImageLimits, Pixels, Preprocess, Processor, decode, patches},
        kernels::{Policy, forced},
    },
};

/// Blocks and buckets so small that the goldens fill many.
const SMALL: Policy = Policy { block: 16, slack: 0, ..Policy::GPU };

/// Forms that agree with the goldens within 1e-5 of the larger of 1 and a number's size.
const WIDE: [(DType, Policy); 2] = [(DType::F32, Policy::GPU), (DType::F32, SMALL)];

/// Forms whose rounding is a GPU's, with their names in `narrow.json` and the share by which the type rounds. Products are
/// summed in f32 and rounded once here as there.
const NARROW: [(DType, Policy, &str, f64); 2] =
    [(DType::BF16, Policy::GPU, "bf16", 1.0 / 512.0), (DType::F16, SMALL, "f16", 1.0 / 4096.0)];

fn golden(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path)
}

/// The cases in a folder: their paths and what is expected of them.
fn cases(folder: &str) -> Vec<(PathBuf, Value)> {
    let entries = fs::read_dir(golden(folder)).unwrap();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(path.join("expected.json")).ok()?;
        Some((path, serde_json::from_str(&text).unwrap()))
    };
    entries.filter_map(|entry| read(entry.unwrap().path())).collect()
}

fn config(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path.join("config.json")).unwrap()).unwrap()
}

fn weights(path: &Path, dtype: DType) -> Weights {
    Weights::open(&Layout::Directory(path.to_owned()), dtype, &Device::Cpu).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

fn ids(value: &Value) -> Vec<u32> {
    let ids = value.as_array().into_iter().flatten();
    ids.map(|id| u32::try_from(id.as_u64().unwrap()).unwrap()).collect()
}

fn encoded(item: &Value) -> Encoded {
    Encoded {
        ids: ids(&item["ids"]),
        type_ids: ids(&item["token_type_ids"]),
        marks: ids(&item["marks"]),
        truncated: false,
    }
}

fn network(path: &Path, dtype: DType, items: &[Value]) -> Network {
    let (config, weights) = (config(path), weights(path, dtype));
    let tags = match ids(&items[0]["tags"])[..] {
        [good, bad] => Some(StepTags { good, bad }),
        _ => None,
    };
    build(&Source { config: &config, weights: &weights, tags }).unwrap()
}

/// The distance of each number found from the one expected, as a share of the larger of 1 and its size.
fn off(found: &[f32], expected: &[f64]) -> Vec<f64> {
    assert_eq!(found.len(), expected.len());
    let each = found.iter().zip(expected);
    each.map(|(found, expected)| {
        let off = (f64::from(*found) - expected).abs() / expected.abs().max(1.0);
        if off.is_nan() { f64::INFINITY } else { off }
    })
    .collect()
}

/// Runs a case, side by side and, where that is possible, with beginnings computed once. Each found number's distance from
/// the golden, as a share of the larger of 1 and its size.
fn distances(path: &Path, expected: &Value, dtype: DType, policy: Policy) -> Vec<f64> {
    let _forced = forced::Composed::by(policy);
    let items = expected["items"].as_array().unwrap();
    let sequences: Vec<Encoded> = items.iter().map(encoded).collect();
    let network = network(path, dtype, items);
    let mut batches = vec![PackedBatch::new(&sequences)];
    if network.shares_beginnings() {
        batches.push(PackedBatch::sharing(&sequences.iter().collect::<Vec<_>>()));
    }
    let mut all = Vec::new();
    for batch in batches {
        for (item, row) in items.iter().zip(network.forward(&batch).unwrap()) {
            let mut wanted = numbers(&item["steps"]);
            wanted.extend(numbers(&item["logits"]));
            wanted.extend(numbers(&item["objectives"]));
            all.extend(off(&row, &wanted));
        }
    }
    all
}

#[test]
fn reward_models_agree_with_the_goldens() {
    let cases = cases("models");
    assert!(cases.len() >= 32, "only {} cases", cases.len());
    for (path, expected) in cases {
        for (dtype, policy) in WIDE {
            let worst = distances(&path, &expected, dtype, policy).into_iter().fold(0.0, f64::max);
            assert!(worst < 1e-5, "{} in {dtype:?}: {worst}", path.display());
        }
    }
}

/// Narrow types move the scores of these amplifying heads by some percent. They may do so as much as in transformers, which
/// some dozen numbers tell for each case within a factor of two, and for all cases together far better.
#[test]
fn narrow_types_round_no_more_than_in_transformers() {
    let theirs = fs::read_to_string(golden("models/narrow.json")).unwrap();
    let theirs: Value = serde_json::from_str(&theirs).unwrap();
    for (dtype, policy, name, _) in NARROW {
        let mut shares = Vec::new();
        for (path, expected) in cases("models") {
            let off = distances(&path, &expected, dtype, policy);
            let rms = (off.iter().map(|off| off * off).sum::<f64>() / off.len() as f64).sqrt();
            let case = path.file_name().unwrap().to_str().unwrap();
            let share = rms / theirs[case][name].as_f64().unwrap();
            assert!(share < 2.0, "{case} in {name}: {rms}, {share} of theirs");
            shares.push(share);
        }
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        assert!(mean < 1.0, "{name}: {mean}");
    }
}

/// The rows of a tensor, each as long as a unit vector.
fn units(rows: &Tensor) -> Vec<Vec<f32>> {
    let unit = |row: Vec<f32>| {
        let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        row.into_iter().map(|x| x / length).collect()
    };
    rows.to_vec2().unwrap().into_iter().map(unit).collect()
}

/// The unit vectors of a case's texts, then of its images, as `dtype` and `policy` say.
fn embeddings(path: &Path, expected: &Value, dtype: DType, policy: Policy) -> Vec<Vec<f32>> {
    let _forced = forced::Composed::by(policy);
    let (config, layout) = (config(path), Layout::Directory(path.to_owned()));
    let named = config["architectures"][0].as_str().unwrap();
    let (_, build, defaults) = DUAL_ENCODERS.iter().find(|(name, ..)| *name == named).unwrap();
    let network = build(&config, &weights(path, dtype)).unwrap();
    let shape = network.shape();
    let text = ClipText::load(&layout, &shape).unwrap();
    let texts = expected["texts"].as_object().unwrap().values();
    let tokens: Vec<Encoded> =
        texts.map(|text_of| text.encode(text_of["text"].as_str().unwrap()).unwrap()).collect();
    let processor =
        Processor::load(&layout, shape.image_size, *defaults, Preprocess::Exact).unwrap();
    let pixels: Vec<Pixels> = expected["images"]
        .as_object()
        .unwrap()
        .keys()
        .map(|name| {
            let bytes = fs::read(golden(&format!("images/{name}.png"))).unwrap();
            let image = Image::File(Data::Bytes(bytes.into()));
            processor.pixels(&decode(&image, ImageLimits::default()).unwrap()).unwrap()
        })
        .collect();
    let (side, patch) = (shape.image_size, shape.patch_size);
    let values = patches(&pixels.iter().collect::<Vec<_>>(), side, patch, processor.values());
    let rows = (pixels.len() * shape.patches(), 3 * patch * patch);
    let patches = Tensor::from_vec(values, rows, &Device::Cpu).unwrap();
    let texts = network.texts(&PackedBatch::new(&tokens)).unwrap();
    [units(&texts), units(&network.images(&patches).unwrap())].concat()
}

#[test]
fn dual_encoders_agree_with_the_goldens() {
    let cases = cases("clip");
    assert!(cases.len() >= 4, "only {} cases", cases.len());
    let wide = WIDE.map(|(dtype, policy)| (dtype, policy, 1e-5));
    // Unit vectors: a few roundings of numbers below 1.
    let narrow = NARROW.map(|(dtype, policy, _, rounding)| (dtype, policy, 8.0 * rounding));
    for (path, expected) in cases {
        let [texts, images] = ["texts", "images"].map(|key| expected[key].as_object().unwrap());
        for (dtype, policy, tolerance) in wide.into_iter().chain(narrow) {
            let found = embeddings(&path, &expected, dtype, policy);
            for (found, (name, expected)) in found.iter().zip(texts.iter().chain(images)) {
                let off = off(found, &numbers(&expected["embedding"]));
                let worst = off.into_iter().fold(0.0, f64::max);
                assert!(worst < tolerance, "{}/{name} in {dtype:?}: {worst}", path.display());
            }
        }
    }
}
