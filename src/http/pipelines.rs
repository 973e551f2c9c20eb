//! `/v1/pipelines`: what is served; putting and deleting pipelines.

use axum::{Json as Reply, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    App, Problem,
    auth::Admin,
    extract::{Json, Path},
    problem::{AdminFailures, Failures},
};
use crate::{
    domain::Scope,
    pipeline::PipelineSpec,
    service::{FieldError, Pipeline, ServiceError},
};

/// A pipeline in service.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PipelineEntry {
    /// Its name.
    #[schema(example = "helpful")]
    name: String,
    /// SHA-256 of its specification.
    version: String,
    /// What its reward depends on: requests may be cut only where this allows.
    #[schema(inline)]
    scope: Scope,
    /// Nodes that keep state.
    stateful: Vec<String>,
    /// What it is made of.
    spec: PipelineSpec,
}

impl From<&Pipeline> for PipelineEntry {
    fn from(pipeline: &Pipeline) -> Self {
        Self {
            name: pipeline.name.clone(),
            version: pipeline.plan.version().to_owned(),
            scope: pipeline.plan.scope(),
            stateful: pipeline.plan.stateful().map(str::to_owned).collect(),
            spec: pipeline.spec.clone(),
        }
    }
}

/// All pipelines.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PipelineList {
    pipelines: Vec<PipelineEntry>,
}

/// List pipelines
#[utoipa::path(
    get,
    path = "/v1/pipelines",
    tag = "pipelines",
    responses((status = 200, body = PipelineList))
)]
pub(super) async fn list(State(app): State<App>) -> Reply<PipelineList> {
    let all = app.service().pipelines.all();
    Reply(PipelineList { pipelines: all.iter().map(|pipeline| (&**pipeline).into()).collect() })
}

/// Describe a pipeline
#[utoipa::path(
    get,
    path = "/v1/pipelines/{name}",
    tag = "pipelines",
    params(("name" = String, Path, description = "A pipeline.", example = "helpful")),
    responses((status = 200, body = PipelineEntry), Failures)
)]
pub(super) async fn get(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Reply<PipelineEntry>, Problem> {
    Ok(Reply((&*app.service().pipelines.get(&name)?).into()))
}

/// Put a pipeline in service
///
/// Compiles it and puts it in service under the name at once; requests under way finish with what was
/// there. The states of a changed specification are fresh. Needs the admin key.
#[utoipa::path(
    put,
    path = "/v1/pipelines/{name}",
    tag = "pipelines",
    params(("name" = String, Path, description = "A name: letters, digits, `.`, `_`, `-`.", example = "short")),
    request_body(content = PipelineSpec, example = json!({
        "description": "The mean of two models, less a penalty for length",
        "output": "short",
        "nodes": {
            "rm": {"kind": "reward_models", "models": ["tiny-rm-0", "tiny-rm-1"], "calibrated": true},
            "mean": {"kind": "mean", "inputs": ["rm"]},
            "short": {"kind": "length_penalty", "inputs": ["mean"], "unit": "words", "threshold": 50}
        }
    })),
    responses((status = 200, body = PipelineEntry), AdminFailures)
)]
pub(super) async fn put(
    _: Admin,
    State(app): State<App>,
    Path(name): Path<String>,
    Json(spec): Json<PipelineSpec>,
) -> Result<Reply<PipelineEntry>, Problem> {
    let put = move |app: &App| {
        let fits = |pipeline: &Pipeline| {
            let doors = app.config().doors.check_one(pipeline);
            doors.map_err(|error| FieldError::at("", error.message))
        };
        Ok(app.service().put_pipeline(&name, spec, fits)?)
    };
    Ok(Reply((&*app.change(put).await?).into()))
}

/// Take a pipeline out of service
///
/// Refused while a door is mapped to it. Requests under way are finished. Needs the admin key.
#[utoipa::path(
    delete,
    path = "/v1/pipelines/{name}",
    tag = "pipelines",
    params(("name" = String, Path, description = "A pipeline.", example = "short")),
    responses((status = 204, description = "It is gone."), AdminFailures)
)]
pub(super) async fn delete(
    _: Admin,
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let doors = &app.config().doors;
    if let Some((door, _)) = doors.mapped().find(|(_, pipeline)| *pipeline == name) {
        let by = format!("the door `{door}`");
        return Err(ServiceError::InUse { what: "pipeline", name, by }.into());
    }
    // Its states go with it; they are those of a name that a later pipeline may have.
    app.service().delete_state(&name).await?;
    app.change(move |app| Ok(app.service().delete_pipeline(&name)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}
