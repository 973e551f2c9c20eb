//! Retries of a call that changes state count once.
//!
//! The first call with a key does the work, in a task of its own, so that it ends even if its caller
//! leaves; those that come with the same key meanwhile, or later, get its answer.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;
use tokio::sync::OnceCell;

/// A call's answer, once there is one.
type Slot<T> = Arc<OnceCell<T>>;

/// A key's request, by its digest, and its answer.
type Known<T> = ([u8; 32], Slot<T>);

/// Answers by key, bounded, the least recently asked for first to go.
#[derive(Debug)]
pub(super) struct Replies<T> {
    slots: Option<Mutex<LruCache<String, Known<T>>>>,
}

/// The key was used for another request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct KeyReused;

impl<T: Clone> Replies<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { slots: NonZeroUsize::new(capacity).map(|size| Mutex::new(LruCache::new(size))) }
    }

    /// The place for `key`'s answer; `digest` identifies the request.
    pub(super) fn slot(&self, key: &str, digest: [u8; 32]) -> Result<Slot<T>, KeyReused> {
        let Some(slots) = &self.slots else { return Ok(Slot::default()) };
        let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, slot) = slots.get_or_insert(key.to_owned(), || (digest, Slot::default()));
        if *known == digest { Ok(Arc::clone(slot)) } else { Err(KeyReused) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_answer_and_one_request() {
        let replies = Replies::<u32>::new(1);
        let slot = replies.slot("k", [0; 32]).unwrap();
        slot.set(7).unwrap();
        assert_eq!(replies.slot("k", [0; 32]).unwrap().get(), Some(&7));
        assert_eq!(replies.slot("k", [1; 32]).unwrap_err(), KeyReused);
        // The bound is one key: another one takes its place.
        assert_eq!(replies.slot("l", [1; 32]).unwrap().get(), None);
        assert_eq!(replies.slot("k", [1; 32]).unwrap().get(), None);
    }
}
