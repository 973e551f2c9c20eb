//! Images per second, end to end and in the model alone; cached texts per second.
//!
//! Reads the name of a job a line, does it once, and answers with things per second. `benches/peers/clip.py`
//! makes the weights and images, has this and Python do the same jobs in turn, and prints both:
//!
//! `cargo bench --bench clip --no-run && python benches/peers/clip.py target/release/deps/clip-…`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark talks to who runs it")]

#[path = "common/server.rs"]
mod server;

use std::{
    collections::BTreeMap,
    io::stdin,
    path::{Path, PathBuf},
    time::Instant,
};

use assay::{
    config::Settings,
    domain::{Data, Image},
    http::HttpConfig,
    model::{
        ClipModel, Layout, ModelOptions,
        image::{ImageLimits, Pixels, decode},
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use server::Server;
use tokio::runtime::Runtime;

const BOUNDARY: &str = "a-boundary";
const TEXTS: usize = 2000;

/// How many things it does, and the doing.
type Job<'a> = (usize, Box<dyn Fn() + 'a>);

fn main() {
    // `cargo bench` adds `--bench`.
    let folders: Vec<PathBuf> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).map(PathBuf::from).collect();
    let [work] = &folders[..] else {
        println!("usage: clip FOLDER, as benches/peers/clip.py makes it");
        return;
    };
    let (medium, large) = (files(&work.join("512")), files(&work.join("1024")));
    let (plain, caching) = (Served::start(work, 0), Served::start(work, 1 << 16));
    let compute = compute(&work.join("b32"), &medium);
    let mut jobs: BTreeMap<&str, Job<'_>> = BTreeMap::new();
    jobs.insert("compute", (medium.len(), Box::new(compute)));
    for (name, model, images, form) in [
        ("b32_json", "b32", &medium, false),
        ("b32_multipart", "b32", &medium, true),
        ("tiny_json", "tiny", &large, false),
        ("tiny_multipart", "tiny", &large, true),
    ] {
        let (kind, body) = if form {
            (format!("multipart/form-data; boundary={BOUNDARY}"), as_multipart(model, images))
        } else {
            ("application/json".to_owned(), as_json(model, images))
        };
        let url = &plain.url;
        jobs.insert(name, (images.len(), Box::new(move || send(url, &kind, &body))));
    }
    let texts: Vec<String> = (0..TEXTS).map(|at| format!("a red circle {at}")).collect();
    let pixel = json!({"shape": [1, 1, 3], "data": "AAD/"});
    let body = json!({"model": "tiny", "images": [pixel], "texts": texts}).to_string();
    let url = &caching.url;
    let cached = move || send(url, "application/json", body.as_bytes());
    jobs.insert("cached_texts", (TEXTS, Box::new(cached)));
    for name in stdin().lines().map(Result::unwrap) {
        let (things, job) = &jobs[name.as_str()];
        let begun = Instant::now();
        job();
        println!("{}", *things as f64 / begun.elapsed().as_secs_f64());
    }
}

/// A service on loopback in this process.
struct Served {
    url: String,
    runtime: Runtime,
    server: Option<Server>,
}

impl Served {
    /// Which remembers so many embeddings.
    fn start(work: &Path, cache_entries: usize) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let mut settings = settings(work);
        settings.lanes.cache_entries = cache_entries;
        let config = HttpConfig { body_limit: 1 << 30, ..HttpConfig::default() };
        let server = runtime.block_on(Server::start(&settings, config));
        let url = format!("http://{}/v1/clip/score", server.address);
        Self { url, runtime, server: Some(server) }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            self.runtime.block_on(server.stop());
        }
    }
}

/// The weights under test and the shipped ones.
fn settings(work: &Path) -> Settings {
    let path = work.join("assay.toml");
    let text = "[models]\nb32 = { path = \"b32\" }\ntiny = { path = \"embedded:tiny-clip\" }\n";
    std::fs::write(&path, text).unwrap();
    Settings::read(&path, None).unwrap()
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// The model alone, on pixels that are ready.
fn compute(model: &Path, images: &[Vec<u8>]) -> impl Fn() + use<> {
    let model =
        ClipModel::load(&Layout::Directory(model.to_owned()), &ModelOptions::default()).unwrap();
    let pixels: Vec<Pixels> = images
        .iter()
        .map(|bytes| {
            let image = Image::File(Data::Bytes(bytes.clone().into()));
            let picture = decode(&image, ImageLimits::default()).unwrap();
            model.processor().pixels(&picture).unwrap()
        })
        .collect();
    move || {
        for batch in pixels.chunks(16) {
            model.images(&batch.iter().collect::<Vec<_>>()).unwrap();
        }
    }
}

fn as_json(model: &str, images: &[Vec<u8>]) -> Vec<u8> {
    let images: Vec<String> = images.iter().map(|bytes| STANDARD.encode(bytes)).collect();
    json!({"model": model, "images": images, "texts": ["a red circle"]}).to_string().into_bytes()
}

fn as_multipart(model: &str, images: &[Vec<u8>]) -> Vec<u8> {
    let names: Vec<Value> = (0..images.len()).map(|at| json!({"part": at.to_string()})).collect();
    let request = json!({"model": model, "images": names, "texts": ["a red circle"]}).to_string();
    let mut body = Vec::new();
    let named = images.iter().enumerate().map(|(at, bytes)| (at.to_string(), bytes.as_slice()));
    for (name, bytes) in std::iter::once(("request".to_owned(), request.as_bytes())).chain(named) {
        let head =
            format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
    }
    body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn send(url: &str, kind: &str, body: &[u8]) {
    let mut answer = ureq::post(url).header("content-type", kind).send(body).unwrap();
    let answer: Value = answer.body_mut().with_config().limit(1 << 28).read_json().unwrap();
    assert!(answer["results"][0]["status"] == "ok", "{}", answer["results"][0]);
}
