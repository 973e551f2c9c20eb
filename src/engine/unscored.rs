//! Why there is no answer to what a model was not asked in time.

use crate::domain::{Miss, MissStatus};

pub(super) fn timed_out() -> Miss {
    Miss::new(MissStatus::Timeout, "it was still being computed at the deadline")
}

pub(super) fn overloaded() -> Miss {
    Miss::new(MissStatus::Overloaded, "the model was busy with other work until the deadline")
}

pub(super) fn cancelled() -> Miss {
    Miss::new(MissStatus::Cancelled, "the model was unloaded")
}
