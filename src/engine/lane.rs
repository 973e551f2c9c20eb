//! One model at work: admission, queue, thread, cache.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, atomic::Ordering::Relaxed},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout_at,
};

use super::{
    budget::Budget,
    key::Key,
    queue::{Item, Queue},
    stats::{Snapshot, Stats},
    table::{Claim, Table},
};
use crate::{
    domain::{Miss, MissStatus, ModelInfo, Score, Scores},
    model::{Encoded, Judgement, LoadError, RewardModel, TextEncoder},
};

/// Bounds of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneConfig {
    /// Tokens of one forward pass. About 1 000 keeps a CPU's caches warm.
    pub batch_tokens: usize,
    /// Sequences of one forward pass.
    pub batch_sequences: usize,
    /// Tokens that may wait; more wait at the door.
    pub queue_tokens: usize,
    /// Scores remembered per model; 0 for none.
    pub cache_entries: usize,
}

impl Default for LaneConfig {
    fn default() -> Self {
        Self {
            batch_tokens: 1024,
            batch_sequences: 256,
            queue_tokens: 1 << 20,
            cache_entries: 1 << 16,
        }
    }
}

/// A forward pass's answer for one sequence.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) judgement: Judgement,
    queued: Duration,
    worked: Duration,
}

pub(super) type Outcome = Result<Done, Miss>;

/// One model with its queue and thread. Dropping it finishes what was accepted, then ends the thread.
#[derive(Debug)]
pub struct Lane {
    name: String,
    info: ModelInfo,
    device: &'static str,
    architecture: String,
    bytes: usize,
    text: Arc<TextEncoder>,
    shared: Arc<Shared>,
    admission: Arc<Semaphore>,
    config: LaneConfig,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    queue: Queue,
    table: Table,
    stats: Stats,
}

enum Wait {
    Ready(Result<Score, Miss>),
    Pending { key: Key, receiver: oneshot::Receiver<Outcome>, tokens: usize, truncated: bool },
}

impl Lane {
    /// Starts the thread, after one warm-up score.
    pub(super) fn start(
        name: &str,
        model: RewardModel,
        calibration: Option<[f64; 2]>,
        config: LaneConfig,
    ) -> Result<Self, LoadError> {
        warm_up(&model)?;
        let info = ModelInfo {
            sha256: model.sha256().to_owned(),
            dtype: model.dtype().to_owned(),
            template: model.text().template_name(),
            calibration,
        };
        let (text, device) = (Arc::clone(model.text()), model.device());
        let (architecture, bytes) = (model.architecture().to_owned(), model.bytes());
        let shared = Arc::new(Shared {
            queue: Queue::default(),
            table: Table::new(config.cache_entries),
            stats: Stats::default(),
        });
        let worker = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name(format!("lane-{name}"))
            .spawn(move || worker.run(&model, &config))
            .map_err(|error| LoadError::Option(format!("no thread for the model: {error}")))?;
        // A semaphore counts to about 2⁶¹; a u32 of tokens is what one acquisition can ask for.
        let admission = Arc::new(Semaphore::new(config.queue_tokens.min(u32::MAX as usize)));
        let thread = Mutex::new(Some(thread));
        let name = name.to_owned();
        Ok(Self {
            name,
            info,
            device,
            architecture,
            bytes,
            text,
            shared,
            admission,
            config,
            thread,
        })
    }

