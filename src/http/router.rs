//! The routes, each with its documentation by the same call.

use std::time::Instant;

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderName, Method, Uri},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
};
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};
use utoipa_swagger_ui::SwaggerUi;

use super::{
    App, Code, Problem, auth, catalog, clip, doors, health, models, openapi, page, pipelines,
    references, score, state, verbs, verify,
};

/// What needs a key, when there are keys.
fn guarded() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(score::score))
        .routes(routes!(verbs::compare))
        .routes(routes!(verbs::select))
        .routes(routes!(verify::math))
        .routes(routes!(verify::code))
        .routes(routes!(verify::capabilities))
        .routes(routes!(clip::score))
        .routes(routes!(clip::embed))
        .routes(routes!(clip::zero_shot))
        .routes(routes!(clip::retrieval))
        .routes(routes!(clip::image_similarity))
        .routes(routes!(catalog::list_nodes))
        .routes(routes!(catalog::get_node))
        .routes(routes!(verbs::apply))
        .routes(routes!(catalog::list_metrics))
        .routes(routes!(verbs::metric))
        .routes(routes!(pipelines::list))
        .routes(routes!(pipelines::get, pipelines::put, pipelines::delete))
        .routes(routes!(models::list))
        .routes(routes!(models::get, models::put, models::delete))
        .routes(routes!(references::put, references::get, references::delete))
        .routes(routes!(state::get, state::put, state::delete))
        .routes(routes!(health::metrics))
}

/// What probes and browsers reach without one.
fn open() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(health::health))
}

/// The routes' own part of the document.
pub(super) fn paths() -> OpenApi {
    guarded().merge(doors::all()).merge(open()).split_for_parts().1
}

/// All routes, with their layers.
pub fn router(app: App) -> Router {
    let guarded = guarded().merge(doors::open(&app.config().doors));
    let (guarded, _) = guarded.split_for_parts();
    let (open, _) = open().split_for_parts();
    let request_id = HeaderName::from_static("x-request-id");
    let docs = SwaggerUi::new("/docs").external_url_unchecked("/openapi.json", openapi::document());
    let limit = DefaultBodyLimit::max(app.config().body_limit);
    guarded
        .layer(from_fn_with_state(app.clone(), auth::callers))
        .merge(open)
        .route("/", get(page::page))
        .merge(docs)
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(
            ServiceBuilder::new()
                .layer(SetRequestIdLayer::new(request_id.clone(), MakeRequestUuid))
                .layer(PropagateRequestIdLayer::new(request_id))
                .layer(from_fn_with_state(app.clone(), observe))
                .layer(CatchPanicLayer::custom(|_| Problem::new(Code::Internal).into_response()))
                .layer(limit),
        )
        .with_state(app)
}

async fn unknown(method: Method, uri: Uri) -> Problem {
    let detail = format!("there is no {method} {}; /docs lists what there is", uri.path());
    Problem::new(Code::NotFound).detail(detail)
}

async fn wrong_method(method: Method, uri: Uri) -> Problem {
    let detail = format!("{} has no {method}", uri.path());
    Problem::new(Code::MethodNotAllowed).detail(detail)
}

/// Counts and logs each request, by its route; never what it carries.
async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("unknown", MatchedPath::as_str).to_owned();
    let id = request.extensions().get::<RequestId>();
    let id = id.and_then(|id| id.header_value().to_str().ok()).unwrap_or("").to_owned();
    let response = next.run(request).await;
    let (status, elapsed) = (response.status().as_u16(), begun.elapsed());
    app.telemetry().request(&route, status, elapsed);
    let duration_ms = elapsed.as_secs_f64() * 1e3;
    match response.extensions().get::<Problem>() {
        Some(problem) if status >= 500 => tracing::warn!(
            %method, route, status, duration_ms, request.id = id,
            code = ?problem.code, detail = problem.detail, "request failed"
        ),
        // A line each would cost as much as a small answer does.
        _ => tracing::debug!(%method, route, status, duration_ms, request.id = id, "request"),
    }
    response
}
