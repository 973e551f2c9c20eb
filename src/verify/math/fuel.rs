//! The budget of a grade: counted steps, not time, so that a verdict does not depend on the load.

/// What is left of a budget. One unit is about one elementary operation of a few nanoseconds.
#[derive(Debug)]
pub(super) struct Fuel {
    limit: u64,
    left: u64,
}

/// The budget is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exhausted;

/// The budget of one grade: at most a few milliseconds.
pub(super) const GRADE: u64 = 400_000;

impl Fuel {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, left: limit }
    }

    /// Pays for `units`.
    ///
    /// # Errors
    /// When less than that is left; nothing is left afterwards.
    pub(super) fn spend(&mut self, units: u64) -> Result<(), Exhausted> {
        match self.left.checked_sub(units) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(Exhausted)
            }
        }
    }

    /// Units paid so far.
    pub(super) fn used(&self) -> u64 {
        self.limit - self.left
    }
}
