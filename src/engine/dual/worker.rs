//! A thread that embeds what is queued: bounded, in batches formed when the model is free.

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
    engine::{Snapshot, budget::Budget, key::Key, stats::Stats},
    model::{Embedded, LoadError},
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
type Forward<T> = dyn Fn(&[&T]) -> Result<Vec<Embedded>, String>;

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
}

/// A queue with its thread. Dropping it finishes what was accepted.
pub(super) struct Worker<T> {
    shared: Arc<Shared<T>>,
    admission: Arc<Semaphore>,
    bounds: Bounds,
    thread: Option<JoinHandle<()>>,
}

impl<T> std::fmt::Debug for Worker<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("bounds", &self.bounds).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Worker<T> {
    /// Starts a thread that embeds by `forward`.
    pub(super) fn start(
        name: &str,
        bounds: Bounds,
        forward: impl Fn(&[&T]) -> Result<Vec<Embedded>, String> + Send + 'static,
    ) -> Result<Self, LoadError> {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            filled: Condvar::new(),
            stats: Stats::default(),
        });
        let worker = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name(format!("lane-{name}"))
            .spawn(move || worker.work(bounds, &forward))
            .map_err(|error| LoadError::Option(format!("no thread for the model: {error}")))?;
        let admission = Arc::new(Semaphore::new(bounds.queue.min(u32::MAX as usize)));
        Ok(Self { shared, admission, bounds, thread: Some(thread) })
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
            Err(_) if begun.load(Relaxed) => {
                let message = "the embedding was still being computed at the deadline";
                Err(Miss::new(MissStatus::Timeout, message))
            }
            Err(_) => Err(overloaded()),
        }
    }
}

impl<T> Drop for Worker<T> {
    fn drop(&mut self) {
        self.shared.lock().1 = true;
        self.shared.filled.notify_one();
        // The last handle may be dropped by a task of the runtime: the thread then ends by itself.
        if let Some(thread) = self.thread.take()
            && tokio::runtime::Handle::try_current().is_err()
        {
            drop(thread.join());
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
    fn next(&self, budget: &Budget) -> Option<Vec<Item<T>>> {
        let mut queue = self.lock();
        while queue.0.is_empty() {
            if queue.1 {
                return None;
            }
            queue = self.filled.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        let chosen = budget.select(queue.0.iter().map(|item| item.cost), |cost, _| cost);
        // From the back, so that the indices before stay right.
        let mut batch: Vec<_> =
            chosen.iter().rev().filter_map(|index| queue.0.remove(*index)).collect();
        batch.reverse();
        Some(batch)
    }

    fn work(&self, bounds: Bounds, forward: &Forward<T>) {
        let budget = Budget {
            tokens: bounds.batch,
            sequences: bounds.items,
            window: bounds.items.saturating_mul(4),
        };
        while let Some(batch) = self.next(&budget) {
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

    /// Embeds a batch; if that fails, each input alone, so that one cannot void the others.
    fn embed(&self, batch: Vec<Vec<Item<T>>>, forward: &Forward<T>) {
        let outcomes = {
            let inputs: Vec<&T> = batch.iter().map(|equal| &equal[0].input).collect();
            let whole = self.attempt(&inputs, forward);
            match whole {
                Ok(values) if values.len() == inputs.len() => values.into_iter().map(Ok).collect(),
                Err(_) if inputs.len() > 1 => inputs
                    .iter()
                    .map(|input| {
                        let one = self.attempt(&[input], forward)?;
                        one.into_iter().next().ok_or_else(lost)
                    })
                    .collect(),
                Ok(_) => vec![Err(lost()); inputs.len()],
                Err(miss) => vec![Err(miss); inputs.len()],
            }
        };
        for (equal, outcome) in batch.into_iter().zip::<Vec<Outcome>>(outcomes) {
            self.stats.failed.fetch_add(u64::from(outcome.is_err()), Relaxed);
            for item in equal {
                // A waiter that left needs no answer.
                drop(item.answer.send(outcome.clone()));
            }
        }
    }

    /// A forward pass; a panic in it is an error of this batch, not of the thread.
    fn attempt(&self, inputs: &[&T], forward: &Forward<T>) -> Result<Vec<Embedded>, Miss> {
        let begun = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| forward(inputs)));
        let nanos = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.stats.batches.fetch_add(1, Relaxed);
        self.stats.sequences.fetch_add(inputs.len() as u64, Relaxed);
        self.stats.busy_nanos.fetch_add(nanos, Relaxed);
        let outcome = match outcome {
            Ok(Ok(values)) => Ok(values),
            Ok(Err(error)) => Err(failed(format!("the forward pass failed: {error}"))),
            Err(_) => Err(failed("the forward pass panicked".to_owned())),
        };
        match &outcome {
            Ok(_) => self.stats.failing.store(0, Relaxed),
            Err(_) => drop(self.stats.failing.fetch_add(1, Relaxed)),
        }
        outcome
    }
}

fn failed(message: String) -> Miss {
    Miss::new(MissStatus::ModelError, message)
}

fn lost() -> Miss {
    failed("the model answered too few embeddings".to_owned())
}

fn overloaded() -> Miss {
    Miss::new(MissStatus::Overloaded, "the model was busy with other work until the deadline")
}

fn cancelled() -> Miss {
    Miss::new(MissStatus::Cancelled, "the model was unloaded")
}
