//! Which queued sequences form the next forward pass. Pure.

/// How much one forward pass may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Budget {
    /// Tokens, summed over sequences.
    pub(super) tokens: usize,
    /// Sequences.
    pub(super) sequences: usize,
    /// How far behind the oldest a sequence may be and still be taken.
    pub(super) window: usize,
}

impl Budget {
    /// Indices of the sequences to take, ascending, given all lengths from the oldest on.
    ///
    /// The oldest is always taken, even when it alone exceeds the budget, so nothing waits for ever;
    /// behind it, those within the window that still fit.
    pub(super) fn select(&self, lengths: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut taken = Vec::new();
        let mut tokens = 0;
        for (index, length) in lengths.into_iter().take(self.window.max(1)).enumerate() {
            if taken.len() == self.sequences.max(1) {
                break;
            }
            if index == 0 || tokens + length <= self.tokens {
                taken.push(index);
                tokens += length;
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BUDGET: Budget = Budget { tokens: 100, sequences: 8, window: 16 };

    #[test]
    fn a_long_one_is_passed_over_but_not_for_ever() {
        assert_eq!(BUDGET.select([60, 50, 30, 10]), [0, 2, 3]);
        assert_eq!(BUDGET.select([50, 10]), [0, 1]);
        assert_eq!(BUDGET.select([500, 10]), [0]);
        assert_eq!(BUDGET.select([]), [0; 0]);
    }

    proptest! {
        #[test]
        fn the_oldest_goes_and_the_bounds_hold(lengths in prop::collection::vec(1_usize..200, 1..40)) {
            let taken = BUDGET.select(lengths.iter().copied());
            prop_assert_eq!(taken[0], 0);
            prop_assert!(taken.is_sorted() && taken.len() <= BUDGET.sequences);
            prop_assert!(taken.iter().all(|index| *index < BUDGET.window));
            let tokens: usize = taken.iter().map(|index| lengths[*index]).sum();
            prop_assert!(tokens <= BUDGET.tokens || taken.len() == 1);
        }
    }
}
