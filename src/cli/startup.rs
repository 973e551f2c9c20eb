//! Settings to a running service.

use std::{path::PathBuf, sync::Arc};

use clap::Args;

use crate::{
    config::{ConfigError, ModelSource, Settings},
    engine::Engine,
    model::{ClipModel, RewardModel},
    service::Service,
};

/// A mistake in how the program was called.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Usage(pub(super) String);

/// What every command that needs models takes.
#[derive(Clone, Debug, Default, Args)]
pub struct Setup {
    /// Configuration file (TOML). Without one: the models and pipelines inside the binary
    #[arg(long, short, env = "ASSAY_CONFIG")]
    config: Option<PathBuf>,
    /// Tokens of one forward pass
    #[arg(long, env = "ASSAY_BATCH_TOKENS")]
    batch_tokens: Option<usize>,
    /// Sequences of one forward pass
    #[arg(long, env = "ASSAY_BATCH_SEQUENCES")]
    batch_sequences: Option<usize>,
    /// Scores remembered per model; 0 for none
    #[arg(long, env = "ASSAY_CACHE_ENTRIES")]
    cache_entries: Option<usize>,
}

impl Setup {
    /// The settings of the file, or the embedded ones, with what the flags say.
    ///
    /// # Errors
    /// With the line at fault.
    pub fn settings(&self) -> Result<Settings, ConfigError> {
        let mut settings = match &self.config {
            Some(path) => Settings::read(path)?,
            None => Settings::embedded()?,
        };
        let lanes = &mut settings.lanes;
        lanes.batch_tokens = self.batch_tokens.unwrap_or(lanes.batch_tokens);
        lanes.batch_sequences = self.batch_sequences.unwrap_or(lanes.batch_sequences);
        lanes.cache_entries = self.cache_entries.unwrap_or(lanes.cache_entries);
        Ok(settings)
    }
}

/// Loads the models and compiles the pipelines.
///
/// # Errors
/// At the first model or pipeline that cannot be used, with its line.
pub fn start(settings: &Settings) -> Result<Service, ConfigError> {
    let engine = Arc::new(Engine::new(settings.lanes));
    for (name, source) in &settings.models {
        load(&engine, name, source)
            .map_err(|error| settings.error_at(&format!("/models/{name}"), error))?;
    }
    let service = Service::new(engine, settings.service);
    for (name, spec) in &settings.pipelines {
        service.pipelines.insert(name, spec.clone(), service.world()).map_err(|error| {
            settings.error_at(&format!("/pipelines/{name}{}", error.pointer), error.message)
        })?;
    }
    Ok(service)
}

fn load(engine: &Engine, name: &str, source: &ModelSource) -> Result<(), crate::model::LoadError> {
    let begun = std::time::Instant::now();
    if ClipModel::is_one(&source.layout) {
        engine.insert_dual(name, ClipModel::load(&source.layout, &source.options)?)?;
    } else {
        let model = RewardModel::load(&source.layout, &source.options)?;
        let calibration = model.calibration().map(|known| [known.mean, known.std]);
        engine.insert(name, model, calibration)?;
    }
    let load_ms = begun.elapsed().as_secs_f64() * 1e3;
    tracing::info!(model = name, load_ms, "loaded");
    Ok(())
}
