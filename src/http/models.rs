//! `/v1/models`: a superset of OpenAI's list; putting and deleting models.

use axum::{Json as Reply, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    App, Code, Problem,
    auth::Admin,
    extract::{Json, Path},
    problem::{AdminFailures, Failures},
};
use crate::{
    domain::ModelInfo,
    engine::{AnyLane, DualLane, Lane, LaneConfig, Snapshot},
    model::ModelSpec,
    service::{FieldError, ServiceError},
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
    /// How many copies of it serve its queue.
    replicas: usize,
    /// What its checkpoint calls itself.
    #[schema(example = "LlamaForSequenceClassification")]
    architecture: String,
    /// Bytes of its weights in memory.
    memory_bytes: usize,
    /// What decides the tokens of a text (tokenizer, template, limits), as SHA-256: models with equal ones
    /// read text alike. Reward models only.
    #[serde(skip_serializing_if = "Option::is_none")]
    text_sha256: Option<String>,
    /// Longest sequence, in tokens.
    max_tokens: usize,
    /// The bounds of its queue and batches. Reward models only.
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<ModelLimits>,
    /// What its scores come from.
    #[serde(flatten)]
    info: ModelInfo,
    /// What it has done so far.
    stats: ModelStats,
}

/// A model's bounds.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ModelLimits {
    /// Tokens of one forward pass, now: fewer than configured where a GPU's memory is short.
    batch_tokens: usize,
    /// Sequences of one forward pass.
    batch_sequences: usize,
    /// Tokens that may wait.
    queue_tokens: usize,
    /// Scores that are remembered.
    cache_entries: usize,
}

impl From<&Lane> for ModelLimits {
    fn from(lane: &Lane) -> Self {
        let LaneConfig { batch_sequences, queue_tokens, cache_entries, .. } = lane.config();
        Self { batch_tokens: lane.batch_tokens(), batch_sequences, queue_tokens, cache_entries }
    }
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
            replicas: lane.replicas(),
            architecture: lane.architecture().to_owned(),
            memory_bytes: lane.bytes(),
            text_sha256: Some(lane.text().fingerprint().to_owned()),
            max_tokens: lane.text().max_tokens(),
            limits: Some(lane.into()),
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
            replicas: lane.replicas(),
            architecture: lane.architecture().to_owned(),
            memory_bytes: lane.bytes(),
            text_sha256: None,
            max_tokens: lane.max_tokens(),
            limits: None,
            info: lane.info().model.clone(),
            stats: lane.stats().into(),
        }
    }
}

impl From<&AnyLane> for ModelEntry {
    fn from(lane: &AnyLane) -> Self {
        match lane {
            AnyLane::Reward(lane) => (&**lane).into(),
            AnyLane::Dual(lane) => (&**lane).into(),
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
    let data = app.service().engine.all().iter().map(Into::into).collect();
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
    match app.service().engine.find(&name) {
        Some(lane) => Ok(Reply((&lane).into())),
        None => Err(ServiceError::NotFound { what: "model", name }.into()),
    }
}

/// Load a model
///
/// Loads it, has it score once, and puts it in service under the name at once; a model that was there
/// finishes what it has accepted. A model that cannot be loaded, or used by the pipelines over this name,
/// leaves what was there. Needs the admin key.
#[utoipa::path(
    put,
    path = "/v1/models/{name}",
    tag = "models",
    params(("name" = String, Path, description = "A name: letters, digits, `.`, `_`, `-`.", example = "rm-new")),
    request_body(content = ModelSpec, example = json!({"path": "embedded:tiny-rm-0", "truncate": "error"})),
    responses((status = 200, body = ModelEntry), AdminFailures)
)]
pub(super) async fn put(
    _: Admin,
    State(app): State<App>,
    Path(name): Path<String>,
    Json(fields): Json<serde_json::Map<String, serde_json::Value>>,
) -> Result<Reply<ModelEntry>, Problem> {
    let spec = ModelSpec::parse(fields).map_err(|error| {
        Problem::new(Code::Invalid).errors(vec![FieldError::at(error.pointer, error.message)])
    })?;
    let lane = app.change(move |app| Ok(app.service().put_model(&name, spec)?)).await?;
    Ok(Reply((&lane).into()))
}

/// Unload a model
///
/// Refused while a pipeline uses it. What it has accepted is finished. Needs the admin key.
#[utoipa::path(
    delete,
    path = "/v1/models/{name}",
    tag = "models",
    params(("name" = String, Path, description = "A model.", example = "rm-new")),
    responses((status = 204, description = "It is gone."), AdminFailures)
)]
pub(super) async fn delete(
    _: Admin,
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    app.change(move |app| Ok(app.service().delete_model(&name)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}
