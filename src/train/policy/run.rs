//! The run: steps, checkpoints, records.

use std::{path::Path, time::Instant};

use serde::{Deserialize, Serialize};

use super::{
    config::{Algorithm, PolicyConfig},
    evaluation::{evaluate, mean},
    lesson::Lesson,
    model::{Policy, Reference},
    plan,
    prompts::{Prompt, read_prompts},
    record::{Record, Recorder},
    reward::RewardSource,
    rollout::{Asking, Order, Purpose, Rollout, seed},
    tokens::Tokens,
    update::{Descent, Update},
};
use crate::train::{
    TrainError,
    checkpoint::{self, Place},
    credit::{KlControl, Multipliers},
    nn::CausalLm,
    objective::View,
    progress::{Progress, StepFigures},
};

/// What is really wanted of a completion, where an experiment knows it. Watched, never learned from.
pub type Gold<'a> = &'a (dyn Fn(&Prompt, &str) -> f64 + Sync);

/// How a run is started and ended; does not change its numbers.
#[derive(Clone, Copy, Default)]
pub struct RunOptions<'a> {
    /// Continue from the newest checkpoint in the output directory, if there is one.
    pub resume: bool,
    /// Stop with a checkpoint after this step, as if killed, and write no model.
    pub stop_after: Option<usize>,
    /// What is watched beside the reward.
    pub gold: Option<Gold<'a>>,
}

impl std::fmt::Debug for RunOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { resume, stop_after, gold } = self;
        let mut options = f.debug_struct("RunOptions");
        options.field("resume", resume).field("stop_after", stop_after);
        options.field("gold", &gold.is_some()).finish()
    }
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Steps taken in all.
    pub steps: usize,
    /// All lines of `metrics.jsonl`.
    pub records: Vec<Record>,
}

/// What a checkpoint holds beside tensors.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) cursor: usize,
    pub(super) kl: KlControl,
    pub(super) multipliers: Multipliers,
}

impl State {
    fn new(config: &PolicyConfig) -> Self {
        let target = config.kl_target.map(|target| (target, config.kl_horizon));
        Self {
            cursor: 0,
            kl: KlControl { beta: config.beta, target },
            multipliers: Multipliers::new(config.constraints.len()),
        }
    }
}

/// Trains a policy by rewards and writes it to `policy` in the output directory, with `metrics.jsonl` and
/// checkpoints beside it.
///
/// # Errors
/// When files cannot be read or written, the configuration is impossible, the checkpoint is another
/// run's, there are no rewards, or the loss stops being a number.
pub fn train(
    config: &PolicyConfig,
    rewards: &mut dyn RewardSource,
    options: RunOptions<'_>,
) -> Result<Summary, TrainError> {
    let mut run = Run::new(config, options)?;
    let last = options.stop_after.map_or(config.steps, |stop| stop.min(config.steps));
    let mut progress = Progress::new(config.steps, run.step, config.report_every);
    if run.step == 0 && run.recorder.records.is_empty() {
        let mut record = Record::at(0);
        run.evaluate(rewards, options.gold, &mut record)?;
        run.recorder.write(record)?;
    }
    while run.step < last {
        let mut record = Record::at(run.step + 1);
        let update = run.step(rewards, options.gold, &mut record)?;
        run.step += 1;
        progress.step(run.step, figures(update.as_ref(), &record));
        let due = config.eval_every > 0 && run.step.is_multiple_of(config.eval_every);
        if due || run.step == config.steps {
            run.evaluate(rewards, options.gold, &mut record)?;
        }
        run.recorder.write(record)?;
        let due = config.checkpoint_every > 0 && run.step.is_multiple_of(config.checkpoint_every);
        if due || options.stop_after == Some(run.step) {
            run.save()?;
        }
    }
    progress.finish();
    if run.step == config.steps {
        run.policy.save(&config.output.join("policy"), &config.base)?;
    }
    Ok(Summary { steps: run.step, records: run.recorder.records })
}

fn figures(update: Option<&Update>, record: &Record) -> StepFigures {
    let of = |figure: fn(&Update) -> f64| update.map_or(f64::NAN, figure);
    StepFigures {
        loss: of(|update| update.evaluation.loss),
        gradient_norm: of(|update| update.gradient_norm),
        rate: of(|update| update.rate),
        reward: record.get("reward/mean"),
    }
}

/// All that a run holds in memory.
pub(super) struct Run<'a> {
    pub(super) config: &'a PolicyConfig,
    pub(super) policy: Policy,
    pub(super) network: CausalLm,
    pub(super) reference: Reference,
    descent: Descent,
    prompts: Vec<Prompt>,
    encoded: Vec<Vec<u32>>,
    eval: Option<(Vec<Prompt>, Vec<Vec<u32>>)>,
    order: Order,
    pub(super) state: State,
    step: usize,
    recorder: Recorder,
}

