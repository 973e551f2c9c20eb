//! What the way through HTTP leaves of an engine's speed.
//!
//! An encoder in the shape of MiniLM (6 layers, 384 wide), of random weights, scores texts of log-normal
//! lengths (20 to 510 tokens, 220 in the mean). 64 clients, each on a connection of its own, send one sample at a time to
//! `POST /v1/score`; then the same texts go to the engine all at once. Clients, service and engine share the
//! cores; the cache is off. Alternating; medians of the rounds, and of their ratios.
//!
//! `cargo bench --bench doors [-- ROUNDS]`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark talks to who runs it")]

#[path = "common/client.rs"]
#[expect(dead_code, reason = "another benchmark uses the rest")]
mod client;
#[path = "common/median.rs"]
mod median;
#[path = "common/random.rs"]
mod random;
#[path = "common/server.rs"]
mod server;

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use assay::{
    config::Settings,
    domain::Sample,
    engine::{AnyLane, Engine, Lane},
    http::HttpConfig,
    model::{Format, Layout, ModelOptions},
};
use median::median;
use rand::{Rng, RngExt, SeedableRng, seq::IndexedRandom};
use serde_json::json;
use server::Server;
use tokio::{net::TcpStream, task::JoinSet};

const CLIENTS: usize = 64;
/// Requests of a client in a round.
const REQUESTS: usize = 8;
const HIDDEN: usize = 384;
const INNER: usize = 1536;
const LAYERS: usize = 6;

fn main() {
    let rounds = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(5);
    let directory = tempfile::tempdir().unwrap();
    write_model(&directory.path().join("encoder"));
    let settings = settings(directory.path());
    let layout = Layout::Directory(directory.path().join("encoder"));
    let options = ModelOptions { format: Format::Raw, ..ModelOptions::default() };
    let engine = Engine::new(settings.lanes);
    let AnyLane::Reward(lane) = engine.prepare("own", &layout, &options).unwrap() else {
        unreachable!("an encoder of rewards")
    };
    let words = words();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (mut own, mut served, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    runtime.block_on(async {
        let server = Server::start(&settings, HttpConfig::default()).await;
        for round in 0..=rounds {
            let texts = texts(&words, round);
            let tokens = tokens(&lane, &texts) as f64;
            let through = tokens / send(server.address, texts.clone()).await.as_secs_f64();
            let alone = tokens / score(&lane, &texts).await.as_secs_f64();
            // The first round warms caches and clocks up.
            if round > 0 {
                own.push(alone);
                served.push(through);
                ratios.push(100.0 * through / alone);
            }
        }
        server.stop().await;
    });
    println!("the engine alone     {:>8.0} tokens/s", median(&mut own));
    println!("{CLIENTS} clients by HTTP   {:>8.0} tokens/s", median(&mut served));
    println!("share                {:>8.1} %", median(&mut ratios));
}

/// All texts by as many clients, one sample a request.
async fn send(address: SocketAddr, texts: Vec<String>) -> Duration {
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    let texts = Arc::new(texts);
    for number in 0..CLIENTS {
        let texts = Arc::clone(&texts);
        clients.spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            for text in texts.iter().skip(number).step_by(CLIENTS) {
                let sample = json!({"prompt": "", "completion": text});
                let body = json!({"pipeline": "own", "samples": [sample]}).to_string();
                let request = client::keeping("/v1/score", &body);
                let answer = client::ask(&mut stream, &request).await.unwrap();
                assert_eq!(answer.status, 200, "{}", answer.body);
            }
        });
    }
    clients.join_all().await;
    begun.elapsed()
}

/// All texts by the engine, at once.
async fn score(lane: &Lane, texts: &[String]) -> Duration {
    let sequences: Vec<_> = texts.iter().map(|text| lane.text().encode(&sample(text))).collect();
    let begun = Instant::now();
    let scores = lane.score(&sequences, begun + Duration::from_secs(600)).await;
    assert!(scores.iter().all(Result::is_ok));
    begun.elapsed()
}

