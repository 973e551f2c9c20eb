//! What became of a test.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The judgement on one test, or the worst over several.
///
/// The order is that of severity: when several hold, the greatest is said.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Passed.
    Ok,
    /// Not run: an earlier test failed, and that was enough.
    Skipped,
    /// Wrong answer.
    Wa,
    /// Runtime error: an exception, a signal, an exit code, no result.
    Re,
    /// Memory limit exceeded.
    Mle,
    /// Time limit exceeded.
    Tle,
    /// Output limit exceeded.
    Ole,
    /// Compile error.
    Ce,
    /// Internal error: the sandbox failed, and nothing is known of the program.
    Ie,
}

impl Verdict {
    /// All of them, the mildest first.
    pub const ALL: [Self; 9] = [
        Self::Ok,
        Self::Skipped,
        Self::Wa,
        Self::Re,
        Self::Mle,
        Self::Tle,
        Self::Ole,
        Self::Ce,
        Self::Ie,
    ];

    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Skipped => "SKIPPED",
            Self::Wa => "WA",
            Self::Re => "RE",
            Self::Mle => "MLE",
            Self::Tle => "TLE",
            Self::Ole => "OLE",
            Self::Ce => "CE",
            Self::Ie => "IE",
        }
    }
}
