//! Prometheus series: requests, rewards, models.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock, atomic::Ordering::Relaxed},
    time::Duration,
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text::encode},
    metrics::{
        MetricType,
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::ConstGauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

use crate::{
    engine::{Engine, Snapshot},
    service::ScoreResponse,
    verify::code::{CodeVerifier, PoolStats},
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteStatus {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PipelineStatus {
    pipeline: String,
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Pipeline {
    pipeline: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Model {
    model: String,
}

/// The status of nearly every answer.
const USUAL: u16 = 200;

/// What a usual answer adds to, found by the route's name alone: a family wants its labels as a value of its own.
#[derive(Debug)]
struct Usual {
    answered: Counter,
    durations: Histogram,
}

/// The series that this process exposes. A registry of its own, so that tests do not share one.
#[derive(Debug)]
pub(super) struct Telemetry {
    registry: Registry,
    usual: RwLock<HashMap<String, Usual>>,
    requests: Family<RouteStatus, Counter>,
    durations: Family<Route, Histogram, fn() -> Histogram>,
    samples: Family<PipelineStatus, Counter>,
    rewards: Family<Pipeline, Histogram, fn() -> Histogram>,
    disagreement: Family<Pipeline, Histogram, fn() -> Histogram>,
    truncated: Family<Pipeline, Counter>,
}

/// 1 ms to about 65 s, doubling.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 17))
}

/// Symmetric about 0, dense where shaped rewards and calibrated scores live.
fn rewards() -> Histogram {
    let upper = [0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0];
    let lower = upper.iter().rev().map(|bound| -bound);
    Histogram::new(lower.chain([0.0]).chain(upper))
}

fn spreads() -> Histogram {
    Histogram::new(exponential_buckets(0.01, 2.0, 12))
}

impl Telemetry {
    pub(super) fn new(engine: &Arc<Engine>, code: &Arc<CodeVerifier>) -> Self {
        let mut registry = Registry::with_prefix("assay");
        let requests = Family::<RouteStatus, Counter>::default();
        registry.register("requests", "Requests by route and status", requests.clone());
        let durations = Family::new_with_constructor(seconds as fn() -> Histogram);
        let help = "Seconds from a request's head to its answer, by route";
        registry.register("request_duration_seconds", help, durations.clone());
        let samples = Family::<PipelineStatus, Counter>::default();
        let help = "Samples by pipeline and status: ok, or why there is no reward";
        registry.register("samples", help, samples.clone());
        let rewards = Family::new_with_constructor(rewards as fn() -> Histogram);
        registry.register("reward", "Rewards by pipeline", rewards.clone());
        let disagreement = Family::new_with_constructor(spreads as fn() -> Histogram);
        let help = "Population standard deviation of the last ensemble's members, by pipeline";
        registry.register("disagreement", help, disagreement.clone());
        let truncated = Family::<Pipeline, Counter>::default();
        registry.register("truncated", "Samples whose prompt was cut to fit", truncated.clone());
        registry.register_collector(Box::new(Lanes(Arc::clone(engine))));
        registry.register_collector(Box::new(Programs(Arc::clone(code))));
        let usual = RwLock::default();
        Self { registry, usual, requests, durations, samples, rewards, disagreement, truncated }
    }

    pub(super) fn request(&self, route: &str, status: u16, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64();
        let usual = self.usual.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = usual.get(route).filter(|_| status == USUAL) {
            series.answered.inc();
            series.durations.observe(seconds);
            return;
        }
        drop(usual);
        let label = RouteStatus { route: route.to_owned(), status };
        let answered = self.requests.get_or_create_owned(&label);
        answered.inc();
        let durations = self.durations.get_or_create_owned(&Route { route: route.to_owned() });
        durations.observe(seconds);
        if status == USUAL {
            let mut usual = self.usual.write().unwrap_or_else(PoisonError::into_inner);
            usual.insert(label.route, Usual { answered, durations });
        }
    }

    pub(super) fn rewards(&self, response: &ScoreResponse) {
        // Inline pipelines share one name: labels must not grow with requests.
        let named = !response.pipeline.is_empty();
        let pipeline = if named { response.pipeline.as_str() } else { "inline" }.to_owned();
        let label = Pipeline { pipeline: pipeline.clone() };
        for result in &response.results {
            let status = result.status;
            let counted = PipelineStatus { pipeline: pipeline.clone(), status };
            self.samples.get_or_create(&counted).inc();
            if let Some(reward) = result.reward.filter(|_| !result.imputed) {
                self.rewards.get_or_create(&label).observe(reward);
            }
            if let Some(spread) = result.uncertainty {
                self.disagreement.get_or_create(&label).observe(spread);
            }
            if result.truncated {
                self.truncated.get_or_create(&label).inc();
            }
        }
    }

    /// All series in OpenMetrics' text format.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            // Writing to a string cannot fail; a scraper would notice an empty page.
            Err(fmt::Error) => String::new(),
        }
    }
}

/// The lanes' counters, read when asked for.
#[derive(Debug)]
struct Lanes(Arc<Engine>);

type Read = fn(&Snapshot) -> f64;

const COUNTERS: [(&str, &str, Read); 8] = [
    ("model_batches", "Forward passes", |s| s.batches as f64),
    ("model_sequences", "Sequences computed", |s| s.sequences as f64),
    ("model_tokens", "Tokens computed", |s| s.tokens as f64),
    ("model_busy_seconds", "Seconds in forward passes", |s| s.busy.as_secs_f64()),
    ("model_cache_hits", "Scores answered from the cache", |s| s.cache_hits as f64),
    ("model_coalesced", "Scores that joined identical work in flight", |s| s.coalesced as f64),
    ("model_abandoned", "Sequences dropped because nobody waited", |s| s.abandoned as f64),
    ("model_failed", "Sequences that the model failed on", |s| s.failed as f64),
];

const GAUGES: [(&str, &str, Read); 2] = [
    ("model_queued_sequences", "Sequences waiting", |s| s.queued_sequences as f64),
    ("model_queued_tokens", "Tokens waiting", |s| s.queued_tokens as f64),
];

impl Collector for Lanes {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let models = self.0.all().into_iter();
        let lanes: Vec<_> =
            models.map(|lane| (Model { model: lane.name().to_owned() }, lane.stats())).collect();
        for (name, help, read) in COUNTERS {
            let mut series = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for (model, stats) in &lanes {
                ConstCounter::new(read(stats)).encode(series.encode_family(model)?)?;
            }
        }
        for (name, help, read) in GAUGES {
            let mut series = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for (model, stats) in &lanes {
                ConstGauge::new(read(stats)).encode(series.encode_family(model)?)?;
            }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VerdictLabel {
    verdict: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TierLabel {
    tier: String,
}

/// The code verifier's counters, read when asked for.
#[derive(Debug)]
struct Programs(Arc<CodeVerifier>);

type ReadRuns = fn(&PoolStats) -> f64;

const RUNS: [(&str, &str, ReadRuns); 5] = [
    ("code_runs", "Runs that ended", |s| s.runs.load(Relaxed) as f64),
    ("code_queue_seconds", "Seconds that runs waited", |s| s.queued_us.load(Relaxed) as f64 / 1e6),
    ("code_cpu_seconds", "Seconds of processor time of runs", |s| {
        s.cpu_us.load(Relaxed) as f64 / 1e6
    }),
    ("code_respawns", "Runners started in another's place", |s| s.respawns.load(Relaxed) as f64),
    ("code_abandoned", "Runs ended because nobody waited", |s| s.abandoned.load(Relaxed) as f64),
];

impl Collector for Programs {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let stats = self.0.stats();
        for (name, help, read) in RUNS {
            let series = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(read(stats)).encode(series)?;
        }
        let gauges = [
            ("code_running", "Runs going on", stats.running.load(Relaxed) as f64),
            ("code_waiting", "Runs that wait", self.0.waiting() as f64),
        ];
        for (name, help, value) in gauges {
            let series = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(value).encode(series)?;
        }
        let help = "Tests by verdict";
        let mut series =
            encoder.encode_descriptor("code_verdicts", help, None, MetricType::Counter)?;
        for (verdict, count) in self.0.verdicts() {
            let label = VerdictLabel { verdict: verdict.as_str() };
            ConstCounter::new(count as f64).encode(series.encode_family(&label)?)?;
        }
        if let Some(found) = self.0.capabilities() {
            let help = "The isolation of programs: 1 for the one in use";
            let mut series =
                encoder.encode_descriptor("code_isolation", help, None, MetricType::Gauge)?;
            let label = TierLabel { tier: found.tier.as_str().to_owned() };
            ConstGauge::new(1.0).encode(series.encode_family(&label)?)?;
        }
        Ok(())
    }
}
