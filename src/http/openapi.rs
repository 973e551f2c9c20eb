//! The OpenAPI 3.1 document, assembled from the routes and the table of kinds.

use serde_json::{Value, json};
use utoipa::openapi::{Info, License, OpenApi};

use super::router::paths;
use crate::{domain::mend_schema, nodes::KINDS};

/// The document, as served at `/openapi.json` and committed as `openapi/openapi.json`.
#[must_use]
pub fn document() -> OpenApi {
    let mut document = paths();
    document.info = info();
    let mut value = serde_json::to_value(&document).unwrap_or_default();
    mend_schema(&mut value);
    describe(&mut value);
    serde_json::from_value(value).unwrap_or(document)
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
        {"name": "nodes", "description": "What pipelines are made of."},
        {"name": "metrics", "description": "Analyses of plain numbers."},
        {"name": "pipelines", "description": "Graphs of nodes in service."},
        {"name": "models", "description": "Reward models in service."},
        {"name": "references", "description": "Reference completions and rewards by prompt."},
        {"name": "state", "description": "What run-scoped nodes remember."},
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
    for entry in KINDS {
        let name = format!("Params.{}", entry.name);
        let mut schema = (entry.schema)();
        schema["description"] =
            json!(format!("Parameters of `{}`: {}.", entry.name, entry.summary));
        document["components"]["schemas"][name] = schema;
    }
}
