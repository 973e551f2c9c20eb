//! Reference rewards of each sample, from wherever they are known.
//!
//! In order: the sample's own `reference_rewards`; its `references`, or the completions stored for its
//! prompt, scored through the same inputs as the sample itself; stored rewards; else none.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use lru::LruCache;
use sha2::{Digest, Sha256};

use super::run::{Evaluation, Services};
use crate::{
    domain::{Batch, Cell, Sample},
    nodes::References,
    pipeline::run::RunError,
    state::Prompt,
};

/// Identifies a reference's reward: what it is scored by, and all of what is scored.
type Key = [u8; 32];

/// Rewards of references that were scored before, bounded, least recently used first to go.
#[derive(Debug)]
pub struct ReferenceCache {
    rewards: Mutex<LruCache<Key, f64>>,
}

impl ReferenceCache {
    /// A cache of at most `capacity` rewards.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self { rewards: Mutex::new(LruCache::new(capacity)) }
    }

    fn get(&self, key: &Key) -> Option<f64> {
        self.rewards.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }

    fn put(&self, key: Key, reward: f64) {
        self.rewards.lock().unwrap_or_else(PoisonError::into_inner).put(key, reward);
    }
}

/// What one sample's references are.
enum Known {
    Rewards(Vec<f64>),
    Texts(Vec<String>),
}

fn known(sample: &Sample, pipeline: &str, services: &Services) -> Known {
    if !sample.reference_rewards.is_empty() {
        return Known::Rewards(sample.reference_rewards.clone());
    }
    if !sample.references.is_empty() {
        return Known::Texts(sample.references.clone());
    }
    let stored = Prompt::of(sample).and_then(|prompt| services.references.get(pipeline, prompt));
    match stored {
        Some(stored) if !stored.rewards.is_empty() => Known::Rewards(stored.rewards),
        Some(stored) => Known::Texts(stored.completions),
        None => Known::Rewards(Vec::new()),
    }
}

/// Reference texts to score, each distinct one once.
#[derive(Default)]
struct Wanted {
    samples: Vec<Sample>,
    keys: Vec<Key>,
    index: HashMap<Key, usize>,
}

impl Wanted {
    fn add(&mut self, upstream: &[u8], sample: &Sample, text: &str) -> usize {
        let reference = Sample { id: None, group: None, ..sample.with_completion(text) };
        let content = serde_json::to_vec(&reference).unwrap_or_default();
        let key: Key = Sha256::new().chain_update(upstream).chain_update(content).finalize().into();
        *self.index.entry(key).or_insert_with(|| {
            self.samples.push(reference);
            self.keys.push(key);
            self.samples.len() - 1
        })
    }
}

impl Evaluation<'_> {
    /// The reference rewards of each sample for step `step`, which has exactly one input.
    pub(super) async fn references(
        &self,
        step: usize,
        batch: &Batch,
    ) -> Result<Vec<References>, RunError> {
        let input = self.plan.steps[step].inputs[0];
        let upstream = self.upstream_version(input.step, input.column);
        let mut wanted = Wanted::default();
        let places: Vec<Result<Vec<f64>, Vec<usize>>> = batch
            .samples()
            .iter()
            .map(|sample| match known(sample, self.pipeline, self.services) {
                Known::Rewards(rewards) => Ok(rewards),
                Known::Texts(texts) => {
                    Err(texts.iter().map(|text| wanted.add(&upstream, sample, text)).collect())
                }
            })
            .collect();
        let scored = self.score_references(step, wanted).await?;
        Ok(places
            .into_iter()
            .map(|place| match place {
                Ok(rewards) => Ok(rewards),
                Err(indices) => indices.into_iter().map(|index| scored[index].clone()).collect(),
            })
            .collect())
    }

    async fn score_references(&self, step: usize, wanted: Wanted) -> Result<Vec<Cell>, RunError> {
        let cache = &self.services.reference_cache;
        let mut cells: Vec<Option<Cell>> =
            wanted.keys.iter().map(|key| cache.get(key).map(Ok)).collect();
        let open: Vec<usize> = (0..cells.len()).filter(|index| cells[*index].is_none()).collect();
        let samples = open.iter().map(|index| wanted.samples[*index].clone()).collect();
        // Distinct references only, all valid: the batch can fail to exist only by being empty.
        if let Ok(batch) = Batch::new(samples) {
            let input = self.plan.steps[step].inputs[0];
            let evaluated = self.evaluate(self.plan.upstream(input.step), batch).await?;
            let column = evaluated.column(input);
            for (index, cell) in open.into_iter().zip(column.cells()) {
                if let Ok(reward) = cell {
                    cache.put(wanted.keys[index], *reward);
                }
                cells[index] = Some(cell.clone());
            }
        }
        Ok(cells.into_iter().flatten().collect())
    }

    /// What a reference's reward depends on beside the reference: the specification, the column, and
    /// the models as they are now.
    fn upstream_version(&self, step: usize, column: usize) -> Vec<u8> {
        let mut version = format!("{} {step} {column}", self.plan.version);
        for index in self.plan.upstream(step) {
            if let crate::nodes::Node::Source(source) = &self.plan.steps[index].node {
                for model in source.columns() {
                    let info = self.services.world.scorers.info(&model);
                    version.push_str(&info.map(|info| info.sha256).unwrap_or_default());
                }
            }
        }
        version.into_bytes()
    }
}
