//! What was measured, as a table and as JSON.

use std::time::Duration;

use serde::Serialize;

use super::subject::{Mode, Pass, Subject};
use crate::domain::stats::quantile;

/// Everything, as `--json` prints it.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) models: Vec<Model>,
    pub(super) measurements: Vec<Measurement>,
}

/// One model in one mode.
#[derive(Debug, Serialize)]
pub(super) struct Model {
    model: String,
    mode: Mode,
    architecture: String,
    device: &'static str,
    dtype: String,
    /// Seconds from files to the first score.
    load_s: f64,
    /// Bytes of its weights as computed.
    weights_bytes: usize,
    /// Bytes by which loading raised what the process holds, where that can be read.
    resident_bytes: Option<u64>,
}

/// One model in one mode over one shape.
#[derive(Debug, Serialize)]
pub(super) struct Measurement {
    model: String,
    mode: Mode,
    shape: String,
    /// Of each sequence.
    lengths: Vec<usize>,
    /// Medians over the rounds.
    seconds: f64,
    tokens_per_s: f64,
    sequences_per_s: f64,
    /// Of a sequence, over all rounds.
    p50_ms: f64,
    p95_ms: f64,
    /// Tokens a second as a multiple of the first model's and mode's over this shape.
    ratio: f64,
}

impl Model {
    pub(super) fn of(subject: &Subject) -> Self {
        let lane = &subject.lane;
        Self {
            model: subject.name.clone(),
            mode: subject.mode,
            architecture: lane.architecture().to_owned(),
            device: lane.device(),
            dtype: lane.info().dtype.clone(),
            load_s: subject.load.as_secs_f64(),
            weights_bytes: lane.bytes(),
            resident_bytes: subject.resident,
        }
    }
}

impl Measurement {
    /// The medians of some passes; at least one.
    pub(super) fn of(
        subject: &Subject,
        shape: String,
        lengths: Vec<usize>,
        passes: &[Pass],
    ) -> Self {
        let mut seconds: Vec<f64> = passes.iter().map(|pass| pass.seconds).collect();
        seconds.sort_by(f64::total_cmp);
        let seconds = quantile(&seconds, 0.5);
        let latencies = passes.iter().flat_map(|pass| &pass.latencies);
        let mut latencies: Vec<f64> = latencies.map(Duration::as_secs_f64).collect();
        latencies.sort_by(f64::total_cmp);
        Self {
            model: subject.name.clone(),
            mode: subject.mode,
            shape,
            seconds,
            tokens_per_s: lengths.iter().sum::<usize>() as f64 / seconds,
            sequences_per_s: lengths.len() as f64 / seconds,
            p50_ms: 1e3 * quantile(&latencies, 0.5),
            p95_ms: 1e3 * quantile(&latencies, 0.95),
            ratio: 1.0,
            lengths,
        }
    }
}

impl Report {
    /// Fills in each measurement's ratio to the first of its shape.
    pub(super) fn compared(mut self) -> Self {
        for index in 0..self.measurements.len() {
            let first =
                self.measurements.iter().find(|one| one.shape == self.measurements[index].shape);
            let base = first.map_or(f64::NAN, |first| first.tokens_per_s);
            let one = &mut self.measurements[index];
            one.ratio = one.tokens_per_s / base;
        }
        self
    }

    /// Lines for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let named = |model: &str, mode: Mode| match mode {
            Mode::Packed => model.to_owned(),
            Mode::Deterministic => format!("{model} (deterministic)"),
        };
        let model = |one: &Model| {
            let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
            let weights = mib(one.weights_bytes as u64);
            let resident = one.resident_bytes.map_or(String::new(), |bytes| {
                format!(
                    ", resident {:.1} MiB ({:.2} of the weights)",
                    mib(bytes),
                    mib(bytes) / weights
                )
            });
            format!(
                "{}: {} on {} in {}, loaded in {:.2} s, weights {weights:.1} MiB{resident}",
                named(&one.model, one.mode),
                one.architecture,
                one.device,
                one.dtype,
                one.load_s
            )
        };
        let row = |one: &Measurement| {
            format!(
                "{:<32} {:>12} {:>10.0} {:>9.1} {:>9.1} {:>9.1} {:>6.2}",
                named(&one.model, one.mode),
                one.shape,
                one.tokens_per_s,
                one.sequences_per_s,
                one.p50_ms,
                one.p95_ms,
                one.ratio
            )
        };
        let head = format!(
            "{:<32} {:>12} {:>10} {:>9} {:>9} {:>9} {:>6}",
            "model", "shape", "tokens/s", "seqs/s", "p50 ms", "p95 ms", "ratio"
        );
        let models = self.models.iter().map(model);
        models.chain([String::new(), head]).chain(self.measurements.iter().map(row)).collect()
    }
}
