//! One model at work: admission, queue, thread, cache.

mod thread;

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::Ordering::Relaxed},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout_at,
};

use super::{
    allowance::Allowance,
    key::Key,
    queue::{Item, Queue},
    stats::{Snapshot, Stats},
    table::{Claim, Table},
    unscored::{cancelled, overloaded, timed_out},
};
use crate::{
    domain::{Miss, ModelInfo, Score, Scores},
    model::{Encoded, Judgement, LoadError, RewardModel, TextEncoder},
};
use thread::{Shared, warm_up};

/// Bounds of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneConfig {
    /// Tokens of one forward pass; none: 1 024 on a CPU, whose caches they keep warm, and 16 384 on a GPU, which they keep
    /// busy. On a GPU fewer where its memory is short.
    pub batch_tokens: Option<usize>,
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
            batch_tokens: None,
            batch_sequences: 256,
            queue_tokens: 1 << 20,
            cache_entries: 1 << 16,
        }
    }
}

impl LaneConfig {
    /// Tokens of one forward pass.
    pub(super) fn tokens(&self, on_gpu: bool) -> usize {
        self.batch_tokens.unwrap_or(if on_gpu { 1 << 14 } else { 1 << 10 })
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

/// One model with its queue and a thread per replica. Dropping it finishes what was accepted, then ends the threads.
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
    threads: Mutex<Vec<JoinHandle<()>>>,
}

enum Wait {
    Ready(Result<Score, Miss>),
    Pending { key: Key, receiver: oneshot::Receiver<Outcome>, tokens: usize, truncated: bool },
}

impl Lane {
    /// Starts the threads, one for each of `replicas`, after the first scores of each. There is at least one.
    pub(super) fn start(
        name: &str,
        replicas: &[Arc<RewardModel>],
        calibration: Option<[f64; 2]>,
        config: LaneConfig,
    ) -> Result<Self, LoadError> {
        let model = replicas.first().ok_or_else(|| LoadError::Unusable("no replica".to_owned()))?;
        let mut tokens = config.tokens(model.is_on_gpu());
        for replica in replicas {
            tokens = warm_up(replica, tokens)?;
        }
        let info = ModelInfo {
            sha256: model.sha256().to_owned(),
            dtype: model.dtype().to_owned(),
            template: model.text().template_name(),
            calibration,
        };
        let shared = Arc::new(Shared {
            name: name.to_owned(),
            queue: Queue::default(),
            table: Table::new(config.cache_entries),
            stats: Stats::default(),
            tokens: Allowance::new(tokens),
            sequences: config.batch_sequences,
        });
        // A semaphore counts to about 2⁶¹; a u32 of tokens is what one acquisition can ask for.
        let admission = Arc::new(Semaphore::new(config.queue_tokens.min(u32::MAX as usize)));
        let lane = Self {
            name: name.to_owned(),
            info,
            device: model.device(),
            architecture: model.architecture().to_owned(),
            bytes: model.bytes(),
            text: Arc::clone(model.text()),
            shared,
            admission,
            config,
            threads: Mutex::default(),
        };
        for (index, replica) in replicas.iter().enumerate() {
            lane.spawn(index, Arc::clone(replica))?;
        }
        Ok(lane)
    }

    fn spawn(&self, index: usize, replica: Arc<RewardModel>) -> Result<(), LoadError> {
        let shared = Arc::clone(&self.shared);
        let name = if index == 0 { String::new() } else { format!("-{index}") };
        let thread = std::thread::Builder::new()
            .name(format!("lane-{}{name}", self.name))
            .spawn(move || shared.run(&replica))
            .map_err(|error| LoadError::Unusable(format!("no thread for the model: {error}")))?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
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

    /// Tokens of one forward pass, now: fewer than configured where the device's memory is short.
    #[must_use]
    pub fn batch_tokens(&self) -> usize {
        self.shared.tokens.now()
    }

    /// How many copies of the model serve its queue.
    #[must_use]
    pub fn replicas(&self) -> usize {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).len()
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
        let threads =
            std::mem::take(self.threads.get_mut().unwrap_or_else(PoisonError::into_inner));
        // The last handle may be dropped by a task of the runtime: the threads finish what was accepted by themselves, and
        // are only joined where waiting cannot block a task.
        if tokio::runtime::Handle::try_current().is_err() {
            for thread in threads {
                drop(thread.join());
            }
        }
    }
}
