//! The README tells the truth: its table is the table of kinds, its answers are really printed.

use std::fmt::Write;

use assay::nodes::KINDS;
use axum::http::Method;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::app::{TestApp, json_request};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
const OPEN: &str = "<!-- nodes: generated, UPDATE_EXPECT=1 cargo test rewrites it -->\n";
const CLOSE: &str = "<!-- /nodes -->";

fn readme() -> String {
    std::fs::read_to_string(PATH).unwrap()
}

fn table() -> String {
    let mut table = "| kind | family | scope | what it does |\n|---|---|---|---|\n".to_owned();
    for entry in KINDS {
        let family = format!("{:?}", entry.family).to_lowercase();
        let scope = format!("{:?}", entry.scope).to_lowercase();
        writeln!(table, "| `{}` | {family} | {scope} | {} |", entry.name, entry.summary).unwrap();
    }
    table
}

#[test]
fn the_table_of_nodes_is_the_table_of_kinds() {
    let text = readme();
    let (before, rest) = text.split_once(OPEN).expect("the table's opening mark");
    let (found, after) = rest.split_once(CLOSE).expect("the table's closing mark");
    if found == table() {
        return;
    }
    if std::env::vars().any(|(name, _)| name == "UPDATE_EXPECT") {
        std::fs::write(PATH, format!("{before}{OPEN}{}{CLOSE}{after}", table())).unwrap();
        return;
    }
    panic!("the README's table of nodes is out of date: UPDATE_EXPECT=1 cargo test rewrites it");
}

/// The body with the files that the shell would read into it.
fn with_files(body: &str) -> String {
    const OPEN: &str = "'$(base64 < ";
    const CLOSE: &str = " | tr -d '\\n')'";
    let mut parts = body.split(OPEN);
    let mut whole = parts.next().unwrap().to_owned();
    for part in parts {
        let (path, rest) = part.split_once(CLOSE).unwrap();
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
        whole += &STANDARD.encode(std::fs::read(format!("{root}{path}")).unwrap());
        whole += rest;
    }
    whole
}

/// The README's calls, each with the answer printed below it.
fn calls(text: &str) -> Vec<(String, String, Value)> {
    text.split("```sh\ncurl -s ")
        .skip(1)
        .map(|rest| {
            let (call, rest) = rest.split_once("\n```\n").unwrap();
            let (url, body) = call.split_once(" -H 'content-type: application/json' -d '").unwrap();
            let path = url.split_once(":8080").unwrap().1;
            let (_, answer) = rest.split_once("```json\n").unwrap();
            let answer = answer.split("\n```").next().unwrap();
            let body = with_files(body.trim_end().trim_end_matches('\''));
            (path.to_owned(), body, serde_json::from_str(answer).unwrap())
        })
        .collect()
}

/// Whether all of `shown` is in `found`; numbers to four places.
fn assert_shows(shown: &Value, found: &Value, at: &str) {
    match (shown, found) {
        (Value::Object(shown), Value::Object(found)) => {
            for (key, value) in shown {
                assert_shows(value, &found[key], &format!("{at}/{key}"));
            }
        }
        (Value::Array(shown), Value::Array(found)) => {
            assert_eq!(shown.len(), found.len(), "{at}");
            for (index, (shown, found)) in shown.iter().zip(found).enumerate() {
                assert_shows(shown, found, &format!("{at}/{index}"));
            }
        }
        (Value::Number(shown), Value::Number(found)) => {
            let (shown, found) = (shown.as_f64().unwrap(), found.as_f64().unwrap());
            assert!((shown - found).abs() <= 1e-4, "{at}: {shown} shown, {found} found");
        }
        _ => assert_eq!(shown, found, "{at}"),
    }
}

#[tokio::test]
async fn the_calls_are_answered_as_shown() {
    let text = readme();
    let calls = calls(&text);
    assert!(calls.len() >= 5, "only {} calls", calls.len());
    let app = TestApp::new();
    for (path, body, shown) in calls {
        let found = app.send(json_request(Method::POST, &path, body)).await.good();
        assert_shows(&shown, &found, &path);
    }
}
