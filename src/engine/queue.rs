//! The sequences that wait for a lane. Bounded by the permits that items carry.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::sync::OwnedSemaphorePermit;

use super::{
    budget::{Budget, Cost},
    key::Key,
};
use crate::model::{Encoded, shared_beginning};

/// One sequence to score. Its permit is given back when it is dropped, on whatever path.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) key: Key,
    pub(super) sequence: Encoded,
    pub(super) since: Instant,
    pub(super) _permit: OwnedSemaphorePermit,
}

#[derive(Debug, Default)]
struct Inner {
    items: VecDeque<Item>,
    closed: bool,
}

/// Hands items from many tasks to the threads of a lane.
#[derive(Debug, Default)]
pub(super) struct Queue {
    inner: Mutex<Inner>,
    filled: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, item: Item) {
        self.lock().items.push_back(item);
        self.filled.notify_one();
    }

    /// Ends [`next`](Self::next) once what was accepted is done.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    /// The next batch, formed when it is asked for (late binding); waits while there is nothing.
    /// `None` when the queue is closed and empty. `shares`: the model computes what sequences begin with
    /// alike once.
    pub(super) fn next(&self, budget: impl Fn() -> Budget, shares: bool) -> Option<Vec<Item>> {
        let mut inner = self.lock();
        while inner.items.is_empty() {
            if inner.closed {
                return None;
            }
            inner = self.filled.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        let cost = |item: &Encoded, last: Option<&Encoded>| {
            let shared = last.filter(|_| shares).map_or(0, |last| shared_beginning(item, last));
            Cost { tokens: item.ids.len() - shared, shares: shared > 0 }
        };
        let chosen = budget().select(inner.items.iter().map(|item| &item.sequence), cost);
        // From the back, so that the indices before stay right.
        let mut batch: Vec<_> =
            chosen.iter().rev().filter_map(|index| inner.items.remove(*index)).collect();
        batch.reverse();
        Some(batch)
    }
}
