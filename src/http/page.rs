//! `/`: a page to try the service in a browser. Self-contained: no outside host.

use axum::{
    http::header,
    response::{Html, IntoResponse, Response},
};

/// Only what the page itself carries may run or be loaded.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      connect-src 'self'; img-src data:";

pub(super) async fn page() -> Response {
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(include_str!("page.html"))).into_response()
}
