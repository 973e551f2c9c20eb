//! The service in this process, without a socket.

use std::sync::OnceLock;

use assay::{
    cli::{Setup, start},
    http::{App, HttpConfig, Key, Keys, router},
    verify::code::Tier,
};
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

/// The embedded configuration behind its doors.
pub(crate) struct TestApp {
    router: Router,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The body of a success.
    pub(crate) fn good(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }

    /// The problem of a failure: its status and code agree with the answer's.
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.json();
        assert_eq!(self.status.as_u16(), status, "{problem}");
        assert_eq!(self.content_type, "application/problem+json");
        assert_eq!((&problem["status"], &problem["code"]), (&status.into(), &code.into()));
        problem
    }
}

impl TestApp {
    /// The embedded models and pipelines, no keys.
    pub(crate) fn new() -> Self {
        Self::with(|config| config)
    }

    pub(crate) fn with(change: impl FnOnce(HttpConfig) -> HttpConfig) -> Self {
        Self::set_up(None, change)
    }

    /// Programs are isolated as far as `maximum` at most.
    pub(crate) fn isolated(maximum: Tier) -> Self {
        Self::set_up(Some(maximum), |config| config)
    }

    fn set_up(maximum: Option<Tier>, change: impl FnOnce(HttpConfig) -> HttpConfig) -> Self {
        let setup = Setup::default().with_runners(env!("CARGO_BIN_EXE_assay"), maximum);
        let settings = setup.settings().unwrap();
        let doors = settings.doors.clone();
        let service = start(&settings).unwrap();
        Self::of(App::new(service, change(HttpConfig { doors, ..HttpConfig::default() })))
    }

    pub(crate) fn of(app: App) -> Self {
        Self { router: router(app) }
    }

    /// One for all tests that change nothing in it.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<TestApp> = OnceLock::new();
        SHARED.get_or_init(Self::new)
    }

    pub(crate) fn with_admin(key: &str) -> Self {
        let keys = Keys { callers: vec![], admin: Some(Key::new(key)) };
        Self::with(|config| HttpConfig { keys, ..config })
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let header = |name| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        Answer {
            status: response.status(),
            content_type: header(header::CONTENT_TYPE).unwrap_or_default(),
            headers: response.headers().clone(),
            body: response.into_body().collect().await.unwrap().to_bytes().to_vec(),
        }
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.send(json_request(method, path, body.to_string())).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }
}

pub(crate) fn json_request(method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())
        .unwrap()
}
