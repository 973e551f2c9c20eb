//! How many tokens one forward pass may have.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The share of the first allowance below which none goes: a shortage may pass, and batches of nothing help nobody.
const LEAST: usize = 16;

/// Tokens of one forward pass: as many as were found to fit, and fewer once the device ran out of memory.
#[derive(Debug)]
pub(super) struct Allowance {
    now: AtomicUsize,
    least: usize,
}

impl Allowance {
    pub(super) fn new(tokens: usize) -> Self {
        Self { now: AtomicUsize::new(tokens), least: (tokens / LEAST).max(1) }
    }

    pub(super) fn now(&self) -> usize {
        self.now.load(Relaxed)
    }

    /// A batch of so many tokens did not fit: from now on at most half of it, and half of what was allowed before where it
    /// had more (what begins alike stays together). `None` when that changes nothing.
    pub(super) fn lower(&self, tokens: usize) -> Option<usize> {
        let less = |now: usize| (now.min(tokens) / 2).max(self.least);
        let before =
            self.now.fetch_update(Relaxed, Relaxed, |now| Some(now.min(less(now)))).ok()?;
        let now = before.min(less(before));
        (now < before).then_some(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_halves_and_ends() {
        let allowance = Allowance::new(1600);
        assert_eq!(allowance.lower(5000), Some(800));
        assert_eq!(allowance.lower(600), Some(300));
        assert_eq!(allowance.lower(300), Some(150));
        assert_eq!(allowance.lower(150), Some(100));
        assert_eq!((allowance.lower(90), allowance.now()), (None, 100));
    }
}
