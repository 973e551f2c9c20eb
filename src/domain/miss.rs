//! Why a sample has no score. A failure is never a reward.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The closed list of reasons for which a sample could not be scored.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum MissStatus {
    /// Not ready by the deadline.
    Timeout,
    /// Not admitted: too much work was queued.
    Overloaded,
    /// The model failed (a crash, a non-finite output, out of memory).
    ModelError,
    /// A remote scorer failed.
    UpstreamError,
    /// The sandbox failed, not the program in it.
    SandboxError,
    /// The caller went away or the service is stopping.
    Cancelled,
    /// The gold answer could not be read.
    GoldUnparsable,
    /// The verifier could not decide.
    Undecided,
    /// The grade would have cost more than its fuel allows.
    BudgetExceeded,
    /// The completion alone exceeds the model's limit.
    TooLong,
    /// A field that a node needs is absent.
    MissingField,
    /// A field is present but unusable.
    InvalidInput,
    /// The service cannot do this for any input of this form.
    Unsupported,
    /// A test suite collected no test.
    NoTests,
}

impl MissStatus {
    /// Whether the same sample may succeed when sent again.
    #[must_use]
    pub fn retryable(self) -> bool {
        match self {
            Self::Timeout
            | Self::Overloaded
            | Self::ModelError
            | Self::UpstreamError
            | Self::SandboxError
            | Self::Cancelled => true,
            Self::GoldUnparsable
            | Self::Undecided
            | Self::BudgetExceeded
            | Self::TooLong
            | Self::MissingField
            | Self::InvalidInput
            | Self::Unsupported
            | Self::NoTests => false,
        }
    }

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Overloaded => "overloaded",
            Self::ModelError => "model_error",
            Self::UpstreamError => "upstream_error",
            Self::SandboxError => "sandbox_error",
            Self::Cancelled => "cancelled",
            Self::GoldUnparsable => "gold_unparsable",
            Self::Undecided => "undecided",
            Self::BudgetExceeded => "budget_exceeded",
            Self::TooLong => "too_long",
            Self::MissingField => "missing_field",
            Self::InvalidInput => "invalid_input",
            Self::Unsupported => "unsupported",
            Self::NoTests => "no_tests",
        }
    }
}

impl fmt::Display for MissStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why one sample has no score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// Which of the closed list of reasons.
    pub status: MissStatus,
    /// One line for a person, naming the cause.
    pub message: Cow<'static, str>,
}

impl Miss {
    /// A miss with its reason and one line for a person.
    pub fn new(status: MissStatus, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into() }
    }

    /// The miss of a sample that lacks `field`.
    #[must_use]
    pub fn missing(field: &str) -> Self {
        Self::new(MissStatus::MissingField, format!("the sample has no `{field}`"))
    }

    /// The miss of whatever a model that is not there should have scored.
    #[must_use]
    pub fn not_loaded(model: &str) -> Self {
        Self::new(MissStatus::ModelError, format!("model `{model}` is not loaded"))
    }

    /// Whether the same sample may succeed when sent again.
    #[must_use]
    pub fn retryable(&self) -> bool {
        self.status.retryable()
    }
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.message)
    }
}
