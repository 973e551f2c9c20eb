//! JSON that is kept as it was written.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A JSON value as it was written: an integer of any size keeps every digit.
///
/// Deserialises from JSON text (or a `serde_json::Value`) only; not from within `#[serde(flatten)]` or
/// an untagged enum, which read numbers before it can.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// The text.
    #[must_use]
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// The value, to hand on.
    #[must_use]
    pub fn into_inner(self) -> Box<RawValue> {
        self.0
    }
}

/// Equal when written alike.
impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}
