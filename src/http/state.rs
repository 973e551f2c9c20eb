//! `/v1/state/{pipeline}`: what run-scoped nodes remember.

use axum::{Json as Reply, extract::State};

use super::{
    App, Problem,
    auth::Admin,
    extract::{Json, Path},
    problem::{AdminFailures, Failures},
};
use crate::service::{StateResponse, StateSeeds};

/// Show states
#[utoipa::path(
    get,
    path = "/v1/state/{pipeline}",
    tag = "state",
    params(("pipeline" = String, Path, description = "A pipeline.", example = "helpful")),
    responses((status = 200, body = StateResponse), Failures)
)]
pub(super) async fn get(
    State(app): State<App>,
    Path(pipeline): Path<String>,
) -> Result<Reply<StateResponse>, Problem> {
    Ok(Reply(app.service().get_state(&pipeline).await?))
}

/// Seed or freeze states
///
/// By node. A frozen state is read by requests and not changed. Needs the admin key.
#[utoipa::path(
    put,
    path = "/v1/state/{pipeline}",
    tag = "state",
    params(("pipeline" = String, Path, description = "A pipeline.", example = "scaled")),
    request_body(content = StateSeeds, content_type = "application/json"),
    responses((status = 200, body = StateResponse), AdminFailures)
)]
pub(super) async fn put(
    _: Admin,
    State(app): State<App>,
    Path(pipeline): Path<String>,
    Json(seeds): Json<StateSeeds>,
) -> Result<Reply<StateResponse>, Problem> {
    Ok(Reply(app.service().put_state(&pipeline, seeds).await?))
}

/// Reset states
///
/// Forgets what the pipeline's nodes remember. Needs the admin key.
#[utoipa::path(
    delete,
    path = "/v1/state/{pipeline}",
    tag = "state",
    params(("pipeline" = String, Path, description = "A pipeline.", example = "helpful")),
    responses((status = 200, body = StateResponse), AdminFailures)
)]
pub(super) async fn delete(
    _: Admin,
    State(app): State<App>,
    Path(pipeline): Path<String>,
) -> Result<Reply<StateResponse>, Problem> {
    Ok(Reply(app.service().delete_state(&pipeline).await?))
}
