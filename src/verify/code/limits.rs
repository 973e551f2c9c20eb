//! Bounds of one run.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::wire::Bounds;

/// Bounds of each test's run. What is left out has the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Milliseconds of processor time, 10 to 30000. Default: 4000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 10, maximum = 30_000, example = 4000)]
    pub cpu_ms: Option<u64>,
    /// Milliseconds from start to end, 10 to 60000: for programs that wait. Default: twice the processor
    /// time and a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 10, maximum = 60_000)]
    pub wall_ms: Option<u64>,
    /// MiB of memory, 16 to 4096. Default: 256.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 16, maximum = 4096)]
    pub memory_mb: Option<u64>,
    /// KiB of standard output, 1 to 65536. Default: 1024.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 65_536)]
    pub output_kb: Option<u64>,
    /// Threads (and processes, where a language starts them), 1 to 64. Default: 32.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 64)]
    pub processes: Option<u32>,
}

/// Bytes of standard error that are kept.
const STDERR: usize = 64 << 10;

impl Limits {
    /// The field that is out of its range, and the range.
    #[must_use]
    pub fn mistake(&self) -> Option<(&'static str, String)> {
        let ranges = [
            ("cpu_ms", self.cpu_ms, 10, 30_000),
            ("wall_ms", self.wall_ms, 10, 60_000),
            ("memory_mb", self.memory_mb, 16, 4096),
            ("output_kb", self.output_kb, 1, 65_536),
            ("processes", self.processes.map(u64::from), 1, 64),
        ];
        ranges.into_iter().find_map(|(name, value, least, most)| {
            let value = value?;
            let inside = (least..=most).contains(&value);
            (!inside).then(|| (name, format!("must be from {least} to {most}")))
        })
    }

    /// The bounds of a run.
    pub(super) fn bounds(&self) -> Bounds {
        let cpu_ms = self.cpu_ms.unwrap_or(4000);
        Bounds {
            cpu_ms,
            wall_ms: self.wall_ms.unwrap_or(2 * cpu_ms + 1000),
            memory_mb: self.memory_mb.unwrap_or(256),
            address_space: true,
            stdout: (self.output_kb.unwrap_or(1024) as usize) << 10,
            stderr: STDERR,
            tasks: self.processes.unwrap_or(32),
        }
    }
}
