//! The peers' doors, against what the peers themselves send and answer.

use std::fs;

use assay::{
    cli::{Setup, start},
    http::{Doors, HttpConfig, OpenRlhf},
};
use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::{Value, json};

use crate::app::{TestApp, json_request};

fn openrlhf(more: &Value) -> OpenRlhf {
    let mut door = json!({"pipeline": "helpful"});
    door.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(door).unwrap()
}

fn app(more: &Value) -> TestApp {
    let doors = Doors { openrlhf: Some(openrlhf(more)) };
    TestApp::with(|config| HttpConfig { doors, ..config })
}

/// The exchanges of every release, by release.
fn recorded() -> Vec<(String, Vec<Value>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/doors/openrlhf");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    files
        .map(|path| {
            let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
            let exchanges = file["exchanges"].as_array().unwrap().clone();
            (file["openrlhf"].as_str().unwrap().to_owned(), exchanges)
        })
        .collect()
}

/// What the recorded queries say, by a part of each.
const SAID: [(&str, &str, &str); 4] = [
    ("<|im_start|>", r#"[{"role": "user", "content": "What is 17 + 25?"}]"#, "17 + 25 = 42."),
    (
        "<|begin_of_text|>",
        r#"[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Name three primary colours."}]"#,
        "Red, yellow and blue.",
    ),
    ("[INST]", r#"[{"role": "user", "content": "What is 17 + 25?"}]"#, "17 + 25 = 42."),
    ("<start_of_turn>", r#"[{"role": "user", "content": "Why?"}]"#, "Because."),
];

/// The rewards that the native door gives for what a recorded query says.
async fn native(app: &TestApp, queries: &[Value]) -> Value {
    let sample = |query: &Value| {
        let said = SAID.iter().find(|(mark, ..)| query.as_str().unwrap().contains(mark));
        let (_, messages, completion) = said.unwrap();
        let messages: Value = serde_json::from_str(messages).unwrap();
        json!({"messages": messages, "completion": completion})
    };
    let samples: Vec<Value> = queries.iter().map(sample).collect();
    let body = json!({"pipeline": "helpful", "samples": samples});
    app.post("/v1/score", &body).await.good()["rewards"].clone()
}

#[tokio::test]
async fn every_release_is_answered_as_by_its_own_server() {
    let app = app(&json!({"extra_logs": ["uwo", "rm.tiny-rm-0"]}));
    let recorded = recorded();
    assert!(recorded.len() >= 10, "only {} releases", recorded.len());
    for (release, exchanges) in recorded {
        for exchange in exchanges {
            let queries = exchange["request"]["query"].as_array().unwrap();
            let found = app.post("/get_reward", &exchange["request"]).await.good();
            assert_eq!(found["rewards"], native(&app, queries).await, "{release}");
            assert_eq!(found["scores"], found["rewards"], "{release}");
            // Every list that the peer sends is sent, as long, and of numbers.
            let theirs = exchange["reply"].as_object().unwrap();
            for field in theirs.keys().filter(|field| *field != "status") {
                assert_eq!(
                    found[field].is_object(),
                    theirs[field].is_object(),
                    "{release} {field}"
                );
            }
            for (name, column) in found["extra_logs"].as_object().unwrap() {
                let column = column.as_array().unwrap();
                assert_eq!(column.len(), queries.len(), "{release} {name}");
                assert!(column.iter().all(Value::is_f64), "{release} {name}");
            }
        }
    }
}

#[tokio::test]
async fn an_empty_list_is_no_error() {
    let body = json!({"query": [], "prompts": [], "labels": []});
    let bare = app(&json!({})).post("/get_reward", &body).await.good();
    assert_eq!(bare, json!({"rewards": [], "scores": []}));
    let logging = app(&json!({"extra_logs": ["uwo"]})).post("/get_reward", &body).await.good();
    assert_eq!(
        logging,
        json!({"rewards": [], "scores": [], "extra_logs": {"uwo": [], "miss": []}})
    );
}

/// A completion that no model of the ensemble can read whole, between two that it can.
fn with_a_miss() -> Value {
    json!({"query": ["Hi there.", "and ".repeat(3000), "Hi you."], "prompts": ["Hi", "", "Hi"]})
}

#[tokio::test]
async fn a_miss_is_a_failure_or_a_number_and_never_null() {
    let strict = app(&json!({"source_template": "none"}));
    let problem = strict.post("/get_reward", &with_a_miss()).await.problem(503, "no_reward");
    assert_eq!(problem["errors"][0]["pointer"], "/query/1");
    assert_eq!(problem["retryable"], false);
    assert!(problem["detail"].as_str().unwrap().contains("too_long"), "{problem}");
    let told = json!({"source_template": "none", "on_miss": -2.5, "extra_logs": ["uwo"]});
    let found = app(&told).post("/get_reward", &with_a_miss()).await.good();
    assert_eq!((&found["rewards"][1], &found["scores"][1]), (&json!(-2.5), &json!(-2.5)));
    assert_eq!(found["extra_logs"]["miss"], json!([0.0, 2.0, 0.0]));
    assert_eq!(found["extra_logs"]["uwo"][1], -2.5);
    assert!(!found.to_string().contains("null"));
}

#[tokio::test]
async fn scores_may_be_another_column() {
    let found = app(&json!({"scores": "rm.tiny-rm-0"}))
        .post("/get_reward", &json!({"query": ["Hi there."]}))
        .await
        .good();
    assert_ne!(found["scores"], found["rewards"]);
    assert!(found["extra_logs"].is_null());
}

#[tokio::test]
async fn labels_are_gold_answers() {
    let doors = Doors { openrlhf: Some(openrlhf(&json!({"pipeline": "math"}))) };
    let app = TestApp::with(|config| HttpConfig { doors, ..config });
    let body = json!({
        "query": ["q It is \\boxed{42}.", "q It is \\boxed{41}.", "q It is \\boxed{1/2}.", "q \\boxed{7}"],
        "prompts": ["q ", "q ", "q ", "q "],
        "labels": ["42", 42, {"answers": ["0.5", "50"]}, "{\"answer\": \"7\"}"],
        "something_new": true
    });
    let found = app.post("/get_reward", &body).await.good();
    assert_eq!(found["rewards"], json!([1.0, 0.0, 1.0, 1.0]));
}

#[tokio::test]
async fn what_cannot_be_read_says_where() {
    let app = app(&json!({"source_template": "qwen"}));
    let turn = "<|im_start|>user\nHi<|im_end|>\n";
    for (body, pointer) in [
        (json!({}), ""),
        (json!({"query": "Hi"}), "/query"),
        (json!({"query": ["Hi"]}), "/query/0"),
        (json!({"query": [turn]}), "/query/0"),
        (json!({"query": ["other text"], "prompts": [turn]}), "/query/0"),
        (json!({"query": ["Hi"], "prompts": []}), "/prompts"),
        (json!({"query": ["Hi"], "labels": [1, 2]}), "/labels"),
        (
            json!({"query": [format!("{turn}x")], "prompts": [turn], "labels": [{"features": 1}]}),
            "/labels/0",
        ),
    ] {
        let problem = app.post("/get_reward", &body).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
    }
    let broken = app.send(json_request(Method::POST, "/get_reward", "{")).await;
    broken.problem(400, "malformed");
    let get = Request::get("/get_reward").body(Body::empty()).unwrap();
    app.send(get).await.problem(405, "method_not_allowed");
}

/// System messages can be left out, for reward models that refuse them.
#[tokio::test]
async fn system_messages_may_be_dropped() {
    let turns = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n";
    let prompt = format!("{turns}<|im_start|>assistant\n");
    let body = json!({"query": [format!("{prompt}Hello.<|im_end|>")], "prompts": [prompt]});
    let kept = app(&json!({})).post("/get_reward", &body).await.good();
    let dropping = app(&json!({"drop_system": true}));
    let dropped = dropping.post("/get_reward", &body).await.good();
    let plain =
        json!({"pipeline": "helpful", "samples": [{"prompt": "Hi", "completion": "Hello."}]});
    let plain = dropping.post("/v1/score", &plain).await.good();
    assert_eq!(dropped["rewards"], plain["rewards"]);
    assert_ne!(kept["rewards"], dropped["rewards"]);
}

#[tokio::test]
async fn a_closed_door_is_not_there() {
    let app = TestApp::with(|config| HttpConfig { doors: Doors::default(), ..config });
    app.post("/get_reward", &json!({"query": []})).await.problem(404, "not_found");
    let mut doors = Doors { openrlhf: Some(openrlhf(&json!({}))) };
    doors.close("openrlhf").unwrap();
    assert_eq!(doors, Doors::default());
    assert!(doors.close("openai").unwrap_err().to_string().contains("openrlhf"));
}

/// The door sees one sample at a time: what needs more is found before anything is served.
#[test]
fn a_door_refuses_what_it_cannot_serve() {
    let service = start(&Setup::default().settings().unwrap()).unwrap();
    let insert = |name: &str, nodes: Value| {
        let spec = serde_json::from_value(json!({"output": "o", "nodes": nodes})).unwrap();
        service.pipelines.insert(name, spec, service.world()).unwrap();
    };
    let x = json!({"kind": "feature", "name": "x"});
    insert("grouped", json!({"x": x, "o": {"kind": "rank", "inputs": ["x"]}}));
    insert(
        "running",
        json!({"x": x, "r": {"kind": "rank", "inputs": ["x"]}, "o": {"kind": "minmax", "inputs": ["r"]}}),
    );
    insert("alone", json!({"x": x, "o": {"kind": "minmax", "inputs": ["x"]}}));
    let check = |more: Value| {
        let doors = Doors { openrlhf: Some(openrlhf(&more)) };
        doors.check(&service.pipelines).map_err(|error| (error.pointer, error.message))
    };
    assert_eq!(check(json!({})), Ok(()));
    assert_eq!(check(json!({"pipeline": "alone"})), Ok(()));
    for (more, place, part) in [
        (json!({"pipeline": "grouped"}), "/openrlhf/pipeline", "one at a time"),
        (json!({"pipeline": "running"}), "/openrlhf/pipeline", "one at a time"),
        (json!({"pipeline": "ghost"}), "/openrlhf/pipeline", "no pipeline"),
        (json!({"scores": "x"}), "/openrlhf/scores", "no column"),
        (json!({"extra_logs": ["uwo", "x"]}), "/openrlhf/extra_logs/1", "no column"),
    ] {
        let (pointer, message) = check(more).unwrap_err();
        assert_eq!(pointer, place);
        assert!(message.contains(part), "{message}");
    }
}
