//! The only error that leaves the process: RFC 9457, with a stable code and whether a retry may help.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::service::{FieldError, ServiceError};

/// What went wrong, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// 400: the body is not JSON.
    Malformed,
    /// 401: a key is needed.
    Unauthorized,
    /// 403: this needs the admin key.
    Forbidden,
    /// 404: no such route, pipeline, model or kind.
    NotFound,
    /// 405: the route has other methods.
    MethodNotAllowed,
    /// 408: the body came too slowly.
    SlowBody,
    /// 409: what is to go is in use.
    InUse,
    /// 413: the body is too large.
    TooLarge,
    /// 415: the body is not declared as JSON.
    UnsupportedMediaType,
    /// 422: the request contradicts its schema, itself or the service's bounds.
    Invalid,
    /// 422: `on_miss` is `error`, and a sample cannot be scored.
    Missed,
    /// 503: `on_miss` is `error`, and every miss may succeed when sent again.
    MissedRetryable,
    /// 503: a sample has no reward, and this peer's door has no word for that.
    NoReward,
    /// 503: too much work is queued.
    Overloaded,
    /// 503: the state store cannot be reached.
    StoreFailed,
    /// 503: no isolation for programs holds on this machine.
    SandboxUnavailable,
    /// 504: nothing was ready by the deadline.
    TimedOut,
    /// 500: a bug.
    Internal,
}

impl Code {
    fn status(self) -> StatusCode {
        match self {
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::InUse => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid | Self::Missed => StatusCode::UNPROCESSABLE_ENTITY,
            Self::MissedRetryable
            | Self::NoReward
            | Self::Overloaded
            | Self::StoreFailed
            | Self::SandboxUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Malformed => "the body is not JSON",
            Self::Unauthorized => "a key is needed",
            Self::Forbidden => "the admin key is needed",
            Self::NotFound => "not found",
            Self::MethodNotAllowed => "method not allowed",
            Self::SlowBody => "the body came too slowly",
            Self::InUse => "it is in use",
            Self::TooLarge => "the body is too large",
            Self::UnsupportedMediaType => "the body must be application/json",
            Self::Invalid => "the request is not valid",
            Self::Missed | Self::MissedRetryable | Self::NoReward => "samples could not be scored",
            Self::Overloaded => "too much work is queued",
            Self::StoreFailed => "the state store failed",
            Self::SandboxUnavailable => "programs cannot be run here",
            Self::TimedOut => "nothing was ready by the deadline",
            Self::Internal => "internal error",
        }
    }

    fn retryable(self) -> bool {
        let status = self.status();
        status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::GATEWAY_TIMEOUT
    }
}

/// A failure, as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the code says more.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: &'static str,
    /// What went wrong, in general.
    pub title: &'static str,
    /// The HTTP status.
    #[schema(example = 422)]
    pub status: u16,
    /// What went wrong, for programs.
    #[schema(inline)]
    pub code: Code,
    /// Whether the same request may succeed when sent again.
    pub retryable: bool,
    /// What went wrong, in particular.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What is wrong with the request, and where.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl Problem {
    /// A problem of the given kind.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            kind: "about:blank",
            title: code.title(),
            status: code.status().as_u16(),
            code,
            retryable: code.retryable(),
            detail: None,
            errors: Vec::new(),
        }
    }

    /// With what went wrong in particular.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// With places in the request; the first one is the detail, too.
    #[must_use]
    pub fn errors(self, errors: Vec<FieldError>) -> Self {
        let first = errors.first().map(|error| match error.pointer.as_str() {
            "" => error.detail.clone(),
            pointer => format!("{pointer}: {}", error.detail),
        });
        Self { detail: self.detail.or(first), errors, ..self }
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        let detail = error.to_string();
        match error {
            ServiceError::NotFound { .. } => Self::new(Code::NotFound).detail(detail),
            ServiceError::InUse { .. } => Self::new(Code::InUse).detail(detail),
            ServiceError::Invalid(errors) => Self::new(Code::Invalid).errors(errors),
            ServiceError::Missed { retryable: true, errors } => {
                Self::new(Code::MissedRetryable).detail(detail).errors(errors)
            }
            ServiceError::Missed { retryable: false, errors } => {
                Self::new(Code::Missed).detail(detail).errors(errors)
            }
            ServiceError::Overloaded => Self::new(Code::Overloaded),
            ServiceError::TimedOut => Self::new(Code::TimedOut),
            ServiceError::Store(message) => Self::new(Code::StoreFailed).detail(message),
            ServiceError::SandboxUnavailable(missing) => {
                Self::new(Code::SandboxUnavailable).detail(missing)
            }
            ServiceError::Full(full) => Self::new(Code::Invalid).detail(full.to_string()),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (self.code.status(), body).into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        if self.code.retryable() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if self.code == Code::Unauthorized {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // Read by the layer that counts and logs.
        response.extensions_mut().insert(self);
        response
    }
}

/// The failures of an operation that needs the admin key.
#[derive(Debug, utoipa::IntoResponses)]
#[expect(dead_code, reason = "documentation only")]
pub(super) enum AdminFailures {
    /// The body is not JSON.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(#[to_schema] Problem),
    /// A key is needed.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(#[to_schema] Problem),
    /// The admin key is needed.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(#[to_schema] Problem),
    /// There is nothing of that name.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(#[to_schema] Problem),
    /// The body came too slowly.
    #[response(status = 408, content_type = "application/problem+json")]
    SlowBody(#[to_schema] Problem),
    /// It is in use.
    #[response(status = 409, content_type = "application/problem+json")]
    InUse(#[to_schema] Problem),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(#[to_schema] Problem),
    /// The body is not declared as JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(#[to_schema] Problem),
    /// The request contradicts its schema, or cannot be done.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(#[to_schema] Problem),
    /// The change cannot be kept, or the service is stopping.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(#[to_schema] Problem),
}

/// The failures every operation may answer with, for the document.
#[derive(Debug, utoipa::IntoResponses)]
#[expect(dead_code, reason = "documentation only")]
pub(super) enum Failures {
    /// The body is not JSON.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(#[to_schema] Problem),
    /// A key is needed.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(#[to_schema] Problem),
    /// No such pipeline, model or kind.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(#[to_schema] Problem),
    /// The body came too slowly.
    #[response(status = 408, content_type = "application/problem+json")]
    SlowBody(#[to_schema] Problem),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(#[to_schema] Problem),
    /// The body is not declared as JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(#[to_schema] Problem),
    /// The request contradicts its schema, itself or the service's bounds.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(#[to_schema] Problem),
    /// Overloaded or stopping; see `Retry-After`.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(#[to_schema] Problem),
    /// Nothing was ready by the deadline.
    #[response(status = 504, content_type = "application/problem+json")]
    TimedOut(#[to_schema] Problem),
}
