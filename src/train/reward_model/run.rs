//! The run itself.

use candle_core::{Device, Tensor};

use super::{
    config::RewardModelConfig,
    pairs::{EncodedPair, encode},
    scorer,
};
use crate::train::{
    TrainError,
    batches::{Batches, padded},
    checkpoint::{self, Place},
    export::{Head, export},
    nn::{DecoderConfig, Params, SequenceClassifier},
    optim::{AdamW, Schedule, clip_global_norm, gradients},
    progress::{Progress, StepFigures},
    synthetic::read_jsonl,
    tokenizer::ChatTokenizer,
};

/// How a run is started and ended; does not change its numbers.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Continue from the newest checkpoint in the output directory, if there is one.
    pub resume: bool,
    /// Stop with a checkpoint after this step, as if killed, and write no model.
    pub stop_after: Option<usize>,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Steps taken in all.
    pub steps: usize,
    /// Numbers trained.
    pub parameters: usize,
    /// Loss of the last step.
    pub loss: f64,
    /// Accuracy on the validation pairs at the end, if there are any.
    pub accuracy: Option<f64>,
}

/// Trains a reward model and writes it to the configuration's output directory.
///
/// # Errors
/// When files cannot be read or written, the configuration is impossible, the checkpoint is another
/// run's, or the loss stops being a number.
pub fn train(config: &RewardModelConfig, options: &RunOptions) -> Result<Summary, TrainError> {
    let mut run = Run::new(config)?;
    let directory = config.output.join("checkpoints");
    let identity = config.identity()?;
    if options.resume
        && let Some(Place { step, .. }) =
            checkpoint::resume(&directory, &run.params, &mut run.optimiser, &identity)?
    {
        tracing::info!(step, "resumed");
    }
    let last = options.stop_after.map_or(run.schedule.total, |stop| stop.min(run.schedule.total));
    let mut progress =
        Progress::new(run.schedule.total, run.optimiser.steps(), config.report_every);
    let mut loss = f64::NAN;
    while run.optimiser.steps() < last {
        let figures = run.step(config)?;
        loss = figures.loss;
        let step = run.optimiser.steps();
        progress.step(step, figures);
        if progress.reports(step)
            && let Some(accuracy) = run.validate()?
        {
            progress.validated(step, accuracy);
        }
        let due = config.checkpoint_every > 0 && step.is_multiple_of(config.checkpoint_every);
        if due || options.stop_after == Some(step) {
            let place = Place { step, ..Place::default() };
            checkpoint::save(&directory, &run.params, &run.optimiser, &identity, place)?;
        }
    }
    progress.finish();
    let steps = run.optimiser.steps();
    if steps == run.schedule.total {
        let shape = (&run.architecture, Head::SequenceClassification);
        let tensors = run.params.values();
        let (output, tokenizer) = (&config.output, &config.tokenizer);
        export(output, tokenizer, &run.tokenizer, shape, &tensors, config.storage)?;
    }
    Ok(Summary { steps, parameters: run.params.count(), loss, accuracy: run.validate()? })
}

/// All that a run holds in memory.
struct Run {
    tokenizer: ChatTokenizer,
    pad: u32,
    pairs: Vec<EncodedPair>,
    validation: Vec<EncodedPair>,
    batches: Batches,
    architecture: DecoderConfig,
    params: Params,
    network: SequenceClassifier,
    optimiser: AdamW,
    schedule: Schedule,
    device: Device,
}

impl Run {
    fn new(config: &RewardModelConfig) -> Result<Self, TrainError> {
        let device = Device::Cpu;
        let tokenizer = ChatTokenizer::load(&config.tokenizer)?;
        let mut architecture = config.architecture.clone();
        if architecture.vocab_size == 0 {
            architecture.vocab_size = tokenizer.vocabulary();
        }
        let limit = architecture.max_position_embeddings;
        let pairs = encode(&read_jsonl(&config.data)?, &tokenizer, limit)?;
        let validation = match &config.validation {
            Some(path) => encode(&read_jsonl(path)?, &tokenizer, limit)?,
            None => Vec::new(),
        };
        let lengths = pairs.iter().map(EncodedPair::length).collect();
        let batches = Batches::new(lengths, config.batch_size, config.seed)?;
        let mut params = Params::new(config.seed, &device);
        let network = SequenceClassifier::new(&mut params, &architecture)?;
        if let Some(base) = &config.base {
            params.set_known(&checkpoint::read_tensors(base, &device)?)?;
        }
        let optimiser = AdamW::new(&params, config.optimiser.clone())?;
        let schedule = Schedule {
            peak: config.learning_rate,
            warmup: config.warmup_steps,
            total: batches.per_epoch() * config.epochs,
            decay: config.decay,
            floor: 0.0,
        };
        let pad = tokenizer.pad()?;
        Ok(Self {
            tokenizer,
            pad,
            pairs,
            validation,
            batches,
            architecture,
            params,
            network,
            optimiser,
            schedule,
            device,
        })
    }

