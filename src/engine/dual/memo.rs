//! Embeddings that are known, by the content they are of.

use std::{
    num::NonZeroUsize,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use lru::LruCache;

use crate::{
    domain::{Embeddable, Embedding, Image},
    engine::key::{Key, Keys},
};

/// A bounded cache of embeddings.
#[derive(Debug)]
pub(super) struct Memo {
    known: Option<Mutex<LruCache<Key, Embedding>>>,
    hits: AtomicU64,
    keys: Keys,
}

impl Memo {
    /// A cache of up to `capacity` embeddings (0: none).
    pub(super) fn new(capacity: usize) -> Self {
        let known = NonZeroUsize::new(capacity).map(|capacity| Mutex::new(LruCache::new(capacity)));
        Self { known, hits: AtomicU64::new(0), keys: Keys::new() }
    }

    fn lock(&self) -> Option<MutexGuard<'_, LruCache<Key, Embedding>>> {
        Some(self.known.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn key(&self, input: &Embeddable) -> Key {
        match input {
            Embeddable::Image(image) => self.image_key(image),
            Embeddable::Text(text) => self.keys.of(&(false, text)),
        }
    }

    pub(super) fn image_key(&self, image: &Image) -> Key {
        self.keys.of(&(true, image))
    }

    pub(super) fn get(&self, key: Key) -> Option<Embedding> {
        let known = self.lock()?.get(&key).cloned()?;
        self.hits.fetch_add(1, Relaxed);
        Some(Embedding { cached: true, ..known })
    }

    pub(super) fn put(&self, key: Key, embedding: Embedding) {
        if let Some(mut known) = self.lock() {
            known.put(key, embedding);
        }
    }

    /// How often [`get`](Self::get) knew the answer.
    pub(super) fn hits(&self) -> u64 {
        self.hits.load(Relaxed)
    }
}
