//! `GET /v1/pipelines` and `/v1/pipelines/{name}`.

use axum::{Json as Reply, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{App, Problem, extract::Path, problem::Failures};
use crate::{domain::Scope, pipeline::PipelineSpec, service::Pipeline};

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
