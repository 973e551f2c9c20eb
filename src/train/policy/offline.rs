//! Learning from preference files: DPO, SimPO, KTO.

use serde::Deserialize;

use super::{
    config::{Algorithm, PolicyConfig},
    model::{Policy, Reference},
    plan,
    record::{Record, Recorder},
    run::{RunOptions, Summary},
    sample::Completion,
    tokens::{Tokens, numbers},
    update::Descent,
};
use crate::train::{
    TrainError,
    batches::Batches,
    checkpoint::{self, Place},
    objective::{Label, View},
    progress::{Progress, StepFigures},
};

/// A line of a preference file: a pair, or one completion with a verdict (KTO only).
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Line {
    Pair { prompt: String, chosen: String, rejected: String },
    One { prompt: String, completion: String, label: bool },
}

/// An example as the network reads it: the prompt's tokens, and completions with their labels.
#[derive(Debug)]
struct Example {
    prompt: Vec<u32>,
    completions: Vec<(Completion, Label)>,
}

/// Trains a policy on preferences and writes it to `policy` in the output directory. `prompts_per_step`
/// counts examples; `steps` may exceed the file, which is then read again in another order.
///
/// # Errors
/// When files cannot be read or written, the configuration is impossible, the checkpoint is another
/// run's, or the loss stops being a number.
pub fn train(config: &PolicyConfig, options: RunOptions<'_>) -> Result<Summary, TrainError> {
    config.check()?;
    let policy = Policy::load(&config.base)?;
    let reference = policy.reference()?;
    let examples = read(config, &policy)?;
    let lengths = examples.iter().map(Example::tokens).collect();
    let mut batches = Batches::new(lengths, config.prompts_per_step, config.seed)?;
    let mut descent = Descent::new(config, &policy, config.steps)?;
    let directory = config.output.join("checkpoints");
    std::fs::create_dir_all(&config.output).map_err(TrainError::file(&config.output))?;
    let identity = config.identity()?;
    let resumed = if options.resume {
        checkpoint::resume(&directory, &policy.params, &mut descent.optimiser, &identity)?
    } else {
        None
    };
    let mut step = resumed.map_or(0, |place| place.step);
    let path = config.output.join("metrics.jsonl");
    let mut recorder = Recorder::open(&path, options.resume.then_some(step))?;
    let mut progress = Progress::new(config.steps, step, config.report_every);
    let last = options.stop_after.map_or(config.steps, |stop| stop.min(config.steps));
    while step < last {
        let batch: Vec<&Example> =
            batches.of_step(step).iter().map(|index| &examples[*index]).collect();
        step += 1;
        let record = learn(config, &policy, &reference, &mut descent, &batch, step)?;
        let figure = |name| record.get(name).unwrap_or(f64::NAN);
        let (loss, gradient_norm, rate) = (figure("loss"), figure("grad_norm"), figure("lr"));
        progress.step(step, StepFigures { loss, gradient_norm, rate, reward: None });
        recorder.write(record)?;
        let due = config.checkpoint_every > 0 && step.is_multiple_of(config.checkpoint_every);
        if due || options.stop_after == Some(step) {
            let place = Place { step, ..Place::default() };
            checkpoint::save(&directory, &policy.params, &descent.optimiser, &identity, place)?;
        }
    }
    progress.finish();
    if step == config.steps {
        policy.save(&config.output.join("policy"), &config.base)?;
    }
    Ok(Summary { steps: step, records: recorder.records })
}

impl Example {
    fn tokens(&self) -> usize {
        self.completions.iter().map(|(completion, _)| completion.ids.len()).max().unwrap_or(0)
    }
}

fn read(config: &PolicyConfig, policy: &Policy) -> Result<Vec<Example>, TrainError> {
    let path = &config.preferences;
    let text = std::fs::read_to_string(path).map_err(TrainError::file(path))?;
    let limit = policy.architecture.max_position_embeddings;
    let mut examples = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let bad =
            |what: String| TrainError::Data(format!("{}:{}: {what}", path.display(), index + 1));
        let line: Line = serde_json::from_str(line).map_err(|error| bad(error.to_string()))?;
        let (prompt, answers) = match line {
            Line::Pair { prompt, chosen, rejected } => {
                (prompt, vec![(chosen, Label::Chosen), (rejected, Label::Rejected)])
            }
            Line::One { .. } if config.algorithm != Algorithm::Kto => {
                return Err(bad("only kto learns from single completions".to_owned()));
            }
            Line::One { prompt, completion, label } => {
                (prompt, vec![(completion, if label { Label::Chosen } else { Label::Rejected })])
            }
        };
        let begin = policy.tokenizer.prompt(&prompt)?;
        let mut completions = Vec::new();
        for (answer, label) in answers {
            let ids = policy.tokenizer.encode(&prompt, &answer)?;
            completions.push((completion(ids, begin.len()), label));
        }
        let example = Example { prompt: begin, completions };
        if example.tokens() <= limit {
            examples.push(example);
        }
    }
    Ok(examples)
}

fn completion(ids: Vec<u32>, prompt: usize) -> Completion {
    Completion { ids, prompt, finished: true, log_probs: Vec::new() }
}

/// One update. For KTO, each example's first completion is also read after the next example's prompt.
fn learn(
    config: &PolicyConfig,
    policy: &Policy,
    reference: &Reference,
    descent: &mut Descent,
    batch: &[&Example],
    step: usize,
) -> Result<Record, TrainError> {
    let own = batch.iter().flat_map(|example| example.completions.iter().cloned());
    let mut all: Vec<(Completion, Label)> = own.collect();
    if config.algorithm == Algorithm::Kto && batch.len() > 1 {
        for (index, example) in batch.iter().enumerate() {
            let next = batch[(index + 1) % batch.len()];
            let tokens = example.completions[0].0.tokens();
            let ids = [next.prompt.as_slice(), tokens].concat();
            if ids.len() <= policy.architecture.max_position_embeddings {
                all.push((completion(ids, next.prompt.len()), Label::Mismatched));
            }
        }
    }
    let labels: Vec<Label> = all.iter().map(|(_, label)| *label).collect();
    let tokens = Tokens::new(all.iter().map(|(completion, _)| completion), policy.pad)?;
    let base = numbers(&tokens.read(&reference.network, None, 1.0)?.log_probs)?;
    let kept = vec![true; all.len()];
    let view = View { kept: &kept, reference: &base, labels: &labels, ..View::default() };
    let objective = plan::objective(config, config.beta);
    let update = descent.step(policy, &tokens, &objective, view, step)?;
    let mut record = Record::at(step);
    record.set("loss", update.evaluation.loss);
    record.set("entropy", update.entropy);
    record.set("grad_norm", update.gradient_norm);
    record.set("lr", update.rate);
    for (name, value) in &update.evaluation.figures {
        record.set(name, *value);
    }
    Ok(record)
}
