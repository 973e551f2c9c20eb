//! Bad input at every door: a clear problem, no crash, others unaffected.

use assay::{
    http::{HttpConfig, Key, Keys},
    model::{Layout, ModelOptions, RewardModel},
};
use axum::{
    body::Body,
    http::{Method, Request, header},
};
use serde_json::{Value, json};

use crate::app::{TestApp, json_request};

#[tokio::test]
async fn bodies_that_are_no_json_are_malformed() {
    let app = TestApp::shared();
    let hostile: [&[u8]; 9] = [
        b"",
        b"{",
        b"\xff\xfe",
        b"{\"pipeline\": \"helpful\", \"samples\": [{\"prompt\": \"\xc3\x28\"}]}",
        b"{\"pipeline\": \"helpful\", \"samples\": [{\"features\": {\"x\": NaN}}]}",
        b"{\"pipeline\": \"helpful\", \"samples\": [{\"features\": {\"x\": Infinity}}]}",
        b"{\"pipeline\": \"helpful\", \"samples\": [{\"features\": {\"x\": 1e999}}]}",
        b"{\"pipeline\": \"helpful\", \"samples\": []} x",
        b"{\"pipeline\": \"helpful\", \"samples\": [\"\\ud800\"]}",
    ];
    for body in hostile {
        let answer = app.send(json_request(Method::POST, "/v1/score", body.to_vec())).await;
        assert!(answer.status.is_client_error(), "{}", String::from_utf8_lossy(body));
        let problem = answer.json();
        assert!(problem["code"] == "malformed" || problem["code"] == "invalid", "{problem}");
    }
    let deep = "[".repeat(200_000);
    app.send(json_request(Method::POST, "/v1/score", deep)).await.problem(422, "invalid");
    let nested =
        format!("{{\"pipeline\":\"helpful\",\"samples\":[{{\"tests\":{}", "[".repeat(100_000));
    app.send(json_request(Method::POST, "/v1/score", nested)).await.problem(400, "malformed");
}

