//! Decoding and preprocessing against Pillow and Hugging Face's processors, and hostile files.

use std::{collections::BTreeMap, path::PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::{
    domain::{Data, Image, Miss, MissStatus},
    model::Layout,
};

/// `tests/golden/images/make.py` writes it.
#[derive(Deserialize)]
struct Expected {
    cases: BTreeMap<String, Value>,
    images: BTreeMap<String, BTreeMap<String, String>>,
}

fn golden(name: &str) -> Vec<u8> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/images");
    std::fs::read(root.join(name)).unwrap()
}

fn picture(name: &str) -> Result<Picture, Miss> {
    decode(&Image::File(Data::Bytes(golden(name).into())), ImageLimits::default())
}

fn processor(config: &Value, how: Preprocess) -> Processor {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("preprocessor_config.json");
    std::fs::write(path, config.to_string()).unwrap();
    let layout = Layout::Directory(directory.path().to_owned());
    let side = config["crop_size"].as_u64().unwrap();
    Processor::load(&layout, usize::try_from(side).unwrap(), CLIP, how).unwrap()
}

#[test]
fn pixels_are_pillows_to_the_bit() {
    let expected: Expected = serde_json::from_slice(&golden("expected.json")).unwrap();
    assert!(expected.images.len() >= 15 && expected.cases.len() >= 5);
    for (case, config) in &expected.cases {
        let processor = processor(config, Preprocess::Exact);
        for (name, cases) in &expected.images {
            let pixels = processor.pixels(&picture(&format!("{name}.png")).unwrap()).unwrap();
            assert_eq!(pixels.rgb, STANDARD.decode(&cases[case]).unwrap(), "{name}, {case}");
        }
    }
}

#[test]
fn fast_pixels_are_close() {
    let expected: Expected = serde_json::from_slice(&golden("expected.json")).unwrap();
    for (case, config) in &expected.cases {
        let processor = processor(config, Preprocess::Fast);
        for (name, cases) in &expected.images {
            let pixels = processor.pixels(&picture(&format!("{name}.png")).unwrap()).unwrap();
            let exact = STANDARD.decode(&cases[case]).unwrap();
            let worst = pixels.rgb.iter().zip(&exact).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
            // 8 within a picture, more where a crop cuts.
            assert!(worst <= 16, "{name}, {case}: {worst}");
        }
    }
}

#[test]
fn the_first_frame_of_an_animation_is_read() {
    for name in ["hostile/animated.gif", "hostile/animated.webp"] {
        let picture = picture(name).unwrap();
        assert_eq!((picture.width(), picture.height()), (10, 12), "{name}");
        assert!(picture.rgb().iter().all(|value| *value == 200), "{name}");
    }
}

/// Two decoders of JPEG may differ by a few steps; this is how much these do.
#[test]
fn jpeg_is_close_to_pillows() {
    let (pillows, ours) =
        (picture("hostile/decoded.png").unwrap(), picture("hostile/whole.jpg").unwrap());
    let differences = || pillows.rgb().iter().zip(ours.rgb()).map(|(a, b)| a.abs_diff(*b));
    let mean = differences().map(f64::from).sum::<f64>() / ours.rgb().len() as f64;
    assert!(mean < 1.0 && differences().max() < Some(16), "{mean}, {:?}", differences().max());
}

#[test]
fn hostile_files_are_misses() {
    use MissStatus::{InvalidInput, Unsupported};
    for (name, status, message) in [
        ("truncated.png", InvalidInput, "cannot be decoded"),
        ("truncated.jpg", InvalidInput, "ends early"),
        ("cmyk.jpg", Unsupported, "CMYK"),
        ("sixteen_bit.png", Unsupported, "8 bits"),
        ("bomb.png", InvalidInput, "too many"),
        ("empty.png", InvalidInput, ""),
        ("text.png", InvalidInput, "no PNG"),
        ("whole.bmp", Unsupported, "none of"),
    ] {
        let miss = picture(&format!("hostile/{name}")).unwrap_err();
        assert_eq!(miss.status, status, "{name}: {miss}");
        assert!(miss.message.contains(message), "{name}: {miss}");
    }
}

/// A resize of the whole would be 6.7 million pixels wide.
#[test]
fn of_a_line_only_what_the_crop_keeps_is_computed() {
    let config = json!({"size": {"shortest_edge": 224}, "crop_size": 224});
    let wide = picture("hostile/wide.png").unwrap();
    assert_eq!((wide.width(), wide.height()), (30_000, 1));
    for how in [Preprocess::Exact, Preprocess::Fast] {
        let pixels = processor(&config, how).pixels(&wide).unwrap();
        assert_eq!(pixels.rgb.len(), 3 * 224 * 224);
    }
}

#[test]
fn what_a_processor_cannot_do_is_said_when_it_is_loaded() {
    let load = |config: Value| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("preprocessor_config.json");
        std::fs::write(path, config.to_string()).unwrap();
        let layout = Layout::Directory(directory.path().to_owned());
        Processor::load(&layout, 16, CLIP, Preprocess::Exact).map_err(|error| error.to_string())
    };
    assert!(load(json!({})).is_ok());
    assert!(load(json!({"size": 16, "crop_size": {"height": 16, "width": 16}})).is_ok());
    assert!(load(json!({"resample": 1})).unwrap_err().contains("resample 1"));
    assert!(load(json!({"crop_size": 17})).unwrap_err().contains("the model reads 16"));
    assert!(load(json!({"do_center_crop": false})).unwrap_err().contains("square"));
    assert!(load(json!({"size": "big"})).unwrap_err().contains("size"));
}
