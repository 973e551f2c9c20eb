//! `/v1/score`, `/v1/compare` and `/v1/select` over the shipped ensemble.

use axum::http::{Method, header};
use serde_json::{Value, json};

use crate::app::{TestApp, json_request};

const RIGHT: &str = "17 + 25 = 42.";

fn sample(completion: &str) -> Value {
    json!({"prompt": "What is 17 + 25?", "completion": completion})
}

async fn score(pipeline: impl Into<Value>, samples: Value) -> Value {
    let request = json!({"pipeline": pipeline.into(), "detail": "components", "samples": samples});
    TestApp::shared().post("/v1/score", &request).await.good()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
}

/// UWO and PAR are what their formulas make of the members in the same reply.
#[tokio::test]
async fn the_ensembles_columns_agree_with_one_another() {
    let reply = score("helpful-par", json!([sample(RIGHT), sample("no")])).await;
    for (result, reward) in
        reply["results"].as_array().unwrap().iter().zip(reply["rewards"].as_array().unwrap())
    {
        let components = result["components"].as_object().unwrap();
        let members: Vec<f64> =
            (0..5).map(|i| number(&components[&format!("rm.tiny-rm-{i}")])).collect();
        let mean = members.iter().sum::<f64>() / 5.0;
        let variance = members.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / 5.0;
        assert_close(number(&components["uwo"]), mean - 0.5 * variance);
        assert_close(number(&result["uncertainty"]), variance.sqrt());
        assert_eq!(&result["reward"], reward);
        assert_eq!(result["status"], "ok");
    }
    let fallback = fallback(&TestApp::shared().get("/v1/pipelines/helpful-par").await.good());
    let first = &reply["results"][0];
    let lead = number(&first["components"]["uwo"]) - fallback;
    assert_close(number(&first["reward"]), 1.0 / (1.0 + (-lead).exp()));
    assert_eq!(reply["provenance"]["models"].as_object().unwrap().len(), 5);
    assert!(reply["version"].as_str().unwrap().starts_with("sha256:"));
}

fn fallback(entry: &Value) -> f64 {
    number(&entry["spec"]["nodes"]["par"]["fallback"])
}

