//! Heads: from hidden states to a row of numbers per sequence, in f32 whatever the body is in.
//!
//! A head says which rows it reads; only those are normalised and multiplied.

use candle_core::{D, DType, Tensor};

use super::{Body, Computed, activation::Activation, linear::Linear, norm::Norm};
use crate::model::{LoadError, PackedBatch, Weights};

/// Names under which heads of one linear map are stored, beside the configuration's `value_head_prefix`.
const NAMES: [&str; 12] = [
    "score",
    "v_head.summary",
    "v_head",
    "value_head.summary",
    "value_head",
    "classifier",
    "regression_layer",
    "reward_head",
    "score_head",
    "rm_head",
    "reward_model_head",
    "summary",
];

/// What a head's row of numbers is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outputs {
    /// The raw output of each of so many labels.
    Labels(usize),
    /// The probability that a step is right, for each of the sequence's marks.
    Steps,
    /// The reward, then the objectives it was mixed from.
    Objectives,
}

/// Which hidden state stands for a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pool {
    First,
    Last,
    Mean,
}

/// A linear map with what follows it.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) linear: Linear,
    pub(super) activation: Option<Activation>,
    pub(super) norm: Option<Norm>,
}

impl Stage {
    /// A map with nothing behind it.
    pub(super) fn bare(linear: Linear) -> Self {
        Self { linear, activation: None, norm: None }
    }

    /// A map and a function.
    pub(super) fn activated(linear: Linear, activation: Activation) -> Self {
        Self { linear, activation: Some(activation), norm: None }
    }

    fn forward(&self, x: &Tensor) -> Computed {
        let mut x = self.linear.forward(x)?;
        if let Some(activation) = self.activation {
            x = activation.forward(&x)?;
        }
        match &self.norm {
            Some(norm) => norm.forward(&x),
            None => Ok(x),
        }
    }
}

/// Rows of a head's last map.
fn outputs(weights: &Weights, name: &str) -> Result<usize, LoadError> {
    let shape = weights.shape(&format!("{name}.weight"));
    let labels = shape.and_then(|shape| shape.first().copied());
    labels.filter(|labels| *labels > 0).ok_or_else(|| LoadError::NoHead(format!("{name}.weight")))
}

fn through(stages: &[Stage], x: Tensor) -> Computed {
    stages.iter().try_fold(x, |x, stage| stage.forward(&x))
}

/// A mixture of objectives whose weights the prompt decides: Wang et al. 2024 (ArmoRM), §3.
#[derive(Debug)]
pub(super) struct Gated {
    pub(super) objectives: Linear,
    /// `[objectives, objectives]`: rewards as row vectors are multiplied by it.
    pub(super) transform: Tensor,
    pub(super) gate: Vec<Stage>,
    pub(super) temperature: f64,
    pub(super) scale: f64,
}

/// What turns hidden states into numbers.
#[derive(Debug)]
pub(super) enum Head {
    /// Labels of one hidden state.
    Labels { pool: Pool, stages: Vec<Stage>, labels: usize },
    /// Two outputs, wrong and right, at each mark; their soft-max.
    Steps { stages: Vec<Stage> },
    /// Objectives at the last token, weighed by what the mark says.
    Gated(Box<Gated>),
}

impl Head {
    /// One linear map under whatever name it is stored; `hidden` is its input's width.
    pub(super) fn labels(
        weights: &Weights,
        prefix: Option<&str>,
        hidden: usize,
        pool: Pool,
    ) -> Result<Self, LoadError> {
        let mut names = prefix.into_iter().chain(NAMES);
        let name = names
            .find(|name| weights.shape(&format!("{name}.weight")).is_some())
            .ok_or_else(|| LoadError::NoHead("score.weight".to_owned()))?;
        let labels = outputs(weights, name)?;
        // Some value heads have a bias, and no configuration says so.
        let stages = vec![Stage::bare(Linear::head(weights, name, [labels, hidden])?)];
        Ok(Self::Labels { pool, stages, labels })
    }