#[tokio::test]
async fn what_contradicts_the_schema_is_invalid_with_its_pointer() {
    let app = TestApp::shared();
    let cases = [
        (json!({"pipeline": "helpful"}), ""),
        (json!({"pipeline": "helpful", "samples": {}}), "/samples"),
        (json!({"pipeline": "helpful", "samples": [], "x": 1}), "/x"),
        (json!({"pipeline": "helpful", "samples": [{"promt": "p"}]}), "/samples/0/promt"),
        (json!({"pipeline": 3, "samples": []}), "/pipeline"),
        (
            json!({"pipeline": "helpful", "samples": [{"prompt": "p", "messages": [{"role": "user", "content": "c"}]}]}),
            "/samples/0/messages",
        ),
        (json!({"pipeline": "helpful", "samples": [], "detail": "all"}), "/detail"),
        (json!({"pipeline": {"output": "x", "nodes": {}}, "samples": []}), "/pipeline/nodes"),
        (json!(["helpful", []]), ""),
        (json!({"pipeline": "helpful", "samples": [{"prompt": "p"}, []]}), "/samples/1"),
        (
            json!({"pipeline": "helpful", "samples": [{"completion": [["user", "c"]]}]}),
            "/samples/0/completion/0",
        ),
        (json!({"pipeline": "helpful", "samples": [{"tests": [{}]}]}), "/samples/0/tests"),
        (json!({"pipeline": "helpful", "samples": [], "on_miss": "zero"}), "/on_miss"),
    ];
    for (body, pointer) in cases {
        let problem = app.post("/v1/score", &body).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
}

#[tokio::test]
async fn selecting_none_of_some_is_invalid() {
    let body = json!({"pipeline": "helpful", "prompt": "p", "completions": ["c"], "top": 0});
    let problem = TestApp::shared().post("/v1/select", &body).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/top");
}

/// Nodes whose output is `o`, the place at fault, and part of the message.
fn unsound() -> Vec<(Value, &'static str, &'static str)> {
    let rm = json!({"kind": "reward_models", "models": ["tiny-rm-0", "tiny-rm-1"]});
    vec![
        (json!({"rm": rm, "o": {"kind": "nope", "inputs": ["rm"]}}), "/nodes/o/kind", "no kind"),
        (
            json!({"rm": rm, "o": {"kind": "uwo", "inputs": ["rn"]}}),
            "/nodes/o/inputs/0",
            "did you mean `rm`?",
        ),
        (
            json!({"rm": rm, "o": {"kind": "uwo", "inputs": ["rm.tiny"]}}),
            "/nodes/o/inputs/0",
            "no column",
        ),
        (
            json!({"rm": rm, "o": {"kind": "uwo", "inputs": ["rm"], "lambda": "x"}}),
            "/nodes/o/lambda",
            "invalid type",
        ),
        (
            json!({"rm": rm, "o": {"kind": "uwo", "inputs": ["rm"], "lamda": 1}}),
            "/nodes/o/lamda",
            "unknown field",
        ),
        (
            json!({"rm": rm, "o": {"kind": "par", "inputs": ["rm"]}}),
            "/nodes/o/inputs",
            "exactly one column",
        ),
        (json!({"o": {"kind": "mean"}}), "/nodes/o/inputs", "at least one column"),
        (
            json!({"o": {"kind": "constant", "value": 1, "inputs": ["o"]}}),
            "/nodes/o/inputs",
            "wait for one another",
        ),
        (
            json!({"o": {"kind": "mean", "inputs": ["p"]}, "p": {"kind": "mean", "inputs": ["o"]}}),
            "/nodes/o/inputs",
            "`o`, `p`",
        ),
        (
            json!({"o": {"kind": "reward_models", "models": ["ghost"]}}),
            "/nodes/o/models/0",
            "no model",
        ),
        (
            json!({"o": {"kind": "reward_models", "models": ["tiny-rm-0", "tiny-rm-1"]}}),
            "/output",
            "2 columns",
        ),
        (
            json!({"rm": {"kind": "reward_models", "models": ["tiny-rm-0"]}, "g": {"kind": "rank", "inputs": ["rm"]}, "o": {"kind": "par", "inputs": ["g"]}}),
            "/nodes/o/inputs",
            "before the group",
        ),
        (json!({"o.x": {"kind": "constant", "value": 1}}), "/nodes/o.x", "name"),
    ]
}

#[tokio::test]
async fn unsound_pipelines_are_refused_with_the_place_at_fault() {
    let app = TestApp::shared();
    for (nodes, pointer, message) in unsound() {
        let body = json!({"pipeline": {"output": "o", "nodes": nodes}, "samples": []});
        let problem = app.post("/v1/score", &body).await.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!(error["pointer"], format!("/pipeline{pointer}"), "{problem}");
        assert!(error["detail"].as_str().unwrap().contains(message), "{problem}");
    }
}

#[tokio::test]
async fn doors_that_are_not_there_or_not_open() {
    let app = TestApp::shared();
    app.get("/nope").await.problem(404, "not_found");
    app.get("/v1/score").await.problem(405, "method_not_allowed");
    app.get("/v1/pipelines/ghost").await.problem(404, "not_found");
    app.get("/v1/models/ghost").await.problem(404, "not_found");
    app.get("/v1/nodes/ghost").await.problem(404, "not_found");
    app.post("/v1/metrics/ghost", &json!({})).await.problem(404, "not_found");
    let unknown = json!({"pipeline": "ghost", "samples": []});
    app.post("/v1/score", &unknown).await.problem(404, "not_found");
    let plain = Request::post("/v1/score").header(header::CONTENT_TYPE, "text/plain");
    app.send(plain.body(Body::from("{}")).unwrap()).await.problem(415, "unsupported_media_type");
    let state = app.call(Method::PUT, "/v1/state/helpful", &json!({})).await;
    state.problem(403, "forbidden");
}

#[tokio::test]
async fn keys_are_asked_for_where_there_are_keys() {
    let keys = Keys { callers: vec![Key::new("k")], admin: None };
    let app = TestApp::with(|config| HttpConfig { keys, ..config });
    app.get("/v1/nodes").await.problem(401, "unauthorized");
    assert!(app.get("/livez").await.status.is_success());
    let request = Request::get("/v1/nodes").header(header::AUTHORIZATION, "Bearer k");
    app.send(request.body(Body::empty()).unwrap()).await.good();
}

#[tokio::test]
async fn a_body_over_the_limit_is_too_large() {
    let app = TestApp::with(|config| HttpConfig { body_limit: 1000, ..config });
    let body = json!({"pipeline": "helpful", "samples": [{"prompt": "x".repeat(2000)}]});
    app.post("/v1/score", &body).await.problem(413, "too_large");
    let ok = json!({"pipeline": "helpful", "samples": []});
    app.post("/v1/score", &ok).await.good();
}

#[tokio::test]
async fn only_the_admin_key_changes_states() {
    let app = TestApp::with_admin("root");
    let put = |body: Value, key: &str| {
        let mut request = json_request(Method::PUT, "/v1/state/helpful", body.to_string());
        let value = format!("Bearer {key}").parse().unwrap();
        request.headers_mut().insert(header::AUTHORIZATION, value);
        app.send(request)
    };
    put(json!({}), "guess").await.problem(403, "forbidden");
    put(json!({}), "root").await.good();
    let problem = put(json!({"uwo": {"frozen": true}}), "root").await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/uwo");
}

/// A copy of a good model with one file replaced.
fn broken(file: &str, content: Option<&[u8]>) -> String {
    let good = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/models/llama");
    let directory = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(good).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), directory.path().join(entry.file_name())).unwrap();
    }
    match content {
        Some(content) => std::fs::write(directory.path().join(file), content).unwrap(),
        None => std::fs::remove_file(directory.path().join(file)).unwrap(),
    }
    let layout = Layout::Directory(directory.path().to_owned());
    RewardModel::load(&layout, &ModelOptions::default()).unwrap_err().to_string()
}

