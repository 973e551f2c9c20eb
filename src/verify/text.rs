//! Verifiers of text by rule: form, choice, agreement with a gold, JSON of a given shape.
//!
//! Each is a parameter struct that is its own compiled form: what could not be used is refused when it
//! is deserialised, and grading is a pure function whose time is linear in the completion (for
//! `json_schema`: as the schema says). None looks at a clock, a file or the network.

pub mod choice;
mod extract;
pub mod format;
pub mod json_schema;
mod normalise;
pub mod overlap;

pub use extract::Extract;

/// Parameters that agree with their types but not with one another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParamProblem {
    /// JSON pointer to the place, relative to the parameters.
    pub pointer: &'static str,
    /// What is wrong with it.
    pub message: &'static str,
}

/// Why a completion could not be compared with its golds. Never a fault of the completion.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unscored {
    /// There is no gold.
    #[error("there is no gold answer")]
    NoGold,
    /// A gold is not what the verifier compares with.
    #[error("the gold answer {0:?} cannot be read")]
    GoldUnparsable(String),
}
