//! Isolation: what stands between a program and everything else.
//!
//! A *box* is an interpreter that forks one child per run ([`crate::verify::code`] says what for). Its
//! walls depend on the [`Tier`]: namespaces with a root of their own, or filters alone. Either way each
//! child puts on Landlock rules and a seccomp filter before it touches foreign code, and whatever cannot
//! be put on is a fault of the sandbox, never a verdict.

pub(super) mod build;
pub(super) mod cgroup;
pub(super) mod filter;
mod root;
pub(super) mod rules;
pub(super) mod runtime;
mod sys;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How strong the walls are.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// No wall that holds: nothing is run.
    None,
    /// Landlock, seccomp and resource limits, without namespaces.
    Filters,
    /// Own user, mount, process, network, IPC and host-name namespaces with a root of their own, and the
    /// filters inside.
    Namespaces,
}

impl Tier {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Filters => "filters",
            Self::Namespaces => "namespaces",
        }
    }
}
