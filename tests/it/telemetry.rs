//! What `/metrics` says of requests and rewards.

use serde_json::json;

use crate::app::TestApp;

#[tokio::test]
async fn every_answer_counts_once_under_its_route_and_status() {
    let app = TestApp::new();
    let apply = json!({"inputs": [[1.0], [2.0]]});
    for _ in 0..3 {
        app.post("/v1/nodes/uwo/apply", &apply).await.good();
    }
    app.post("/v1/nodes/ghost/apply", &apply).await.problem(404, "not_found");
    app.get("/nowhere").await.problem(404, "not_found");
    let samples =
        json!([{"prompt": "What is 17 + 25?", "completion": "42"}, {"completion": "no prompt"}]);
    app.post("/v1/score", &json!({"pipeline": "helpful", "samples": samples})).await.good();

    let page = String::from_utf8(app.get("/metrics").await.body).unwrap();
    let series = |name: &str| {
        let found = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("no {name} in\n{page}")).parse::<f64>().unwrap()
    };
    let apply = "route=\"/v1/nodes/{kind}/apply\"";
    assert_eq!(series(&format!("assay_requests_total{{{apply},status=\"200\"}}")), 3.0);
    assert_eq!(series(&format!("assay_requests_total{{{apply},status=\"404\"}}")), 1.0);
    assert_eq!(series(&format!("assay_request_duration_seconds_count{{{apply}}}")), 4.0);
    assert_eq!(series("assay_requests_total{route=\"unknown\",status=\"404\"}"), 1.0);
    assert_eq!(series("assay_samples_total{pipeline=\"helpful\",status=\"ok\"}"), 1.0);
    assert_eq!(series("assay_samples_total{pipeline=\"helpful\",status=\"missing_field\"}"), 1.0);
    assert_eq!(series("assay_reward_count{pipeline=\"helpful\"}"), 1.0);
}
