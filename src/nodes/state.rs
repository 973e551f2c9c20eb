//! Nodes that remember: `(inputs, state) → (output, state')`, still pure.

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Arity, Context};
use crate::domain::Column;

/// A state that does not fit the node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the state does not fit this node: {0}")]
pub struct StateError(pub String);

/// A node with run-scoped state, typed. `Default` is the state before anything was seen.
///
/// Misses never touch the state.
pub trait Running: Debug + Send + Sync {
    /// What is remembered; plain data, so that it can travel in a request or live in a store.
    type State: Serialize + DeserializeOwned + Default;

    /// How many inputs the node takes.
    fn arity(&self) -> Arity {
        Arity::Exactly(1)
    }

    /// Takes the inputs into the state.
    fn observe(&self, state: &mut Self::State, inputs: &[Column], cx: &Context<'_>);

    /// The node's value for each sample, given the state *after* these inputs were observed (or as it
    /// was frozen).
    fn shape(&self, state: &Self::State, inputs: &[Column], cx: &Context<'_>) -> Column;
}

/// [`Running`] over plain data: what pipelines hold.
pub trait Stateful: Debug + Send + Sync {
    /// How many inputs the node takes.
    fn arity(&self) -> Arity;

    /// Checks that `state` is one of this node's.
    ///
    /// # Errors
    /// When it is not.
    fn check_state(&self, state: &Value) -> Result<(), StateError>;

    /// The state after the inputs. `{}` and `null` are the fresh state.
    ///
    /// # Errors
    /// When `state` is not one of this node's.
    fn observe(
        &self,
        state: &Value,
        inputs: &[Column],
        cx: &Context<'_>,
    ) -> Result<Value, StateError>;

    /// The node's value for each sample under `state`.
    ///
    /// # Errors
    /// When `state` is not one of this node's.
    fn shape(
        &self,
        state: &Value,
        inputs: &[Column],
        cx: &Context<'_>,
    ) -> Result<Column, StateError>;
}

impl<T: Running> Stateful for T {
    fn arity(&self) -> Arity {
        Running::arity(self)
    }

    fn check_state(&self, state: &Value) -> Result<(), StateError> {
        decode::<T::State>(state).map(|_| ())
    }

    fn observe(
        &self,
        state: &Value,
        inputs: &[Column],
        cx: &Context<'_>,
    ) -> Result<Value, StateError> {
        let mut state = decode::<T::State>(state)?;
        Running::observe(self, &mut state, inputs, cx);
        serde_json::to_value(state).map_err(|error| StateError(error.to_string()))
    }

    fn shape(
        &self,
        state: &Value,
        inputs: &[Column],
        cx: &Context<'_>,
    ) -> Result<Column, StateError> {
        Ok(Running::shape(self, &decode::<T::State>(state)?, inputs, cx))
    }
}

fn decode<S: DeserializeOwned + Default>(state: &Value) -> Result<S, StateError> {
    match state {
        Value::Null => Ok(S::default()),
        Value::Object(fields) if fields.is_empty() => Ok(S::default()),
        Value::Object(_) => S::deserialize(state).map_err(|error| StateError(error.to_string())),
        // A struct would also be read from an array, field by field.
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(StateError("it must be an object".to_owned()))
        }
    }
}
