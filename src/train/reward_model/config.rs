//! What a run is told.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::train::{
    TrainError,
    export::Storage,
    loss::PreferenceLoss,
    nn::DecoderConfig,
    optim::{AdamWConfig, Decay},
};

/// Everything that decides the outcome of a reward-model run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RewardModelConfig {
    /// JSONL file of [`PreferencePair`](crate::train::synthetic::PreferencePair)s to train on.
    pub data: PathBuf,
    /// Another such file, whose accuracy is reported.
    pub validation: Option<PathBuf>,
    /// Directory with `tokenizer.json` and `tokenizer_config.json` (with a chat template and a pad
    /// token).
    pub tokenizer: PathBuf,
    /// Where the model is written.
    pub output: PathBuf,
    /// Safetensors file of weights to begin with; tensors that the network has not are ignored, those
    /// that the file has not are drawn at random. Without it all are.
    pub base: Option<PathBuf>,
    /// Shape of the network.
    pub architecture: DecoderConfig,
    /// Variant of the loss.
    pub loss: PreferenceLoss,
    /// Constants of the optimiser.
    pub optimiser: AdamWConfig,
    /// Passes over the data.
    pub epochs: usize,
    /// Pairs per step.
    pub batch_size: usize,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// Steps over which it rises.
    pub warmup_steps: usize,
    /// How it falls.
    pub decay: Decay,
    /// Longest joint gradient; 0: not clipped.
    pub max_grad_norm: f64,
    /// Decides the initial weights and the order of the data.
    pub seed: u64,
    /// Steps between checkpoints; 0: none.
    pub checkpoint_every: usize,
    /// Steps between lines of progress and validations; 0: at the end only.
    pub report_every: usize,
    /// Type of the stored weights.
    pub storage: Storage,
}

impl Default for RewardModelConfig {
    fn default() -> Self {
        Self {
            data: PathBuf::new(),
            validation: None,
            tokenizer: PathBuf::new(),
            output: PathBuf::new(),
            base: None,
            architecture: DecoderConfig::default(),
            loss: PreferenceLoss { score_l2: 0.001, ..PreferenceLoss::default() },
            optimiser: AdamWConfig::default(),
            epochs: 1,
            batch_size: 32,
            learning_rate: 2e-3,
            warmup_steps: 50,
            decay: Decay::Cosine,
            max_grad_norm: 1.0,
            seed: 0,
            checkpoint_every: 250,
            report_every: 250,
            storage: Storage::F32,
        }
    }
}

impl RewardModelConfig {
    /// What must be equal for a run to be continued: all that decides its numbers, and no path.
    pub(super) fn identity(&self) -> Result<serde_json::Value, TrainError> {
        let numbers = Self {
            data: PathBuf::new(),
            validation: None,
            tokenizer: PathBuf::new(),
            output: PathBuf::new(),
            base: None,
            checkpoint_every: 0,
            report_every: 0,
            storage: Storage::F32,
            ..self.clone()
        };
        serde_json::to_value(numbers).map_err(|error| TrainError::Config(error.to_string()))
    }
}
