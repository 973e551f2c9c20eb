//! Changing what is served: whole or not at all, kept across restarts, by administrators only.

use std::path::Path;

use assay::{
    cli::start,
    config::{ModelsRoot, Settings},
    http::{App, HttpConfig, Key, Keys},
};
use axum::http::{Method, header};
use serde_json::{Value, json};

use crate::app::{Answer, TestApp, json_request};

/// A service over the golden models, which keeps changes in `registry`.
fn served(registry: Option<&Path>) -> TestApp {
    let mut settings = Settings::embedded().unwrap();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/models");
    settings.models_root = ModelsRoot::new(Some(root.into()));
    settings.registry = registry.map(Path::to_owned);
    let keys = Keys { callers: vec![Key::new("caller")], admin: Some(Key::new("root")) };
    let doors = settings.doors.clone();
    let config = HttpConfig { keys, doors, ..HttpConfig::default() };
    TestApp::of(App::new(start(&settings).unwrap(), config))
}

async fn call(app: &TestApp, key: &str, method: Method, path: &str, body: &Value) -> Answer {
    let mut request = json_request(method, path, body.to_string());
    let key = format!("Bearer {key}").parse().unwrap();
    request.headers_mut().insert(header::AUTHORIZATION, key);
    app.send(request).await
}

async fn put(app: &TestApp, path: &str, body: Value) -> Answer {
    call(app, "root", Method::PUT, path, &body).await
}

async fn delete(app: &TestApp, path: &str) -> Answer {
    call(app, "root", Method::DELETE, path, &json!(null)).await
}

async fn get(app: &TestApp, path: &str) -> Answer {
    call(app, "root", Method::GET, path, &json!(null)).await
}

/// The raw reward that model `name` gives a fixed text.
async fn reward(app: &TestApp, name: &str) -> Value {
    let nodes = json!({"rm": {"kind": "reward_models", "models": [name]}});
    let body = json!({
        "pipeline": {"output": "rm", "nodes": nodes},
        "samples": [{"prompt": "What is 7 + 5?", "completion": "It is 12."}]
    });
    call(app, "caller", Method::POST, "/v1/score", &body).await.good()["rewards"][0].clone()
}

#[tokio::test]
async fn only_an_administrator_changes_what_is_served() {
    let app = served(None);
    let model = json!({"path": "llama"});
    for (method, path) in [
        (Method::PUT, "/v1/models/new"),
        (Method::DELETE, "/v1/models/tiny-rm-0"),
        (Method::PUT, "/v1/pipelines/new"),
        (Method::DELETE, "/v1/pipelines/math"),
    ] {
        // Before the body is looked at: it may be anything.
        for body in [&model, &json!("x")] {
            call(&app, "caller", method.clone(), path, body).await.problem(403, "forbidden");
            call(&app, "guess", method.clone(), path, body).await.problem(401, "unauthorized");
        }
    }
    let open = TestApp::new();
    let refused = open.call(Method::PUT, "/v1/models/new", &model).await;
    let problem = refused.problem(403, "forbidden");
    assert!(problem["detail"].as_str().unwrap().contains("no admin key is configured"));
}

#[tokio::test]
async fn a_model_is_loaded_shown_replaced_and_unloaded() {
    let app = served(None);
    let entry = put(&app, "/v1/models/new", json!({"path": "llama"})).await.good();
    assert_eq!(
        (&entry["id"], &entry["device"], &entry["dtype"]),
        (&json!("new"), &json!("cpu"), &json!("f32"))
    );
    assert_eq!(entry["architecture"], "LlamaForSequenceClassification");
    for digest in ["sha256", "text_sha256"] {
        assert_eq!(entry[digest].as_str().unwrap().len(), 64, "{digest}");
    }
    assert!(entry["memory_bytes"].as_u64().unwrap() > 10_000);
    assert!(entry["limits"]["queue_tokens"].is_u64() && entry["max_tokens"].is_u64());
    assert_eq!(get(&app, "/v1/models/new").await.good()["sha256"], entry["sha256"]);
    let llama = reward(&app, "new").await;

    let replaced =
        put(&app, "/v1/models/new", json!({"path": "qwen3", "max_tokens": 64})).await.good();
    assert_ne!(replaced["sha256"], entry["sha256"]);
    assert_eq!(replaced["max_tokens"], 64);
    assert_ne!(reward(&app, "new").await, llama);

    assert_eq!(delete(&app, "/v1/models/new").await.status.as_u16(), 204);
    get(&app, "/v1/models/new").await.problem(404, "not_found");
    delete(&app, "/v1/models/new").await.problem(404, "not_found");
}

