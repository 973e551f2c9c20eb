//! What the doors cost without a model: `/v1/nodes/uwo/apply` against a bare axum that echoes the body.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, routing::post};
use tokio::{net::TcpStream, task::JoinSet};

use crate::{client, median::median, program::Program};

const CLIENTS: usize = 32;
const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(700);
const BODY: &str = r#"{"params": {"lambda": 0.5}, "inputs": [[1], [2], [4], [3], [0]]}"#;

/// Serves an echo until it is killed.
pub(crate) fn echo() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("echo on http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/echo", post(async |body: Bytes| body));
        axum::serve(listener, router).await.unwrap();
    });
}

pub(crate) async fn run() {
    let (echo, assay) = (Program::echo(), Program::assay(&[]));
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let rates = [
            rate(echo.address, client::keeping("/echo", BODY)).await,
            rate(assay.address, client::keeping("/v1/nodes/uwo/apply", BODY)).await,
        ];
        // The first round warms up.
        if round > 0 {
            bare.push(rates[0]);
            ours.push(rates[1]);
        }
    }
    let (bare, ours) = (median(&mut bare), median(&mut ours));
    println!("{:<44} {bare:>8.0} requests/s", "bare axum echo, 32 connections");
    println!("{:<44} {ours:>8.0} requests/s", "/v1/nodes/uwo/apply");
    println!("{:<44} {:>8.1} %", "  of the echo", 100.0 * ours / bare);
}

/// Requests per second over connections that are kept.
async fn rate(address: SocketAddr, request: String) -> f64 {
    let begun = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let request = request.clone();
        clients.spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let mut answered = 0;
            while begun.elapsed() < ROUND {
                let answer = client::ask(&mut stream, &request).await.unwrap();
                assert_eq!(answer.status, 200, "{}", answer.body);
                answered += 1;
            }
            answered
        });
    }
    let answered: u32 = clients.join_all().await.into_iter().sum();
    f64::from(answered) / begun.elapsed().as_secs_f64()
}
