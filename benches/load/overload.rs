//! More than the service can take: refusals that say when to come again, and none that trainers take for
//! the end.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{
    client,
    program::{Program, configuration},
};

const FLOOD: usize = 2000;

/// A queue of a few samples, and little patience.
const CONFIGURATION: &str = r#"
[server]
deadline_ms = 300

[engine]
queue_tokens = 400
batch_tokens = 128
cache_entries = 0

[models]
rm = { path = "embedded:tiny-rm-0" }

[pipelines.rm]
output = "rm"
nodes.rm = { kind = "reward_models", models = ["rm"] }
"#;

pub(crate) async fn run() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::assay(&["--config", &configuration(folder.path(), CONFIGURATION)]);
    let mut clients = JoinSet::new();
    for number in 0..FLOOD {
        let (address, request) = (program.address, score(number));
        clients.spawn(async move { client::call(address, &request).await.unwrap() });
    }
    let mut statuses = BTreeMap::new();
    for answer in clients.join_all().await {
        if answer.status != 200 {
            assert!(answer.head.contains("\r\nretry-after: "), "{}", answer.head);
        }
        *statuses.entry(answer.status).or_insert(0) += 1;
    }
    assert!(statuses.contains_key(&503), "the flood was no overload: {statuses:?}");
    assert!(statuses.keys().all(|status| [200, 503, 504].contains(status)), "{statuses:?}");
    let begun = Instant::now();
    let answer = client::call(program.address, &score(FLOOD)).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    let recovered = begun.elapsed();
    println!("{:<44} {statuses:?} by status", "2000 requests into a queue of 400 tokens");
    println!(
        "{:<44} {:>8.1} ms",
        "  the next request, answered within",
        recovered.as_secs_f64() * 1e3
    );
    assert!(recovered < Duration::from_millis(300));
}

fn score(number: usize) -> String {
    let text = format!("It is {number}, and here is why: ").repeat(4);
    let sample = format!("{{\"prompt\": \"What is {number} + 0?\", \"completion\": \"{text}\"}}");
    client::post("/v1/score", &format!("{{\"pipeline\": \"rm\", \"samples\": [{sample}]}}"))
}
