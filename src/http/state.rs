//! `/v1/state/{pipeline}`: what run-scoped nodes remember.

use axum::{Json as Reply, extract::State, http::HeaderMap};

use super::{
    App, Problem,
    auth::check_admin,
    extract::{Json, Path},
    problem::Failures,
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
    responses((status = 200, body = StateResponse), Failures)
)]
pub(super) async fn put(
    State(app): State<App>,
    Path(pipeline): Path<String>,
    headers: HeaderMap,
    Json(seeds): Json<StateSeeds>,
) -> Result<Reply<StateResponse>, Problem> {
    check_admin(&app, &headers)?;
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
    responses((status = 200, body = StateResponse), Failures)
)]
pub(super) async fn delete(
    State(app): State<App>,
    Path(pipeline): Path<String>,
    headers: HeaderMap,
) -> Result<Reply<StateResponse>, Problem> {
    check_admin(&app, &headers)?;
    Ok(Reply(app.service().delete_state(&pipeline).await?))
}
