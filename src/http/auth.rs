//! Who may call: bearer keys.
//!
//! Trainers that can set an address but no header put the key there, as the password of
//! `http://any:KEY@host/…`: HTTP's Basic scheme is understood, its name is not looked at.

use std::{borrow::Cow, fmt, str::FromStr};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
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

    /// Whether both are the same key. The whole digests are compared, so the time taken says nothing.
    fn is(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
    }
}

/// A text that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is nothing in it.
    #[error("a key must not be empty")]
    Empty,
    /// `sha256:`, and something else than 64 hexadecimal digits.
    #[error("`sha256:` is followed by the key's SHA-256, 64 hexadecimal digits")]
    Digest,
    /// A header cannot carry it.
    #[error("a key is printable ASCII without spaces")]
    Characters,
}

impl FromStr for Key {
    type Err = KeyError;

    /// Reads a key as it is configured: its text, or `sha256:` and its digest.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text.is_empty() {
            return Err(KeyError::Empty);
        }
        let Some(digest) = text.strip_prefix("sha256:") else {
            let fits = text.bytes().all(|byte| byte.is_ascii_graphic());
            return if fits { Ok(Self::new(text)) } else { Err(KeyError::Characters) };
        };
        let mut key = [0; 32];
        let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
        if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(KeyError::Digest);
        }
        for (place, pair) in key.iter_mut().zip(digest.as_bytes().chunks(2)) {
            *place = byte(pair).ok_or(KeyError::Digest)?;
        }
        Ok(Self(key))
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
    /// Whether the admin key is a caller's, too: it would be no separate one.
    #[must_use]
    pub fn shared(&self) -> bool {
        self.admin.as_ref().is_some_and(|admin| self.knows(admin))
    }

    /// Whether it is a caller's. Every key is looked at, so the time taken does not say which it was.
    fn knows(&self, key: &Key) -> bool {
        self.callers.iter().fold(false, |known, caller| known | caller.is(key))
    }

    fn is_admin(&self, headers: &HeaderMap) -> bool {
        let given = given(headers);
        self.admin.as_ref().zip(given).is_some_and(|(admin, given)| admin.is(&given))
    }

    fn may_call(&self, headers: &HeaderMap) -> bool {
        self.callers.is_empty()
            || given(headers).is_some_and(|given| self.knows(&given))
            || self.is_admin(headers)
    }
}

/// The key that a request brings.
fn given(headers: &HeaderMap) -> Option<Key> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    let rest = rest.trim();
    let key: Cow<'_, str> = if scheme.eq_ignore_ascii_case("bearer") {
        rest.into()
    } else if scheme.eq_ignore_ascii_case("basic") {
        let pair = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
        pair.split_once(':')?.1.to_owned().into()
    } else {
        return None;
    };
    Some(Key::new(&key))
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

/// Whoever may change what is served. Taken before a body, so that nobody else's is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admin;

impl FromRequestParts<App> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        check_admin(app, &parts.headers).map(|()| Self)
    }
}

/// Refuses those without the admin key.
fn check_admin(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
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
        for wrong in ["Bearer c", "Basic b", "b", "Bearer", "Bearer ", "Digest b", "Bearer a b", ""]
        {
            assert!(!keys.may_call(&headers(wrong)), "{wrong}");
        }
        assert!(keys.is_admin(&headers("Bearer z")) && !keys.is_admin(&headers("Bearer a")));
        assert!(!Keys::default().is_admin(&headers("Bearer ")));
        assert_eq!(format!("{:?}", Key::new("secret")), "Key(…)");
    }

    #[test]
    fn an_address_may_carry_the_key_as_its_password() {
        let keys = Keys { callers: vec![Key::new("b:c")], admin: None };
        let basic = |pair: &str| headers(&format!("Basic {}", STANDARD.encode(pair)));
        assert!(keys.may_call(&basic("any:b:c")) && keys.may_call(&basic(":b:c")));
        for wrong in ["b:c", "b:c:", "", ":", "any:b"] {
            assert!(!keys.may_call(&basic(wrong)), "{wrong}");
        }
        assert!(!keys.may_call(&headers("Basic \u{20}%%%")));
    }

    /// SHA-256 of "abc": FIPS 180-2, appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_key_may_be_configured_by_its_digest() {
        let hashed: Key = format!("sha256:{ABC}").parse().unwrap();
        assert_eq!(hashed, Key::new("abc"));
        assert_eq!("abc".parse(), Ok(Key::new("abc")));
        let keys = Keys { callers: vec![hashed.clone()], admin: None };
        assert!(keys.may_call(&headers("Bearer abc")));
        // The digest itself opens nothing.
        assert!(!keys.may_call(&headers(&format!("Bearer sha256:{ABC}"))));
        assert!(!keys.may_call(&headers(&format!("Bearer {ABC}"))));
        assert!(!keys.shared() && Keys { admin: Some(hashed), ..keys }.shared());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let parse = |text: &str| text.parse::<Key>().unwrap_err();
        assert_eq!(parse(""), KeyError::Empty);
        let long = format!("sha256:{ABC}0");
        for digest in ["sha256:", "sha256:abc", &long, &format!("sha256:+{}", &ABC[1..])] {
            assert_eq!(parse(digest), KeyError::Digest, "{digest}");
        }
        assert_eq!(parse("two words"), KeyError::Characters);
        assert_eq!(parse("clé"), KeyError::Characters);
    }
}
