//! Our dual encoders, image processors and tokenisation against numbers that `transformers` and Pillow
//! computed on the same small checkpoints (`tests/golden/clip/make.py`).

use std::{collections::BTreeMap, path::PathBuf};

use assay::{
    domain::{Data, Image},
    model::{
        ClipModel, Embedded, Encoded, Layout, ModelOptions,
        image::{ImageLimits, Pixels, decode},
    },
};
use serde::Deserialize;

use crate::goldens::device;

#[derive(Deserialize)]
struct Expected {
    logit_scale: f64,
    logit_bias: Option<f64>,
    texts: BTreeMap<String, Text>,
    images: BTreeMap<String, Picture>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
    ids: Vec<u32>,
    embedding: Vec<f64>,
}

#[derive(Deserialize)]
struct Picture {
    embedding: Vec<f64>,
    aesthetic: Option<f64>,
}

fn golden(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path)
}

fn expected(case: &str) -> Expected {
    let text = std::fs::read_to_string(golden(&format!("clip/{case}/expected.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn load(case: &str, options: &ModelOptions) -> ClipModel {
    ClipModel::load(&Layout::Directory(golden(&format!("clip/{case}"))), options).unwrap()
}

fn pixels(model: &ClipModel, name: &str) -> Pixels {
    let bytes = std::fs::read(golden(&format!("images/{name}.png"))).unwrap();
    let picture = decode(&Image::File(Data::Bytes(bytes.into())), ImageLimits::default()).unwrap();
    model.processor().pixels(&picture).unwrap()
}

fn assert_near(found: &Embedded, expected: &[f64], at: &str) {
    assert_eq!(found.vector.len(), expected.len(), "{at}");
    for (found, expected) in found.vector.iter().zip(expected) {
        assert!((f64::from(*found) - expected).abs() <= 1e-5, "{at}: {found} for {expected}");
    }
}

/// Tokens are equal; embeddings, scale, bias and aesthetic scores agree within 1e-5.
fn check(case: &str) {
    let (expected, model) = (expected(case), load(case, &device()));
    assert!(expected.texts.len() >= 7 && expected.images.len() >= 6);
    assert!((model.shape().logit_scale / expected.logit_scale - 1.0).abs() < 1e-6, "{case}");
    assert_eq!(model.shape().logit_bias.is_some(), expected.logit_bias.is_some());
    for (name, text) in &expected.texts {
        let tokens = model.text().encode(&text.text).unwrap();
        assert_eq!(tokens.ids, text.ids, "{case}/{name}");
        assert_eq!(tokens.truncated, name == "too long", "{case}/{name}");
        let found = model.texts(&[&tokens]).unwrap();
        assert_near(&found[0], &text.embedding, &format!("{case}/{name}"));
    }
    for (name, image) in &expected.images {
        let found = model.images(&[&pixels(&model, name)]).unwrap();
        assert_near(&found[0], &image.embedding, &format!("{case}/{name}"));
        assert_eq!(found[0].aesthetic.is_some(), image.aesthetic.is_some());
        if let (Some(found), Some(expected)) = (found[0].aesthetic, image.aesthetic) {
            assert!((f64::from(found) - expected).abs() <= 1e-5, "{case}/{name}");
        }
    }
}

/// Alone, together and in another order: equal bits in deterministic mode, within 1e-6 otherwise.
fn check_company(case: &str) {
    let expected = expected(case);
    for deterministic in [true, false] {
        let model = load(case, &ModelOptions { deterministic, ..device() });
        let images: Vec<Pixels> = expected.images.keys().map(|name| pixels(&model, name)).collect();
        let texts: Vec<Encoded> =
            expected.texts.values().map(|text| model.text().encode(&text.text).unwrap()).collect();
        let all = |order: &dyn Fn(Vec<Embedded>) -> Vec<Embedded>, reversed: bool| {
            let mut images: Vec<&Pixels> = images.iter().collect();
            let mut texts: Vec<&Encoded> = texts.iter().collect();
            if reversed {
                images.reverse();
                texts.reverse();
            }
            let images = order(model.images(&images).unwrap());
            [images, order(model.texts(&texts).unwrap())].concat()
        };
        let together = all(&|embedded| embedded, false);
        let backwards = all(
            &|mut embedded: Vec<Embedded>| {
                embedded.reverse();
                embedded
            },
            true,
        );
        let alone = images.iter().flat_map(|image| model.images(&[image]).unwrap());
        let alone = alone.chain(texts.iter().flat_map(|text| model.texts(&[text]).unwrap()));
        for ((alone, together), backwards) in alone.zip(together).zip(backwards) {
            for company in [together, backwards] {
                for (alone, other) in alone.vector.iter().zip(&company.vector) {
                    let near = (alone - other).abs() <= 1e-6;
                    assert!(if deterministic { alone.to_bits() == other.to_bits() } else { near });
                }
            }
        }
    }
}

macro_rules! goldens {
    ($($case:ident),* $(,)?) => {
        $(
            #[test]
            fn $case() {
                check(stringify!($case));
                check_company(stringify!($case));
            }
        )*
    };
}

goldens!(clip, clip_legacy, clip_added, siglip);

#[test]
fn a_reward_model_is_no_dual_encoder() {
    let layout = Layout::Directory(golden("models/bert"));
    assert!(!ClipModel::is_one(&layout));
    assert!(ClipModel::load(&layout, &ModelOptions::default()).is_err());
    assert!(ClipModel::is_one(&Layout::Directory(golden("clip/siglip"))));
}
