//! Verifiers: whether an answer is right, decided by rules and not by a model.

pub mod math;
