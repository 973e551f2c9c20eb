//! What a value depends on, and therefore which splittings of work leave it unchanged.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What one value of a node depends on. Ordered from the narrowest to the widest.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The sample alone: requests may be cut anywhere.
    Sample,
    /// The samples that share its prompt: a group must stay in one request.
    Group,
    /// Every sample of the request: values change with how the client cuts its batches.
    Batch,
    /// State kept from earlier requests.
    Run,
}
