//! The routes, each with its documentation by the same call.

use axum::{
    Router,
    http::{Method, Uri},
    middleware::from_fn_with_state,
    routing::get,
};
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};
use utoipa_swagger_ui::SwaggerUi;

use super::{
    App, Code, Problem, auth, catalog, clip, doors, health, models, observe::Observe, openapi,
    page, pipelines, references, score, state, verbs, verify,
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
    let docs = SwaggerUi::new("/docs").external_url_unchecked("/openapi.json", openapi::document());
    // Without keys there is nothing to check.
    let guarded = if app.config().keys.callers.is_empty() {
        guarded
    } else {
        guarded.layer(from_fn_with_state(app.clone(), auth::callers))
    };
    guarded
        .merge(open)
        .route("/", get(page::page))
        .merge(docs)
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(Observe(app.clone()))
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
