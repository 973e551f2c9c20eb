//! The states that the server keeps for a pipeline's run-scoped nodes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Pipeline, Service, ServiceError};
use crate::{pipeline::state_key, state::Kept};

/// A pipeline's states.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StateResponse {
    /// The pipeline.
    pub pipeline: String,
    /// Its version: another version starts afresh.
    pub version: String,
    /// The states, by node.
    pub nodes: BTreeMap<String, Kept>,
}

/// A node's new state.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateSeed {
    /// The node's own data. Absent: as it is.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub value: Option<Value>,
    /// Whether requests only read it from now on. Absent: as it is.
    #[serde(default)]
    pub frozen: Option<bool>,
    /// As a state is shown; not read: the service counts.
    #[serde(default)]
    pub version: Option<u64>,
}

/// New states, by node.
pub type StateSeeds = BTreeMap<String, StateSeed>;

impl Service {
    /// The states of a pipeline.
    ///
    /// # Errors
    /// An unknown pipeline, or a store that fails.
    pub async fn get_state(&self, pipeline: &str) -> Result<StateResponse, ServiceError> {
        let pipeline = self.pipelines.get(pipeline)?;
        self.states_of(&pipeline).await
    }

    /// Seeds or freezes states of a pipeline.
    ///
    /// # Errors
    /// An unknown pipeline, a node that keeps no state, or a store that fails.
    pub async fn put_state(
        &self,
        pipeline: &str,
        seeds: StateSeeds,
    ) -> Result<StateResponse, ServiceError> {
        let pipeline = self.pipelines.get(pipeline)?;
        for node in seeds.keys() {
            if !pipeline.plan.stateful().any(|known| known == node) {
                let message = format!("the pipeline has no node `{node}` that keeps state");
                return Err(ServiceError::invalid(format!("/{node}"), message));
            }
        }
        for (node, seed) in seeds {
            let key = key(&pipeline, &node);
            let before = self.services.states.get(&key).await?;
            let value = match seed.value {
                Some(value) => {
                    pipeline.plan.check_state(&node, &value).map_err(|message| {
                        ServiceError::invalid(format!("/{node}/value"), message)
                    })?;
                    value
                }
                None => before.value,
            };
            let frozen = seed.frozen.unwrap_or(before.frozen);
            self.services.states.put(&key, value, frozen).await?;
        }
        self.states_of(&pipeline).await
    }

    /// Forgets the states of a pipeline; answers the fresh ones.
    ///
    /// # Errors
    /// An unknown pipeline, or a store that fails.
    pub async fn delete_state(&self, pipeline: &str) -> Result<StateResponse, ServiceError> {
        let pipeline = self.pipelines.get(pipeline)?;
        for node in pipeline.plan.stateful() {
            self.services.states.remove(&key(&pipeline, node)).await?;
        }
        self.states_of(&pipeline).await
    }

    async fn states_of(&self, pipeline: &Pipeline) -> Result<StateResponse, ServiceError> {
        let mut nodes = BTreeMap::new();
        for node in pipeline.plan.stateful() {
            let kept = self.services.states.get(&key(pipeline, node)).await?;
            nodes.insert(node.to_owned(), kept);
        }
        let version = pipeline.plan.version().to_owned();
        Ok(StateResponse { pipeline: pipeline.name.clone(), version, nodes })
    }
}

fn key(pipeline: &Pipeline, node: &str) -> String {
    state_key(&pipeline.name, pipeline.plan.version(), node)
}
