//! What two cores grade over HTTP: the mix of `benches/mix/math.jsonl` in batches of 256.
//!
//! Two clients on connections of their own send whole batches, one after another, for some seconds; they share
//! the cores with the service. Every batch begins at another item, so its order differs from the last one's.
//!
//! `cargo bench --bench math_http`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark talks to who runs it")]

#[path = "common/server.rs"]
mod server;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use assay::{config::Settings, http::HttpConfig};
use serde_json::{Value, json};
use server::Server;

const BATCH: usize = 256;
const CLIENTS: usize = 2;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);

fn main() {
    let bodies = bodies(include_str!("mix/math.jsonl"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let settings = Settings::embedded().unwrap();
    let server = runtime.block_on(Server::start(&settings, HttpConfig::default()));
    let mut rates: Vec<f64> = (0..ROUNDS).map(|_| round(server.address, &bodies)).collect();
    rates.sort_by(f64::total_cmp);
    println!("batches of {BATCH}, {CLIENTS} clients, {ROUNDS} rounds");
    println!("best round    {:>10.0} grades/s", rates[ROUNDS - 1]);
    println!("median round  {:>10.0} grades/s", rates[ROUNDS / 2]);
    runtime.block_on(server.stop());
}

/// Requests of 256 items each.
fn bodies(lines: &str) -> Vec<String> {
    let items: Vec<Value> = lines
        .lines()
        .map(|line| {
            let item: Value = serde_json::from_str(line).unwrap();
            json!({"completion": item["completion"], "answer": item["gold"]})
        })
        .collect();
    let batch = |from: usize| items.iter().cycle().skip(from).take(BATCH).collect::<Vec<_>>();
    (0..items.len()).step_by(97).map(|from| json!({"items": batch(from)}).to_string()).collect()
}

/// Grades per second over all clients.
fn round(address: SocketAddr, bodies: &[String]) -> f64 {
    let begun = Instant::now();
    let sent: usize = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| scope.spawn(move || run_client(address, client, bodies)))
            .collect();
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    (sent * BATCH) as f64 / begun.elapsed().as_secs_f64()
}

fn run_client(address: SocketAddr, client: usize, bodies: &[String]) -> usize {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let begun = Instant::now();
    let mut sent = 0;
    while begun.elapsed() < ROUND {
        let body = &bodies[(client + sent * CLIENTS) % bodies.len()];
        let head = format!(
            "POST /v1/verify/math HTTP/1.1\r\nhost: assay\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        read_answer(&mut stream);
        sent += 1;
    }
    sent
}

/// Reads one answer whole; it must be a success.
fn read_answer(stream: &mut TcpStream) {
    let mut answer = Vec::with_capacity(128 * 1024);
    let mut part = vec![0; 64 * 1024];
    let mut whole = usize::MAX;
    while answer.len() < whole {
        let read = stream.read(&mut part).unwrap();
        assert!(read > 0, "the connection was closed");
        answer.extend_from_slice(&part[..read]);
        if whole == usize::MAX
            && let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")
        {
            let head = String::from_utf8_lossy(&answer[..end]).into_owned();
            assert!(head.starts_with("HTTP/1.1 200"), "{head}");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            whole = end + 4 + length.and_then(|length| length.parse::<usize>().ok()).unwrap();
        }
    }
}