#[test]
fn broken_models_are_refused_with_the_file_at_fault() {
    let weights =
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/models/llama/model.safetensors");
    let weights = std::fs::read(weights).unwrap();
    assert!(broken("model.safetensors", None).contains("model.safetensors is missing"));
    let truncated = broken("model.safetensors", Some(&weights[..weights.len() / 2]));
    assert!(truncated.contains("model.safetensors is damaged"), "{truncated}");
    assert!(broken("config.json", None).contains("config.json is missing"));
    assert!(broken("config.json", Some(b"{}")).contains("architecture `none`"));
    assert!(broken("tokenizer.json", None).contains("tokenizer.json is missing"));
    assert!(broken("tokenizer.json", Some(b"{}")).contains("tokenizer.json"));
    let unknown = br#"{"architectures": ["GptForSequenceClassification"]}"#;
    assert!(broken("config.json", Some(unknown)).contains("LlamaForSequenceClassification"));
}

#[tokio::test]
async fn fields_beside_a_sample_have_their_places() {
    let app = TestApp::shared();
    let wrong = json!({"pipeline": "helpful", "prompt": "p", "completions": ["c"], "topp": 1});
    let problem = app.post("/v1/select", &wrong).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/topp");
    let detail = problem["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("`completions`") && detail.contains("`prompt`"), "{detail}");
    let pair = json!({"prompt": "p", "chosen": "a", "rejected": "b", "foo": 1});
    let wrong = json!({"pipeline": "helpful", "pairs": [pair]});
    let problem = app.post("/v1/compare", &wrong).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/pairs/0/foo");
}

#[tokio::test]
async fn a_completion_without_the_assistants_turn_is_missing() {
    let app = TestApp::shared();
    let samples = json!([
        {"prompt": "p", "answer": "4", "completion": []},
        {"prompt": "p", "answer": "4", "completion": [{"role": "user", "content": "4"}]},
    ]);
    for pipeline in ["helpful", "math"] {
        let body = json!({"pipeline": pipeline, "samples": samples, "on_miss": null});
        let reply = app.post("/v1/score", &body).await.good();
        for result in reply["results"].as_array().unwrap() {
            assert_eq!(result["status"], "missing_field", "{pipeline}: {result}");
        }
    }
}

#[tokio::test]
async fn a_compressed_body_and_one_that_says_it_is_too_large_are_not_read() {
    let app = TestApp::with(|config| HttpConfig { body_limit: 100, ..config });
    let mut packed = json_request(Method::POST, "/v1/score", "x");
    packed.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    let problem = app.send(packed).await.problem(415, "unsupported_media_type");
    assert!(problem["detail"].as_str().unwrap().contains("content-encoding"), "{problem}");
    let large = json_request(Method::POST, "/v1/score", " ".repeat(101));
    app.send(large).await.problem(413, "too_large");
}

#[tokio::test]
async fn applying_to_nothing_checks_what_can_be_checked() {
    let app = TestApp::shared();
    for (kind, body, pointer) in [
        ("length", json!({"inputs": [[]]}), ""),
        ("gate", json!({"inputs": [[]]}), "/inputs"),
        ("mean", json!({"inputs": [[]], "state": {}}), "/state"),
        ("minmax", json!({"inputs": [[]], "state": {"zz": 1}}), "/state"),
        ("minmax", json!({"inputs": [[1]], "state": {"min": 5, "max": 1}}), "/state"),
    ] {
        let path = format!("/v1/nodes/{kind}/apply");
        let problem = app.post(&path, &body).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{kind}: {problem}");
    }
    let reply = app.post("/v1/nodes/mean/apply", &json!({"inputs": [[]]})).await.good();
    assert_eq!(reply["output"], json!([]));
}
