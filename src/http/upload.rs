//! JSON in, with files beside it or without.

use std::sync::Arc;

use axum::{
    extract::{
        DefaultBodyLimit, FromRequest, Multipart, Request,
        multipart::{Field, MultipartError},
    },
    http::{StatusCode, header},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{App, Code, Problem, extract::Json, extract::parsed};
use crate::service::{FieldError, Parts};

/// The part that holds the request itself.
const REQUEST: &str = "request";

/// The part that the document's examples refer to.
const PICTURE: &str = "picture";

/// A JSON body, or the part `request` of a multipart body with its other parts.
#[derive(Debug)]
pub(super) struct Upload<T> {
    pub(super) body: T,
    pub(super) parts: Parts,
}

impl<T: DeserializeOwned + Send + 'static> FromRequest<App> for Upload<T> {
    type Rejection = Problem;

    async fn from_request(mut request: Request, app: &App) -> Result<Self, Problem> {
        let declared = request.headers().get(header::CONTENT_TYPE);
        let declared = declared.and_then(|value| value.to_str().ok()).unwrap_or("");
        if !declared.to_ascii_lowercase().starts_with("multipart/form-data") {
            let Json(body) = Json::from_request(request, app).await?;
            return Ok(Self { body, parts: Parts::new() });
        }
        DefaultBodyLimit::max(app.config().body_limit).apply(&mut request);
        let form = Multipart::from_request(request, app).await;
        let form = form.map_err(|error| Problem::new(Code::Malformed).detail(error.body_text()))?;
        read(form).await
    }
}

async fn read<T: DeserializeOwned + Send + 'static>(
    mut form: Multipart,
) -> Result<Upload<T>, Problem> {
    let (mut body, mut parts) = (None, Parts::new());
    while let Some(field) = form.next_field().await.map_err(|error| unread(&error))? {
        let (name, bytes) = part(field).await?;
        let twice = if name == REQUEST {
            body.replace(bytes).is_some()
        } else {
            parts.insert(name.clone(), Arc::new(Vec::from(bytes))).is_some()
        };
        if twice {
            return Err(invalid(format!("there are two parts `{name}`")));
        }
    }
    let body = body.ok_or_else(|| invalid("the part `request` is missing".to_owned()))?;
    Ok(Upload { body: parsed(body).await?, parts })
}

async fn part(field: Field<'_>) -> Result<(String, axum::body::Bytes), Problem> {
    let name = field.name().map(str::to_owned);
    let name = name.ok_or_else(|| invalid("a part has no name".to_owned()))?;
    Ok((name, field.bytes().await.map_err(|error| unread(&error))?))
}

fn invalid(detail: String) -> Problem {
    Problem::new(Code::Invalid).errors(vec![FieldError::at("", detail)])
}

fn unread(error: &MultipartError) -> Problem {
    let code = match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Code::TooLarge,
        _ => Code::Malformed,
    };
    Problem::new(code).detail(error.body_text())
}

/// The multipart form of a JSON body's media type: the same request as a part, and files beside it.
pub(super) fn form_of(json: &Value) -> Value {
    let named = json["examples"].as_object().and_then(|named| named.values().next());
    let mut request = named.map_or_else(|| json["example"].clone(), |named| named["value"].clone());
    to_parts(&mut request);
    let example = json!({REQUEST: request, PICTURE: "the bytes of a PNG, JPEG, WebP or GIF file"});
    json!({
        "schema": {
            "type": "object",
            "required": [REQUEST],
            "properties": {REQUEST: json["schema"]},
            "additionalProperties": {
                "description": "A file, which an image refers to as {\"part\": its name}.",
                "contentMediaType": "application/octet-stream",
            },
        },
        "encoding": {REQUEST: {"contentType": "application/json"}},
        "example": example,
    })
}

/// Puts the part in the place of each image's pixels.
fn to_parts(value: &mut Value) {
    match value {
        Value::Object(fields) if fields.contains_key("shape") => *value = json!({"part": PICTURE}),
        Value::Object(fields) => fields.values_mut().for_each(to_parts),
        Value::Array(items) => items.iter_mut().for_each(to_parts),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
