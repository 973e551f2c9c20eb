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