#[tokio::test]
async fn an_empty_request_has_an_empty_answer() {
    let reply = score("helpful", json!([])).await;
    assert_eq!((&reply["rewards"], &reply["results"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn a_sample_that_cannot_be_scored_voids_only_itself() {
    let long = "word ".repeat(20_000);
    let samples = json!([sample(RIGHT), {"prompt": "no completion"}, sample(&long)]);
    let reply = score("helpful", samples).await;
    assert!(reply["rewards"][0].is_number());
    assert_eq!((&reply["rewards"][1], &reply["rewards"][2]), (&Value::Null, &Value::Null));
    assert_eq!(reply["results"][1]["status"], "missing_field");
    assert_eq!(reply["results"][2]["status"], "too_long");
    assert_eq!(reply["results"][2]["retryable"], false);
}

#[tokio::test]
async fn a_long_prompt_is_cut_and_the_reply_says_so() {
    let long = format!("{} What is 17 + 25?", "word ".repeat(5_000));
    let reply = score("helpful", json!([{"prompt": long, "completion": RIGHT}])).await;
    assert_eq!(reply["results"][0]["truncated"], true);
    assert!(reply["rewards"][0].is_number());
}

#[tokio::test]
async fn on_miss_imputes_or_fails_as_asked() {
    let app = TestApp::shared();
    let request = |on_miss: Value| json!({"pipeline": "helpful", "samples": [sample(RIGHT), {"prompt": "p"}], "on_miss": on_miss});
    let imputed = app.post("/v1/score", &request(json!(-5.0))).await.good();
    assert_eq!(imputed["rewards"][1], -5.0);
    assert_eq!(imputed["results"][1]["imputed"], true);
    assert_eq!(imputed["results"][1]["status"], "missing_field");
    assert_eq!(imputed["results"][0].get("imputed"), None);
    let failed = app.post("/v1/score", &request(json!("error"))).await.problem(422, "missed");
    assert_eq!(failed["errors"][0]["pointer"], "/samples/1");
    assert_eq!(failed["retryable"], false);
}

#[tokio::test]
async fn references_come_from_the_sample_the_store_or_the_fallback() {
    let app = TestApp::new();
    let spec = json!({
        "output": "lead",
        "nodes": {
            "rm": {"kind": "reward_models", "models": ["tiny-rm-0"]},
            "lead": {"kind": "centered", "inputs": ["rm"]}
        }
    });
    let raw = score(
        json!({"output": "rm", "nodes": {"rm": {"kind": "reward_models", "models": ["tiny-rm-0"]}}}),
        json!([sample(RIGHT), sample("It is 41."), sample("no")]),
    )
    .await;
    let raw: Vec<f64> = raw["rewards"].as_array().unwrap().iter().map(number).collect();
    let with = |extra: Value| {
        let mut sample = sample(RIGHT);
        sample.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        json!({"pipeline": spec, "samples": [sample]})
    };
    let reward = |reply: Value| reply["rewards"][0].as_f64();
    let given = app.post("/v1/score", &with(json!({"reference_rewards": [1.0, 3.0]}))).await.good();
    assert_close(reward(given).unwrap(), raw[0] - 2.0);
    let texts = json!({"references": ["It is 41.", "no"]});
    let scored = app.post("/v1/score", &with(texts)).await.good();
    assert!((reward(scored).unwrap() - (raw[0] - f64::midpoint(raw[1], raw[2]))).abs() < 1e-5);
    let none = app.post("/v1/score", &with(json!({}))).await.good();
    assert_eq!(none["results"][0]["status"], "missing_field");

    let path = "/v1/references/helpful-par";
    let items = json!({"items": [{"prompt": "What is 17 + 25?", "rewards": [100.0]}]});
    assert_eq!(app.call(Method::PUT, path, &items).await.good()["prompts"], 1);
    let request = json!({"pipeline": "helpful-par", "samples": [sample(RIGHT)]});
    let stored = app.post("/v1/score", &request).await.good();
    assert!(reward(stored).unwrap() < 1e-9);
    assert_eq!(app.call(Method::DELETE, path, &json!(null)).await.good()["prompts"], 1);
    let fallen = app.post("/v1/score", &request).await.good();
    assert!(reward(fallen).unwrap() > 1e-9);
}

#[tokio::test]
async fn states_travel_with_the_request() {
    let spec = json!({
        "output": "scaled",
        "nodes": {
            "cost": {"kind": "feature", "name": "cost"},
            "scaled": {"kind": "meanstd", "inputs": ["cost"]}
        }
    });
    let app = TestApp::shared();
    let samples = |costs: &[f64]| -> Value {
        costs.iter().map(|cost| json!({"features": {"cost": cost}})).collect()
    };
    let request = |costs: &[f64], state: &Value| json!({"pipeline": spec, "samples": samples(costs), "state": state});
    // The running statistics of PAR's rivals: 1, 2, 3, then 4, 8.
    let first = app.post("/v1/score", &request(&[1.0, 2.0, 3.0], &json!({}))).await.good();
    assert!((number(&first["rewards"][0]) + 1.224_745).abs() < 1e-6);
    let second = app.post("/v1/score", &request(&[4.0, 8.0], &first["state"])).await.good();
    assert!((number(&second["rewards"][0]) - 0.165_521).abs() < 1e-6);
    assert!((number(&second["rewards"][1]) - 1.820_733).abs() < 1e-6);
    let inline = json!({"pipeline": spec, "samples": samples(&[1.0])});
    let refused = app.post("/v1/score", &inline).await.problem(422, "invalid");
    assert_eq!(refused["errors"][0]["pointer"], "/state");
}

#[tokio::test]
async fn a_retry_with_its_key_is_answered_alike_and_a_stolen_key_is_refused() {
    let app = TestApp::shared();
    let send = |completion: &str| {
        let body = json!({"pipeline": "helpful", "samples": [sample(completion)]}).to_string();
        let mut request = json_request(Method::POST, "/v1/score", body);
        request.headers_mut().insert("idempotency-key", "k-1".parse().unwrap());
        app.send(request)
    };
    let first = send(RIGHT).await.good();
    assert_eq!(send(RIGHT).await.good(), first);
    send("other").await.problem(422, "invalid");
}

#[tokio::test]
async fn pairs_are_compared_and_counted() {
    let pair = json!({
        "id": "x", "prompt": "What is 17 + 25?", "chosen": RIGHT, "rejected": "no", "data_source": "d"
    });
    let request = json!({"pipeline": "helpful", "pairs": [pair, {"prompt": "p", "chosen": "a", "rejected": "a"}]});
    let reply = TestApp::shared().post("/v1/compare", &request).await.good();
    let first = &reply["results"][0];
    let margin = number(&first["margin"]);
    assert_close(margin, number(&first["chosen_reward"]) - number(&first["rejected_reward"]));
    assert_close(number(&first["probability"]), 1.0 / (1.0 + (-margin).exp()));
    assert_eq!(first["members"].as_object().unwrap().len(), 5);
    assert_eq!(first["id"], "x");
    assert_eq!(reply["results"][1]["margin"], 0.0);
    assert_eq!(reply["summary"]["compared"], 2);
}

#[tokio::test]
async fn the_best_of_several_is_selected() {
    let request = json!({
        "pipeline": "helpful", "prompt": "What is 17 + 25?", "completions": ["a", RIGHT, RIGHT, "b"], "top": 2
    });
    let reply = TestApp::shared().post("/v1/select", &request).await.good();
    let rewards: Vec<f64> = reply["rewards"].as_array().unwrap().iter().map(number).collect();
    let ranking: Vec<usize> =
        reply["ranking"].as_array().unwrap().iter().map(|i| i.as_u64().unwrap() as usize).collect();
    assert!(ranking.windows(2).all(|pair| rewards[pair[0]] >= rewards[pair[1]]));
    assert!(ranking.iter().position(|i| *i == 1) < ranking.iter().position(|i| *i == 2));
    assert_eq!(reply["best"], ranking[0]);
    assert_eq!(reply["selected"], json!(ranking[..2]));
    assert!((number(&reply["kl_upper_bound"]) - 0.636_294).abs() < 1e-6);
}

#[tokio::test]
async fn a_wrong_type_is_refused_with_its_pointer() {
    let request = json!({"pipeline": "helpful", "samples": [sample("a"), {"prompt": 3}]});
    let refused = TestApp::shared().post("/v1/score", &request).await.problem(422, "invalid");
    assert_eq!(refused["errors"][0]["pointer"], "/samples/1/prompt");
}

#[tokio::test]
async fn a_header_names_the_request() {
    let mut request = json_request(Method::POST, "/v1/nope", "");
    request.headers_mut().insert(header::ACCEPT, "application/json".parse().unwrap());
    TestApp::shared().send(request).await.problem(404, "not_found");
}
