//! Who may call: bearer keys.

use std::fmt;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};
use sha2::{Digest, Sha256};

use super::{App, Code, Problem};

/// A key, kept as its SHA-256 only; printing it shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of that text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Whether `text` is the key. Digests are compared, whole, so the time taken says nothing.
    fn is(&self, text: &str) -> bool {
        let given = Self::new(text);
        self.0.iter().zip(given.0).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The keys that open the doors.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Any of these may call; empty: anybody may.
    pub callers: Vec<Key>,
    /// May also change what is served; `None`: nobody may.
    pub admin: Option<Key>,
}

impl Keys {
    fn is_admin(&self, headers: &HeaderMap) -> bool {
        let given = bearer(headers);
        self.admin.as_ref().zip(given).is_some_and(|(key, given)| key.is(given))
    }

    fn may_call(&self, headers: &HeaderMap) -> bool {
        let known = |given: &str| self.callers.iter().any(|key| key.is(given));
        self.callers.is_empty() || bearer(headers).is_some_and(known) || self.is_admin(headers)
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// Lets callers with a key pass.
pub(super) async fn callers(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if app.config().keys.may_call(request.headers()) {
        return Ok(next.run(request).await);
    }
    Err(Problem::new(Code::Unauthorized).detail("send `authorization: Bearer …` with a valid key"))
}

/// Refuses those without the admin key.
pub(super) fn check_admin(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let keys = &app.config().keys;
    if keys.is_admin(headers) {
        return Ok(());
    }
    let detail = match keys.admin {
        Some(_) => "send `authorization: Bearer …` with the admin key",
        None => "no admin key is configured: changing what is served is switched off",
    };
    Err(Problem::new(Code::Forbidden).detail(detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())])
    }

    #[test]
    fn a_key_opens_and_nothing_else_does() {
        let keys = Keys { callers: vec![Key::new("a"), Key::new("b")], admin: Some(Key::new("z")) };
        assert!(keys.may_call(&headers("Bearer b")));
        assert!(keys.may_call(&headers("bearer  z")));
        for wrong in ["Bearer c", "Basic b", "b", "Bearer", "Bearer "] {
            assert!(!keys.may_call(&headers(wrong)), "{wrong}");
        }
        assert!(keys.is_admin(&headers("Bearer z")) && !keys.is_admin(&headers("Bearer a")));
        assert!(!Keys::default().is_admin(&headers("Bearer ")));
        assert_eq!(format!("{:?}", Key::new("secret")), "Key(…)");
    }
}
