//! Why a request could not be answered at all.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    domain::{BatchError, Miss, ParamError},
    pipeline::{RunError, SpecError},
    state::{StoreError, StoreFull},
};

/// One thing that is wrong with a request, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer into the request's body.
    #[schema(example = "/samples/0/promt")]
    pub pointer: String,
    /// What is wrong there.
    pub detail: String,
}

impl FieldError {
    /// An error at `pointer`.
    pub fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

/// A request that has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// A name that nothing has.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// What was looked for: `pipeline`, `node kind`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// It cannot go while others need it.
    #[error("{what} `{name}` is in use by {by}")]
    InUse {
        /// What was to go: `model`, `pipeline`.
        what: &'static str,
        /// Its name.
        name: String,
        /// Who needs it.
        by: String,
    },
    /// The request contradicts itself or the service's bounds.
    #[error("the request is not valid: {}", told(.0))]
    Invalid(Vec<FieldError>),
    /// `on_miss = "error"`, and there were misses.
    #[error("{} samples could not be scored", .errors.len())]
    Missed {
        /// Whether every one of them may succeed when sent again.
        retryable: bool,
        /// Which, and why.
        errors: Vec<FieldError>,
    },
    /// No sample was admitted.
    #[error("too much work is queued")]
    Overloaded,
    /// No sample was ready by the deadline.
    #[error("nothing was ready by the deadline")]
    TimedOut,
    /// The state store failed.
    #[error("{0}")]
    Store(String),
    /// No isolation holds on this machine.
    #[error("programs cannot be run here: {0}")]
    SandboxUnavailable(String),
    /// A bounded store is full.
    #[error("{0}")]
    Full(StoreFull),
}

/// Each error with its place.
fn told(errors: &[FieldError]) -> String {
    let one = |FieldError { pointer, detail }: &FieldError| match pointer.as_str() {
        "" => detail.clone(),
        pointer => format!("{pointer}: {detail}"),
    };
    errors.iter().map(one).collect::<Vec<_>>().join("; ")
}

impl ServiceError {
    pub(super) fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::at(pointer, detail)])
    }

    /// A batch's error, where the request keeps its samples under `root`.
    pub(super) fn batch(error: BatchError, root: &str) -> Self {
        match error {
            BatchError::Empty => Self::invalid(root, "there are no samples"),
            BatchError::Sample { index, field, message } => {
                Self::invalid(format!("{root}/{index}/{field}"), message)
            }
        }
    }

    /// A parameter's error, where the request keeps the parameters under `root`.
    pub(crate) fn param(error: ParamError, root: &str) -> Self {
        Self::invalid(format!("{root}{}", error.pointer), error.message)
    }

    /// The error of `on_miss = "error"`.
    pub(super) fn missed<'a>(misses: impl Iterator<Item = (usize, &'a Miss)>) -> Self {
        let mut retryable = true;
        let errors = misses
            .map(|(index, miss)| {
                retryable &= miss.retryable();
                FieldError::at(format!("/samples/{index}"), miss.to_string())
            })
            .collect();
        Self::Missed { retryable, errors }
    }
}

impl From<SpecError> for ServiceError {
    fn from(error: SpecError) -> Self {
        Self::invalid(format!("/pipeline{}", error.pointer), error.message)
    }
}

impl From<RunError> for ServiceError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::State { node, message } => Self::invalid(format!("/state/{node}"), message),
            RunError::Store(message) => Self::Store(message),
        }
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Step(message) => Self::invalid("/state", message),
            StoreError::Store(message) => Self::Store(message),
        }
    }
}
