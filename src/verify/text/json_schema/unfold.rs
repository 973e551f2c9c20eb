//! How large a schema is with every reference replaced by what it refers to.
//!
//! Validation visits each place of the unfolded schema at most once per place of the JSON. A few hundred
//! bytes of references to references can unfold to billions of places, and a schema that refers back to
//! itself to more with every level of the JSON, so both are refused before anything is compiled.

use serde_json::Value;

/// Places that a schema may unfold to.
const LIMIT: usize = 4096;

/// Checks that the schema refers only to places inside itself, never back, and unfolds within the limit.
pub(super) fn check(schema: &Value) -> Result<(), String> {
    Unfold { schema, open: Vec::new(), places: 0 }.visit(schema)
}

struct Unfold<'a> {
    schema: &'a Value,
    /// The places whose unfolding is under way.
    open: Vec<&'a Value>,
    places: usize,
}

impl<'a> Unfold<'a> {
    fn visit(&mut self, place: &'a Value) -> Result<(), String> {
        self.places += 1;
        if self.places > LIMIT {
            return Err(format!("with its references replaced the schema has over {LIMIT} places"));
        }
        match place {
            Value::Object(fields) => {
                self.open.push(place);
                for (key, value) in fields {
                    match (key.as_str(), value) {
                        ("$ref", Value::String(target)) => self.refer(target)?,
                        ("$dynamicRef" | "$recursiveRef", Value::String(_)) => {
                            return Err(format!("`{key}` is not supported"));
                        }
                        _ => self.visit(value)?,
                    }
                }
                self.open.pop();
                Ok(())
            }
            Value::Array(items) => items.iter().try_for_each(|item| self.visit(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        }
    }

    fn refer(&mut self, target: &str) -> Result<(), String> {
        let place = target.strip_prefix('#').and_then(|pointer| self.schema.pointer(pointer));
        let place =
            place.ok_or_else(|| format!("`{target}` is no JSON pointer into the schema"))?;
        if self.open.iter().any(|open| std::ptr::eq(*open, place)) {
            return Err(format!("`{target}` refers back to where it stands"));
        }
        self.visit(place)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_used_twice_counts_twice() {
        let used = |times: usize| {
            let uses: Vec<Value> = (0..times).map(|_| json!({"$ref": "#/$defs/a"})).collect();
            json!({"allOf": uses, "$defs": {"a": {"type": "string"}}})
        };
        // The whole, `allOf`, `$defs` and `a` with its word are 5; each use is itself, `a` and the word.
        assert_eq!(check(&used((LIMIT - 5) / 3)), Ok(()));
        assert!(check(&used((LIMIT - 5) / 3 + 1)).unwrap_err().contains("over 4096"));
    }

    #[test]
    fn references_to_references_are_counted_before_they_are_followed_for_ever() {
        let both =
            |next: usize| json!({"anyOf": vec![json!({"$ref": format!("#/$defs/{next}")}); 2]});
        let mut definitions: serde_json::Map<String, Value> =
            (0..64).map(|level| (level.to_string(), both(level + 1))).collect();
        definitions.insert("64".to_owned(), json!({}));
        let schema = json!({"$ref": "#/$defs/0", "$defs": definitions});
        assert!(check(&schema).unwrap_err().contains("over 4096"));
    }

    #[test]
    fn references_back_and_out_are_refused() {
        for schema in [
            json!({"$ref": "#"}),
            json!({"properties": {"next": {"$ref": "#"}}}),
            json!({"$ref": "#/$defs/a", "$defs": {
                "a": {"not": {"$ref": "#/$defs/b"}}, "b": {"not": {"$ref": "#/$defs/a"}},
            }}),
        ] {
            assert!(check(&schema).unwrap_err().contains("back"), "{schema}");
        }
        for target in ["https://example.com/s", "#anchor", "other.json", "#/$defs/absent"] {
            assert!(check(&json!({"$ref": target})).unwrap_err().contains("pointer"), "{target}");
        }
        assert!(check(&json!({"$dynamicRef": "#a"})).unwrap_err().contains("not supported"));
    }

    #[test]
    fn a_property_may_be_called_ref() {
        assert_eq!(check(&json!({"properties": {"$ref": {"type": "string"}}})), Ok(()));
    }
}