#[tokio::test]
async fn a_broken_model_leaves_the_old_one_serving() {
    let app = served(None);
    put(&app, "/v1/models/new", json!({"path": "llama"})).await.good();
    let before = (reward(&app, "new").await, get(&app, "/v1/models/new").await.good());
    for (spec, pointer) in [
        (json!({"path": "none"}), "/path"),
        (json!({"path": "."}), "/path"),
        (json!({"path": "embedded:none"}), "/path"),
        (json!({"path": "llama", "label": 7}), "/label"),
        (json!({"path": "llama", "steps": {"good": "+"}}), "/steps"),
        (json!({"path": "llama", "dtype": "f64"}), "/dtype"),
        (json!({"path": "llama", "max_tokns": 7}), "/max_tokns"),
        (json!({"path": "llama", "calibration": {"mean": 0, "std": 0}}), "/calibration"),
        (json!({"path": 7}), "/path"),
        (json!({}), ""),
    ] {
        let problem = put(&app, "/v1/models/new", spec.clone()).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{spec}: {problem}");
    }
    put(&app, "/v1/models/new", json!("llama")).await.problem(422, "invalid");
    let after = get(&app, "/v1/models/new").await.good();
    assert_eq!((reward(&app, "new").await, &after["sha256"]), (before.0, &before.1["sha256"]));
}

#[tokio::test]
async fn nothing_outside_the_models_root_is_loaded() {
    let app = served(None);
    let outside = std::fs::canonicalize(concat!(env!("CARGO_MANIFEST_DIR"), "/models/tiny-rm-0"));
    let absolute = outside.unwrap().display().to_string();
    for path in [
        "..",
        "../../../models/tiny-rm-0",
        "llama/../../../../models/tiny-rm-0",
        "/etc",
        "/",
        &absolute,
    ] {
        let problem =
            put(&app, "/v1/models/new", json!({"path": path})).await.problem(422, "invalid");
        assert!(
            problem["detail"].as_str().unwrap().contains("outside the models root"),
            "{problem}"
        );
    }
    let problem =
        put(&app, "/v1/models/new", json!({"path": "llama\0"})).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/path");
    // Without a root there is nothing but what the binary holds.
    let rootless = TestApp::with_admin("root");
    let problem = put(&rootless, "/v1/models/new", json!({"path": "llama"})).await;
    assert!(problem.problem(422, "invalid").to_string().contains("no models root"));
    put(&rootless, "/v1/models/new", json!({"path": "embedded:tiny-rm-1"})).await.good();
}

#[tokio::test]
async fn what_is_in_use_stays() {
    let app = served(None);
    let problem = delete(&app, "/v1/models/tiny-rm-0").await.problem(409, "in_use");
    assert!(problem["detail"].as_str().unwrap().contains("helpful, helpful-mean"), "{problem}");
    let problem = delete(&app, "/v1/pipelines/helpful").await.problem(409, "in_use");
    assert!(problem["detail"].as_str().unwrap().contains("door `openrlhf`"), "{problem}");
    assert!(reward(&app, "tiny-rm-0").await.is_f64());
    for pipeline in ["helpful-mean", "helpful-wco", "helpful-par"] {
        assert_eq!(delete(&app, &format!("/v1/pipelines/{pipeline}")).await.status.as_u16(), 204);
    }
    let problem = delete(&app, "/v1/models/tiny-rm-0").await.problem(409, "in_use");
    assert!(problem["detail"].as_str().unwrap().ends_with("pipelines: helpful"), "{problem}");
}

/// `helpful` wants calibrated members: one without would change its rewards silently.
#[tokio::test]
async fn a_model_that_its_pipelines_cannot_use_is_refused() {
    let app = served(None);
    let before = get(&app, "/v1/models/tiny-rm-0").await.good()["calibration"].clone();
    let bare = json!({"path": "embedded:tiny-rm-1"});
    let problem = put(&app, "/v1/models/tiny-rm-0", bare).await.problem(422, "invalid");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("pipeline `helpful`") && detail.contains("calibration"), "{detail}");
    assert_eq!(get(&app, "/v1/models/tiny-rm-0").await.good()["calibration"], before);
    let whole = json!({"path": "embedded:tiny-rm-1", "calibration": {"mean": 0.5, "std": 2.0}});
    put(&app, "/v1/models/tiny-rm-0", whole).await.good();
    assert_eq!(get(&app, "/v1/models/tiny-rm-0").await.good()["calibration"], json!([0.5, 2.0]));
}

