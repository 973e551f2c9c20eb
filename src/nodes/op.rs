//! Pure nodes: columns to a column.

use std::fmt::{self, Debug, Display, Formatter};

use crate::domain::{Batch, Column, Miss, MissStatus, ParamError, Scope};

/// One sample's reference rewards. Empty when none is known: the node then uses its `fallback`, or
/// gives a `missing_field` miss.
pub type References = Result<Vec<f64>, Miss>;

/// How many inputs a node takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// As many as given here.
    Exactly(usize),
    /// This many or more.
    AtLeast(usize),
}

impl Arity {
    /// Whether `n` inputs are right.
    #[must_use]
    pub fn accepts(self, n: usize) -> bool {
        match self {
            Self::Exactly(m) => n == m,
            Self::AtLeast(m) => n >= m,
        }
    }
}

impl Display for Arity {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(0) => write!(f, "no inputs"),
            Self::Exactly(1) => write!(f, "exactly one column"),
            Self::Exactly(n) => write!(f, "exactly {n} columns"),
            Self::AtLeast(1) => write!(f, "at least one column"),
            Self::AtLeast(n) => write!(f, "at least {n} columns"),
        }
    }
}

/// What a pure node may look at beside its inputs.
#[derive(Debug)]
pub struct Context<'a> {
    /// The samples, and who belongs to which group.
    pub batch: &'a Batch,
    /// The names of the inputs, as many as there are inputs.
    pub names: &'a [String],
    /// One entry per sample when the node [`uses references`](Op::uses_references), else empty.
    pub references: &'a [References],
}

impl Context<'_> {
    /// Sample `index`'s reference rewards: those known (never empty), or the fallback as the only one.
    ///
    /// # Errors
    /// `missing_field` when there are neither, or the miss that scoring the references gave.
    pub fn references_or(&self, index: usize, fallback: Option<f64>) -> Result<Vec<f64>, Miss> {
        let known = self.references.get(index).cloned().unwrap_or_else(|| Ok(Vec::new()))?;
        match (known.is_empty(), fallback) {
            (false, _) => Ok(known),
            (true, Some(fallback)) => Ok(vec![fallback]),
            (true, None) => Err(Miss::new(
                MissStatus::MissingField,
                "no reference rewards: give `reference_rewards` or `references` with the sample, \
                 store references for its prompt, or set the node's `fallback`",
            )),
        }
    }
}

/// A combiner, shaper or group node: a deterministic function of its inputs and the context.
///
/// Contract, checked for every kind: one cell per sample, in order; equal inputs give equal bits; no
/// panic for any finite input; misses are treated as the kind declares.
pub trait Op: Debug + Send + Sync {
    /// How many inputs the node takes.
    fn arity(&self) -> Arity {
        Arity::Exactly(1)
    }

    /// What a value depends on, given these parameters.
    fn scope(&self) -> Scope {
        Scope::Sample
    }

    /// Checks the parameters against the inputs' number and names.
    ///
    /// # Errors
    /// When they do not fit (as many weights as inputs, a case that names no input).
    fn check(&self, _inputs: &[String]) -> Result<(), ParamError> {
        Ok(())
    }

    /// Whether the node needs reference rewards.
    fn uses_references(&self) -> bool {
        false
    }

    /// Whether the node reduces an ensemble: its inputs' spread is then the reply's `uncertainty`.
    fn is_ensemble(&self) -> bool {
        false
    }

    /// Whether a miss in an input may still give a value. Otherwise it is a miss, with the first cause.
    fn forgives(&self) -> bool {
        false
    }

    /// Which input each sample is taken from, when only one of them is: the others need not be computed
    /// for it. `None` when every input is needed.
    fn selects(&self, _names: &[String], _batch: &Batch) -> Option<Vec<Option<usize>>> {
        None
    }

    /// The node's value for each sample. `inputs` all have the batch's length and satisfy
    /// [`arity`](Op::arity).
    fn apply(&self, inputs: &[Column], cx: &Context<'_>) -> Column;
}
