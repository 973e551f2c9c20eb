//! Chat templates of real families against what `transformers` renders
//! (`tests/golden/templates/make.py`).

use std::{collections::BTreeMap, fs};

use assay::{domain::Message, model::ChatTemplate};
use serde_json::Value;

fn path(file: &str) -> String {
    format!("{}/tests/golden/templates/{file}", env!("CARGO_MANIFEST_DIR"))
}

/// The messages, when they are what a reward model is asked: text turns, no tools, no open turn.
fn judged(conversation: &Value) -> Option<Vec<Message>> {
    let fields = conversation.as_object().unwrap();
    let plain = fields.keys().all(|key| key == "messages");
    if plain { serde_json::from_value(fields["messages"].clone()).ok() } else { None }
}

fn template(family: &str, tokens: &Value) -> ChatTemplate {
    let source = fs::read_to_string(path(&format!("{family}.jinja"))).unwrap();
    let tokens: BTreeMap<String, String> = serde_json::from_value(tokens.clone()).unwrap();
    ChatTemplate::new(&source, tokens).unwrap()
}

#[test]
fn templates_render_as_transformers_renders_them() {
    let expected: Value =
        serde_json::from_str(&fs::read_to_string(path("expected.json")).unwrap()).unwrap();
    let mut checked = 0;
    for case in expected["cases"].as_array().unwrap() {
        let text = |field: &str| case[field].as_str().unwrap_or_default();
        let (family, name) = (text("template"), text("conversation"));
        let Some(messages) = judged(&expected["conversations"][name]) else { continue };
        let rendered = template(family, &expected["tokens"][family]).render(&messages);
        match case["rendered"].as_str() {
            // A reward must not depend on the day: ours is always the date that Llama's templates fall
            // back to.
            Some(text) => {
                let text = text.replace("04 Mar 2025", "26 Jul 2024");
                assert_eq!(rendered.unwrap(), text, "{family}/{name}");
            }
            None => {
                let error = rendered.expect_err(&format!("{family}/{name}")).to_string();
                let raised = text("by") == "raise_exception";
                assert!(!raised || error.contains(text("error")), "{family}/{name}: {error}");
            }
        }
        checked += 1;
    }
    assert!(checked >= 100, "only {checked} conversations");
}
