//! Mathematical answers: is what a completion concludes equal to a gold answer?
//!
//! A grade is a pure function of the policy, the gold answers and the completion. It goes through
//! extraction ([`extract`]), reading ([`read`]: lexer, parser, kind of answer) and a ladder of
//! comparisons ([`compare`]): identity, exact arithmetic, fingerprints in a prime field, values at secret
//! points with error bounds. Nothing is simplified and nothing is evaluated by an interpreter; every step
//! is paid for from a budget of fuel, so a hostile input ends as surely as an honest one. What cannot be
//! decided is said to be undecided; a gold answer that cannot be read is an error and never a nought.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "trees and answers have dozens of kinds, of which a match names those it speaks of"
)]

mod answer;
mod ast;
mod batch;
mod compare;
mod exact;
mod extract;
mod field;
mod fuel;
mod grader;
mod lex;
mod modular;
mod numeric;
mod parse;
mod policy;
mod prose;
mod read;
mod render;
mod units;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use batch::Question;
pub use grader::Grader;
pub use policy::{
    InequalityRule, Knobs, LogarithmRule, PercentRule, Policy, PolicySpec, Tolerance, UnitRule,
    UnknownPolicy,
};

/// The judgement on a completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
// The code verifier has one, too: in the document their names must differ.
#[schema(as = MathVerdict)]
pub enum Verdict {
    /// The answer equals a gold answer.
    Correct,
    /// The answer equals none.
    Incorrect,
    /// The completion states no answer.
    NoAnswer,
    /// The completion breaks off within its thoughts or its answer.
    Truncated,
    /// No gold answer could be read: the data is at fault, not the completion.
    GoldUnparsable,
    /// The answer could not be read.
    AnswerUnparsable,
    /// Neither equality nor inequality could be shown.
    Undecided,
    /// The budget was spent before a decision.
    BudgetExceeded,
}

impl Verdict {
    /// Whether the completion is right, if that is known: gold answers that cannot be read, undecided
    /// comparisons and spent budgets say nothing.
    #[must_use]
    pub fn correct(self) -> Option<bool> {
        match self {
            Self::Correct => Some(true),
            Self::Incorrect | Self::NoAnswer | Self::Truncated | Self::AnswerUnparsable => {
                Some(false)
            }
            Self::GoldUnparsable | Self::Undecided | Self::BudgetExceeded => None,
        }
    }
}

/// What showed that the answer is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The same text, blanks aside.
    Identity,
    /// Exact rational arithmetic.
    Exact,
    /// Equal fingerprints in a prime field.
    Modular,
    /// Equal values at several points, within proven error bounds.
    Numeric,
    /// A decimal that is the correctly rounded value.
    Rounding,
    /// Members matched one to one.
    Set,
    /// Intervals with equal ends.
    Interval,
    /// Equations or inequalities that are the same up to a constant factor.
    Relation,
    /// Entry by entry.
    Matrix,
    /// The same words.
    Text,
    /// The same choice letters.
    Choice,
}

/// The outcome of grading one completion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Grade {
    /// The judgement.
    pub verdict: Verdict,
    /// The answer as the completion states it.
    pub extracted: Option<String>,
    /// The answer in canonical LaTeX, if it could be read.
    pub answer_canonical: Option<String>,
    /// The gold answer that decided, in canonical LaTeX: the one that is equal, else the first.
    pub gold_canonical: Option<String>,
    /// What showed that the answer is right.
    pub method: Option<Method>,
    /// Steps spent.
    pub fuel: u64,
}

#[cfg(test)]
mod tests;
