//! Verifiers: whether a completion is right, decided by rules and not by a model.
//!
//! `math` grades answers, `text` judges form and agreement: pure, without clock, file or network. `code` runs
//! programs against tests in a sandbox.

pub mod code;
pub mod math;
pub mod text;
