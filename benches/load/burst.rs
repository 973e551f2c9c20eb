//! Two thousand connections at once, one sample each; then every request sent twice.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Barrier, task::JoinSet};

use crate::{client, percentile, program::Program};

const CONNECTIONS: usize = 2000;
const MODEL: &str = "assay_model_sequences_total{model=\"tiny-rm-0\"} ";

pub(crate) async fn run() {
    let program = Program::assay(&[]);
    once(&program).await;
    twice(&program).await;
}

async fn once(program: &Program) {
    let before = program.counter(MODEL).await;
    let took = all_at_once(program, (0..CONNECTIONS).map(client::reward)).await;
    let computed = program.counter(MODEL).await - before;
    assert_eq!(computed, CONNECTIONS as u64, "distinct samples, each computed once");
    tell("2000 connections at once, a sample each", &took);
}

/// The same sample on two connections at the same moment, as after a blind retry.
async fn twice(program: &Program) {
    let before = program.counter(MODEL).await;
    let numbers = (0..CONNECTIONS).map(|number| number + 10_000);
    let requests = numbers.flat_map(|number| [client::reward(number), client::reward(number)]);
    let took = all_at_once(program, requests).await;
    let computed = program.counter(MODEL).await - before;
    assert_eq!(computed, CONNECTIONS as u64, "each sample computed once, though asked twice");
    tell("the same with every request sent twice", &took);
    println!(
        "{:<44} {computed:>8} of {} asked",
        "  sequences computed by the first model",
        took.len()
    );
}

/// How long each answer took, sorted; every one must be a success.
async fn all_at_once(program: &Program, requests: impl Iterator<Item = String>) -> Vec<Duration> {
    let requests: Vec<String> = requests.collect();
    let (ready, address) = (Arc::new(Barrier::new(requests.len())), program.address);
    let mut clients = JoinSet::new();
    for request in requests {
        let ready = Arc::clone(&ready);
        clients.spawn(async move {
            ready.wait().await;
            let begun = Instant::now();
            let answer = client::call(address, &request).await.unwrap();
            assert_eq!(answer.status, 200, "{}", answer.body);
            assert!(answer.body.starts_with("{\"rewards\":["), "{}", answer.body);
            begun.elapsed()
        });
    }
    let mut took = clients.join_all().await;
    took.sort();
    took
}

fn tell(what: &str, took: &[Duration]) {
    let (half, most, last) = (percentile(took, 0.5), percentile(took, 0.99), percentile(took, 1.0));
    println!("{what:<44} {:>8} answered, none lost", took.len());
    println!("{:<44} {half:>8.0} ms half, {most:.0} ms 99 %, {last:.0} ms all", "");
}
