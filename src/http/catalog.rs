//! `GET /v1/nodes`, `/v1/nodes/{kind}` and `/v1/metrics`: what there is, each entry describing itself.

use axum::Json as Reply;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Problem, extract::Path, problem::Failures};
use crate::{
    domain::Scope,
    metrics::{self, METRICS},
    nodes::{self, Entry, Family, KINDS},
    service::ServiceError,
};

/// A kind of node.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NodeKind {
    /// Its name in `kind`.
    #[schema(example = "uwo")]
    name: &'static str,
    /// What it does to columns.
    #[schema(inline)]
    family: Family,
    /// What a value depends on with default parameters.
    #[schema(inline)]
    scope: Scope,
    /// In one line.
    summary: &'static str,
    /// The formula.
    equation: &'static str,
    /// Where it comes from.
    paper: &'static str,
    /// JSON schema of its parameters.
    #[schema(value_type = Object)]
    parameters: Value,
    /// Parameters that work.
    #[schema(value_type = Object)]
    example: Value,
}

impl From<&Entry> for NodeKind {
    fn from(entry: &Entry) -> Self {
        Self {
            name: entry.name,
            family: entry.family,
            scope: entry.scope,
            summary: entry.summary,
            equation: entry.equation,
            paper: entry.paper,
            parameters: (entry.schema)(),
            example: (entry.example)(),
        }
    }
}

/// All kinds of nodes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NodeKinds {
    nodes: Vec<NodeKind>,
}

/// An analysis of plain numbers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MetricKind {
    /// Its name in the path.
    #[schema(example = "best_of_n")]
    name: &'static str,
    /// In one line.
    summary: &'static str,
    /// Where it comes from.
    paper: &'static str,
    /// JSON schema of its parameters.
    #[schema(value_type = Object)]
    parameters: Value,
    /// JSON schema of its result.
    #[schema(value_type = Object)]
    result: Value,
    /// Parameters that work.
    #[schema(value_type = Object)]
    example: Value,
}

impl From<&metrics::Entry> for MetricKind {
    fn from(entry: &metrics::Entry) -> Self {
        Self {
            name: entry.name,
            summary: entry.summary,
            paper: entry.paper,
            parameters: (entry.schema)(),
            result: (entry.output_schema)(),
            example: (entry.example)(),
        }
    }
}

/// All metrics.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MetricKinds {
    metrics: Vec<MetricKind>,
}

/// List kinds of nodes
#[utoipa::path(
    get,
    path = "/v1/nodes",
    tag = "nodes",
    responses((status = 200, body = NodeKinds))
)]
pub(super) async fn list_nodes() -> Reply<NodeKinds> {
    Reply(NodeKinds { nodes: KINDS.iter().map(NodeKind::from).collect() })
}

/// Describe a kind of node
#[utoipa::path(
    get,
    path = "/v1/nodes/{kind}",
    tag = "nodes",
    params(("kind" = String, Path, description = "A kind of the catalog.", example = "uwo")),
    responses((status = 200, body = NodeKind), Failures)
)]
pub(super) async fn get_node(Path(kind): Path<String>) -> Result<Reply<NodeKind>, Problem> {
    match nodes::kind(&kind) {
        Some(entry) => Ok(Reply(entry.into())),
        None => Err(ServiceError::NotFound { what: "node kind", name: kind }.into()),
    }
}

/// List metrics
#[utoipa::path(
    get,
    path = "/v1/metrics",
    tag = "metrics",
    responses((status = 200, body = MetricKinds))
)]
pub(super) async fn list_metrics() -> Reply<MetricKinds> {
    Reply(MetricKinds { metrics: METRICS.iter().map(MetricKind::from).collect() })
}
