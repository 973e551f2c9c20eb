//! A pipeline as plain data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::domain::hex;

/// A graph of nodes. One of its columns is the reward.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PipelineSpec {
    /// The reward: a node with one column, or `node.column`.
    #[schema(example = "uwo")]
    pub output: String,
    /// The nodes, by name.
    #[schema(example = json!({
        "rm": {"kind": "reward_models", "models": ["tiny-rm-0", "tiny-rm-1"]},
        "uwo": {"kind": "uwo", "inputs": ["rm"], "lambda": 0.5}
    }))]
    pub nodes: BTreeMap<String, NodeSpec>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// One node: its kind, its inputs, and the kind's own parameters beside them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NodeSpec {
    /// A kind of the catalog.
    #[schema(example = "uwo")]
    pub kind: String,
    /// Nodes (all their columns) or `node.column`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<String>,
    /// The kind's parameters.
    #[serde(flatten)]
    #[schema(value_type = Object, additional_properties)]
    pub params: Map<String, Value>,
}

/// A pipeline that cannot be built, with the place at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SpecError {
    /// JSON pointer into the specification.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

impl SpecError {
    pub(super) fn at(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into() }
    }
}

/// The version of a specification: SHA-256 of its canonical JSON, as `sha256:…`. The description does
/// not count.
#[must_use]
pub fn version_of(spec: &PipelineSpec) -> String {
    let spec = PipelineSpec { description: None, ..spec.clone() };
    let value = serde_json::to_value(&spec).unwrap_or_default();
    let digest = Sha256::digest(canonical(&value));
    format!("sha256:{}", hex(&digest))
}

/// JSON with sorted keys and without spaces.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<_, _> = fields.iter().collect();
            let fields: Vec<_> = sorted
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn version(spec: Value) -> String {
        version_of(&serde_json::from_value(spec).unwrap())
    }

    #[test]
    fn a_version_is_blind_to_order_and_description_only() {
        let one = json!({"output": "c", "nodes": {"c": {"kind": "constant", "value": 1, "x": 2}}});
        let same = json!({"description": "d", "nodes": {"c": {"x": 2, "value": 1, "kind": "constant"}}, "output": "c"});
        let other =
            json!({"output": "c", "nodes": {"c": {"kind": "constant", "value": 2, "x": 2}}});
        assert_eq!(version(one.clone()), version(same));
        assert_ne!(version(one), version(other));
    }
}
