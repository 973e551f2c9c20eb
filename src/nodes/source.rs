//! Nodes that turn samples into columns.

pub(super) mod choice;
pub(super) mod code;
pub(super) mod constant;
pub(super) mod exact_match;
pub(super) mod feature;
pub(super) mod format;
mod golds;
pub(super) mod json_schema;
pub(super) mod length;
pub(super) mod math;
pub(super) mod reference;
pub(super) mod regex;
pub(super) mod reward_models;
pub(super) mod token_f1;

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::domain::{Batch, BoxFuture, Cell, Column, ModelInfo, ParamError, Sample, Scorers};
use crate::verify::{
    code::{CodeVerifier, SandboxConfig},
    math::Grader,
};

/// What sources may reach.
#[derive(Clone)]
pub struct World {
    /// The reward models.
    pub scorers: Arc<dyn Scorers>,
    /// The math verifier.
    pub grader: Arc<Grader>,
    /// The code verifier.
    pub code: Arc<CodeVerifier>,
}

/// Gold answers that the math verifier keeps parsed: some 20 MB.
const GOLDS: usize = 1 << 13;

impl World {
    /// A world with these reward models, and programs run as `sandbox` says.
    #[must_use]
    pub fn new(scorers: Arc<dyn Scorers>, sandbox: SandboxConfig) -> Self {
        let grader = Arc::new(Grader::new(GOLDS));
        Self { scorers, grader, code: Arc::new(CodeVerifier::new(sandbox)) }
    }
}

impl Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

/// What scoring one sample cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens read, over all models of the node.
    pub tokens: usize,
    /// Scores that came from a cache.
    pub cached: usize,
    /// Whether part of a prompt was cut to fit.
    pub truncated: bool,
    /// The longest wait for a model.
    pub queued: Duration,
    /// The longest forward pass.
    pub worked: Duration,
}

impl Usage {
    /// This and another source's cost of the same sample.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            tokens: self.tokens + other.tokens,
            cached: self.cached + other.cached,
            truncated: self.truncated || other.truncated,
            queued: self.queued.max(other.queued),
            worked: self.worked.max(other.worked),
        }
    }
}

/// What a source answers.
#[derive(Clone, Debug)]
pub struct Scored {
    /// One column per name of [`Source::columns`] (one when there are none).
    pub columns: Vec<Column>,
    /// One per sample; empty when nothing was spent.
    pub usage: Vec<Usage>,
    /// The models behind the columns.
    pub models: BTreeMap<String, ModelInfo>,
}

impl From<Column> for Scored {
    fn from(column: Column) -> Self {
        Self { columns: vec![column], usage: Vec::new(), models: BTreeMap::new() }
    }
}

/// Samples to columns. A failing source answers misses: it never fails a request.
pub trait Source: Debug + Send + Sync {
    /// The names of its columns; empty for one column without a name of its own.
    fn columns(&self) -> Vec<String> {
        Vec::new()
    }

    /// The names of the models that it uses.
    fn models(&self) -> &[String] {
        &[]
    }

    /// Checks that the world has what the source needs.
    ///
    /// # Errors
    /// At the parameter that names something absent.
    fn check(&self, _world: &World) -> Result<(), ParamError> {
        Ok(())
    }

    /// The columns of the batch. By `deadline` whatever is not ready is a `timeout` miss.
    fn score<'a>(
        &'a self,
        batch: Batch,
        world: &'a World,
        deadline: Instant,
    ) -> BoxFuture<'a, Scored>;
}

/// A source that is a pure function of one sample.
pub trait SampleSource: Debug + Send + Sync {
    /// The sample's value.
    ///
    /// # Errors
    /// Why the sample has none.
    fn value(&self, sample: &Sample) -> Cell;
}

/// [`SampleSource`] as a [`Source`].
#[derive(Debug)]
pub struct PerSample<T>(pub T);

impl<T: SampleSource> Source for PerSample<T> {
    fn score<'a>(&'a self, batch: Batch, _: &'a World, _: Instant) -> BoxFuture<'a, Scored> {
        let column = Column::new(batch.samples().iter().map(|sample| self.0.value(sample)));
        Box::pin(std::future::ready(column.into()))
    }
}