    fn step(&mut self, config: &RewardModelConfig) -> Result<StepFigures, TrainError> {
        let step = self.optimiser.steps();
        let rate = self.schedule.rate(step);
        let batch = self.batches.of_step(step).to_vec();
        let loss = self.loss(&batch, config)?;
        let value = f64::from(loss.to_scalar::<f32>()?);
        if !value.is_finite() {
            return Err(TrainError::Diverged(step + 1));
        }
        let mut gradients = gradients(&self.params, &loss.backward()?)?;
        let gradient_norm = clip_global_norm(&mut gradients, config.max_grad_norm)?;
        self.optimiser.step(&self.params, &gradients, rate)?;
        Ok(StepFigures { loss: value, gradient_norm, rate, reward: None })
    }

    /// The loss of the pairs with these indices: both sides of all of them in one forward pass.
    fn loss(&self, batch: &[usize], config: &RewardModelConfig) -> Result<Tensor, TrainError> {
        let pairs: Vec<&EncodedPair> = batch.iter().map(|index| &self.pairs[*index]).collect();
        let chosen = pairs.iter().map(|pair| pair.chosen.as_slice());
        let rejected = pairs.iter().map(|pair| pair.rejected.as_slice());
        let rows: Vec<&[u32]> = chosen.chain(rejected).collect();
        let (ids, lengths) = padded(&rows, self.pad, &self.device)?;
        let scores = self.network.forward(&ids, &lengths)?;
        let count = pairs.len();
        let margins: Option<Vec<f32>> = pairs
            .iter()
            .any(|pair| pair.margin.is_some())
            .then(|| pairs.iter().map(|pair| pair.margin.unwrap_or(0.0)).collect());
        let margins =
            margins.map(|margins| Tensor::from_vec(margins, count, &self.device)).transpose()?;
        let (chosen, rejected) = (scores.narrow(0, 0, count)?, scores.narrow(0, count, count)?);
        config.loss.of(&chosen, &rejected, margins.as_ref())
    }

    fn validate(&self) -> Result<Option<f64>, TrainError> {
        scorer::accuracy(&self.network, &self.validation, self.pad, &self.device)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::train::{
        reward_model::{Scorer, Storage},
        synthetic::{Corpus, Generator, write_jsonl},
        tokenizer,
    };

    fn config(root: &Path, output: &str) -> RewardModelConfig {
        RewardModelConfig {
            data: root.join("pairs.jsonl"),
            validation: Some(root.join("pairs.jsonl")),
            tokenizer: root.to_owned(),
            output: root.join(output),
            architecture: DecoderConfig {
                hidden_size: 16,
                intermediate_size: 16,
                num_hidden_layers: 1,
                ..DecoderConfig::default()
            },
            epochs: 2,
            batch_size: 8,
            warmup_steps: 2,
            checkpoint_every: 0,
            storage: Storage::F16,
            ..RewardModelConfig::default()
        }
    }

    fn inputs(root: &Path) {
        let pairs = Generator::new(Corpus::shipped(), 1, 0.0).take(40);
        write_jsonl(&root.join("pairs.jsonl"), &pairs).unwrap();
        let tokenizer_json = tokenizer::train(&tokenizer::texts(&pairs), 300).unwrap();
        fs::write(root.join("tokenizer.json"), tokenizer_json).unwrap();
        fs::write(root.join("tokenizer_config.json"), tokenizer::tokenizer_config(512)).unwrap();
    }

    #[test]
    fn ten_steps_are_five_a_kill_and_five_more_bit_for_bit() {
        let root = tempfile::tempdir().unwrap();
        inputs(root.path());
        let straight = config(root.path(), "straight");
        let whole = train(&straight, &RunOptions::default()).unwrap();
        assert_eq!(whole.steps, 10);

        let broken = config(root.path(), "broken");
        let stopped = RunOptions { stop_after: Some(5), ..RunOptions::default() };
        assert_eq!(train(&broken, &stopped).unwrap().steps, 5);
        assert!(!broken.output.join("model.safetensors").exists());
        let resumed = RunOptions { resume: true, ..RunOptions::default() };
        assert_eq!(train(&broken, &resumed).unwrap(), whole);
        let bytes =
            |config: &RewardModelConfig| fs::read(config.output.join("model.safetensors")).unwrap();
        assert_eq!(bytes(&straight), bytes(&broken));

        let other = RewardModelConfig { learning_rate: 1.0, ..broken };
        assert!(train(&other, &resumed).unwrap_err().to_string().contains("another configuration"));
    }

    #[test]
    fn the_written_model_scores_what_was_trained() {
        let root = tempfile::tempdir().unwrap();
        inputs(root.path());
        let config = RewardModelConfig { epochs: 4, ..config(root.path(), "model") };
        let summary = train(&config, &RunOptions::default()).unwrap();
        let pairs = read_jsonl(&config.data).unwrap();
        let scorer = Scorer::load(&config.output).unwrap();
        let side = |text: fn(&crate::train::synthetic::PreferencePair) -> &str| {
            let texts: Vec<_> =
                pairs.iter().map(|pair| (pair.prompt.as_str(), text(pair))).collect();
            scorer.score(&texts).unwrap()
        };
        let chosen = side(|pair| &pair.chosen);
        let rejected = side(|pair| &pair.rejected);
        // Rounding to f16 may flip a close pair.
        let accuracy = crate::train::evaluate::pair_accuracy(&chosen, &rejected).unwrap();
        assert!((accuracy - summary.accuracy.unwrap()).abs() < 0.06);
    }
}
