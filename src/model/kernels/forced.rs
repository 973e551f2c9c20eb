//! Has the composed forms run in tests where a CPU form would.

use std::cell::Cell;

use super::Policy;

thread_local! {
    static POLICY: Cell<Option<Policy>> = const { Cell::new(None) };
}

/// The composed forms apply in this thread while it lives.
#[derive(Debug)]
pub(in crate::model) struct Composed(());

impl Composed {
    /// Sequences are put together as `policy` says.
    pub(in crate::model) fn by(policy: Policy) -> Self {
        POLICY.set(Some(policy));
        Self(())
    }
}

impl Drop for Composed {
    fn drop(&mut self) {
        POLICY.set(None);
    }
}

pub(super) fn policy() -> Option<Policy> {
    POLICY.get()
}
