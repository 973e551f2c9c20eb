//! Verifiers: whether a completion is right, decided by rules and not by a model.
//!
//! `math` grades answers, `text` judges form and agreement. Pure: no clock, no file, no network.

pub mod math;
pub mod text;