impl<'a> Run<'a> {
    fn new(config: &'a PolicyConfig, options: RunOptions<'_>) -> Result<Self, TrainError> {
        config.check()?;
        let mut policy = Policy::load(&config.base)?;
        let reference = policy.reference()?;
        if config.algorithm == Algorithm::Ppo {
            policy.add_value_head()?;
        }
        let updates = config.steps * config.num_iterations * config.mini_batches;
        let mut descent = Descent::new(config, &policy, updates)?;
        let mut state = State::new(config);
        let mut step = 0;
        std::fs::create_dir_all(&config.output).map_err(TrainError::file(&config.output))?;
        let resumed = if options.resume {
            let directory = config.output.join("checkpoints");
            let (params, identity) = (&policy.params, config.identity()?);
            checkpoint::resume(&directory, params, &mut descent.optimiser, &identity)?
        } else {
            None
        };
        if let Some(Place { step: taken, extra }) = resumed {
            tracing::info!(step = taken, "resumed");
            step = taken;
            state = serde_json::from_value(extra)
                .map_err(|error| TrainError::Data(format!("the checkpoint's state: {error}")))?;
        }
        let prompts = read_prompts(&config.prompts)?;
        let encoded = encode(&policy, &prompts, config)?;
        let eval = match &config.eval_prompts {
            None => None,
            Some(path) => {
                let prompts = read_prompts(path)?;
                let encoded = encode(&policy, &prompts, config)?;
                Some((prompts, encoded))
            }
        };
        let path = config.output.join("metrics.jsonl");
        let recorder = Recorder::open(&path, options.resume.then_some(step))?;
        Ok(Self {
            config,
            network: policy.network.detached(),
            policy,
            reference,
            descent,
            order: Order::new(prompts.len(), config.seed),
            prompts,
            encoded,
            eval,
            state,
            step,
            recorder,
        })
    }

    fn save(&self) -> Result<(), TrainError> {
        let extra = serde_json::to_value(&self.state)
            .map_err(|error| TrainError::Config(error.to_string()))?;
        checkpoint::save(
            &self.config.output.join("checkpoints"),
            &self.policy.params,
            &self.descent.optimiser,
            &self.config.identity()?,
            Place { step: self.step, extra },
        )
    }

    fn evaluate(
        &self,
        rewards: &mut dyn RewardSource,
        gold: Option<Gold<'_>>,
        record: &mut Record,
    ) -> Result<(), TrainError> {
        if self.config.eval_every == 0 {
            return Ok(());
        }
        let (prompts, encoded) = match &self.eval {
            Some((prompts, encoded)) => (prompts, encoded),
            None => (&self.prompts, &self.encoded),
        };
        let mut asking =
            Asking { policy: &self.policy, network: &self.network, prompts, encoded, rewards };
        evaluate(self.config, &mut asking, &self.reference, gold, self.step, record)
    }

    /// One step; `None` when no completion could be learned from.
    fn step(
        &mut self,
        rewards: &mut dyn RewardSource,
        gold: Option<Gold<'_>>,
        record: &mut Record,
    ) -> Result<Option<Update>, TrainError> {
        let mut asking = Asking {
            policy: &self.policy,
            network: &self.network,
            prompts: &self.prompts,
            encoded: &self.encoded,
            rewards,
        };
        let (config, step) = (self.config, self.step + 1);
        let rollout = asking.roll(config, &mut self.order, &mut self.state.cursor, step)?;
        describe(&rollout, record);
        if let Some(gold) = gold {
            let pairs = rollout.prompts.iter().zip(&rollout.texts);
            let golds = pairs.map(|(prompt, text)| gold(&self.prompts[*prompt], text));
            record.set("gold/mean", mean(golds));
        }
        if rollout.completions.is_empty() {
            return Ok(None);
        }
        let begun = Instant::now();
        let lesson = self.lesson(&rollout, record)?;
        let update = self.learn(&rollout, &lesson, step)?;
        record.set("time/update", begun.elapsed().as_secs_f64());
        if let Some(update) = &update {
            record.set("loss", update.evaluation.loss);
            record.set("entropy", update.entropy);
            record.set("grad_norm", update.gradient_norm);
            record.set("lr", update.rate);
            for (name, value) in &update.evaluation.figures {
                record.set(name, *value);
            }
        }
        Ok(update)
    }

