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
use crate::verify::code::{Cgroup, Tier};

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
    /// Whether programs can be run; absent before that has been found out. The rest of the service does not
    /// depend on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<CodeReadiness>,
}

/// Whether programs can be run, and why not.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CodeReadiness {
    /// Whether they can.
    ready: bool,
    /// How they are isolated.
    tier: Tier,
    /// Why they are not isolated better.
    missing: Vec<String>,
    /// How their memory and processes are bounded.
    cgroup: Cgroup,
}

impl Readiness {
    fn of(app: &App) -> Self {
        let models = app.service().engine.all().into_iter();
        let failing = models.filter(|lane| lane.stats().failing >= FAILURES);
        let failing: Vec<_> = failing.map(|lane| lane.name().to_owned()).collect();
        let draining = app.is_draining();
        let code = app.service().world().code.capabilities().map(|found| CodeReadiness {
            ready: found.available,
            tier: found.tier,
            missing: found.missing,
            cgroup: found.cgroup,
        });
        Self { ready: !draining && failing.is_empty(), draining, failing, code }
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
