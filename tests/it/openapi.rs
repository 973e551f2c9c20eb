//! The OpenAPI document: committed as it is generated, and its examples work.

use std::path::Path;

use axum::{
    body::Body,
    http::{
        Method, Request,
        header::{AUTHORIZATION, CONTENT_TYPE},
    },
};
use expect_test::expect_file;
use serde_json::Value;

use crate::app::{TestApp, json_request};

#[test]
fn the_committed_document_is_the_generated_one() {
    let mut document = serde_json::to_string_pretty(&assay::http::document()).unwrap();
    document.push('\n');
    expect_file!["../../openapi/openapi.json"].assert_eq(&document);
}

#[tokio::test]
async fn the_served_document_is_the_generated_one() {
    let served = TestApp::shared().get("/openapi.json").await.good();
    assert_eq!(served, assay::http::document());
    assert_eq!(served["openapi"], "3.1.0");
}

/// Every operation with an example of its request is called with it.
#[tokio::test]
async fn examples_are_answered() {
    let document = assay::http::document();
    // An app of its own: examples change what is served, as its administrator.
    let app = TestApp::with_admin("root");
    let mut replayed = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let content = &operation["requestBody"]["content"]["application/json"];
            let path = filled(path, operation);
            for example in examples(content) {
                let method: Method = method.to_uppercase().parse().unwrap();
                let mut request = json_request(method, &path, example.to_string());
                request.headers_mut().insert(AUTHORIZATION, "Bearer root".parse().unwrap());
                app.send(request).await.good();
                replayed += 1;
            }
            if let Some(example) =
                operation["requestBody"]["content"]["multipart/form-data"].get("example")
            {
                app.send(form(&path, example)).await.good();
            }
            if method == "get" {
                let answer = app.get(&path).await;
                assert!(answer.status.is_success(), "{path}: {:?}", answer.json());
            }
        }
    }
    assert!(replayed >= 8, "only {replayed} examples");
}

/// The path with its parameters' examples in their places.
fn filled(path: &str, operation: &Value) -> String {
    let parameters = operation["parameters"].as_array();
    parameters.into_iter().flatten().filter(|one| one["in"] == "path").fold(
        path.to_owned(),
        |path, parameter| {
            let name = parameter["name"].as_str().unwrap();
            let example = parameter["example"].as_str().expect("an example of the parameter");
            path.replace(&format!("{{{name}}}"), example)
        },
    )
}

/// A form as its example says, with a picture for each file.
fn form(path: &str, example: &Value) -> Request<Body> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/red-circle.png");
    let picture = std::fs::read(file).unwrap();
    let mut body = Vec::new();
    for (name, value) in example.as_object().unwrap() {
        body.extend(
            format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n").bytes(),
        );
        body.extend(if name == "request" {
            value.to_string().into_bytes()
        } else {
            picture.clone()
        });
        body.extend(b"\r\n");
    }
    body.extend(b"--b--\r\n");
    Request::post(path)
        .header(CONTENT_TYPE, "multipart/form-data; boundary=b")
        .header(AUTHORIZATION, "Bearer root")
        .body(Body::from(body))
        .unwrap()
}

fn examples(content: &Value) -> Vec<Value> {
    let named = content["examples"].as_object();
    let named = named.into_iter().flatten().map(|(_, example)| example["value"].clone());
    content.get("example").cloned().into_iter().chain(named).collect()
}

#[tokio::test]
async fn the_page_and_the_documentation_need_no_other_host() {
    let app = TestApp::shared();
    let page = app.get("/").await;
    let docs = app.get("/docs/").await;
    for answer in [page, docs] {
        assert!(answer.status.is_success());
        let text = String::from_utf8(answer.body).unwrap();
        assert!(!text.contains("src=\"http") && !text.contains("href=\"http"), "{text}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| walk(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let document = assay::http::document();
    let mut references = Vec::new();
    walk(&document, &mut references);
    assert!(references.len() > 50);
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("a reference within the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

/// A validating gateway must let the examples through: fields beside a sample's are one closed object.
#[test]
fn a_pair_is_one_closed_object() {
    let document = assay::http::document();
    let pair = &document["components"]["schemas"]["Pair"];
    assert_eq!(pair["additionalProperties"], false);
    for field in ["chosen", "rejected", "prompt", "messages", "tests"] {
        assert!(pair["properties"][field].is_object(), "{field}");
    }
}
