//! What a run is told.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::train::{
    TrainError,
    nn::ClipConfig,
    optim::{AdamWConfig, Decay},
};

/// Everything that decides the outcome of a CLIP run. The default is the run of which the shipped model is
/// a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClipTraining {
    /// Where the model is written.
    pub output: PathBuf,
    /// Shape of the network.
    pub architecture: ClipConfig,
    /// Different pictures that are drawn; captions are new at each step.
    pub pictures: usize,
    /// Share of them in colours that have no name: they teach forms apart from colours.
    pub nameless: f64,
    /// Pictures per step, each with one caption.
    pub batch_size: usize,
    /// Steps.
    pub steps: usize,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// Steps over which it rises.
    pub warmup_steps: usize,
    /// How it falls.
    pub decay: Decay,
    /// Constants of the optimiser.
    pub optimiser: AdamWConfig,
    /// Longest joint gradient; 0: not clipped.
    pub max_grad_norm: f64,
    /// Decides pictures, captions, initial weights and order.
    pub seed: u64,
    /// Steps between checkpoints; 0: none.
    pub checkpoint_every: usize,
    /// Steps between lines of progress and evaluations; 0: at the end only.
    pub report_every: usize,
}

impl Default for ClipTraining {
    fn default() -> Self {
        Self {
            output: PathBuf::new(),
            architecture: ClipConfig::default(),
            pictures: 8000,
            nameless: 0.4,
            batch_size: 64,
            steps: 2400,
            learning_rate: 1.5e-3,
            warmup_steps: 100,
            decay: Decay::Cosine,
            optimiser: AdamWConfig { weight_decay: 0.05, ..AdamWConfig::default() },
            max_grad_norm: 1.0,
            seed: 0,
            checkpoint_every: 250,
            report_every: 250,
        }
    }
}

impl ClipTraining {
    /// What must be equal for a run to be continued: all that decides its numbers.
    pub(super) fn identity(&self) -> Result<serde_json::Value, TrainError> {
        let numbers =
            Self { output: PathBuf::new(), checkpoint_every: 0, report_every: 0, ..self.clone() };
        serde_json::to_value(numbers).map_err(|error| TrainError::Config(error.to_string()))
    }
}
