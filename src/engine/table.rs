//! What a lane has scored, and who waits for what it is scoring.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

use lru::LruCache;
use tokio::sync::oneshot;

use super::{
    key::{Key, Keys},
    lane::Outcome,
};
use crate::model::{Encoded, Judgement};

/// How a score will come.
#[derive(Debug)]
pub(super) enum Claim {
    /// It is known.
    Known(Judgement),
    /// Somebody else's work will bring it.
    Shared(oneshot::Receiver<Outcome>),
    /// It must be queued by the claimant.
    Own(oneshot::Receiver<Outcome>),
}

#[derive(Debug)]
struct Inner {
    scores: Option<LruCache<Key, Judgement>>,
    waiting: HashMap<Key, Work>,
}

/// Work that is queued or going on.
#[derive(Debug, Default)]
struct Work {
    begun: bool,
    waiters: Vec<oneshot::Sender<Outcome>>,
}

/// A bounded cache of scores, and the waiters of work in flight.
#[derive(Debug)]
pub(super) struct Table {
    inner: Mutex<Inner>,
    keys: Keys,
}

impl Table {
    /// A table that remembers up to `capacity` scores (0: none).
    pub(super) fn new(capacity: usize) -> Self {
        let scores = NonZeroUsize::new(capacity).map(LruCache::new);
        let inner = Mutex::new(Inner { scores, waiting: HashMap::new() });
        Self { inner, keys: Keys::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn key(&self, sequence: &Encoded) -> Key {
        self.keys.of(&(&sequence.ids, &sequence.type_ids))
    }

    /// The score, if it is known or on its way.
    pub(super) fn peek(&self, key: Key) -> Option<Claim> {
        let mut inner = self.lock();
        if let Some(score) = inner.scores.as_mut().and_then(|scores| scores.get(&key)) {
            return Some(Claim::Known(score.clone()));
        }
        let work = inner.waiting.get_mut(&key)?;
        let (sender, receiver) = oneshot::channel();
        work.waiters.push(sender);
        Some(Claim::Shared(receiver))
    }

    /// The score as [`peek`](Self::peek) finds it, or the duty to queue the work.
    pub(super) fn claim(&self, key: Key) -> Claim {
        if let Some(claim) = self.peek(key) {
            return claim;
        }
        let (sender, receiver) = oneshot::channel();
        let mut inner = self.lock();
        let work = inner.waiting.entry(key).or_default();
        let first = work.waiters.is_empty();
        work.waiters.push(sender);
        if first { Claim::Own(receiver) } else { Claim::Shared(receiver) }
    }

    /// Begins the work for `key`; false, and it is forgotten, if nobody waits for it any more.
    pub(super) fn begin(&self, key: Key) -> bool {
        let mut inner = self.lock();
        let wanted = inner.waiting.get_mut(&key).is_some_and(|work| {
            work.begun = true;
            work.waiters.iter().any(|waiter| !waiter.is_closed())
        });
        if !wanted {
            inner.waiting.remove(&key);
        }
        wanted
    }

    /// Whether the work for `key` is going on, and not only queued.
    pub(super) fn has_begun(&self, key: Key) -> bool {
        self.lock().waiting.get(&key).is_some_and(|work| work.begun)
    }

    /// Answers all who wait for `key`, and remembers a score.
    pub(super) fn settle(&self, key: Key, outcome: &Outcome) {
        let mut inner = self.lock();
        if let (Ok(done), Some(scores)) = (outcome, inner.scores.as_mut()) {
            scores.put(key, done.judgement.clone());
        }
        for waiter in inner.waiting.remove(&key).unwrap_or_default().waiters {
            // A waiter that left needs no answer.
            drop(waiter.send(outcome.clone()));
        }
    }
}
