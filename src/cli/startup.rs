//! Settings to a running service.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use clap::{Args, ValueEnum};

use crate::{
    config::{ConfigError, ModelsRoot, Settings},
    engine::{Engine, Fetcher},
    model::ModelSpec,
    service::{Changes, Recorded, Service, Shelf},
    verify::code::Tier,
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
    /// Tokens of one forward pass [default: 1024 on a CPU, 16384 on a GPU]
    #[arg(long, env = "ASSAY_BATCH_TOKENS")]
    batch_tokens: Option<usize>,
    /// Sequences of one forward pass
    #[arg(long, env = "ASSAY_BATCH_SEQUENCES")]
    batch_sequences: Option<usize>,
    /// Scores remembered per model; 0 for none
    #[arg(long, env = "ASSAY_CACHE_ENTRIES")]
    cache_entries: Option<usize>,
    /// Programs that run at the same time; by default one per core
    #[arg(long, env = "ASSAY_CODE_RUNNERS")]
    code_runners: Option<usize>,
    /// The strongest isolation of programs to try
    #[arg(long, env = "ASSAY_CODE_ISOLATION", value_enum, hide = true)]
    code_isolation: Option<Isolation>,
    /// The program that runners are made from; by default this one
    #[arg(long, env = "ASSAY_CODE_RUNNER_PROGRAM", hide = true)]
    code_runner_program: Option<PathBuf>,
}

/// How strong isolation may be at most. For tests of the weaker ones.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Isolation {
    /// None: programs are refused.
    None,
    /// Landlock, seccomp and limits.
    Filters,
    /// Namespaces and all of it.
    Namespaces,
}

impl Setup {
    /// Runners are made from this program instead of the running one, and isolation goes as far as
    /// `maximum`. For tests, whose own program cannot be a runner.
    #[must_use]
    pub fn with_runners(self, program: impl Into<PathBuf>, maximum: Option<Tier>) -> Self {
        let code_isolation = maximum.map(|tier| match tier {
            Tier::None => Isolation::None,
            Tier::Filters => Isolation::Filters,
            Tier::Namespaces => Isolation::Namespaces,
        });
        Self { code_runner_program: Some(program.into()), code_isolation, ..self }
    }

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
        lanes.batch_tokens = self.batch_tokens.or(lanes.batch_tokens);
        lanes.batch_sequences = self.batch_sequences.unwrap_or(lanes.batch_sequences);
        lanes.cache_entries = self.cache_entries.unwrap_or(lanes.cache_entries);
        let sandbox = &mut settings.sandbox;
        sandbox.runners = self.code_runners.unwrap_or(sandbox.runners);
        if let Some(program) = &self.code_runner_program {
            sandbox.program.clone_from(program);
        }
        if let Some(isolation) = self.code_isolation {
            sandbox.maximum = match isolation {
                Isolation::None => Tier::None,
                Isolation::Filters => Tier::Filters,
                Isolation::Namespaces => Tier::Namespaces,
            };
        }
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
    let fetcher = Fetcher::new(settings.fetch.clone())
        .map_err(|reason| settings.error_at("/images/ca_file", reason))?;
    let engine = Arc::new(Engine::new(settings.lanes).with_fetcher(fetcher));
    for (name, (spec, changed)) in merged(&settings.models, &models) {
        load(settings, &engine, name, spec)
            .map_err(|error| place(changed, &format!("/models/{name}"), error))?;
    }
    let shelf = Arc::new(settings.models_root.clone());
    let sandbox = settings.sandbox.clone();
    let service = Service::new(engine, settings.service, sandbox, shelf, changes);
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
