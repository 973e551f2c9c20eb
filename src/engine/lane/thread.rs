//! The threads of a lane, one per replica of its model: batches are formed when one is free, and a failure is kept to the
//! sequences it belongs to.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use super::{Done, Outcome};
use crate::{
    domain::{Miss, MissStatus},
    engine::{
        allowance::{Allowance, fitting},
        budget::Budget,
        queue::{Item, Queue},
        stats::Stats,
        table::Table,
    },
    model::{Encoded, ForwardError, Judgement, LoadError, RewardModel},
};

/// What a lane's threads ask of a model.
pub(super) trait Scorer {
    /// What it says of each sequence.
    fn score(&self, sequences: &[&Encoded]) -> Result<Vec<Judgement>, ForwardError>;

    /// Whether what sequences begin with alike is computed once.
    fn shares_beginnings(&self) -> bool;

    /// Sequences that need as much memory as any batch of so many tokens; none where memory is not scarce.
    fn filling(&self, tokens: usize) -> Vec<Encoded>;
}

impl Scorer for Arc<RewardModel> {
    fn score(&self, sequences: &[&Encoded]) -> Result<Vec<Judgement>, ForwardError> {
        RewardModel::score(self, sequences)
    }

    fn shares_beginnings(&self) -> bool {
        RewardModel::shares_beginnings(self)
    }

    fn filling(&self, tokens: usize) -> Vec<Encoded> {
        // A CPU's memory is not probed: it would take a batch's time, and the system swaps before it refuses.
        if self.is_on_gpu() { RewardModel::filling(self, tokens) } else { Vec::new() }
    }
}

/// What a lane's handle and its threads share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) name: String,
    pub(super) queue: Queue,
    pub(super) table: Table,
    pub(super) stats: Stats,
    pub(super) tokens: Allowance,
    pub(super) sequences: usize,
}

