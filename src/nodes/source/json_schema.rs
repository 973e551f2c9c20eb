//! 1 if the completion holds JSON that fits a schema, else 0.
//!
//! Where the JSON is looked for, and the limits: [`crate::verify::text::json_schema`].

use serde_json::{Value, json};

use super::golds::completion;
use crate::domain::{Cell, Sample, Scope};
use crate::nodes::{Family, Kind, SampleSource};
use crate::verify::text::json_schema::JsonSchema;

impl Kind for JsonSchema {
    const NAME: &'static str = "json_schema";
    const FAMILY: Family = Family::Source;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "1 if the completion is JSON that fits the schema, else 0";
    const EQUATION: &'static str = "1 if valid(json(y), schema), else 0";
    const PAPER: &'static str = "none: JSON Schema 2020-12";

    fn example() -> Value {
        json!({"from": "fence", "schema": {"type": "object", "required": ["name"]}})
    }
}

impl SampleSource for JsonSchema {
    fn value(&self, sample: &Sample) -> Cell {
        let fits = self.grade(&completion(sample)?).is_ok();
        Ok(f64::from(u8::from(fits)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{MissStatus, parse};
    use crate::nodes::{source::golds::judged, testing::rejects};

    #[test]
    fn the_example() {
        let node: JsonSchema = parse(JsonSchema::example()).unwrap();
        let value = |text| node.value(&judged(text, &[]));
        assert_eq!(value("Here:\n```json\n{\"name\": 1}\n```"), Ok(1.0));
        assert_eq!(value("Here:\n```json\n{\"nom\": 1}\n```"), Ok(0.0));
        assert_eq!(value("{\"name\": 1}"), Ok(0.0), "no fence");
        assert_eq!(node.value(&Sample::default()).unwrap_err().status, MissStatus::MissingField);
    }

    #[test]
    fn bad_schemas_are_refused_with_their_place() {
        for schema in [json!({"type": "nothing"}), json!({"$ref": "https://example.com/s"})] {
            assert_eq!(rejects("json_schema", json!({"schema": schema})), "/schema");
        }
        assert_eq!(rejects("json_schema", json!({"schema": {}, "max_bytes": 0})), "/max_bytes");
    }
}
