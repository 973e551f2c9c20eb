use serde_json::{Value, json};

use super::*;

fn node(params: Value) -> JsonSchema {
    serde_json::from_value(params).unwrap()
}

fn person(from: &str) -> JsonSchema {
    node(json!({"from": from, "schema": {
        "type": "object",
        "required": ["name", "age"],
        "properties": {
            "name": {"type": "string", "pattern": "^[A-Z]"},
            "age": {"$ref": "#/$defs/age"},
        },
        "additionalProperties": false,
        "$defs": {"age": {"type": "integer", "minimum": 0}},
    }}))
}

fn refusal(schema: &Value) -> String {
    serde_json::from_value::<JsonSchema>(json!({"schema": schema})).unwrap_err().to_string()
}

#[test]
fn the_whole_completion() {
    let grade = |text: &str| person("whole").grade(text);
    assert_eq!(grade("\n{\"name\": \"Ada\", \"age\": 36}\n"), Ok(()));
    assert_eq!(grade("<think>{}</think>{\"name\": \"Ada\", \"age\": 36}"), Ok(()));
    assert!(matches!(grade("Sure: {\"name\": \"Ada\", \"age\": 36}"), Err(Fault::Malformed(_))));
    assert!(matches!(grade("{\"name\": \"Ada\", \"age\": 36} {}"), Err(Fault::Malformed(_))));
    assert!(matches!(grade("{\"name\": \"Ada\", \"age\": NaN}"), Err(Fault::Malformed(_))));
    assert_eq!(grade("  "), Err(Fault::Missing));
}

#[test]
fn a_fault_names_the_place_and_the_rule() {
    let invalid = |text: &str| match person("whole").grade(text) {
        Err(Fault::Invalid(message)) => message,
        other => panic!("{other:?}"),
    };
    let broken = |place, rule| format!("{place} breaks {rule}");
    assert_eq!(invalid(r#"{"name": "Ada"}"#), broken("the whole", "/required"));
    assert_eq!(
        invalid(r#"{"name": "ada", "age": 1}"#),
        broken("/name", "/properties/name/pattern")
    );
    assert!(invalid(r#"{"name": "Ada", "age": -1}"#).starts_with("/age breaks "));
    assert!(invalid(r#"{"name": "Ada", "age": 1.5}"#).starts_with("/age breaks "));
    assert!(invalid(r#"{"name": "Ada", "age": 1, "x": 1}"#).starts_with("the whole breaks "));
}

#[test]
fn the_last_fenced_block() {
    let grade = |text: &str| person("fence").grade(text);
    let good = "```json\n{\"name\": \"Ada\", \"age\": 36}\n```\n";
    assert_eq!(grade(good), Ok(()));
    assert_eq!(grade(&format!("First\n```json\n{{}}\n```\nbetter:\n{good}done")), Ok(()));
    assert_eq!(grade(&format!("{good}```python\nprint()\n```")), Ok(()));
    assert_eq!(grade(&format!("{good}```json\n{{")), Ok(()));
    assert_eq!(grade(&good.replace("json", "")), Ok(()));
    assert_eq!(grade(&good.replace("json", "yaml")), Err(Fault::Missing));
    assert_eq!(grade("{\"name\": \"Ada\", \"age\": 36}"), Err(Fault::Missing));
}

#[test]
fn the_answer_tag() {
    let grade = |text: &str| person("answer_tag").grade(text);
    assert_eq!(grade("so <answer>{\"name\": \"Ada\", \"age\": 36}</answer>"), Ok(()));
    assert_eq!(grade("{\"name\": \"Ada\", \"age\": 36}"), Err(Fault::Missing));
}

#[test]
fn remote_references_are_refused() {
    for schema in [
        json!({"$ref": "https://example.com/schema.json"}),
        json!({"$ref": "file:///etc/passwd"}),
        json!({"$ref": "other.json"}),
        json!({"properties": {"a": {"$ref": "#/$defs/absent"}}}),
    ] {
        refusal(&schema);
    }
}

#[test]
fn unusable_schemas_are_refused() {
    assert!(refusal(&json!([])).contains("object"));
    assert!(refusal(&json!({"description": "x".repeat(SCHEMA_LIMIT)})).contains("longer"));
    for schema in [
        json!({"type": "nothing"}),
        json!({"minimum": "1"}),
        json!({"pattern": "("}),
        json!({"pattern": "(?=a)"}),
        json!({"pattern": r"(a)\1"}),
    ] {
        refusal(&schema);
    }
    for bytes in [0, (1 << 20) + 1] {
        let params = json!({"schema": {}, "max_bytes": bytes});
        assert!(serde_json::from_value::<JsonSchema>(params).is_err(), "{bytes}");
    }
}

#[test]
fn size_and_depth_are_limited() {
    let short = node(json!({"schema": {}, "max_bytes": 4}));
    assert_eq!(short.grade(" 1234 "), Ok(()));
    assert_eq!(short.grade("12345"), Err(Fault::TooLong));
    let any = node(json!({"schema": {}, "max_bytes": 1 << 20}));
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(any.grade(&nested(127)), Ok(()));
    assert!(matches!(any.grade(&nested(128)), Err(Fault::Malformed(_))));
    assert!(matches!(any.grade(&nested(100_000)), Err(Fault::Malformed(_))));
}

#[test]
fn a_recursive_schema_is_refused() {
    assert!(refusal(&json!({"properties": {"next": {"$ref": "#"}}})).contains("refers back"));
}

#[test]
fn hostile_text_takes_linear_time() {
    let pattern = node(json!({"schema": {"pattern": "^(a+)+$"}, "max_bytes": 1 << 20}));
    let text = format!("\"{}b\"", "a".repeat(1 << 19));
    assert!(matches!(pattern.grade(&text), Err(Fault::Invalid(_))));
}
