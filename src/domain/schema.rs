//! JSON schemas of types, as they are shown to callers.

use serde_json::{Map, Value};
use utoipa::PartialSchema;

/// The type's schema as plain data, mended.
pub(crate) fn schema_of<T: PartialSchema>() -> Value {
    let mut schema = serde_json::to_value(T::schema()).unwrap_or_default();
    mend_schema(&mut schema);
    schema
}

/// Makes the schemas anywhere in `value` mean what their types say.
///
/// utoipa 6.0 writes a described field of a type of its own as `allOf: [type, {"type": "object",
/// "description": …}]`, which no enum's string satisfies. The description belongs beside the `allOf`. It
/// calls a `u32` an `int32` and a `u64` an `int64`, which end at half of what is accepted; and where one of
/// several lists is meant, an empty one is any of them, not exactly one.
pub(crate) fn mend_schema(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(mend_schema),
        Value::Object(fields) => {
            fields.values_mut().for_each(mend_schema);
            if let Some(annotations) = take_annotations(fields) {
                fields.extend(annotations);
            }
            if fields.get("minimum").and_then(Value::as_f64).is_some_and(|least| least >= 0.0) {
                widen_unsigned(fields);
            }
            if fields.get("oneOf").is_some_and(are_lists)
                && let Some(lists) = fields.remove("oneOf")
            {
                fields.insert("anyOf".to_owned(), lists);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Names an integer without sign by what holds all of it.
fn widen_unsigned(fields: &mut Map<String, Value>) {
    match fields.get("format").and_then(Value::as_str) {
        Some("int32") => {
            fields.insert("format".to_owned(), "int64".into());
            fields.entry("maximum").or_insert(u32::MAX.into());
        }
        Some("int64") if !fields.contains_key("maximum") => {
            fields.insert("format".to_owned(), "uint64".into());
        }
        _ => {}
    }
}

fn are_lists(schemas: &Value) -> bool {
    schemas.as_array().is_some_and(|all| all.iter().all(|one| one["type"] == "array"))
}

/// Removes the last schema of an `allOf`, if it only annotates.
fn take_annotations(fields: &mut Map<String, Value>) -> Option<Map<String, Value>> {
    const ANNOTATIONS: [&str; 6] =
        ["type", "title", "description", "default", "readOnly", "writeOnly"];
    let items = fields.get_mut("allOf")?.as_array_mut()?;
    let last = items.last()?.as_object()?;
    let only_annotates = items.len() > 1
        && last.get("type").is_some_and(|kind| kind == "object")
        && last.keys().all(|key| ANNOTATIONS.contains(&key.as_str()));
    if !only_annotates {
        return None;
    }
    let Some(Value::Object(mut annotations)) = items.pop() else { return None };
    annotations.remove("type");
    Some(annotations)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_description_moves_beside_the_type() {
        let mut schema = json!({"properties": {"a": {"allOf": [
            {"type": "string", "enum": ["x"]},
            {"type": "object", "description": "d", "default": "x"},
        ]}}});
        mend_schema(&mut schema);
        let expected = json!({"properties": {"a": {
            "allOf": [{"type": "string", "enum": ["x"]}], "description": "d", "default": "x",
        }}});
        assert_eq!(schema, expected);
    }

    #[test]
    fn bounds_are_those_of_the_type_and_an_empty_list_is_any_list() {
        let mut schema = json!({"properties": {
            "count": {"type": "integer", "format": "int32", "minimum": 0},
            "steps": {"type": "integer", "format": "int64", "minimum": 0},
            "wait": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 4_294_967_295_u32},
            "few": {"type": "integer", "format": "int64", "minimum": 0, "maximum": 9},
            "lists": {"oneOf": [{"type": "array", "items": {"type": "number"}}, {"type": "array"}]},
        }});
        mend_schema(&mut schema);
        let expected = json!({"properties": {
            "count": {"type": "integer", "format": "int64", "minimum": 0, "maximum": 4_294_967_295_u32},
            "steps": {"type": "integer", "format": "uint64", "minimum": 0},
            "wait": {"type": "integer", "format": "int64", "minimum": 1, "maximum": 4_294_967_295_u32},
            "few": {"type": "integer", "format": "int64", "minimum": 0, "maximum": 9},
            "lists": {"anyOf": [{"type": "array", "items": {"type": "number"}}, {"type": "array"}]},
        }});
        assert_eq!(schema, expected);
    }

    #[test]
    fn what_really_is_an_object_stays() {
        let schema = json!({"allOf": [{"$ref": "#/x"}, {"type": "object", "properties": {}}]});
        let mut mended = schema.clone();
        mend_schema(&mut mended);
        assert_eq!(mended, schema);
    }
}
