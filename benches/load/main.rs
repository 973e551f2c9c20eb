//! What a rollout phase does to the service: thousands of short connections at once, blind retries, a stop
//! in the middle, more than it can take. Over loopback, against the program itself in its own process.
//!
//! `cargo bench --bench load [burst|router|stop|overload]`; all of them without a name. Whatever must hold
//! is asserted; times and rates are printed.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark talks to who runs it")]

mod burst;
#[path = "../common/client.rs"]
mod client;
#[path = "../common/median.rs"]
mod median;
mod overload;
mod program;
mod router;
mod stop;

fn main() {
    let told: Vec<String> = std::env::args().skip(1).filter(|told| told != "--bench").collect();
    if told.first().is_some_and(|told| told == "echo") {
        return router::echo();
    }
    program::raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let wanted = |name: &str| told.is_empty() || told.iter().any(|told| told == name);
    if wanted("burst") {
        runtime.block_on(burst::run());
    }
    if wanted("router") {
        runtime.block_on(router::run());
    }
    if wanted("stop") {
        runtime.block_on(stop::run());
    }
    if wanted("overload") {
        runtime.block_on(overload::run());
    }
}

/// The `share`th of sorted values, in milliseconds.
fn percentile(sorted: &[std::time::Duration], share: f64) -> f64 {
    let last = sorted.len() - 1;
    sorted[(last as f64 * share).round() as usize].as_secs_f64() * 1e3
}
