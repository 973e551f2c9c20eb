//! States in this process's memory: for one replica.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;

use super::{Kept, StateStore, Step, StoreError};
use crate::domain::BoxFuture;

/// States by key, in memory. Keys are nodes of configured pipelines, so their number is bounded by the
/// configuration.
#[derive(Debug, Default)]
pub struct MemoryStore {
    states: Mutex<HashMap<String, Kept>>,
}

impl MemoryStore {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn step(&self, key: &str, step: Step<'_>) -> Result<Kept, StoreError> {
        let mut states = self.lock();
        let kept = states.get(key).cloned().unwrap_or_default();
        if kept.frozen {
            return Ok(kept);
        }
        let value = step(&kept.value).map_err(StoreError::Step)?;
        let kept = Kept { value, version: kept.version + 1, frozen: false };
        states.insert(key.to_owned(), kept.clone());
        Ok(kept)
    }

    fn set(&self, key: &str, value: Value, frozen: bool) -> Kept {
        let mut states = self.lock();
        let version = states.get(key).map_or(0, |kept| kept.version) + 1;
        let kept = Kept { value, version, frozen };
        states.insert(key.to_owned(), kept.clone());
        kept
    }
}

impl StateStore for MemoryStore {
    fn update<'a>(
        &'a self,
        key: &'a str,
        step: Step<'a>,
    ) -> BoxFuture<'a, Result<Kept, StoreError>> {
        Box::pin(std::future::ready(self.step(key, step)))
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Kept, StoreError>> {
        let kept = self.lock().get(key).cloned().unwrap_or_default();
        Box::pin(std::future::ready(Ok(kept)))
    }

    fn put<'a>(
        &'a self,
        key: &'a str,
        value: Value,
        frozen: bool,
    ) -> BoxFuture<'a, Result<Kept, StoreError>> {
        Box::pin(std::future::ready(Ok(self.set(key, value, frozen))))
    }

    fn remove<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.lock().remove(key);
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_frozen_state_is_read_and_not_changed() {
        let store = MemoryStore::default();
        let step = |value: &Value| Ok(json!(value.as_u64().unwrap_or(0) + 1));
        assert_eq!(block_on(store.update("k", &step)).unwrap().value, json!(1));
        assert_eq!(block_on(store.update("k", &step)).unwrap().version, 2);
        block_on(store.put("k", json!(7), true)).unwrap();
        assert_eq!(block_on(store.update("k", &step)).unwrap().value, json!(7));
        block_on(store.remove("k")).unwrap();
        assert_eq!(block_on(store.get("k")).unwrap(), Kept::default());
    }

    #[test]
    fn a_refused_step_leaves_the_state() {
        let store = MemoryStore::default();
        block_on(store.put("k", json!(7), false)).unwrap();
        let refused = block_on(store.update("k", &|_| Err("no".to_owned())));
        assert_eq!(refused, Err(StoreError::Step("no".to_owned())));
        assert_eq!(block_on(store.get("k")).unwrap().value, json!(7));
    }
}
