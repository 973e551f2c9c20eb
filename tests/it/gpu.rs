//! Devices and replicas. What needs a GPU is in the goldens, run with `ASSAY_TEST_DEVICE=cuda`.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use assay::{
    domain::{Batch, Completion, Data, Embeddable, Embedders, Image, Sample, Scorers},
    engine::{AnyLane, Engine, LaneConfig},
    model::{DeviceChoice, Layout, ModelOptions},
};

fn golden(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(path)
}

/// An engine with the model `m` from a folder of goldens, so many times on the CPU, and its lane.
fn engine(model: &str, replicas: usize, config: LaneConfig) -> (Engine, AnyLane) {
    let options = ModelOptions {
        device: DeviceChoice::Cpu,
        replicas: replicas.try_into().ok(),
        ..ModelOptions::default()
    };
    let engine = Engine::new(config);
    let lane = engine.prepare("m", &Layout::Directory(golden(model)), &options).unwrap();
    engine.install(lane.clone());
    (engine, lane)
}

/// Many batches for two threads.
const SMALL: LaneConfig = LaneConfig {
    batch_tokens: Some(64),
    batch_sequences: 4,
    queue_tokens: 1 << 20,
    cache_entries: 0,
};

fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

#[tokio::test]
async fn replicas_score_as_one_model_does() {
    let sample = |index: usize| Sample {
        prompt: Some("What is 7 + 5?".to_owned()),
        completion: Some(Completion::Text(format!("It is {index}."))),
        ..Sample::default()
    };
    let batch = Batch::new((0..64).map(sample).collect()).unwrap();
    let mut scores = Vec::new();
    for replicas in [1, 2] {
        let (engine, lane) = engine("models/llama", replicas, SMALL);
        let AnyLane::Reward(lane) = lane else { panic!("no reward model") };
        assert_eq!((lane.replicas(), lane.batch_tokens(), lane.device()), (replicas, 64, "cpu"));
        let judged = engine.score(&["m".to_owned()], batch.clone(), deadline()).await.remove(0);
        let values = judged.scores.into_iter().map(|score| score.unwrap().value);
        scores.push(values.collect::<Vec<_>>());
        assert_eq!(lane.stats().sequences, 64);
        assert_eq!((lane.stats().queued_sequences, lane.stats().queued_tokens), (0, 0));
    }
    for (one, two) in scores[0].iter().zip(&scores[1]) {
        assert!((one - two).abs() < 1e-5 * one.abs().max(1.0), "{one} {two}");
    }
}

#[tokio::test]
async fn replicas_embed_as_one_model_does() {
    let bytes = fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/red-circle.png"));
    let image = Image::File(Data::Bytes(bytes.unwrap().into()));
    let mut inputs = vec![Embeddable::Image(image)];
    inputs.extend((0..32).map(|index| Embeddable::Text(format!("{index} red circles"))));
    let mut vectors = Vec::new();
    for replicas in [1, 2] {
        let (engine, lane) = engine("clip/clip", replicas, SMALL);
        let AnyLane::Dual(lane) = lane else { panic!("no dual encoder") };
        assert_eq!(lane.replicas(), replicas);
        let found = engine.embed("m", inputs.clone(), deadline()).await;
        vectors.push(found.into_iter().map(|found| found.unwrap().vector).collect::<Vec<_>>());
    }
    for (one, two) in vectors[0].iter().zip(&vectors[1]) {
        for (one, two) in one.iter().zip(two.iter()) {
            assert!((one - two).abs() < 1e-5, "{one} {two}");
        }
    }
}

/// A configuration with one model: the line of what is written there, and what a start says to it.
fn told(line: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("assay.toml");
    let model = golden("models/llama");
    fs::create_dir(folder.path().join("rm")).unwrap();
    for entry in fs::read_dir(model).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join("rm").join(path.file_name().unwrap())).unwrap();
    }
    fs::write(&file, format!("[models.rm]\npath = \"rm\"\n{line}\n")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    let output = command
        .args(["serve", "--listen", "127.0.0.1:0", "--config", file.to_str().unwrap()])
        .env_clear()
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64), "{line}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn devices_that_are_none_stop_the_start() {
    let message = told("device = \"gpu\"");
    assert!(
        message.contains("assay.toml:3") && message.contains("`gpu` is no device"),
        "{message}"
    );
    assert!(told("replicas = 0").contains("assay.toml:3"));
}

#[cfg(not(feature = "cuda"))]
#[test]
fn a_gpu_without_cuda_stops_the_start() {
    for device in ["cuda", "cuda:1"] {
        let message = told(&format!("device = \"{device}\""));
        assert!(message.contains("a program built with `--features cuda`"), "{message}");
    }
}

#[test]
fn a_lane_of_replicas_ends_with_its_last_handle() {
    let (engine, lane) = engine("models/llama", 3, LaneConfig::default());
    let AnyLane::Reward(lane) = lane else { panic!("no reward model") };
    engine.remove("m");
    // Joins its threads: a thread that did not end would hang here.
    assert_eq!(Arc::strong_count(&lane), 1);
    drop(lane);
}
