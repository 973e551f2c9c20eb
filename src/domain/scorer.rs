//! The port through which reward-model nodes reach whatever runs the models.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use serde::Serialize;
use utoipa::ToSchema;

use super::{Batch, Miss};

/// A boxed future, so that ports stay usable as trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a score was made from, by models with more than one output.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Parts {
    /// The probability that each step is right, in order, between 0 and 1.
    Steps(Vec<f32>),
    /// The raw output of each label.
    Labels(Vec<f32>),
    /// The raw objectives that a gate mixed.
    Objectives(Vec<f32>),
}

/// One model's judgement of one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// The raw output of the head: no sigmoid, no normalisation.
    pub value: f64,
    /// What it was made from, for models that say so.
    pub parts: Option<Arc<Parts>>,
    /// Tokens the model read.
    pub tokens: usize,
    /// Whether part of the prompt was cut to fit.
    pub truncated: bool,
    /// Whether the score came from the cache.
    pub cached: bool,
    /// Time spent waiting for the model.
    pub queued: Duration,
    /// Time of the forward pass the sample was part of.
    pub worked: Duration,
}

/// Where a model's scores come from: what a reply must carry to be reproducible.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ModelInfo {
    /// SHA-256 of the weights.
    pub sha256: String,
    /// The type it computes in.
    #[schema(example = "f32")]
    pub dtype: String,
    /// SHA-256 of the chat template, or the name of the format.
    #[schema(example = "raw")]
    pub template: String,
    /// Mean and standard deviation of the raw score on a reference set, when calibrated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<[f64; 2]>,
}

/// What one model answers for a batch: a score or a miss per sample, in order.
pub type Scores = Vec<Result<Score, Miss>>;

/// One model's scores, and what they come from: a model may be replaced while it scores, and its scores
/// must not be read by its successor's calibration.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// What the scores come from; `None` when there is no such model.
    pub info: Option<ModelInfo>,
    /// The scores.
    pub scores: Scores,
}

/// The reward models that are ready to score, by name.
pub trait Scorers: Send + Sync {
    /// What a model's scores come from; `None` when there is no such model now.
    fn info(&self, model: &str) -> Option<ModelInfo>;

    /// Scores the batch with each of `models`, in order. By `deadline` whatever is not ready is a
    /// `timeout` miss. Dropping the future abandons the work.
    fn score<'a>(
        &'a self,
        models: &'a [String],
        batch: Batch,
        deadline: Instant,
    ) -> BoxFuture<'a, Vec<Judged>>;
}
