//! `POST /v1/score`.

use axum::{extract::State, response::Response};

use super::{App, Problem, extract::Retried, idempotency::once, problem::Failures};
use crate::service::{ScoreRequest, ScoreResponse};

/// Score samples
///
/// Samples × pipeline → rewards, in order. A sample that cannot be scored has `reward: null` and says
/// why; a failure is never a reward. With an `Idempotency-Key`, a retry of the same request gets the
/// same answer and counts once in the states of run-scoped nodes.
#[utoipa::path(
    post,
    path = "/v1/score",
    tag = "score",
    params(("idempotency-key" = Option<String>, Header, description = "Makes retries count once.")),
    request_body(content = ScoreRequest, examples(
        ("an ensemble" = (value = json!({
            "pipeline": "helpful-par",
            "detail": "components",
            "samples": [
                {"id": "a", "prompt": "What is 17 + 25?", "completion": "17 + 25 = 42."},
                {"id": "b", "prompt": "What is 17 + 25?", "completion": "I cannot help with that."}
            ]
        }))),
        ("a pipeline of one's own" = (value = json!({
            "pipeline": {
                "output": "reward",
                "nodes": {
                    "rm": {"kind": "reward_models", "models": ["tiny-rm-0", "tiny-rm-1", "tiny-rm-2"]},
                    "worst": {"kind": "wco", "inputs": ["rm"]},
                    "reward": {"kind": "length_penalty", "inputs": ["worst"], "unit": "words", "threshold": 50}
                }
            },
            "samples": [{"prompt": "Name three primary colours.", "completion": "Red, yellow and blue."}]
        }))),
        ("states of one's own" = (value = json!({
            "pipeline": {
                "output": "scaled",
                "nodes": {
                    "cost": {"kind": "feature", "name": "cost"},
                    "scaled": {"kind": "minmax", "inputs": ["cost"]}
                }
            },
            "samples": [{"features": {"cost": 1.0}}, {"features": {"cost": 3.0}}],
            "state": {}
        }))),
    )),
    responses((status = 200, body = ScoreResponse), Failures)
)]
pub(super) async fn score(
    State(app): State<App>,
    Retried { body, key }: Retried<ScoreRequest>,
) -> Result<Response, Problem> {
    let worker = app.clone();
    once(&app, key, async move {
        let response = worker.service().score(body).await?;
        worker.telemetry().rewards(&response);
        Ok(response)
    })
    .await
}
