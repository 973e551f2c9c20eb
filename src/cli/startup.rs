//! Settings to a running service.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use clap::Args;

use crate::{
    config::{ConfigError, ModelsRoot, Settings},
    engine::Engine,
    model::ModelSpec,
    service::{Changes, Recorded, Service, Shelf},
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
    /// Directory that models are loaded from, and nothing outside of it [default: the configuration's]
    #[arg(long, env = "ASSAY_MODELS_ROOT")]
    models_root: Option<PathBuf>,
    /// Directory where changes by administrators are kept across restarts [default: the configuration's]
    #[arg(long, env = "ASSAY_REGISTRY")]
    registry: Option<PathBuf>,
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
            Some(path) => Settings::read(path, self.models_root.as_deref())?,
            None => Settings::embedded()?,
        };
        if let Some(root) = &self.models_root {
            settings.models_root = ModelsRoot::new(Some(root.clone()));
        }
        settings.registry = self.registry.clone().or(settings.registry);
        let lanes = &mut settings.lanes;
        lanes.batch_tokens = self.batch_tokens.unwrap_or(lanes.batch_tokens);
        lanes.batch_sequences = self.batch_sequences.unwrap_or(lanes.batch_sequences);
        lanes.cache_entries = self.cache_entries.unwrap_or(lanes.cache_entries);
        Ok(settings)
    }
}

/// Loads the models and compiles the pipelines: the configuration's, with what administrators changed.
///
/// # Errors
/// At the first model or pipeline that cannot be used, with its place.
pub fn start(settings: &Settings) -> Result<Service, ConfigError> {
    let changes = Changes::open(settings.registry.as_deref()).map_err(|error| ConfigError {
        file: error.file.display().to_string(),
        line: None,
        message: error.reason,
    })?;
    let Recorded { models, pipelines } = changes.recorded();
    // The place of a mistake: the configuration's line, or the file of changes.
    let kept = changes.file().map(|file| file.display().to_string());
    let place = |changed: bool, pointer: &str, message: String| match (changed, &kept) {
        (true, Some(file)) => {
            ConfigError { file: file.clone(), line: None, message: format!("{pointer}: {message}") }
        }
        _ => settings.error_at(pointer, message),
    };
    let engine = Arc::new(Engine::new(settings.lanes));
    for (name, (spec, changed)) in merged(&settings.models, &models) {
        load(settings, &engine, name, spec)
            .map_err(|error| place(changed, &format!("/models/{name}"), error))?;
    }
    let shelf = Arc::new(settings.models_root.clone());
    let service = Service::new(engine, settings.service, shelf, changes);
    for (name, (spec, changed)) in merged(&settings.pipelines, &pipelines) {
        service.pipelines.insert(name, spec.clone(), service.world()).map_err(|error| {
            place(changed, &format!("/pipelines/{name}{}", error.pointer), error.message)
        })?;
    }
    Ok(service)
}

/// The configured entries with the changed ones in their places, and which are changed.
fn merged<'a, T>(
    configured: &'a BTreeMap<String, T>,
    changed: &'a BTreeMap<String, Option<T>>,
) -> BTreeMap<&'a str, (&'a T, bool)> {
    let mut all: BTreeMap<_, _> =
        configured.iter().map(|(name, entry)| (name.as_str(), (entry, false))).collect();
    for (name, entry) in changed {
        match entry {
            Some(entry) => all.insert(name, (entry, true)),
            None => all.remove(name.as_str()),
        };
    }
    all
}

fn load(settings: &Settings, engine: &Engine, name: &str, spec: &ModelSpec) -> Result<(), String> {
    let begun = std::time::Instant::now();
    let layout = settings.models_root.find(&spec.path)?;
    let lane = engine.prepare(name, &layout, &spec.options).map_err(|error| error.to_string())?;
    engine.install(lane);
    let load_ms = begun.elapsed().as_secs_f64() * 1e3;
    tracing::info!(model = name, load_ms, "loaded");
    Ok(())
}
