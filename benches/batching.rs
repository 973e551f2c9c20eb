//! What batching across connections is worth.
//!
//! 64 clients, each on a connection of its own, send one sample at a time to the shipped ensemble, as
//! trainers do. The same load is run with batches formed as usual and with batches of one, the cache off
//! both times, alternating; medians of the rounds are printed, and their ratio.
//!
//! `cargo bench --bench batching`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark talks to who runs it")]

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use assay::{
    cli::start,
    config::Settings,
    http::{App, HttpConfig, serve},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinSet,
};

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

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Samples per second over all clients.
async fn measure(batch_sequences: usize, round: usize) -> f64 {
    let mut settings = Settings::embedded().unwrap();
    settings.lanes.batch_sequences = batch_sequences;
    settings.lanes.cache_entries = 0;
    let app = App::new(start(&settings).unwrap(), HttpConfig::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let mut tasks = JoinSet::new();
    let shutdown = async move { drop(stopped.await) };
    tasks.spawn(async move {
        serve(listener, app, shutdown, Duration::from_secs(5)).await.unwrap();
    });
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(run_client(address, client, round));
    }
    clients.join_all().await;
    let rate = (CLIENTS * REQUESTS) as f64 / begun.elapsed().as_secs_f64();
    stop.send(()).unwrap();
    tasks.join_all().await;
    rate
}

async fn run_client(address: SocketAddr, client: usize, round: usize) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    for request in 0..REQUESTS {
        let sum = client * 31 + request * 17 + round;
        let body = format!(
            "{{\"pipeline\":\"helpful\",\"samples\":[{{\"prompt\":\"What is {sum} + {request}? \
             Explain in one sentence.\",\"completion\":\"{sum} + {request} = {}, because {request} \
             more than {sum} is that.\"}}]}}",
            sum + request
        );
        let head = format!(
            "POST /v1/score HTTP/1.1\r\nhost: assay\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).await.unwrap();
        read_answer(&mut stream).await;
    }
}

/// Reads one answer whole; it must be a success.
async fn read_answer(stream: &mut TcpStream) {
    let mut answer = Vec::with_capacity(4096);
    loop {
        stream.read_buf(&mut answer).await.unwrap();
        let text = String::from_utf8_lossy(&answer);
        let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .and_then(|length| length.parse::<usize>().ok())
            .unwrap();
        if answer.len() >= head.len() + 4 + length {
            return;
        }
    }
}