impl Shared {
    /// One thread's work, until the queue is closed and empty.
    pub(super) fn run(&self, model: &impl Scorer) {
        let budget = || Budget {
            tokens: self.tokens.now(),
            sequences: self.sequences,
            window: self.sequences.saturating_mul(4),
        };
        while let Some(batch) = self.queue.next(budget, model.shares_beginnings()) {
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

    /// Scores a batch; if that fails, its halves, so that one sequence cannot void the others and what is too large for the
    /// device is cut to what fits.
    fn forward(&self, model: &impl Scorer, batch: &[Item]) {
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
            Err(error) if batch.len() > 1 => {
                if matches!(error, ForwardError::OutOfMemory(_)) {
                    self.lower(batch);
                }
                let (front, back) = batch.split_at(batch.len() / 2);
                self.forward(model, front);
                self.forward(model, back);
            }
            Err(error) => {
                self.stats.failing.fetch_add(1, Relaxed);
                let miss = model_error(format!("the forward pass failed: {error}"));
                for item in batch {
                    self.settle(item, &Err(miss.clone()));
                }
            }
        }
    }

    /// Batches are smaller from now on: this one did not fit.
    fn lower(&self, batch: &[Item]) {
        let tokens = batch.iter().map(|item| item.sequence.ids.len()).sum();
        if let Some(now) = self.tokens.lower(tokens) {
            let model = self.name.as_str();
            tracing::warn!(
                model,
                tokens,
                now,
                "out of memory: batches of fewer tokens from now on"
            );
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
fn attempt(model: &impl Scorer, batch: &[Item]) -> Result<Vec<Judgement>, ForwardError> {
    let sequences: Vec<_> = batch.iter().map(|item| &item.sequence).collect();
    catch_unwind(AssertUnwindSafe(|| model.score(&sequences)))
        .unwrap_or_else(|_| Err(ForwardError::Failed("it panicked".to_owned())))
}

/// Has a model score for the first time, a small batch and then as large a one as there will be. How many tokens a batch may
/// have: `tokens`, halved until the device has the memory.
pub(super) fn warm_up(model: &impl Scorer, tokens: usize) -> Result<usize, LoadError> {
    let sequence = Encoded { ids: vec![0; 8], marks: vec![0], ..Encoded::default() };
    let scores = model.score(&[&sequence])?;
    match scores.into_iter().next().map(finite) {
        Some(Ok(_)) => {}
        _ => {
            let message = "the model's first score is not a finite number".to_owned();
            return Err(LoadError::Unusable(message));
        }
    }
    let fits = fitting(tokens, |tokens| {
        let filling = model.filling(tokens);
        if filling.is_empty() {
            return Ok(());
        }
        model.score(&filling.iter().collect::<Vec<_>>()).map(drop)
    })?;
    Ok(fits)
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::sync::{Semaphore, oneshot};

    use super::*;
    use crate::engine::table::Claim;

    /// A device with memory for so many tokens, on which one token is poison.
    struct Small {
        memory: usize,
        passes: Mutex<Vec<Vec<u32>>>,
    }

    const POISON: u32 = 666;

    impl Small {
        fn new(memory: usize) -> Self {
            Self { memory, passes: Mutex::default() }
        }

        /// The first token of each sequence of each pass so far.
        fn passes(&self) -> Vec<Vec<u32>> {
            self.passes.lock().unwrap().clone()
        }
    }

    impl Scorer for Small {
        fn score(&self, sequences: &[&Encoded]) -> Result<Vec<Judgement>, ForwardError> {
            self.passes.lock().unwrap().push(sequences.iter().map(|one| one.ids[0]).collect());
            if sequences.iter().map(|one| one.ids.len()).sum::<usize>() > self.memory {
                return Err(ForwardError::OutOfMemory("a test".to_owned()));
            }
            assert!(sequences.iter().all(|one| one.ids[0] != POISON), "poison");
            let judgement = |one: &&Encoded| Judgement { value: one.ids[0] as f32, parts: None };
            Ok(sequences.iter().map(judgement).collect())
        }

        fn shares_beginnings(&self) -> bool {
            false
        }

        fn filling(&self, tokens: usize) -> Vec<Encoded> {
            vec![Encoded { ids: vec![0; tokens], ..Encoded::default() }]
        }
    }

    fn shared(tokens: usize) -> Shared {
        Shared {
            name: "test".to_owned(),
            queue: Queue::default(),
            table: Table::new(0),
            stats: Stats::default(),
            tokens: Allowance::new(tokens),
            sequences: 100,
        }
    }

    /// Queues a sequence of `length` tokens that begins with `first`.
    fn queue(shared: &Shared, first: u32, length: usize) -> oneshot::Receiver<Outcome> {
        let mut ids = vec![0; length];
        ids[0] = first;
        let sequence = Encoded { ids, ..Encoded::default() };
        let key = shared.table.key(&sequence);
        let Claim::Own(receiver) = shared.table.claim(key) else { panic!("{first} is there") };
        shared.stats.queued_sequences.fetch_add(1, Relaxed);
        shared.stats.queued_tokens.fetch_add(length, Relaxed);
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        shared.queue.push(Item { key, sequence, since: Instant::now(), _permit: permit });
        receiver
    }

    fn values(receivers: Vec<oneshot::Receiver<Outcome>>) -> Vec<Result<f32, String>> {
        let value = |receiver: oneshot::Receiver<Outcome>| {
            let outcome = receiver.blocking_recv().unwrap();
            outcome.map(|done| done.judgement.value).map_err(|miss| miss.message.into_owned())
        };
        receivers.into_iter().map(value).collect()
    }

    #[test]
    fn a_batch_too_large_is_halved_and_later_ones_are_smaller() {
        let (shared, model) = (shared(40), Small::new(25));
        // Four of 10 tokens are the first batch; the fifth comes behind, with two more.
        let receivers: Vec<_> = (1..=7).map(|first| queue(&shared, first, 10)).collect();
        shared.queue.close();
        shared.run(&model);
        let all: Vec<_> = (1_u8..=7).map(|value| Ok(f32::from(value))).collect();
        assert_eq!(values(receivers), all);
        assert_eq!(model.passes(), [vec![1, 2, 3, 4], vec![1, 2], vec![3, 4], vec![5, 6], vec![7]]);
        assert_eq!(shared.tokens.now(), 20);
        assert_eq!(shared.stats.snapshot().failing, 0);
    }

    #[test]
    fn a_sequence_too_large_for_the_device_is_its_own_miss() {
        let (shared, model) = (shared(100), Small::new(25));
        let receivers =
            [(1, 10), (2, 30), (3, 10)].map(|(first, length)| queue(&shared, first, length));
        shared.queue.close();
        shared.run(&model);
        let found = values(receivers.into());
        assert_eq!((&found[0], &found[2]), (&Ok(1.0), &Ok(3.0)));
        assert!(found[1].as_ref().unwrap_err().contains("out of memory"), "{found:?}");
        assert_eq!(shared.stats.snapshot().failed, 1);
    }

    #[test]
    fn a_panic_costs_one_sequence_and_few_passes() {
        let (shared, model) = (shared(1000), Small::new(1000));
        let firsts = [1, 2, 3, 4, 5, POISON, 7, 8];
        let receivers = firsts.map(|first| queue(&shared, first, 2));
        shared.queue.close();
        shared.run(&model);
        for (first, found) in firsts.iter().zip(values(receivers.into())) {
            assert_eq!(found.is_err(), *first == POISON, "{first}: {found:?}");
        }
        // Eight, four and four, two and two, one and one.
        assert_eq!(model.passes().len(), 7);
        assert_eq!(shared.tokens.now(), 1000);
    }

    #[test]
    fn several_threads_empty_one_queue() {
        let shared = shared(8);
        let receivers: Vec<_> = (1..=100).map(|first| queue(&shared, first, 4)).collect();
        shared.queue.close();
        let models = [Small::new(100), Small::new(100)];
        std::thread::scope(|scope| {
            for model in &models {
                scope.spawn(|| shared.run(model));
            }
        });
        let all: Vec<_> = (1_u8..=100).map(|value| Ok(f32::from(value))).collect();
        assert_eq!(values(receivers), all);
        assert_eq!(models.iter().map(|model| model.passes().len()).sum::<usize>(), 50);
    }

    #[test]
    fn the_first_scores_find_what_fits() {
        assert_eq!(warm_up(&Small::new(5000), 1 << 14).unwrap(), 4096);
        assert_eq!(warm_up(&Small::new(1 << 20), 1 << 14).unwrap(), 1 << 14);
        let nothing = warm_up(&Small::new(4), 1 << 14).unwrap_err();
        assert!(matches!(nothing, LoadError::Forward(ForwardError::OutOfMemory(_))), "{nothing}");
    }
}
