//! The OpenAPI 3.1 document, assembled from the routes and the table of kinds.

use serde_json::{Map, Value, json};
use utoipa::openapi::{Info, License};

use super::{Problem, router::paths, upload::form_of};
use crate::{
    domain::{mend_schema, schema_of},
    nodes::KINDS,
    service::FieldError,
};

/// The document, as served at `/openapi.json` and committed as `openapi/openapi.json`.
#[must_use]
pub fn document() -> Value {
    let mut document = paths();
    document.info = info();
    let mut document = serde_json::to_value(&document).unwrap_or_default();
    describe(&mut document);
    share_problems(&mut document["paths"]);
    add_forms(&mut document["paths"]);
    mend_schema(&mut document);
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        merge_closed(schemas);
    }
    document
}

/// An object that holds a closed type's fields beside its own is one closed object: under `allOf` each
/// part would refuse the other's fields.
fn merge_closed(schemas: &mut Map<String, Value>) {
    let all = schemas.clone();
    let resolved = |part: &Value| match part["$ref"].as_str().and_then(|at| at.rsplit('/').next()) {
        Some(name) => all.get(name).cloned().unwrap_or_default(),
        None => part.clone(),
    };
    for schema in schemas.values_mut() {
        let Some(parts) = schema.get("allOf").and_then(Value::as_array) else { continue };
        let parts: Vec<Value> = parts.iter().map(resolved).collect();
        if parts.iter().any(|part| part["additionalProperties"] == false) {
            let (mut properties, mut required) = (Map::new(), Vec::new());
            for part in &parts {
                properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
                required.extend(part["required"].as_array().cloned().unwrap_or_default());
            }
            *schema = json!({
                "type": "object",
                "description": schema["description"],
                "required": required,
                "properties": properties,
                "additionalProperties": false,
            });
        }
    }
}

/// Failures all look alike: one schema, referred to, instead of a copy in each.
fn share_problems(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(problem) = fields.get_mut("application/problem+json") {
                *problem = json!({"schema": {"$ref": "#/components/schemas/Problem"}});
            }
            fields.values_mut().for_each(share_problems);
        }
        Value::Array(items) => items.iter_mut().for_each(share_problems),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The routes about images take files beside their JSON.
fn add_forms(paths: &mut Value) {
    for (path, item) in paths.as_object_mut().into_iter().flatten() {
        if path.starts_with("/v1/clip/") {
            let content = &mut item["post"]["requestBody"]["content"];
            content["multipart/form-data"] = form_of(&content["application/json"]);
        }
    }
}

fn info() -> Info {
    let mut info = Info::new("assay", env!("CARGO_PKG_VERSION"));
    info.description = Some(env!("CARGO_PKG_DESCRIPTION").to_owned());
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".to_owned());
    info.license = Some(license);
    info
}

/// What the routes do not say: keys, tags, and each kind's parameters.
fn describe(document: &mut Value) {
    document["tags"] = json!([
        {"name": "score", "description": "Rewards for samples, pairs and groups."},
        {"name": "verify", "description": "Verdicts by rule, with evidence."},
        {"name": "clip", "description": "Images and texts in one space, by CLIP or SigLIP."},
        {"name": "nodes", "description": "What pipelines are made of."},
        {"name": "metrics", "description": "Analyses of plain numbers."},
        {"name": "pipelines", "description": "Graphs of nodes in service."},
        {"name": "models", "description": "Reward models in service."},
        {"name": "references", "description": "Reference completions and rewards by prompt."},
        {"name": "state", "description": "What run-scoped nodes remember."},
        {"name": "doors", "description": "The protocols of other reward servers, each onto a configured pipeline."},
        {"name": "operations", "description": "Probes and metrics."},
    ]);
    document["components"]["securitySchemes"] = json!({
        "key": {
            "type": "http",
            "scheme": "bearer",
            "description": "A configured key. None is needed where none is configured.",
        }
    });
    document["security"] = json!([{}, {"key": []}]);
    document["components"]["schemas"]["Problem"] = schema_of::<Problem>();
    document["components"]["schemas"]["FieldError"] = schema_of::<FieldError>();
    for entry in KINDS {
        let name = format!("Params.{}", entry.name);
        let mut schema = (entry.schema)();
        schema["description"] =
            json!(format!("Parameters of `{}`: {}.", entry.name, entry.summary));
        document["components"]["schemas"][name] = schema;
    }
}
