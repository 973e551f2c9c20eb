//! A model under measurement.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow, bail};
use clap::ValueEnum;
use serde::Serialize;

use crate::{
    config::Settings,
    domain::Score,
    engine::{AnyLane, Engine, Lane},
    model::{Encoded, Layout, ModelOptions, ModelSpec, resident},
    service::Shelf,
};

/// Nothing measured takes longer.
const PATIENCE: Duration = Duration::from_secs(3600);

/// How sequences are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    /// Packed into batches
    Packed,
    /// Each alone, for equal bits in any company
    Deterministic,
}

/// One model in one mode, loaded.
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) mode: Mode,
    /// From files to its first score.
    pub(super) load: Duration,
    /// By how much loading it raised the memory that the process holds, in bytes.
    pub(super) resident: Option<u64>,
    pub(super) lane: Arc<Lane>,
}

/// One pass over a shape's sequences.
pub(super) struct Pass {
    pub(super) seconds: f64,
    /// From a sequence's arrival to its score, each.
    pub(super) latencies: Vec<Duration>,
}

impl Subject {
    /// Loads a configured model, or the one in a directory.
    pub(super) fn load(settings: &Settings, name: &str, mode: Mode) -> anyhow::Result<Self> {
        let (layout, options) = find(settings, name)?;
        let options = ModelOptions { deterministic: mode == Mode::Deterministic, ..options };
        let engine = Engine::new(settings.lanes);
        let (before, begun) = (resident(), Instant::now());
        let lane = engine.prepare(name, &layout, &options).with_context(|| name.to_owned())?;
        let load = begun.elapsed();
        let resident = resident().zip(before).map(|(after, before)| after.saturating_sub(before));
        match lane {
            AnyLane::Reward(lane) => Ok(Self { name: name.to_owned(), mode, load, resident, lane }),
            AnyLane::Dual(_) => bail!("`{name}` is a dual encoder; reward models are measured"),
        }
    }

    /// Scores all sequences at once.
    pub(super) fn pass(
        &self,
        runtime: &tokio::runtime::Runtime,
        sequences: Vec<Encoded>,
    ) -> anyhow::Result<Pass> {
        let sequences: Vec<_> = sequences.into_iter().map(Ok).collect();
        let begun = Instant::now();
        let scores = runtime.block_on(self.lane.score(&sequences, begun + PATIENCE));
        let seconds = begun.elapsed().as_secs_f64();
        let latency = |score: Score| score.queued + score.worked;
        let latencies =
            scores.into_iter().map(|score| score.map(latency)).collect::<Result<_, _>>();
        let latencies = latencies.map_err(|miss| anyhow!("{}: {}", self.name, miss.message))?;
        Ok(Pass { seconds, latencies })
    }
}

fn find(settings: &Settings, name: &str) -> anyhow::Result<(Layout, ModelOptions)> {
    if let Some(ModelSpec { path, options }) = settings.models.get(name) {
        let layout = settings.models_root.find(path).map_err(|reason| anyhow!(reason))?;
        return Ok((layout, options.clone()));
    }
    if Path::new(name).is_dir() {
        return Ok((Layout::Directory(name.into()), ModelOptions::default()));
    }
    bail!("`{name}` is neither a configured model nor a directory")
}
