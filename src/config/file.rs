//! The configuration file as it is written.

use std::{collections::BTreeMap, num::NonZeroU64, path::PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::hub::Hub;
use crate::{http::Doors, verify::code::Tier};

/// A whole file. Models and pipelines are read one by one, so that an error names its own place.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) server: Server,
    pub(super) engine: Engine,
    pub(super) code: Code,
    /// Where models lie, relative to the file. Default: the file's own directory.
    pub(super) models_root: Option<PathBuf>,
    pub(super) hub: Hub,
    pub(super) images: Images,
    pub(super) models: BTreeMap<String, Value>,
    pub(super) pipelines: BTreeMap<String, Value>,
    /// The peers' doors that are open.
    pub(super) doors: Doors,
}

/// `[server]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Server {
    /// Address and port.
    pub(super) listen: Option<String>,
    /// Largest body, in MiB.
    pub(super) body_limit_mb: Option<usize>,
    /// How long a request may take when it does not say.
    pub(super) deadline_ms: Option<NonZeroU64>,
    /// The longest a request may ask for.
    pub(super) max_deadline_ms: Option<NonZeroU64>,
    /// Samples of one request.
    pub(super) max_samples: Option<usize>,
    /// Images of one request.
    pub(super) max_images: Option<usize>,
    /// Prompts with stored references.
    pub(super) max_references: Option<usize>,
    /// How long open requests may take to end when the service stops.
    pub(super) grace_s: Option<u64>,
    /// Callers' keys, a line each, relative to the file.
    pub(super) api_keys_file: Option<PathBuf>,
    /// The admin key.
    pub(super) admin_key_file: Option<PathBuf>,
    /// The directory where changes by administrators are kept, relative to the file.
    pub(super) registry: Option<PathBuf>,
    /// Connections open at once.
    pub(super) max_connections: Option<usize>,
    /// How long a request's head may take, and a connection be idle.
    pub(super) header_timeout_ms: Option<u64>,
    /// How long a request's body may take.
    pub(super) body_timeout_ms: Option<u64>,
    /// How long an answer may wait for its reader.
    pub(super) write_timeout_ms: Option<u64>,
    /// Largest head of a request, in KiB.
    pub(super) header_limit_kb: Option<usize>,
}

/// `[engine]`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Engine {
    /// Tokens of one forward pass; none: by device.
    pub(super) batch_tokens: Option<usize>,
    /// Sequences of one forward pass.
    pub(super) batch_sequences: Option<usize>,
    /// Tokens that may wait per model.
    pub(super) queue_tokens: Option<usize>,
    /// Scores remembered per model.
    pub(super) cache_entries: Option<usize>,
}

/// `[images]`: from where images may be fetched. Without hosts none is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Images {
    /// `name` or `*.name`, either with `:port`.
    pub(super) hosts: Vec<String>,
    /// Networks that are not public in which those hosts may lie: `address/bits`.
    pub(super) networks: Vec<String>,
    /// Largest file, in MiB.
    pub(super) max_mb: Option<u64>,
    /// How long one fetch may take.
    pub(super) timeout_ms: Option<u64>,
    /// Certificates, as PEM, of the only authorities that are trusted, relative to the file.
    pub(super) ca_file: Option<PathBuf>,
}

/// `[code]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Code {
    /// Programs that run at the same time. Default: one per core.
    pub(super) runners: Option<usize>,
    /// The weakest isolation that will do: `filters` or `namespaces`.
    pub(super) min_isolation: Option<Tier>,
    /// An empty cgroup (v2) that is delegated to the service. Default: its own, where that is delegated.
    pub(super) cgroup: Option<PathBuf>,
    /// Programs whose verdicts are remembered.
    pub(super) cache_entries: Option<usize>,
}
