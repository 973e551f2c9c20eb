//! `POST /v1/compare`, `/v1/select`, `/v1/nodes/{kind}/apply` and `/v1/metrics/{kind}`.

use axum::{Json as Reply, extract::State, response::Response};
use serde_json::Value;

use super::{
    App, Problem,
    extract::{Json, Path, Retried},
    idempotency::once,
    problem::Failures,
};
use crate::{
    metrics,
    service::{
        ApplyRequest, ApplyResponse, CompareRequest, CompareResponse, SelectRequest,
        SelectResponse, ServiceError,
    },
};

/// Compare pairs
///
/// Which of two completions is better, by how much, and how the ensemble's members vote.
#[utoipa::path(
    post,
    path = "/v1/compare",
    tag = "score",
    params(("idempotency-key" = Option<String>, Header, description = "Makes retries count once.")),
    request_body(content = CompareRequest, example = json!({
        "pipeline": "helpful",
        "pairs": [{
            "prompt": "What is 17 + 25?",
            "chosen": "17 + 25 = 42.",
            "rejected": "I cannot help with that."
        }]
    })),
    responses((status = 200, body = CompareResponse), Failures)
)]
pub(super) async fn compare(
    State(app): State<App>,
    Retried { body, key }: Retried<CompareRequest>,
) -> Result<Response, Problem> {
    let worker = app.clone();
    once(&app, key, async move { Ok(worker.service().compare(body).await?) }).await
}

/// Select the best
///
/// One prompt, n completions: the best, all of them ranked, and what best-of-n costs in KL.
#[utoipa::path(
    post,
    path = "/v1/select",
    tag = "score",
    params(("idempotency-key" = Option<String>, Header, description = "Makes retries count once.")),
    request_body(content = SelectRequest, example = json!({
        "pipeline": "helpful",
        "prompt": "What is 17 + 25?",
        "completions": ["I cannot help with that.", "17 + 25 = 42.", "42 42 42 42 42 42"],
        "top": 1
    })),
    responses((status = 200, body = SelectResponse), Failures)
)]
pub(super) async fn select(
    State(app): State<App>,
    Retried { body, key }: Retried<SelectRequest>,
) -> Result<Response, Problem> {
    let worker = app.clone();
    once(&app, key, async move { Ok(worker.service().select(body).await?) }).await
}

/// Apply a node
///
/// One combiner, shaper or group node on plain numbers; no model is involved.
#[utoipa::path(
    post,
    path = "/v1/nodes/{kind}/apply",
    tag = "nodes",
    params(("kind" = String, Path, description = "A combiner, shaper or group node.", example = "uwo")),
    request_body(content = ApplyRequest, example = json!({
        "params": {"lambda": 0.5},
        "inputs": [[1.0, 3.0], [2.0, 3.0], [4.0, 3.0], [3.0, 3.0], [0.0, null]]
    })),
    responses((status = 200, body = ApplyResponse), Failures)
)]
pub(super) async fn apply(
    Path(kind): Path<String>,
    Json(request): Json<ApplyRequest>,
) -> Result<Reply<ApplyResponse>, Problem> {
    Ok(Reply(request.apply(&kind)?))
}

/// Compute a metric
///
/// An analysis of plain numbers; parameters and result are described by `GET /v1/metrics`.
#[utoipa::path(
    post,
    path = "/v1/metrics/{kind}",
    tag = "metrics",
    params(("kind" = String, Path, description = "A metric of the catalog.", example = "pass_at_k")),
    request_body(content = Value, example = json!({"problems": [{"total": 10, "correct": 3}], "ks": [1, 5]})),
    responses((status = 200, body = Value), Failures)
)]
pub(super) async fn metric(
    Path(kind): Path<String>,
    Json(params): Json<Value>,
) -> Result<Reply<Value>, Problem> {
    let found =
        metrics::metric(&kind).ok_or(ServiceError::NotFound { what: "metric", name: kind })?;
    // Bounded, but up to a second: not on an async thread.
    let computed = tokio::task::spawn_blocking(move || found.compute(params)).await;
    let computed = computed.map_err(|_| Problem::new(super::Code::Internal))?;
    Ok(Reply(computed.map_err(|error| ServiceError::param(error, ""))?))
}
