//! Threads that embed what is queued: bounded, in batches formed when a model is free.

use std::{
    collections::{HashMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::JoinHandle,
    time::Instant,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout_at,
};

use crate::{
    domain::{Miss, MissStatus},
    engine::{
        Snapshot,
        allowance::Allowance,
        budget::Budget,
        key::Key,
        stats::Stats,
        unscored::{cancelled, overloaded, timed_out},
    },
    model::{Embedded, ForwardError, LoadError},
};

/// Bounds of a worker, in tokens (for images: patches) but for `items`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Of one forward pass.
    pub(super) batch: usize,
    /// Items of one forward pass.
    pub(super) items: usize,
    /// That may wait; more wait at the door.
    pub(super) queue: usize,
}

type Outcome = Result<Embedded, Miss>;

/// Embeds a batch.
type Forward<T> = dyn Fn(&[&T]) -> Result<Vec<Embedded>, ForwardError>;

/// One input. Its permit is given back when it is dropped, on whatever path.
struct Item<T> {
    key: Key,
    input: T,
    cost: usize,
    answer: oneshot::Sender<Outcome>,
    begun: Arc<AtomicBool>,
    _permit: OwnedSemaphorePermit,
}

struct Shared<T> {
    queue: Mutex<(VecDeque<Item<T>>, bool)>,
    filled: Condvar,
    stats: Stats,
    name: String,
    tokens: Allowance,
}

/// A queue with its threads. Dropping it finishes what was accepted.
pub(super) struct Worker<T> {
    shared: Arc<Shared<T>>,
    admission: Arc<Semaphore>,
    bounds: Bounds,
    threads: Vec<JoinHandle<()>>,
}

impl<T> std::fmt::Debug for Worker<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("bounds", &self.bounds).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Worker<T> {
    /// Starts a thread for each of `forwards`, which embeds by it.
    pub(super) fn start<F>(
        name: &str,
        bounds: Bounds,
        forwards: impl IntoIterator<Item = F>,
    ) -> Result<Self, LoadError>
    where
        F: Fn(&[&T]) -> Result<Vec<Embedded>, ForwardError> + Send + 'static,
    {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            filled: Condvar::new(),
            stats: Stats::default(),
            name: name.to_owned(),
            tokens: Allowance::new(bounds.batch),
        });
        let admission = Arc::new(Semaphore::new(bounds.queue.min(u32::MAX as usize)));
        let mut worker = Self { shared, admission, bounds, threads: Vec::new() };
        for forward in forwards {
            let shared = Arc::clone(&worker.shared);
            let thread = std::thread::Builder::new()
                .name(format!("lane-{name}"))
                .spawn(move || shared.work(bounds, &forward))
                .map_err(|error| {
                    LoadError::Unusable(format!("no thread for the model: {error}"))
                })?;
            worker.threads.push(thread);
        }
        Ok(worker)
    }

    pub(super) fn threads(&self) -> usize {
        self.threads.len()
    }

    pub(super) fn stats(&self) -> Snapshot {
        self.shared.stats.snapshot()
    }

    /// The input's embedding; at the deadline an `overloaded` miss if it was not begun, else `timeout`.
    pub(super) async fn run(
        &self,
        key: Key,
        input: T,
        cost: usize,
        deadline: tokio::time::Instant,
    ) -> Outcome {
        let permits = u32::try_from(cost.min(self.bounds.queue)).unwrap_or(u32::MAX);
        let admission = Arc::clone(&self.admission).acquire_many_owned(permits);
        let permit = match timeout_at(deadline, admission).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => return Err(cancelled()),
            Err(_) => return Err(overloaded()),
        };
        let (answer, receiver) = oneshot::channel();
        let begun = Arc::new(AtomicBool::new(false));
        let stats = &self.shared.stats;
        stats.queued_sequences.fetch_add(1, Relaxed);
        stats.queued_tokens.fetch_add(cost, Relaxed);
        let item = Item { key, input, cost, answer, begun: Arc::clone(&begun), _permit: permit };
        self.shared.push(item);
        match timeout_at(deadline, receiver).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err(cancelled()),
            Err(_) if begun.load(Relaxed) => Err(timed_out()),
            Err(_) => Err(overloaded()),
        }
    }
}

impl<T> Drop for Worker<T> {
    fn drop(&mut self) {
        self.shared.lock().1 = true;
        self.shared.filled.notify_all();
        // The last handle may be dropped by a task of the runtime: the threads then end by themselves.
        if tokio::runtime::Handle::try_current().is_err() {
            for thread in self.threads.drain(..) {
                drop(thread.join());
            }
        }
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, (VecDeque<Item<T>>, bool)> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, item: Item<T>) {
        self.lock().0.push_back(item);
        self.filled.notify_one();
    }

