//! Parameters that arrive as plain data, and what is wrong with them.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{from_objects, from_objects_at};

/// A parameter that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParamError {
    /// JSON pointer to the place, relative to the parameters (`/weights/2`; empty for the whole).
    pub pointer: String,
    /// What is wrong with it.
    pub message: String,
}

impl ParamError {
    /// An error at `pointer` (relative to the parameters).
    pub fn at(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into() }
    }
}

/// The parameters as their type; `null` is an empty object.
pub(crate) fn parse<T: DeserializeOwned>(params: Value) -> Result<T, ParamError> {
    let params = if params.is_null() { Value::Object(Map::new()) } else { params };
    if !params.is_object() {
        return Err(ParamError::at("", "the parameters must be an object"));
    }
    // The path is kept track of only when it is needed: what is refused is read twice.
    from_objects(&params).or_else(|_| {
        from_objects_at(&params)
            .map_err(|(pointer, error)| ParamError::at(pointer, error.to_string()))
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Params {
        #[serde(default, rename = "weights")]
        _weights: Vec<f64>,
    }

    #[test]
    fn an_error_points_to_its_place() {
        let at = |params| parse::<Params>(params).unwrap_err().pointer;
        assert_eq!(at(json!({"weights": [1, "x"]})), "/weights/1");
        assert_eq!(at(json!({"a/b~c": 1})), "/a~1b~0c");
        assert_eq!(at(json!([[1.0]])), "");
    }

    #[test]
    fn null_is_no_parameters() {
        assert!(parse::<Params>(Value::Null).is_ok());
    }
}
