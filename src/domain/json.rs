//! JSON that is kept as it was written.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
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

/// An object or nothing: what is kept for one of its readers is an object whoever reads the rest.
pub(super) fn optional_object<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<RawJson>, D::Error> {
    let raw = Option::<RawJson>::deserialize(deserializer)?;
    match raw {
        Some(raw) if !raw.get().starts_with('{') => Err(D::Error::custom("expected an object")),
        raw => Ok(raw),
    }
}

/// Equal when written alike.
impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}
