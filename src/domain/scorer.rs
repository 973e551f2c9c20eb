//! The port through which reward-model nodes reach whatever runs the models.

use std::{future::Future, pin::Pin, sync::Arc, time::Instant};

use serde::Serialize;
use utoipa::ToSchema;

use super::{Batch, Miss};

/// A boxed future, so that ports stay usable as trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One model's judgement of one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// The raw output of the head: no sigmoid, no normalisation.
    pub value: f64,
    /// Tokens the model read.
    pub tokens: usize,
    /// Whether part of the prompt was cut to fit.
    pub truncated: bool,
    /// Whether the score came from the cache.
    pub cached: bool,
}

/// Where a model's scores come from: what a reply must carry to be reproducible.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ModelInfo {
    /// SHA-256 of the weights.
    pub sha256: String,
    /// The type the weights are computed in.
    #[schema(example = "f32")]
    pub dtype: String,
    /// SHA-256 of the chat template, or the name of the format.
    pub template: String,
    /// Mean and standard deviation of the raw score on a reference set, when calibrated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<(f64, f64)>,
}

/// One reward model that is ready to score.
pub trait Scorer: Send + Sync {
    /// What the scores come from.
    fn info(&self) -> ModelInfo;

    /// Scores each sample, in order. By `deadline` whatever is not ready is a `timeout` miss.
    /// Dropping the future abandons the work.
    fn score(&self, batch: Batch, deadline: Instant) -> BoxFuture<'_, Vec<Result<Score, Miss>>>;
}

/// The reward models by name.
pub trait Scorers: Send + Sync {
    /// The model of that name, as it is now.
    fn scorer(&self, name: &str) -> Option<Arc<dyn Scorer>>;
}
