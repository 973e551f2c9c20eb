//! Which queued sequences form the next forward pass. Pure.

/// Sequences that share their beginning with one already taken may take a pass to this many times the budget:
/// in another pass that beginning would be computed again.
const TOGETHER: usize = 4;

/// What a sequence adds to those taken before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    /// Tokens to compute.
    pub(super) tokens: usize,
    /// Whether some of it is computed already.
    pub(super) shares: bool,
}

impl From<usize> for Cost {
    /// Tokens that nothing else shares.
    fn from(tokens: usize) -> Self {
        Self { tokens, shares: false }
    }
}

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
    /// Indices of the sequences to take, ascending, from the oldest on. `cost` is what one
    /// adds to those taken before it, given the last of them.
    ///
    /// The oldest is always taken, even when it alone exceeds the budget, so nothing waits for ever;
    /// behind it, those within the window that still fit.
    pub(super) fn select<T: Copy, C: Into<Cost>>(
        &self,
        sequences: impl IntoIterator<Item = T>,
        cost: impl Fn(T, Option<T>) -> C,
    ) -> Vec<usize> {
        let mut taken = Vec::new();
        let mut tokens = 0;
        let mut last = None;
        for (index, sequence) in sequences.into_iter().take(self.window.max(1)).enumerate() {
            if taken.len() == self.sequences.max(1) {
                break;
            }
            let cost: Cost = cost(sequence, last).into();
            let most = if cost.shares { TOGETHER * self.tokens } else { self.tokens };
            if index == 0 || tokens + cost.tokens <= most {
                taken.push(index);
                tokens += cost.tokens;
                last = Some(sequence);
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
        let select = |lengths: &[usize]| BUDGET.select(lengths.iter().copied(), |length, _| length);
        assert_eq!(select(&[60, 50, 30, 10]), [0, 2, 3]);
        assert_eq!(select(&[50, 10]), [0, 1]);
        assert_eq!(select(&[500, 10]), [0]);
        assert_eq!(select(&[]), [0; 0]);
    }

    #[test]
    fn what_is_shared_with_the_last_one_taken_costs_once() {
        // Each a prompt, and its own tokens behind 40 of the prompt's.
        let cost = |(prompt, own): (char, usize), last: Option<(char, usize)>| {
            let shares = last.is_some_and(|last| last.0 == prompt);
            Cost { tokens: own + if shares { 0 } else { 40 }, shares }
        };
        let select = |sequences: &[(char, usize)]| BUDGET.select(sequences.iter().copied(), cost);
        assert_eq!(select(&[('a', 20), ('a', 20), ('a', 20), ('b', 1)]), [0, 1, 2]);
        // The second is not taken, so the third does not share with it.
        assert_eq!(select(&[('a', 20), ('b', 20), ('b', 5), ('a', 20)]), [0, 3]);
        // A group stays together up to four budgets: 40 + 100 + 100 + 100 + 60.
        assert_eq!(
            select(&[('a', 100), ('a', 100), ('a', 100), ('a', 61), ('a', 60), ('b', 1)]),
            [0, 1, 2, 4]
        );
    }

    proptest! {
        #[test]
        fn the_oldest_goes_and_the_bounds_hold(lengths in prop::collection::vec(1_usize..200, 1..40)) {
            let taken = BUDGET.select(lengths.iter().copied(), |length, _| length);
            prop_assert_eq!(taken[0], 0);
            prop_assert!(taken.is_sorted() && taken.len() <= BUDGET.sequences);
            prop_assert!(taken.iter().all(|index| *index < BUDGET.window));
            let tokens: usize = taken.iter().map(|index| lengths[*index]).sum();
            prop_assert!(tokens <= BUDGET.tokens || taken.len() == 1);
        }
    }
}
