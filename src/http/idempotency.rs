//! Retries of a call that changes state count once.
//!
//! The first call with a key does the work, in a task of its own, so that it ends even if its caller
//! leaves; those that come with the same key meanwhile, or later, get its answer.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Json as Reply,
    body::Bytes,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use lru::LruCache;
use serde::Serialize;
use tokio::sync::OnceCell;

use super::{App, Code, Problem};

/// Bytes of a key.
const KEY_LIMIT: usize = 255;

/// A call's answer as JSON, once there is one.
type Slot = Arc<OnceCell<Bytes>>;

/// A key's request, by its digest, and its answer.
type Known = ([u8; 32], Slot);

/// An `Idempotency-Key`, and the digest of the body that came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IdempotencyKey {
    pub(super) key: String,
    pub(super) digest: [u8; 32],
}

/// Answers by key, bounded, the least recently asked for first to go.
#[derive(Debug)]
pub(super) struct Replies {
    slots: Option<Mutex<LruCache<String, Known>>>,
}

/// The key was used for another request.
#[derive(Debug, PartialEq, Eq)]
struct KeyReused;

impl Replies {
    pub(super) fn new(capacity: usize) -> Self {
        Self { slots: NonZeroUsize::new(capacity).map(|size| Mutex::new(LruCache::new(size))) }
    }

    /// The place for the answer.
    fn slot(&self, IdempotencyKey { key, digest }: IdempotencyKey) -> Result<Slot, KeyReused> {
        let Some(slots) = &self.slots else { return Ok(Slot::default()) };
        let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, slot) = slots.get_or_insert(key, || (digest, Slot::default()));
        if *known == digest { Ok(Arc::clone(slot)) } else { Err(KeyReused) }
    }
}

/// What `work` answers, or what the first request with this key was answered.
pub(super) async fn once<T, W>(
    app: &App,
    key: Option<IdempotencyKey>,
    work: W,
) -> Result<Response, Problem>
where
    T: Serialize,
    W: Future<Output = Result<T, Problem>> + Send + 'static,
{
    let Some(key) = key else { return Ok(Reply(work.await?).into_response()) };
    let invalid = |detail: &str| Problem::new(Code::Invalid).detail(detail);
    if key.key.len() > KEY_LIMIT {
        return Err(invalid("the idempotency key is longer than 255 bytes"));
    }
    let slot = app
        .replies()
        .slot(key)
        .map_err(|_| invalid("this idempotency key was used for another request"))?;
    let work = app.tasks().spawn(async move {
        let answer = async || {
            let answer = serde_json::to_vec(&work.await?);
            answer.map(Bytes::from).map_err(|_| Problem::new(Code::Internal))
        };
        slot.get_or_try_init(answer).await.cloned()
    });
    let answer = work.await.map_err(|_| Problem::new(Code::Internal))??;
    Ok(([(CONTENT_TYPE, "application/json")], answer).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_answer_and_one_request() {
        let replies = Replies::new(1);
        let slot = |key: &str, digest| {
            replies.slot(IdempotencyKey { key: key.to_owned(), digest: [digest; 32] })
        };
        slot("k", 0).unwrap().set(Bytes::from("7")).unwrap();
        assert_eq!(slot("k", 0).unwrap().get(), Some(&Bytes::from("7")));
        assert_eq!(slot("k", 1).unwrap_err(), KeyReused);
        // The bound is one key: another one takes its place.
        assert_eq!(slot("l", 1).unwrap().get(), None);
        assert_eq!(slot("k", 1).unwrap().get(), None);
    }
}
