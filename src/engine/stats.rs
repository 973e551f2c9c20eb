//! What a lane has done, in numbers that anybody may read at any time.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

/// Counters of one lane; written by it, read without locks.
#[derive(Debug, Default)]
pub(super) struct Stats {
    pub(super) batches: AtomicU64,
    pub(super) sequences: AtomicU64,
    pub(super) tokens: AtomicU64,
    pub(super) busy_nanos: AtomicU64,
    pub(super) cache_hits: AtomicU64,
    pub(super) coalesced: AtomicU64,
    pub(super) abandoned: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) queued_sequences: AtomicUsize,
    pub(super) queued_tokens: AtomicUsize,
    /// Batches in a row that failed.
    pub(super) failing: AtomicU64,
}

/// A lane's counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Forward passes.
    pub batches: u64,
    /// Sequences computed.
    pub sequences: u64,
    /// Tokens computed.
    pub tokens: u64,
    /// Time in forward passes.
    pub busy: Duration,
    /// Scores answered from the cache.
    pub cache_hits: u64,
    /// Scores that joined identical work in flight.
    pub coalesced: u64,
    /// Sequences dropped because nobody waited any more.
    pub abandoned: u64,
    /// Sequences that the model failed on.
    pub failed: u64,
    /// Sequences waiting.
    pub queued_sequences: usize,
    /// Tokens waiting.
    pub queued_tokens: usize,
    /// Batches in a row that failed; 0 when healthy.
    pub failing: u64,
}

impl Snapshot {
    /// What two lanes of one model have done together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            batches: self.batches + other.batches,
            sequences: self.sequences + other.sequences,
            tokens: self.tokens + other.tokens,
            busy: self.busy + other.busy,
            cache_hits: self.cache_hits + other.cache_hits,
            coalesced: self.coalesced + other.coalesced,
            abandoned: self.abandoned + other.abandoned,
            failed: self.failed + other.failed,
            queued_sequences: self.queued_sequences + other.queued_sequences,
            queued_tokens: self.queued_tokens + other.queued_tokens,
            failing: self.failing.max(other.failing),
        }
    }
}

impl Stats {
    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            batches: self.batches.load(Relaxed),
            sequences: self.sequences.load(Relaxed),
            tokens: self.tokens.load(Relaxed),
            busy: Duration::from_nanos(self.busy_nanos.load(Relaxed)),
            cache_hits: self.cache_hits.load(Relaxed),
            coalesced: self.coalesced.load(Relaxed),
            abandoned: self.abandoned.load(Relaxed),
            failed: self.failed.load(Relaxed),
            queued_sequences: self.queued_sequences.load(Relaxed),
            queued_tokens: self.queued_tokens.load(Relaxed),
            failing: self.failing.load(Relaxed),
        }
    }
}
