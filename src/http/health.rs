//! `/livez`, `/readyz`, `/health` and `/metrics`. Read atomics only, never a model's thread.

use axum::{
    Json as Reply,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::App;

/// Batches in a row that may fail before a model counts as broken.
const FAILURES: u64 = 3;

/// Whether requests can be served, and why not.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Readiness {
    /// Whether they can.
    ready: bool,
    /// Whether the service is stopping.
    draining: bool,
    /// Models whose last batches all failed.
    failing: Vec<String>,
}

impl Readiness {
    fn of(app: &App) -> Self {
        let models = app.service().engine.stats().into_iter();
        let failing = models.filter(|(_, stats)| stats.failing >= FAILURES);
        let failing: Vec<_> = failing.map(|(name, _)| name).collect();
        let draining = app.is_draining();
        Self { ready: !draining && failing.is_empty(), draining, failing }
    }

    fn status(&self) -> StatusCode {
        if self.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
    }
}

/// Is the process alive
#[utoipa::path(
    get,
    path = "/livez",
    tag = "operations",
    responses((status = 200, description = "It is."))
)]
pub(super) async fn livez() -> StatusCode {
    StatusCode::OK
}

/// Can requests be served
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operations",
    responses(
        (status = 200, body = Readiness),
        (status = 503, body = Readiness, description = "Stopping, or a model is broken.")
    )
)]
pub(super) async fn readyz(State(app): State<App>) -> (StatusCode, Reply<Readiness>) {
    let readiness = Readiness::of(&app);
    (readiness.status(), Reply(readiness))
}

/// Can requests be served, without a body
#[utoipa::path(
    get,
    path = "/health",
    tag = "operations",
    responses((status = 200, description = "They can."), (status = 503, description = "They cannot."))
)]
pub(super) async fn health(State(app): State<App>) -> StatusCode {
    Readiness::of(&app).status()
}

/// Metrics for Prometheus
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    responses((status = 200, content_type = "application/openmetrics-text", body = String))
)]
pub(super) async fn metrics(State(app): State<App>) -> Response {
    const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, FORMAT)], app.telemetry().text()).into_response()
}