    /// The next batch; `None` when the queue is closed and empty.
    fn next(&self, bounds: Bounds) -> Option<Vec<Item<T>>> {
        let mut queue = self.lock();
        while queue.0.is_empty() {
            if queue.1 {
                return None;
            }
            queue = self.filled.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        let budget = Budget {
            tokens: self.tokens.now(),
            sequences: bounds.items,
            window: bounds.items.saturating_mul(4),
        };
        let chosen = budget.select(queue.0.iter().map(|item| item.cost), |cost, _| cost);
        // From the back, so that the indices before stay right.
        let mut batch: Vec<_> =
            chosen.iter().rev().filter_map(|index| queue.0.remove(*index)).collect();
        batch.reverse();
        Some(batch)
    }

    fn work(&self, bounds: Bounds, forward: &Forward<T>) {
        while let Some(batch) = self.next(bounds) {
            for item in &batch {
                self.stats.queued_sequences.fetch_sub(1, Relaxed);
                self.stats.queued_tokens.fetch_sub(item.cost, Relaxed);
                item.begun.store(true, Relaxed);
            }
            let (batch, left): (Vec<_>, Vec<_>) =
                batch.into_iter().partition(|item| !item.answer.is_closed());
            self.stats.abandoned.fetch_add(left.len() as u64, Relaxed);
            // Equal inputs of several requests are computed once.
            let mut by_key: HashMap<Key, Vec<Item<T>>> = HashMap::new();
            let mut order = Vec::new();
            for item in batch {
                let equal = by_key.entry(item.key).or_default();
                if equal.is_empty() {
                    order.push(item.key);
                }
                equal.push(item);
            }
            let batch: Vec<_> = order.iter().filter_map(|key| by_key.remove(key)).collect();
            if !batch.is_empty() {
                self.embed(batch, forward);
            }
        }
    }

    /// Embeds a batch; if that fails, its halves, so that one input cannot void the others and what is too large for the
    /// device is cut to what fits.
    fn embed(&self, mut batch: Vec<Vec<Item<T>>>, forward: &Forward<T>) {
        let inputs: Vec<&T> = batch.iter().map(|equal| &equal[0].input).collect();
        match self.attempt(&inputs, forward) {
            Ok(values) if values.len() == inputs.len() => {
                for (equal, value) in batch.into_iter().zip(values) {
                    answer(equal, &Ok(value));
                }
            }
            Err(error) if inputs.len() > 1 => {
                if matches!(error, ForwardError::OutOfMemory(_)) {
                    self.lower(&batch);
                }
                let back = batch.split_off(batch.len() / 2);
                self.embed(batch, forward);
                self.embed(back, forward);
            }
            other => {
                let miss = match other {
                    Err(error) => failed(format!("the forward pass failed: {error}")),
                    Ok(_) => failed("the model answered too few embeddings".to_owned()),
                };
                self.stats.failed.fetch_add(inputs.len() as u64, Relaxed);
                for equal in batch {
                    answer(equal, &Err(miss.clone()));
                }
            }
        }
    }

    /// Batches are smaller from now on: this one did not fit.
    fn lower(&self, batch: &[Vec<Item<T>>]) {
        let tokens = batch.iter().map(|equal| equal[0].cost).sum();
        if let Some(now) = self.tokens.lower(tokens) {
            let lane = self.name.as_str();
            tracing::warn!(lane, tokens, now, "out of memory: batches of fewer tokens from now on");
        }
    }

    /// A forward pass; a panic in it is an error of this batch, not of the thread.
    fn attempt(&self, inputs: &[&T], forward: &Forward<T>) -> Result<Vec<Embedded>, ForwardError> {
        let begun = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| forward(inputs)));
        let nanos = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.stats.batches.fetch_add(1, Relaxed);
        self.stats.sequences.fetch_add(inputs.len() as u64, Relaxed);
        self.stats.busy_nanos.fetch_add(nanos, Relaxed);
        let outcome =
            outcome.unwrap_or_else(|_| Err(ForwardError::Failed("it panicked".to_owned())));
        match &outcome {
            Ok(_) => self.stats.failing.store(0, Relaxed),
            Err(_) => drop(self.stats.failing.fetch_add(1, Relaxed)),
        }
        outcome
    }
}

/// Answers all who asked for one input.
fn answer<T>(equal: Vec<Item<T>>, outcome: &Outcome) {
    for item in equal {
        // A waiter that left needs no answer.
        drop(item.answer.send(outcome.clone()));
    }
}

fn failed(message: String) -> Miss {
    Miss::new(MissStatus::ModelError, message)
}
