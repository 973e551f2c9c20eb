//! `GET /v1/models` and `/v1/models/{name}`: a superset of OpenAI's list.

use axum::{Json as Reply, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{App, Problem, extract::Path, problem::Failures};
use crate::{
    domain::ModelInfo,
    engine::{DualLane, Lane, Snapshot},
    service::ServiceError,
};

/// A model in service.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelEntry {
    /// Its name.
    #[schema(example = "tiny-rm-0")]
    id: String,
    /// Always `model`.
    object: &'static str,
    /// When the service loaded it; always 0: a reply must not depend on the clock.
    created: u64,
    /// Always `assay`.
    owned_by: &'static str,
    /// Where it computes: `cpu` or `cuda`.
    device: &'static str,
    /// Longest sequence, in tokens.
    max_tokens: usize,
    /// What its scores come from.
    #[serde(flatten)]
    info: ModelInfo,
    /// What it has done so far.
    stats: ModelStats,
}

/// A model's counters since it was loaded.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelStats {
    /// Forward passes.
    batches: u64,
    /// Sequences computed.
    sequences: u64,
    /// Tokens computed.
    tokens: u64,
    /// Seconds in forward passes.
    busy_s: f64,
    /// Scores answered from the cache.
    cache_hits: u64,
    /// Scores that joined identical work in flight.
    coalesced: u64,
    /// Sequences that the model failed on.
    failed: u64,
    /// Tokens waiting now.
    queued_tokens: usize,
}

impl From<&Lane> for ModelEntry {
    fn from(lane: &Lane) -> Self {
        Self {
            id: lane.name().to_owned(),
            object: "model",
            created: 0,
            owned_by: "assay",
            device: lane.device(),
            max_tokens: lane.text().max_tokens(),
            info: lane.info().clone(),
            stats: lane.stats().into(),
        }
    }
}

impl From<&DualLane> for ModelEntry {
    fn from(lane: &DualLane) -> Self {
        Self {
            id: lane.name().to_owned(),
            object: "model",
            created: 0,
            owned_by: "assay",
            device: lane.device(),
            max_tokens: lane.max_tokens(),
            info: lane.info().model.clone(),
            stats: lane.stats().into(),
        }
    }
}

impl From<Snapshot> for ModelStats {
    fn from(stats: Snapshot) -> Self {
        Self {
            batches: stats.batches,
            sequences: stats.sequences,
            tokens: stats.tokens,
            busy_s: stats.busy.as_secs_f64(),
            cache_hits: stats.cache_hits,
            coalesced: stats.coalesced,
            failed: stats.failed,
            queued_tokens: stats.queued_tokens,
        }
    }
}

/// All models.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelList {
    /// Always `list`.
    object: &'static str,
    data: Vec<ModelEntry>,
}

/// List models
#[utoipa::path(
    get,
    path = "/v1/models",
    tag = "models",
    responses((status = 200, body = ModelList))
)]
pub(super) async fn list(State(app): State<App>) -> Reply<ModelList> {
    let engine = &app.service().engine;
    let (lanes, dual) = (engine.lanes(), engine.dual_lanes());
    let data = lanes.iter().map(|lane| (&**lane).into());
    let data = data.chain(dual.iter().map(|lane| (&**lane).into())).collect();
    Reply(ModelList { object: "list", data })
}

/// Describe a model
#[utoipa::path(
    get,
    path = "/v1/models/{name}",
    tag = "models",
    params(("name" = String, Path, description = "A model.", example = "tiny-rm-0")),
    responses((status = 200, body = ModelEntry), Failures)
)]
pub(super) async fn get(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Reply<ModelEntry>, Problem> {
    let engine = &app.service().engine;
    match (engine.lane(&name), engine.dual_lane(&name)) {
        (Some(lane), _) => Ok(Reply((&*lane).into())),
        (None, Some(lane)) => Ok(Reply((&*lane).into())),
        (None, None) => Err(ServiceError::NotFound { what: "model", name }.into()),
    }
}