fn sample(text: &str) -> Sample {
    serde_json::from_value(json!({"prompt": "", "completion": text})).unwrap()
}

fn tokens(lane: &Lane, texts: &[String]) -> usize {
    let tokens = |text: &String| lane.text().encode(&sample(text)).unwrap().ids.len();
    texts.iter().map(tokens).sum()
}

/// Texts of log-normal lengths, each round other ones.
fn texts(words: &[String], round: usize) -> Vec<String> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(round as u64);
    (0..CLIENTS * REQUESTS)
        .map(|_| {
            let length = (5.193 + 0.7 * normal(&mut rng)).exp().clamp(18.0, 508.0);
            let word = |_| words.choose(&mut rng).unwrap().as_str();
            (0..length as usize).map(word).collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// A standard normal value, nearly: the sum of twelve uniform ones.
fn normal(rng: &mut impl Rng) -> f64 {
    (0..12).map(|_| rng.random_range(0.0..1.0)).sum::<f64>() - 6.0
}

/// Words that are one token each.
fn words() -> Vec<String> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models/bert");
    let file = fs::read(golden.join("tokenizer.json")).unwrap();
    let file: serde_json::Value = serde_json::from_slice(&file).unwrap();
    let vocabulary = file["model"]["vocab"].as_object().unwrap().keys();
    let plain = |word: &&String| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase());
    vocabulary.filter(plain).cloned().collect()
}

fn settings(root: &Path) -> Settings {
    let file = root.join("assay.toml");
    let text = "[models.own]\npath = \"encoder\"\nformat = \"raw\"\n\
                [pipelines.own]\noutput = \"own\"\n\
                nodes.own = { kind = \"reward_models\", models = [\"own\"] }\n";
    fs::write(&file, text).unwrap();
    let mut settings = Settings::read(&file, Some(root)).unwrap();
    settings.lanes.cache_entries = 0;
    settings
}

fn write_model(directory: &Path) {
    fs::create_dir(directory).unwrap();
    let config = json!({
        "architectures": ["BertForSequenceClassification"], "model_type": "bert",
        "hidden_size": HIDDEN, "intermediate_size": INNER, "num_hidden_layers": LAYERS,
        "num_attention_heads": 12, "vocab_size": 389, "max_position_embeddings": 512,
        "type_vocab_size": 2, "pad_token_id": 0,
    });
    let mut shapes = Vec::new();
    let mut linear = |name: &str, out: usize, input: usize| {
        shapes.push((format!("{name}.weight"), vec![out, input]));
        shapes.push((format!("{name}.bias"), vec![out]));
    };
    linear("bert.pooler.dense", HIDDEN, HIDDEN);
    linear("classifier", 1, HIDDEN);
    for layer in 0..LAYERS {
        for (part, out, input) in [
            ("attention.self.query", HIDDEN, HIDDEN),
            ("attention.self.key", HIDDEN, HIDDEN),
            ("attention.self.value", HIDDEN, HIDDEN),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", INNER, HIDDEN),
            ("output.dense", HIDDEN, INNER),
        ] {
            linear(&format!("bert.encoder.layer.{layer}.{part}"), out, input);
        }
    }
    let norms = (0..LAYERS).flat_map(|layer| {
        ["attention.output", "output"].map(|part| format!("bert.encoder.layer.{layer}.{part}"))
    });
    for norm in norms.chain(["bert.embeddings".to_owned()]) {
        shapes.push((format!("{norm}.LayerNorm.weight"), vec![HIDDEN]));
        shapes.push((format!("{norm}.LayerNorm.bias"), vec![HIDDEN]));
    }
    for (table, rows) in [("word", 389), ("position", 512), ("token_type", 2)] {
        shapes.push((format!("bert.embeddings.{table}_embeddings.weight"), vec![rows, HIDDEN]));
    }
    random::write(directory, "bert", &config, shapes);
}