#[tokio::test]
async fn a_pipeline_is_put_replaced_and_taken_away() {
    let app = served(None);
    let constant =
        |value: f64| json!({"output": "o", "nodes": {"o": {"kind": "constant", "value": value}}});
    let score = json!({"pipeline": "new", "samples": [{}]});
    let first = put(&app, "/v1/pipelines/new", constant(1.0)).await.good();
    let second = put(&app, "/v1/pipelines/new", constant(2.0)).await.good();
    assert_ne!(first["version"], second["version"]);
    let scored = call(&app, "caller", Method::POST, "/v1/score", &score).await.good();
    assert_eq!((&scored["rewards"], &scored["version"]), (&json!([2.0]), &second["version"]));
    // A mistake has its place, and what was there stays.
    for (spec, pointer) in [
        (json!({"output": "o", "nodes": {"o": {"kind": "nope"}}}), "/nodes/o/kind"),
        (
            json!({"output": "o", "nodes": {"o": {"kind": "reward_models", "models": ["ghost"]}}}),
            "/nodes/o/models/0",
        ),
        (json!({"nodes": {}}), ""),
    ] {
        let problem = put(&app, "/v1/pipelines/new", spec).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    assert_eq!(
        call(&app, "caller", Method::POST, "/v1/score", &score).await.good()["rewards"],
        json!([2.0])
    );
    assert_eq!(delete(&app, "/v1/pipelines/new").await.status.as_u16(), 204);
    call(&app, "caller", Method::POST, "/v1/score", &score).await.problem(404, "not_found");
    delete(&app, "/v1/pipelines/new").await.problem(404, "not_found");
}

#[tokio::test]
async fn a_door_keeps_a_pipeline_that_fits_it() {
    let app = served(None);
    let grouped = json!({"output": "o", "nodes": {
        "rm": {"kind": "reward_models", "models": ["tiny-rm-0"]},
        "o": {"kind": "rank", "inputs": ["rm"]}
    }});
    let problem = put(&app, "/v1/pipelines/helpful", grouped.clone()).await.problem(422, "invalid");
    assert!(problem["detail"].as_str().unwrap().contains("one at a time"), "{problem}");
    put(&app, "/v1/pipelines/other", grouped).await.good();
    let plain = json!({"output": "rm", "nodes": {"rm": {"kind": "reward_models", "models": ["tiny-rm-0"]}}});
    put(&app, "/v1/pipelines/helpful", plain).await.good();
    let query = json!({"query": ["Hi there"]});
    let door = call(&app, "caller", Method::POST, "/get_reward", &query).await.good();
    assert!(door["rewards"][0].is_f64());
}

#[tokio::test]
async fn names_are_plain() {
    let app = served(None);
    let spec = json!({"output": "o", "nodes": {"o": {"kind": "constant", "value": 1}}});
    let long = "x".repeat(129);
    for name in ["..", ".x", "a%2Fb", "%00", "a%20b", "-x", "%C3%A9", &long] {
        let answer = put(&app, &format!("/v1/pipelines/{name}"), spec.clone()).await;
        answer.problem(422, "invalid");
        let answer = put(&app, &format!("/v1/models/{name}"), json!({"path": "llama"})).await;
        answer.problem(422, "invalid");
    }
}

#[tokio::test]
async fn changes_outlive_a_restart() {
    let registry = tempfile::tempdir().unwrap();
    let app = served(Some(registry.path()));
    put(&app, "/v1/models/new", json!({"path": "llama", "max_tokens": 32})).await.good();
    let rm = json!({"output": "rm", "nodes": {"rm": {"kind": "reward_models", "models": ["new"]}}});
    let version = put(&app, "/v1/pipelines/mine", rm).await.good()["version"].clone();
    delete(&app, "/v1/pipelines/math").await;
    let before = reward(&app, "new").await;
    drop(app);

    let again = served(Some(registry.path()));
    assert_eq!(get(&again, "/v1/models/new").await.good()["max_tokens"], 32);
    assert_eq!(reward(&again, "new").await, before);
    assert_eq!(get(&again, "/v1/pipelines/mine").await.good()["version"], version);
    get(&again, "/v1/pipelines/math").await.problem(404, "not_found");
    delete(&again, "/v1/models/new").await.problem(409, "in_use");
    // Without the place there are no changes.
    get(&served(None), "/v1/models/new").await.problem(404, "not_found");
}

#[tokio::test]
async fn a_change_that_cannot_be_kept_is_not_made() {
    let all = tempfile::tempdir().unwrap();
    let registry = all.path().join("registry");
    let app = served(Some(&registry));
    std::fs::remove_dir_all(&registry).unwrap();
    let answer = put(&app, "/v1/models/new", json!({"path": "llama"})).await;
    answer.problem(503, "store_failed");
    get(&app, "/v1/models/new").await.problem(404, "not_found");
    delete(&app, "/v1/pipelines/math").await.problem(503, "store_failed");
    get(&app, "/v1/pipelines/math").await.good();
}

#[test]
fn a_damaged_registry_is_named_at_the_start() {
    let registry = tempfile::tempdir().unwrap();
    let start_with = |text: &str| {
        std::fs::write(registry.path().join("changes.json"), text).unwrap();
        let mut settings = Settings::embedded().unwrap();
        settings.registry = Some(registry.path().to_owned());
        start(&settings).unwrap_err().to_string()
    };
    assert!(start_with("{").contains("changes.json"));
    let ghost = r#"{"models": {"new": {"path": "ghost"}}, "pipelines": {}}"#;
    assert!(start_with(ghost).contains("changes.json: /models/new"), "{}", start_with(ghost));
}

/// Requests that cross a swap get the one model or the other, whole, with its own calibration.
#[tokio::test(flavor = "multi_thread")]
async fn a_swap_is_at_once() {
    let app = served(None);
    let models = [
        json!({"path": "llama", "calibration": {"mean": 0.0, "std": 1.0}}),
        json!({"path": "qwen3", "calibration": {"mean": 100.0, "std": 1.0}}),
    ];
    let nodes = json!({"rm": {"kind": "reward_models", "models": ["new"], "calibrated": true}});
    let spec = json!({"output": "rm", "nodes": nodes});
    let score = async |index: usize| {
        let completion = format!("It is {index}.");
        let body =
            json!({"pipeline": spec, "samples": [{"prompt": "7?", "completion": completion}]});
        let scored = call(&app, "caller", Method::POST, "/v1/score", &body).await.good();
        let model = scored["provenance"]["models"]["new"]["sha256"].clone();
        (model, scored["rewards"][0].as_f64().unwrap())
    };
    let mut known = Vec::new();
    for model in &models {
        let sha256 = put(&app, "/v1/models/new", model.clone()).await.good()["sha256"].clone();
        let mut rewards = Vec::new();
        for index in 0..40 {
            rewards.push(score(index).await.1);
        }
        known.push((sha256, rewards));
    }
    let scoring = async {
        for index in 0..40 {
            let (model, reward) = score(index).await;
            let (_, rewards) = known.iter().find(|(sha256, _)| *sha256 == model).unwrap();
            assert!((rewards[index] - reward).abs() < 1e-4, "{} {reward}", rewards[index]);
        }
    };
    let swapping = async {
        for turn in 0..6 {
            put(&app, "/v1/models/new", models[turn % 2].clone()).await.good();
        }
    };
    futures::future::join(scoring, swapping).await;
}

#[tokio::test]
async fn no_callers_value_spoils_the_state_that_all_share() {
    let app = served(None);
    let node = json!({"kind": "feature", "name": "a"});
    let shaped = json!({"kind": "meanstd", "inputs": ["f"]});
    let spec = json!({"output": "z", "nodes": {"f": node, "z": shaped}});
    put(&app, "/v1/pipelines/st", spec).await.good();
    let score = async |values: &[f64]| {
        let samples: Vec<_> = values.iter().map(|a| json!({"features": {"a": a}})).collect();
        let body = json!({"pipeline": "st", "samples": samples});
        call(&app, "caller", Method::POST, "/v1/score", &body).await.good()["rewards"].clone()
    };
    assert_eq!(score(&[1e200, -1e200, f64::MAX]).await, json!([null, null, null]));
    assert_eq!(score(&[1.0, 3.0]).await, json!([-1.0, 1.0]));

    let shown = get(&app, "/v1/state/st").await.good()["nodes"].clone();
    assert_eq!(shown["z"]["value"], json!({"count": 2, "mean": 2.0, "m2": 2.0}));
    for value in
        [json!({"count": 0, "mean": 1, "m2": 4}), json!({"count": 2, "mean": 1e200, "m2": 0})]
    {
        let refused = put(&app, "/v1/state/st", json!({"z": {"value": value}})).await;
        let problem = refused.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/z/value");
    }
    // What is shown can be put back; what is not said stays.
    put(&app, "/v1/state/st", json!({"z": {"frozen": true}})).await.good();
    let frozen = get(&app, "/v1/state/st").await.good()["nodes"].clone();
    let put_back = put(&app, "/v1/state/st", frozen.clone()).await.good();
    assert_eq!(put_back["nodes"]["z"]["value"], frozen["z"]["value"]);
    let kept = put(&app, "/v1/state/st", json!({"z": {"value": shown["z"]["value"]}})).await.good();
    assert_eq!(kept["nodes"]["z"]["frozen"], true);
}
