//! Pre-training: a decoder that predicts text, as the beginning of reward models.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use candle_core::Device;
use serde::{Deserialize, Serialize};

use super::{
    TrainError,
    batches::{Batches, padded},
    checkpoint::write_tensors,
    nn::{CausalLm, DecoderConfig, Params},
    optim::{AdamW, AdamWConfig, Decay, Schedule, clip_global_norm, gradients},
    progress::{Progress, StepFigures},
    synthetic::read_jsonl,
    tokenizer::ChatTokenizer,
};

/// Everything that decides the outcome of a pre-training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LanguageModelConfig {
    /// JSONL file of preference pairs, of which the prompts with their chosen completions are read.
    pub data: PathBuf,
    /// Directory with `tokenizer.json` and `tokenizer_config.json`.
    pub tokenizer: PathBuf,
    /// Shape of the network.
    pub architecture: DecoderConfig,
    /// Constants of the optimiser.
    pub optimiser: AdamWConfig,
    /// Learns to write the completions only, and not the prompts before them.
    pub completion_only_loss: bool,
    /// Passes over the data.
    pub epochs: usize,
    /// Texts per step.
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
    /// Steps between lines of progress; 0: none.
    pub report_every: usize,
}

impl Default for LanguageModelConfig {
    fn default() -> Self {
        Self {
            data: PathBuf::new(),
            tokenizer: PathBuf::new(),
            architecture: DecoderConfig::default(),
            optimiser: AdamWConfig::default(),
            completion_only_loss: false,
            epochs: 2,
            batch_size: 32,
            learning_rate: 4e-3,
            warmup_steps: 50,
            decay: Decay::Cosine,
            max_grad_norm: 1.0,
            seed: 0,
            report_every: 100,
        }
    }
}

/// Trains a language model, writes its tensors to the safetensors file `output` and returns the loss of
/// the last step in nats per token.
///
/// # Errors
/// When files cannot be read or written, the configuration is impossible, or the loss stops being a
/// number.
pub fn pretrain(config: &LanguageModelConfig, output: &Path) -> Result<f64, TrainError> {
    let device = Device::Cpu;
    let tokenizer = ChatTokenizer::load(&config.tokenizer)?;
    let pad = tokenizer.pad()?;
    let mut architecture = config.architecture.clone();
    if architecture.vocab_size == 0 {
        architecture.vocab_size = tokenizer.vocabulary();
    }
    let texts = texts(config, &tokenizer, architecture.max_position_embeddings)?;
    let lengths = texts.iter().map(|text| text.ids.len()).collect();
    let mut batches = Batches::new(lengths, config.batch_size, config.seed)?;
    let mut params = Params::new(config.seed, &device);
    let network = CausalLm::new(&mut params, &architecture)?;
    let mut optimiser = AdamW::new(&params, config.optimiser.clone())?;
    let schedule = config.schedule(batches.per_epoch() * config.epochs);
    let mut progress = Progress::new(schedule.total, 0, config.report_every);
    let mut last = f64::NAN;
    for step in 0..schedule.total {
        let batch: Vec<&Text> = batches.of_step(step).iter().map(|index| &texts[*index]).collect();
        let rows: Vec<&[u32]> = batch.iter().map(|text| text.ids.as_slice()).collect();
        let (ids, _) = padded(&rows, pad, &device)?;
        let predicted: Vec<_> = batch.iter().map(|text| text.predicted.clone()).collect();
        let loss = network.loss(&ids, &predicted)?;
        last = f64::from(loss.to_scalar::<f32>()?);
        if !last.is_finite() {
            return Err(TrainError::Diverged(step + 1));
        }
        let mut gradients = gradients(&params, &loss.backward()?)?;
        let gradient_norm = clip_global_norm(&mut gradients, config.max_grad_norm)?;
        let rate = schedule.rate(step);
        optimiser.step(&params, &gradients, rate)?;
        progress.step(step + 1, StepFigures { loss: last, gradient_norm, rate, reward: None });
    }
    progress.finish();
    write_tensors(output, &params.values())?;
    Ok(last)
}

impl LanguageModelConfig {
    fn schedule(&self, total: usize) -> Schedule {
        Schedule {
            peak: self.learning_rate,
            warmup: self.warmup_steps,
            total,
            decay: self.decay,
            floor: 0.0,
        }
    }
}

/// A text to learn.
struct Text {
    ids: Vec<u32>,
    /// The tokens that count.
    predicted: Range<usize>,
}

/// The texts of a run as tokens, without those that are longer than `limit`.
fn texts(
    config: &LanguageModelConfig,
    tokenizer: &ChatTokenizer,
    limit: usize,
) -> Result<Vec<Text>, TrainError> {
    let mut texts = Vec::new();
    for pair in read_jsonl(&config.data)? {
        let ids = tokenizer.encode(&pair.prompt, &pair.chosen)?;
        if ids.len() > limit {
            continue;
        }
        let first = if config.completion_only_loss {
            tokenizer.prompt(&pair.prompt)?.len().max(1)
        } else {
            1
        };
        texts.push(Text { predicted: first..ids.len(), ids });
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::train::{
        synthetic::{Corpus, Generator, write_jsonl},
        tokenizer,
    };

    #[test]
    fn text_becomes_more_likely_and_a_second_run_gives_the_same_bytes() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let pairs = Generator::new(Corpus::shipped(), 1, 0.0).take(40);
        write_jsonl(&root.join("pairs.jsonl"), &pairs).unwrap();
        let tokenizer_json = tokenizer::train(&tokenizer::texts(&pairs), 300).unwrap();
        fs::write(root.join("tokenizer.json"), tokenizer_json).unwrap();
        fs::write(root.join("tokenizer_config.json"), tokenizer::tokenizer_config(512)).unwrap();
        let config = LanguageModelConfig {
            data: root.join("pairs.jsonl"),
            tokenizer: root.to_owned(),
            architecture: DecoderConfig {
                hidden_size: 16,
                intermediate_size: 16,
                num_hidden_layers: 1,
                ..DecoderConfig::default()
            },
            epochs: 10,
            batch_size: 20,
            learning_rate: 1e-2,
            warmup_steps: 1,
            ..LanguageModelConfig::default()
        };
        let loss = pretrain(&config, &root.join("a.safetensors")).unwrap();
        // Guessing among 300 tokens costs ln 300 = 5.7 nats.
        assert!(loss < 5.0, "{loss}");
        pretrain(&config, &root.join("b.safetensors")).unwrap();
        let bytes = |file: &str| fs::read(root.join(file)).unwrap();
        assert_eq!(bytes("a.safetensors"), bytes("b.safetensors"));
    }
}