    /// `stages`, then the linear map `name`, with a bias, to as many labels as it has rows.
    pub(super) fn staged(
        weights: &Weights,
        name: &str,
        hidden: usize,
        pool: Pool,
        mut stages: Vec<Stage>,
    ) -> Result<Self, LoadError> {
        let labels = outputs(weights, name)?;
        stages.push(Stage::bare(Linear::wide(weights, name, [labels, hidden], true)?));
        Ok(Self::Labels { pool, stages, labels })
    }

    pub(super) fn outputs(&self) -> Outputs {
        match self {
            Self::Labels { labels, .. } => Outputs::Labels(*labels),
            Self::Steps { .. } => Outputs::Steps,
            Self::Gated(_) => Outputs::Objectives,
        }
    }

    /// A row of numbers per sequence; `hidden` is `[tokens, width]`.
    pub(super) fn read(
        &self,
        body: &dyn Body,
        hidden: &Tensor,
        batch: &PackedBatch,
    ) -> Result<Vec<Vec<f32>>, candle_core::Error> {
        let rows = |indices: Vec<u32>| -> Computed {
            let rows = hidden.index_select(&Tensor::new(indices, hidden.device())?, 0)?;
            body.finish(&rows)?.to_dtype(DType::F32)
        };
        match self {
            Self::Labels { pool, stages, .. } => {
                let pooled = match pool {
                    Pool::First => rows(batch.first())?,
                    Pool::Last => rows(batch.last())?,
                    Pool::Mean => mean(&body.finish(hidden)?.to_dtype(DType::F32)?, batch)?,
                };
                through(stages, pooled)?.to_vec2()
            }
            Self::Steps { stages } => {
                let marks = batch.marks.concat();
                if marks.is_empty() {
                    return Ok(vec![Vec::new(); batch.sequences()]);
                }
                let outputs: Vec<Vec<f32>> = through(stages, rows(marks)?)?.to_vec2()?;
                let mut right = outputs.iter().map(|pair| sigmoid(pair[1] - pair[0]));
                Ok(batch
                    .marks
                    .iter()
                    .map(|marks| right.by_ref().take(marks.len()).collect())
                    .collect())
            }
            Self::Gated(gated) => {
                let prompts = batch.marks.iter().zip(batch.first());
                let prompts = prompts.map(|(marks, first)| marks.first().copied().unwrap_or(first));
                gated.read(&rows(batch.last())?, rows(prompts.collect())?)
            }
        }
    }
}

impl Gated {
    fn read(&self, last: &Tensor, prompt: Tensor) -> Result<Vec<Vec<f32>>, candle_core::Error> {
        let objectives = self.objectives.forward(last)?;
        let gate = (through(&self.gate, prompt)? / self.temperature)?;
        let gate = gate.broadcast_sub(&gate.max_keepdim(D::Minus1)?)?.exp()?;
        let gate = (gate.broadcast_div(&gate.sum_keepdim(D::Minus1)?)? * self.scale)?;
        let reward = (objectives.matmul(&self.transform)? * gate)?.sum_keepdim(D::Minus1)?;
        Tensor::cat(&[reward, objectives], 1)?.to_vec2()
    }
}

/// The mean row of each sequence.
fn mean(x: &Tensor, batch: &PackedBatch) -> Computed {
    let (_, width) = x.dims2()?;
    let mut sequence_of: Vec<u32> = Vec::new();
    let mut lengths = Vec::new();
    for (sequence, range) in (0..).zip(batch.ranges()) {
        sequence_of.resize(range.end, sequence);
        lengths.push(range.len() as f32);
    }
    let sequences = lengths.len();
    let sums = Tensor::zeros((sequences, width), x.dtype(), x.device())?;
    let sums = sums.index_add(&Tensor::new(sequence_of, x.device())?, x, 0)?;
    sums.broadcast_div(&Tensor::from_vec(lengths, (sequences, 1), x.device())?)
}

fn sigmoid(x: f32) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "f32 is what models compute in")]
    let value = (1.0 / (1.0 + (-f64::from(x)).exp())) as f32;
    value
}