    /// Its model's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its scores come from.
    #[must_use]
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// Where it computes: `cpu` or `cuda`.
    #[must_use]
    pub fn device(&self) -> &'static str {
        self.device
    }

    /// What the checkpoint calls itself.
    #[must_use]
    pub fn architecture(&self) -> &str {
        &self.architecture
    }

    /// Bytes of its weights in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Its bounds.
    #[must_use]
    pub fn config(&self) -> LaneConfig {
        self.config
    }

    /// How it turns samples into tokens.
    #[must_use]
    pub fn text(&self) -> &Arc<TextEncoder> {
        &self.text
    }

    /// What it has done so far.
    #[must_use]
    pub fn stats(&self) -> Snapshot {
        self.shared.stats.snapshot()
    }

    /// The score of each sequence, in order; at the deadline `overloaded` misses for
    /// what was not begun, `timeout` for what was going on.
    pub async fn score(&self, sequences: &[Result<Encoded, Miss>], deadline: Instant) -> Scores {
        let deadline = tokio::time::Instant::from_std(deadline);
        let mut waits = Vec::with_capacity(sequences.len());
        for sequence in sequences {
            waits.push(match sequence {
                Ok(sequence) => self.submit(sequence, deadline).await,
                Err(miss) => Wait::Ready(Err(miss.clone())),
            });
        }
        let mut scores = Vec::with_capacity(waits.len());
        for wait in waits {
            scores.push(match wait {
                Wait::Ready(score) => score,
                Wait::Pending { key, receiver, tokens, truncated } => {
                    let done = match timeout_at(deadline, receiver).await {
                        Ok(Ok(outcome)) => outcome,
                        Ok(Err(_)) => Err(cancelled()),
                        Err(_) if self.shared.table.has_begun(key) => Err(timed_out()),
                        Err(_) => Err(overloaded()),
                    };
                    done.map(|done| Score {
                        value: f64::from(done.judgement.value),
                        parts: done.judgement.parts,
                        tokens,
                        truncated,
                        cached: false,
                        queued: done.queued,
                        worked: done.worked,
                    })
                }
            });
        }
        scores
    }

    async fn submit(&self, sequence: &Encoded, deadline: tokio::time::Instant) -> Wait {
        let key = self.shared.table.key(sequence);
        if let Some(claim) = self.shared.table.peek(key) {
            return self.wait(claim, key, sequence);
        }
        // A sequence longer than the whole queue may still be queued, alone.
        let cost = sequence.ids.len().min(self.config.queue_tokens);
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        let admission = Arc::clone(&self.admission).acquire_many_owned(cost);
        let permit = match timeout_at(deadline, admission).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => return Wait::Ready(Err(cancelled())),
            Err(_) => return Wait::Ready(Err(overloaded())),
        };
        // Somebody may have brought the same sequence meanwhile.
        let claim = self.shared.table.claim(key);
        if matches!(claim, Claim::Own(_)) {
            let stats = &self.shared.stats;
            stats.queued_sequences.fetch_add(1, Relaxed);
            stats.queued_tokens.fetch_add(sequence.ids.len(), Relaxed);
            let since = Instant::now();
            self.shared.queue.push(Item {
                key,
                sequence: sequence.clone(),
                since,
                _permit: permit,
            });
        }
        self.wait(claim, key, sequence)
    }

    fn wait(&self, claim: Claim, key: Key, sequence: &Encoded) -> Wait {
        let (tokens, truncated) = (sequence.ids.len(), sequence.truncated);
        match claim {
            Claim::Known(judgement) => {
                self.shared.stats.cache_hits.fetch_add(1, Relaxed);
                Wait::Ready(Ok(Score {
                    value: f64::from(judgement.value),
                    parts: judgement.parts,
                    tokens,
                    truncated,
                    cached: true,
                    queued: Duration::ZERO,
                    worked: Duration::ZERO,
                }))
            }
            Claim::Shared(receiver) => {
                self.shared.stats.coalesced.fetch_add(1, Relaxed);
                Wait::Pending { key, receiver, tokens, truncated }
            }
            Claim::Own(receiver) => Wait::Pending { key, receiver, tokens, truncated },
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.shared.queue.close();
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        // The last handle may be dropped by a task of the runtime: the thread finishes what was
        // accepted by itself, and is only joined where waiting cannot block a task.
        if let Some(thread) = thread
            && tokio::runtime::Handle::try_current().is_err()
        {
            drop(thread.join());
        }
    }
}