    /// The updates of a step.
    fn learn(
        &mut self,
        rollout: &Rollout,
        lesson: &Lesson,
        step: usize,
    ) -> Result<Option<Update>, TrainError> {
        let config = self.config;
        let objective = plan::objective(config, self.state.kl.beta);
        let size = rollout.completions.len().div_ceil(config.mini_batches);
        let kept_tokens: usize = (0..rollout.completions.len())
            .filter(|index| lesson.kept[*index])
            .map(|index| rollout.completions[index].log_probs.len())
            .sum();
        let mut last = None;
        for iteration in 0..config.num_iterations {
            for begin in (0..rollout.completions.len()).step_by(size) {
                let rows = begin..(begin + size).min(rollout.completions.len());
                if !lesson.kept[rows.clone()].contains(&true) {
                    continue;
                }
                let completions = &rollout.completions[rows.clone()];
                let tokens = Tokens::new(completions, self.policy.pad)?;
                let old: Vec<f64> =
                    completions.iter().flat_map(|one| one.log_probs.iter().copied()).collect();
                let flat = |all: &Vec<Vec<f64>>| -> Vec<f64> {
                    all.get(rows.clone()).unwrap_or_default().concat()
                };
                let (reference, advantages) = (flat(&lesson.reference), flat(&lesson.advantages));
                let (old_values, returns) = (flat(&lesson.values), flat(&lesson.returns));
                let draw = iteration * config.mini_batches + begin / size;
                let view = View {
                    kept: &lesson.kept[rows.clone()],
                    old: &old,
                    reference: &reference,
                    advantages: &advantages,
                    old_values: &old_values,
                    returns: &returns,
                    step_tokens: kept_tokens as f64 / config.mini_batches as f64,
                    max_tokens: config.max_completion_length,
                    draw: seed(config.seed, Purpose::Update, step, draw),
                    ..View::default()
                };
                last = Some(self.descent.step(&self.policy, &tokens, &objective, view, step)?);
            }
        }
        Ok(last)
    }
}

/// Figures of a rollout.
fn describe(rollout: &Rollout, record: &mut Record) {
    let rewards: Vec<f64> = rollout.scored.rewards.iter().flatten().copied().collect();
    let average = mean(rewards.iter().copied());
    let spread = mean(rewards.iter().map(|reward| (reward - average).powi(2))).sqrt();
    record.set("reward/mean", average);
    record.set("reward/std", spread);
    record.set("reward/missing", rollout.scored.misses.values().sum::<usize>() as f64);
    for (status, count) in &rollout.scored.misses {
        record.set(&format!("reward/missing/{status}"), *count as f64);
    }
    for (name, column) in &rollout.scored.components {
        record.set(&format!("reward/{name}/mean"), mean(column.iter().flatten().copied()));
    }
    let completions = rollout.completions.len().max(1) as f64;
    let cut = rollout.completions.iter().filter(|one| !one.finished).count();
    record.set("frac_zero_std_groups", rollout.uninformative);
    record.set("len/mean", mean(rollout.completions.iter().map(|one| one.tokens().len() as f64)));
    record.set("trunc_frac", cut as f64 / completions);
    record.set("time/generate", rollout.seconds_generate);
    record.set("time/reward", rollout.seconds_reward);
    let slowest = rollout.scored.seconds.iter().copied().fold(f64::NAN, f64::max);
    record.set("time/reward_call_max", slowest);
    record.set("time/reward_calls", rollout.scored.seconds.len() as f64);
}

fn encode(
    policy: &Policy,
    prompts: &[Prompt],
    config: &PolicyConfig,
) -> Result<Vec<Vec<u32>>, TrainError> {
    let limit = policy.architecture.max_position_embeddings;
    let encode = |prompt: &Prompt| {
        let ids = policy.tokenizer.prompt(&prompt.text)?;
        if ids.len() + config.max_completion_length > limit {
            let message = format!(
                "a prompt of {} tokens and a completion of {} exceed the policy's {limit}",
                ids.len(),
                config.max_completion_length
            );
            return Err(TrainError::Data(message));
        }
        Ok(ids)
    };
    prompts.iter().map(encode).collect()
}

/// A name that no other run has, for its idempotency keys: that of the resumed run, or a new one.
///
/// # Errors
/// When the output directory cannot be written.
pub fn run_name(output: &Path, resume: bool) -> Result<String, TrainError> {
    let path = output.join("run");
    if resume && let Ok(name) = std::fs::read_to_string(&path) {
        return Ok(name);
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let name = format!("{:x}-{:x}", now.unwrap_or_default().as_nanos(), std::process::id());
    std::fs::create_dir_all(output).map_err(TrainError::file(output))?;
    checkpoint::write_synced(&path, name.as_bytes())?;
    Ok(name)
}
