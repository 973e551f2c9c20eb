//! JSON in: what cannot be read becomes a problem that says where.

use axum::{
    body::{Bytes, HttpBody, to_bytes},
    extract::{self, FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use tokio::time::timeout;

use super::{App, Code, Problem, idempotency::IdempotencyKey};
use crate::{
    domain::{from_objects, from_objects_at},
    service::FieldError,
};

/// Bodies above this are parsed off the async threads.
const LARGE: usize = 256 << 10;

/// A JSON body.
#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

/// A JSON body that may be a retry.
#[derive(Debug)]
pub(super) struct Retried<T> {
    pub(super) body: T,
    pub(super) key: Option<IdempotencyKey>,
}

/// A parameter of the path.
#[derive(Debug)]
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = extract::Path::from_request_parts(parts, state).await;
        path.map(|extract::Path(value)| Self(value))
            .map_err(|rejection| Problem::new(Code::NotFound).detail(rejection.body_text()))
    }
}

impl<T: DeserializeOwned + Send + 'static> FromRequest<App> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        parsed(read(request, app).await?).await.map(Self)
    }
}

impl<T: DeserializeOwned + Send + 'static> FromRequest<App> for Retried<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let path = request.uri().path().to_owned();
        // An empty header is none.
        let key = request.headers().get("idempotency-key").filter(|key| !key.is_empty());
        let key = key.map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned());
        let bytes = read(request, app).await?;
        let key = key.map(|key| IdempotencyKey {
            key: format!("{path} {key}"),
            digest: Sha256::digest(&bytes).into(),
        });
        Ok(Self { body: parsed(bytes).await?, key })
    }
}

async fn read(request: Request, app: &App) -> Result<Bytes, Problem> {
    check_content_type(request.headers())?;
    // What says that it is too large need not be sent.
    if request.body().size_hint().lower() > app.config().body_limit as u64 {
        return Err(too_large(app));
    }
    let limit = app.config().limits.body_timeout;
    match timeout(limit, to_bytes(request.into_body(), app.config().body_limit)).await {
        Ok(read) => read.map_err(|error| unread(error, app)),
        Err(_) => {
            let detail = format!("it was not there after {} ms", limit.as_millis());
            Err(Problem::new(Code::SlowBody).detail(detail))
        }
    }
}

pub(super) async fn parsed<T: DeserializeOwned + Send + 'static>(
    bytes: Bytes,
) -> Result<T, Problem> {
    if bytes.len() <= LARGE {
        return parse(&bytes);
    }
    match tokio::task::spawn_blocking(move || parse(&bytes)).await {
        Ok(parsed) => parsed,
        Err(_) => Err(Problem::new(Code::Internal).detail("the body's parser failed")),
    }
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        let detail = "the body has a `content-encoding`; send it plain";
        return Err(Problem::new(Code::UnsupportedMediaType).detail(detail));
    }
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.unwrap_or("").split(';').next().unwrap_or("").trim();
    let subtype = essence.strip_prefix("application/").unwrap_or("");
    if subtype == "json" || subtype.ends_with("+json") {
        return Ok(());
    }
    let found = declared.map_or("no content type".to_owned(), |found| format!("`{found}`"));
    Err(Problem::new(Code::UnsupportedMediaType)
        .detail(format!("the request declares {found}; send `content-type: application/json`")))
}

fn too_large(app: &App) -> Problem {
    let limit = app.config().body_limit;
    Problem::new(Code::TooLarge).detail(format!("the limit is {limit} bytes"))
}

fn unread(error: axum::Error, app: &App) -> Problem {
    let error = error.into_inner();
    if error.is::<LengthLimitError>() {
        return too_large(app);
    }
    Problem::new(Code::Malformed).detail(format!("the body could not be read: {error}"))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // The path is kept track of only when it is needed: a refused body is read twice.
    let mut json = serde_json::Deserializer::from_slice(bytes);
    from_objects(&mut json)
        .and_then(|parsed| json.end().map(|()| parsed))
        .or_else(|_| parse_tracked(bytes))
}

/// Parses, and says where it failed.
fn parse_tracked<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let parsed = from_objects_at(&mut json).map_err(|(pointer, error)| refused(&error, pointer))?;
    json.end().map_err(|error| refused(&error, String::new()))?;
    Ok(parsed)
}

fn refused(error: &serde_json::Error, pointer: String) -> Problem {
    if error.is_data() {
        // The message ends in a line and column of the body, which the pointer says better.
        let text = error.to_string();
        let detail = text.split(" at line ").next().unwrap_or(&text).to_owned();
        return Problem::new(Code::Invalid).errors(vec![FieldError { pointer, detail }]);
    }
    Problem::new(Code::Malformed).detail(error.to_string())
}
