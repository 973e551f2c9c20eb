//! Where states of run-scoped nodes are kept.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::BoxFuture;

/// A state as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Kept {
    /// The node's own data; null before anything was observed.
    #[schema(value_type = Object)]
    pub value: Value,
    /// Counts the changes.
    pub version: u64,
    /// Whether requests only read it.
    pub frozen: bool,
}

/// A state that cannot be kept or changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The step refused the state it was given.
    #[error("{0}")]
    Step(String),
    /// The store cannot be reached or is full.
    #[error("the state store failed: {0}")]
    Store(String),
}

/// One change of a state. Pure: a store may call it again when somebody else was faster.
pub type Step<'a> = &'a (dyn Fn(&Value) -> Result<Value, String> + Send + Sync);

/// Keeps states by key. Changes of one key happen one after the other.
pub trait StateStore: Send + Sync + std::fmt::Debug {
    /// The state under `key` after `step`, or as it is when frozen.
    fn update<'a>(
        &'a self,
        key: &'a str,
        step: Step<'a>,
    ) -> BoxFuture<'a, Result<Kept, StoreError>>;

    /// The state under `key`; the default when there is none.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Kept, StoreError>>;

    /// Sets the state under `key`.
    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Value,
        frozen: bool,
    ) -> BoxFuture<'a, Result<Kept, StoreError>>;

    /// Forgets the state under `key`.
    fn remove<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>>;
}
