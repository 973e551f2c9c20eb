//! What is noted of every request: its id, its count and duration by route, and a line of the log.

use std::{
    convert::Infallible,
    fmt::Write,
    hash::{BuildHasher, Hasher, RandomState},
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    task::{Context, Poll},
    time::Instant,
};

use axum::{
    body::Bytes,
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method},
    response::{IntoResponse, Response},
};
use futures::{FutureExt, future::BoxFuture};
use tower::{Layer, Service};

use super::{App, Code, Problem};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Ids of requests that came without one: a random beginning for the process, and a number.
#[derive(Debug)]
pub(super) struct RequestIds {
    process: String,
    given: AtomicU64,
}

impl RequestIds {
    pub(super) fn new() -> Self {
        // The standard library's hashers are seeded by the system's random numbers.
        let process = RandomState::new().build_hasher().finish();
        Self { process: format!("{process:016x}-"), given: AtomicU64::new(0) }
    }

    fn next(&self) -> HeaderValue {
        let mut id = String::with_capacity(self.process.len() + 16);
        id.push_str(&self.process);
        // Writing to a string cannot fail.
        let _ = write!(id, "{:x}", self.given.fetch_add(1, Relaxed));
        // Digits and a hyphen: always a value of a header.
        HeaderValue::from_maybe_shared(Bytes::from(id))
            .unwrap_or_else(|_| HeaderValue::from_static("-"))
    }
}

/// Counts and logs each request, by its route; never what it carries. The answer has the request's id, and
/// a panic is a problem of this request alone.
///
/// A layer of its own: axum's functions as middleware clone and box the rest of the way for every request.
#[derive(Clone, Debug)]
pub(super) struct Observe(pub(super) App);

impl<S> Layer<S> for Observe {
    type Service = Observed<S>;

    fn layer(&self, inner: S) -> Observed<S> {
        Observed { app: self.0.clone(), inner }
    }
}

/// A service that is observed.
#[derive(Clone, Debug)]
pub(super) struct Observed<S> {
    app: App,
    inner: S,
}

impl<S> Service<Request> for Observed<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let seen = Seen::of(&request, &self.app);
        let answer = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        Box::pin(async move {
            let response = match answer.await {
                Ok(response) => response?,
                Err(_) => Problem::new(Code::Internal).into_response(),
            };
            Ok(seen.answered(response))
        })
    }
}

/// What is remembered of a request until it is answered.
struct Seen {
    app: App,
    begun: Instant,
    method: Method,
    route: Option<MatchedPath>,
    id: HeaderValue,
}

impl Seen {
    fn of(request: &Request, app: &App) -> Self {
        let id = request.headers().get(REQUEST_ID).cloned();
        Self {
            app: app.clone(),
            begun: Instant::now(),
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            id: id.unwrap_or_else(|| app.request_ids().next()),
        }
    }

    fn answered(self, mut response: Response) -> Response {
        let Self { app, begun, method, route, id } = self;
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
