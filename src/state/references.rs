//! Reference completions and rewards by pipeline and prompt, for PAR and the like.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::domain::{Message, Sample};

/// A prompt's identity: the hash of its messages. A plain prompt is one user turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prompt([u8; 32]);

impl Prompt {
    /// The sample's prompt; `None` when it has none.
    #[must_use]
    pub fn of(sample: &Sample) -> Option<Self> {
        sample.prompt_messages().map(|messages| Self::of_messages(&messages))
    }

    fn of_messages(messages: &[Message]) -> Self {
        let mut hash = Sha256::new();
        for message in messages {
            for text in [&message.role, &message.content] {
                hash.update((text.len() as u64).to_le_bytes());
                hash.update(text.as_bytes());
            }
        }
        Self(hash.finalize().into())
    }
}

/// What is known of a prompt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Reference {
    /// Rewards of reference completions, used as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rewards: Vec<f64>,
    /// Reference completions, scored when first needed. Not used when there are `rewards`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub completions: Vec<String>,
}

/// The store holds as many references as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store holds {0} references already, which is its limit")]
pub struct StoreFull(pub usize);

type Prompts = HashMap<Prompt, Reference>;

/// References by pipeline and prompt, in memory, bounded in number.
#[derive(Debug)]
pub struct ReferenceStore {
    pipelines: RwLock<HashMap<String, Prompts>>,
    limit: usize,
}

impl ReferenceStore {
    /// A store of at most `limit` prompts, over all pipelines.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { pipelines: RwLock::default(), limit }
    }

    /// What is known of the prompt.
    #[must_use]
    pub fn get(&self, pipeline: &str, prompt: Prompt) -> Option<Reference> {
        let pipelines = self.pipelines.read().unwrap_or_else(PoisonError::into_inner);
        pipelines.get(pipeline)?.get(&prompt).cloned()
    }

    /// Adds references, replacing those of the same prompts; returns how many prompts are known now.
    ///
    /// # Errors
    /// When there would be too many; then nothing is added.
    pub fn put(&self, pipeline: &str, items: Vec<(Prompt, Reference)>) -> Result<usize, StoreFull> {
        let mut pipelines = self.pipelines.write().unwrap_or_else(PoisonError::into_inner);
        let held: usize = pipelines.values().map(Prompts::len).sum();
        let known = pipelines.entry(pipeline.to_owned()).or_default();
        let new = items.iter().filter(|(prompt, _)| !known.contains_key(prompt)).count();
        if held + new > self.limit {
            return Err(StoreFull(held));
        }
        known.extend(items);
        Ok(known.len())
    }

    /// How many prompts of the pipeline are known.
    #[must_use]
    pub fn count(&self, pipeline: &str) -> usize {
        let pipelines = self.pipelines.read().unwrap_or_else(PoisonError::into_inner);
        pipelines.get(pipeline).map_or(0, Prompts::len)
    }

    /// Forgets the pipeline's references; returns how many there were.
    pub fn clear(&self, pipeline: &str) -> usize {
        let mut pipelines = self.pipelines.write().unwrap_or_else(PoisonError::into_inner);
        pipelines.remove(pipeline).map_or(0, |prompts| prompts.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(text: &str) -> Prompt {
        Prompt::of(&Sample { prompt: Some(text.to_owned()), ..Sample::default() }).unwrap()
    }

    #[test]
    fn a_plain_prompt_is_one_user_turn() {
        let message = Message { role: "user".to_owned(), content: "p".to_owned() };
        let sample = Sample { messages: Some(vec![message]), ..Sample::default() };
        assert_eq!(Prompt::of(&sample), Some(prompt("p")));
        assert_ne!(prompt("p"), prompt("q"));
        assert_eq!(Prompt::of(&Sample::default()), None);
    }

    #[test]
    fn a_full_store_takes_nothing_of_what_does_not_fit() {
        let store = ReferenceStore::new(2);
        let item = |text| (prompt(text), Reference { rewards: vec![1.0], ..Reference::default() });
        assert_eq!(store.put("a", vec![item("x")]), Ok(1));
        assert_eq!(store.put("b", vec![item("x"), item("y")]), Err(StoreFull(1)));
        assert_eq!(store.get("b", prompt("x")), None);
        assert_eq!(store.put("a", vec![item("x"), item("y")]), Ok(2));
        assert_eq!(store.clear("a"), 2);
    }
}
