//! What batching across connections is worth.
//!
//! 64 clients, each on a connection of its own, send one sample at a time to the shipped ensemble, as
//! trainers do. The same load is run with batches formed as usual and with batches of one, the cache off
//! both times, alternating; medians of the rounds are printed, and their ratio.
//!
//! `cargo bench --bench batching`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark talks to who runs it")]

#[path = "common/client.rs"]
#[expect(dead_code, reason = "another benchmark uses the rest")]
mod client;
#[path = "common/median.rs"]
mod median;
#[path = "common/server.rs"]
mod server;

use std::{net::SocketAddr, time::Instant};

use assay::{config::Settings, http::HttpConfig};
use median::median;
use serde_json::json;
use server::Server;
use tokio::{net::TcpStream, task::JoinSet};

const CLIENTS: usize = 64;
const REQUESTS: usize = 24;
const ROUNDS: usize = 5;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (mut capped, mut batched) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        for (batch_sequences, rates) in [(1, &mut capped), (256, &mut batched)] {
            let rate = runtime.block_on(measure(batch_sequences, round));
            // The first round warms caches and clocks up.
            if round > 0 {
                rates.push(rate);
            }
        }
    }
    let (capped, batched) = (median(&mut capped), median(&mut batched));
    println!("batches of one   {capped:>8.0} samples/s");
    println!("batches as usual {batched:>8.0} samples/s");
    println!("ratio            {:>8.2}", batched / capped);
}

/// Samples per second over all clients.
async fn measure(batch_sequences: usize, round: usize) -> f64 {
    let mut settings = Settings::embedded().unwrap();
    settings.lanes.batch_sequences = batch_sequences;
    settings.lanes.cache_entries = 0;
    let server = Server::start(&settings, HttpConfig::default()).await;
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(run_client(server.address, client, round));
    }
    clients.join_all().await;
    let rate = (CLIENTS * REQUESTS) as f64 / begun.elapsed().as_secs_f64();
    server.stop().await;
    rate
}

async fn run_client(address: SocketAddr, client: usize, round: usize) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    for request in 0..REQUESTS {
        let sum = client * 31 + request * 17 + round;
        let sample = json!({
            "prompt": format!("What is {sum} + {request}? Explain in one sentence."),
            "completion": format!(
                "{sum} + {request} = {}, because {request} more than {sum} is that.",
                sum + request
            ),
        });
        let body = json!({"pipeline": "helpful", "samples": [sample]}).to_string();
        let answer = client::ask(&mut stream, &client::keeping("/v1/score", &body)).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}
