//! `/v1/references/{pipeline}`.

use axum::{Json as Reply, extract::State};

use super::{
    App, Problem,
    extract::{Json, Path},
    problem::Failures,
};
use crate::service::{ReferencesRequest, ReferencesResponse};

/// Store references
///
/// Reference completions or rewards by prompt, for PAR and other shapers that compare with references.
/// References of a known prompt are replaced. Kept in this replica's memory.
#[utoipa::path(
    put,
    path = "/v1/references/{pipeline}",
    tag = "references",
    params(("pipeline" = String, Path, description = "A pipeline.", example = "helpful-par")),
    request_body(content = ReferencesRequest, example = json!({
        "items": [
            {"prompt": "Why is the sky blue?", "rewards": [0.1, -0.2]},
            {"prompt": "What is 17 + 25?", "completions": ["It is 42.", "17 + 25 = 41."]}
        ]
    })),
    responses((status = 200, body = ReferencesResponse), Failures)
)]
pub(super) async fn put(
    State(app): State<App>,
    Path(pipeline): Path<String>,
    Json(request): Json<ReferencesRequest>,
) -> Result<Reply<ReferencesResponse>, Problem> {
    Ok(Reply(app.service().put_references(&pipeline, request)?))
}

/// Count references
#[utoipa::path(
    get,
    path = "/v1/references/{pipeline}",
    tag = "references",
    params(("pipeline" = String, Path, description = "A pipeline.", example = "helpful-par")),
    responses((status = 200, body = ReferencesResponse), Failures)
)]
pub(super) async fn get(
    State(app): State<App>,
    Path(pipeline): Path<String>,
) -> Result<Reply<ReferencesResponse>, Problem> {
    Ok(Reply(app.service().get_references(&pipeline)?))
}

/// Forget references
#[utoipa::path(
    delete,
    path = "/v1/references/{pipeline}",
    tag = "references",
    params(("pipeline" = String, Path, description = "A pipeline.", example = "helpful-par")),
    responses((status = 200, body = ReferencesResponse), Failures)
)]
pub(super) async fn delete(
    State(app): State<App>,
    Path(pipeline): Path<String>,
) -> Result<Reply<ReferencesResponse>, Problem> {
    Ok(Reply(app.service().delete_references(&pipeline)?))
}
