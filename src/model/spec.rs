//! A model as configuration and administrators name it: where it is, and how it is run.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::ModelOptions;
use crate::domain::{ParamError, parse};

/// Copies of one model: each is a thread, and no machine has more GPUs.
const REPLICAS: usize = 64;

/// Where a model is, and how it is run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Map<String, Value>")]
pub struct ModelSpec {
    /// A directory in Hugging Face layout under the models root, `embedded:NAME`, or
    /// `hub:OWNER/NAME@REVISION`.
    #[schema(example = "embedded:tiny-rm-0")]
    pub path: String,
    /// How it is run.
    #[serde(flatten)]
    pub options: ModelOptions,
}

impl ModelSpec {
    /// Reads a specification.
    ///
    /// # Errors
    /// At the field that is missing, unknown or unusable.
    pub fn parse(mut fields: Map<String, Value>) -> Result<Self, ParamError> {
        let path = match fields.remove("path") {
            Some(Value::String(path)) => path,
            Some(_) => return Err(ParamError::at("/path", "`path` must be a string")),
            None => {
                let message = "`path` is missing: a directory in Hugging Face layout";
                return Err(ParamError::at("", message));
            }
        };
        let options: ModelOptions = parse(Value::Object(fields))?;
        if options.calibration.is_some_and(|calibration| !calibration.is_sound()) {
            let message = "`mean` must be finite and `std` positive";
            return Err(ParamError::at("/calibration", message));
        }
        if options.replicas.is_some_and(|replicas| replicas.get() > REPLICAS) {
            let message = format!("`replicas` is at most {REPLICAS}");
            return Err(ParamError::at("/replicas", message));
        }
        Ok(Self { path, options })
    }
}

impl TryFrom<Map<String, Value>> for ModelSpec {
    type Error = ParamError;

    fn try_from(fields: Map<String, Value>) -> Result<Self, ParamError> {
        Self::parse(fields)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_specification_is_what_it_was_written_as() {
        let written =
            json!({"path": "a", "truncate": "error", "calibration": {"mean": 1.0, "std": 2.0}});
        let spec: ModelSpec = serde_json::from_value(written).unwrap();
        let again: ModelSpec =
            serde_json::from_value(serde_json::to_value(&spec).unwrap()).unwrap();
        assert_eq!(again, spec);
        for (wrong, pointer) in [
            (json!({}), ""),
            (json!({"path": 1}), "/path"),
            (json!({"path": "a", "max_tokns": 1}), "/max_tokns"),
            (json!({"path": "a", "replicas": 65}), "/replicas"),
            (json!({"path": "a", "replicas": 0}), "/replicas"),
            (json!({"path": "a", "device": "gpu"}), "/device"),
            (json!({"path": "a", "calibration": {"mean": 0.0, "std": 0.0}}), "/calibration"),
        ] {
            let fields = wrong.as_object().unwrap().clone();
            assert_eq!(ModelSpec::parse(fields).unwrap_err().pointer, pointer, "{wrong}");
        }
    }
}
