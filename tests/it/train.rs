//! The trainer as a program: killed at work, resumed, and compared with one that was left alone.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
};

use assay::train::{
    lab::vocabulary::letters, nn::DecoderConfig, policy::Policy, tokenizer::ChatTokenizer,
};
use serde_json::{Value, json};

/// A service that pays for the letter `a`. Score call number `held` (from 1) is never answered: its
/// arrival is told instead.
struct Payer {
    url: String,
    arrived: mpsc::Receiver<()>,
}

impl Payer {
    fn start(held: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (tell, arrived) = mpsc::channel();
        thread::spawn(move || {
            let mut calls = 0;
            let mut kept = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some((line, body)) = request(&stream) else { continue };
                let answer = if line.starts_with("GET") {
                    json!({"scope": "sample"})
                } else {
                    calls += 1;
                    if calls == held {
                        tell.send(()).unwrap();
                        kept.push(stream);
                        continue;
                    }
                    json!({"results": rewards(&body)})
                };
                let answer = answer.to_string();
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                     content-length: {}\r\nconnection: close\r\n\r\n{answer}",
                    answer.len()
                );
            }
        });
        Self { url, arrived }
    }
}

fn request(stream: &TcpStream) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((first, serde_json::from_slice(&body).unwrap_or_default()))
}

fn rewards(body: &Value) -> Vec<Value> {
    let reward = |sample: &Value| {
        let count = sample["completion"].as_str().unwrap().matches('a').count();
        json!({"reward": count, "status": "ok"})
    };
    body["samples"].as_array().unwrap().iter().map(reward).collect()
}

fn inputs(root: &Path) {
    letters("abcdxy").write(root, 32).unwrap();
    let shape = DecoderConfig {
        hidden_size: 16,
        intermediate_size: 16,
        num_hidden_layers: 1,
        max_position_embeddings: 32,
        ..DecoderConfig::default()
    };
    let policy = Policy::random(ChatTokenizer::load(root).unwrap(), shape, 3).unwrap();
    policy.save(&root.join("base"), root).unwrap();
    fs::write(root.join("prompts.jsonl"), "{\"prompt\":\"x\"}\n{\"prompt\":\"y\"}\n").unwrap();
    let settings = "steps = 20\nprompts_per_step = 2\nnum_generations = 4\n\
                    max_completion_length = 4\nlearning_rate = 1e-2\nbeta = 0.05\n\
                    kl_target = 0.5\nkl_horizon = 100\ncheckpoint_every = 10\neval_every = 0\n";
    fs::write(root.join("run.toml"), settings).unwrap();
}

fn trainer(root: &Path, url: &str, output: &str, resume: bool) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(["train", "policy", "--pipeline", "p", "--reward-url", url]);
    for (option, path) in [
        ("--config", "run.toml"),
        ("--base", "base"),
        ("--prompts", "prompts.jsonl"),
        ("--output", output),
    ] {
        command.arg(option).arg(root.join(path));
    }
    if resume {
        command.arg("--resume");
    }
    command.stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn twenty_steps_are_ten_a_kill_and_ten_more_bit_for_bit() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    inputs(root);
    let payer = Payer::start(0);
    assert!(trainer(root, &payer.url, "straight", false).wait().unwrap().success());

    // Killed while it waits for the rewards of step 14: what was done since the checkpoint is lost.
    let holding = Payer::start(14);
    let mut killed = trainer(root, &holding.url, "killed", false);
    holding.arrived.recv().unwrap();
    killed.kill().unwrap();
    killed.wait().unwrap();
    let run = root.join("killed");
    assert!(run.join("checkpoints/step-00000010").exists() && !run.join("policy").exists());
    assert_eq!(fs::read_to_string(run.join("metrics.jsonl")).unwrap().lines().count(), 14);

    // Resumed at another address: where the rewards come from is no part of the run.
    assert!(trainer(root, &payer.url, "killed", true).wait().unwrap().success());
    for file in ["policy/model.safetensors", "checkpoints/step-00000020/optimizer.safetensors"] {
        let bytes = |output: &str| fs::read(root.join(output).join(file)).unwrap();
        assert!(bytes("straight") == bytes("killed"), "{file}");
    }
    let rewards = |output: &str| -> Vec<Value> {
        let text = fs::read_to_string(root.join(output).join("metrics.jsonl")).unwrap();
        let line = |line: &str| {
            let record: Value = serde_json::from_str(line).unwrap();
            json!([record["step"], record["reward/mean"], record["loss"], record["kl/beta"]])
        };
        text.lines().map(line).collect()
    };
    assert_eq!(rewards("straight"), rewards("killed"));
    assert!(fs::read_to_string(run.join("report.html")).unwrap().contains("<svg"));
}
