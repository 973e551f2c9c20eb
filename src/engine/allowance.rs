//! How many tokens one forward pass may have.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::model::ForwardError;

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

/// `tokens`, halved until `attempt` at a batch of so many finds the memory for it.
pub(super) fn fitting(
    mut tokens: usize,
    attempt: impl Fn(usize) -> Result<(), ForwardError>,
) -> Result<usize, ForwardError> {
    loop {
        match attempt(tokens) {
            Ok(()) => return Ok(tokens),
            Err(ForwardError::OutOfMemory(_)) if tokens > 1 => tokens /= 2,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_found_by_halving() {
        let memory = |most: usize| {
            move |tokens: usize| {
                let short = ForwardError::OutOfMemory("a test".to_owned());
                if tokens > most { Err(short) } else { Ok(()) }
            }
        };
        assert_eq!(fitting(1000, memory(1000)), Ok(1000));
        assert_eq!(fitting(1000, memory(300)), Ok(250));
        assert!(matches!(fitting(1000, memory(0)), Err(ForwardError::OutOfMemory(_))));
        let broken = |_| Err(ForwardError::Failed("a test".to_owned()));
        assert!(matches!(fitting(1000, broken), Err(ForwardError::Failed(_))));
    }

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
