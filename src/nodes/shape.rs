//! One column to one, sample by sample (with references or running statistics where a shaper needs them).

pub(super) mod minmax;
pub(super) mod running;