impl Shared {
    fn run(&self, model: &RewardModel, config: &LaneConfig) {
        let budget = Budget {
            tokens: config.batch_tokens,
            sequences: config.batch_sequences,
            window: config.batch_sequences.saturating_mul(4),
        };
        while let Some(batch) = self.queue.next(&budget, model.shares_beginnings()) {
            for item in &batch {
                self.stats.queued_sequences.fetch_sub(1, Relaxed);
                self.stats.queued_tokens.fetch_sub(item.sequence.ids.len(), Relaxed);
            }
            let (batch, left): (Vec<_>, Vec<_>) =
                batch.into_iter().partition(|item| self.table.begin(item.key));
            self.stats.abandoned.fetch_add(left.len() as u64, Relaxed);
            if !batch.is_empty() {
                self.forward(model, &batch);
            }
        }
    }

    /// Scores a batch; if that fails, each sequence alone, so that one cannot void the others.
    fn forward(&self, model: &RewardModel, batch: &[Item]) {
        let begun = Instant::now();
        let outcome = attempt(model, batch);
        let worked = begun.elapsed();
        self.count(batch, worked);
        match outcome {
            Ok(values) => {
                self.stats.failing.store(0, Relaxed);
                for (item, value) in batch.iter().zip(values) {
                    let queued = begun.duration_since(item.since);
                    let done = finite(value).map(|judgement| Done { judgement, queued, worked });
                    self.settle(item, &done);
                }
            }
            Err(_) if batch.len() > 1 => {
                for item in batch {
                    self.forward(model, std::slice::from_ref(item));
                }
            }
            Err(miss) => {
                self.stats.failing.fetch_add(1, Relaxed);
                for item in batch {
                    self.settle(item, &Err(miss.clone()));
                }
            }
        }
    }

    fn settle(&self, item: &Item, outcome: &Outcome) {
        if outcome.is_err() {
            self.stats.failed.fetch_add(1, Relaxed);
        }
        self.table.settle(item.key, outcome);
    }

    fn count(&self, batch: &[Item], worked: Duration) {
        let tokens: usize = batch.iter().map(|item| item.sequence.ids.len()).sum();
        let nanos = u64::try_from(worked.as_nanos()).unwrap_or(u64::MAX);
        self.stats.batches.fetch_add(1, Relaxed);
        self.stats.sequences.fetch_add(batch.len() as u64, Relaxed);
        self.stats.tokens.fetch_add(tokens as u64, Relaxed);
        self.stats.busy_nanos.fetch_add(nanos, Relaxed);
    }
}

/// A forward pass; a panic in it is an error of this batch, not of the lane.
fn attempt(model: &RewardModel, batch: &[Item]) -> Result<Vec<Judgement>, Miss> {
    let sequences: Vec<_> = batch.iter().map(|item| &item.sequence).collect();
    match catch_unwind(AssertUnwindSafe(|| model.score(&sequences))) {
        Ok(Ok(values)) => Ok(values),
        Ok(Err(error)) => Err(model_error(format!("the forward pass failed: {error}"))),
        Err(_) => Err(model_error("the forward pass panicked".to_owned())),
    }
}

fn warm_up(model: &RewardModel) -> Result<(), LoadError> {
    let sequence = Encoded { ids: vec![0; 8], marks: vec![0], ..Encoded::default() };
    let scores = model.score(&[&sequence])?;
    match scores.into_iter().next().map(finite) {
        Some(Ok(_)) => Ok(()),
        _ => Err(LoadError::Option("the model's first score is not a finite number".to_owned())),
    }
}

fn finite(judgement: Judgement) -> Result<Judgement, Miss> {
    if judgement.value.is_finite() {
        Ok(judgement)
    } else {
        Err(model_error(format!("the model's output is not finite ({})", judgement.value)))
    }
}

fn model_error(message: String) -> Miss {
    Miss::new(MissStatus::ModelError, message)
}

fn timed_out() -> Miss {
    Miss::new(MissStatus::Timeout, "the score was still being computed at the deadline")
}

fn overloaded() -> Miss {
    Miss::new(MissStatus::Overloaded, "the model was busy with other work until the deadline")
}

fn cancelled() -> Miss {
    Miss::new(MissStatus::Cancelled, "the model was unloaded")
}
