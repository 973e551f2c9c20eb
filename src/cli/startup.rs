//! Settings to a running service.

use std::{path::PathBuf, sync::Arc};

use clap::{Args, ValueEnum};

use crate::{
    config::{ConfigError, ModelSource, Settings},
    engine::Engine,
    model::RewardModel,
    service::Service,
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
    /// Tokens of one forward pass
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
            Some(path) => Settings::read(path)?,
            None => Settings::embedded()?,
        };
        let lanes = &mut settings.lanes;
        lanes.batch_tokens = self.batch_tokens.unwrap_or(lanes.batch_tokens);
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
    let service = Service::new(engine, settings.service, settings.sandbox.clone());
    for (name, spec) in &settings.pipelines {
        service.pipelines.insert(name, spec.clone(), service.world()).map_err(|error| {
            settings.error_at(&format!("/pipelines/{name}{}", error.pointer), error.message)
        })?;
    }
    Ok(service)
}

fn load(engine: &Engine, name: &str, source: &ModelSource) -> Result<(), crate::model::LoadError> {
    let begun = std::time::Instant::now();
    let model = RewardModel::load(&source.layout, &source.options)?;
    let calibration = source.options.calibration.map(|known| [known.mean, known.std]);
    engine.insert(name, model, calibration)?;
    let load_ms = begun.elapsed().as_secs_f64() * 1e3;
    tracing::info!(model = name, load_ms, "loaded");
    Ok(())
}
