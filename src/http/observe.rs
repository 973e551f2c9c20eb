//! What is noted of every request: its id, its count and duration by route, and a line of the log.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};

use super::{App, Problem};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Ids of requests that came without one: a random beginning for the process, and a number.
#[derive(Debug)]
pub(super) struct RequestIds {
    process: u64,
    given: AtomicU64,
}

impl RequestIds {
    pub(super) fn new() -> Self {
        // The standard library's hashers are seeded by the system's random numbers.
        let process = RandomState::new().build_hasher().finish();
        Self { process, given: AtomicU64::new(0) }
    }

    fn next(&self) -> HeaderValue {
        let id = format!("{:016x}-{:x}", self.process, self.given.fetch_add(1, Relaxed));
        // Digits and a hyphen: always a value of a header.
        HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }
}

/// Counts and logs each request, by its route; never what it carries. The answer has the request's id.
pub(super) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let id = request.headers().get(REQUEST_ID).cloned();
    let id = id.unwrap_or_else(|| app.request_ids().next());
    let mut response = next.run(request).await;
    let (status, elapsed) = (response.status().as_u16(), begun.elapsed());
    let route = route.as_ref().map_or("unknown", MatchedPath::as_str);
    app.telemetry().request(route, status, elapsed);
    let duration_ms = elapsed.as_secs_f64() * 1e3;
    match response.extensions().get::<Problem>() {
        Some(problem) if status >= 500 => tracing::warn!(
            %method, route, status, duration_ms, request.id = ?id,
            code = ?problem.code, detail = problem.detail, "request failed"
        ),
        // A line each would cost as much as a small answer does.
        _ => tracing::debug!(%method, route, status, duration_ms, request.id = ?id, "request"),
    }
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_within_a_process_and_between_processes() {
        let (one, other) = (RequestIds::new(), RequestIds::new());
        let ids = [one.next(), one.next(), other.next(), other.next()];
        let distinct: std::collections::BTreeSet<_> =
            ids.iter().map(HeaderValue::as_bytes).collect();
        assert_eq!(distinct.len(), 4);
        assert!(ids[1].to_str().unwrap().ends_with("-1"));
    }
}
