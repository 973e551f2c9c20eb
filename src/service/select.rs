//! One prompt, n completions × pipeline → the best.

use std::num::NonZeroU32;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess},
};
use utoipa::ToSchema;

use super::{
    Detail, PipelineRef, Provenance, SampleResult, Service, ServiceError, UsageReport,
    score::{provenance, result, states, usage},
};
use crate::{
    domain::{Batch, Cell, Completion, Fields, Sample, beside, set},
    metrics::kl_upper_bound,
};

/// Completions to choose from.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectRequest {
    /// A pipeline's name, or a specification.
    #[schema(example = "helpful")]
    pub pipeline: PipelineRef,
    /// The completions, at least one.
    #[schema(min_items = 1)]
    pub completions: Vec<Completion>,
    /// What the samples share: `prompt` or `messages`, `answer`, `features`, `data_source`, …
    #[serde(flatten)]
    pub sample: Sample,
    /// How many to select.
    #[serde(default = "one")]
    #[schema(default = 1, minimum = 1)]
    pub top: usize,
    /// How much the reply says of each completion.
    #[serde(default)]
    #[schema(inline)]
    pub detail: Detail,
    /// Milliseconds after which what is ready is answered.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 4_294_967_295u32)]
    pub deadline_ms: Option<NonZeroU32>,
}

fn one() -> usize {
    1
}

#[derive(Default)]
struct Choice {
    pipeline: Option<PipelineRef>,
    completions: Option<Vec<Completion>>,
    top: Option<usize>,
    detail: Option<Detail>,
    deadline_ms: Option<Option<NonZeroU32>>,
}

impl Fields for Choice {
    const NAMES: &'static [&'static str] =
        &["pipeline", "completions", "top", "detail", "deadline_ms"];

    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "pipeline" => set(&mut self.pipeline, "pipeline", map),
            "completions" => set(&mut self.completions, "completions", map),
            "top" => set(&mut self.top, "top", map),
            "detail" => set(&mut self.detail, "detail", map),
            "deadline_ms" => set(&mut self.deadline_ms, "deadline_ms", map),
            other => Err(A::Error::custom(format!("`{other}` is not read here"))),
        }
    }
}

impl<'de> Deserialize<'de> for SelectRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (choice, sample) = beside::<D, Choice, Sample>(deserializer)?;
        Ok(Self {
            pipeline: choice.pipeline.ok_or_else(|| D::Error::missing_field("pipeline"))?,
            completions: choice
                .completions
                .ok_or_else(|| D::Error::missing_field("completions"))?,
            sample,
            top: choice.top.unwrap_or_else(one),
            detail: choice.detail.unwrap_or_default(),
            deadline_ms: choice.deadline_ms.flatten(),
        })
    }
}

/// The best completion, and all of them ranked.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SelectResponse {
    /// The pipeline's name; empty for one given inline.
    pub pipeline: String,
    /// The pipeline's version.
    pub version: String,
    /// Index of the best completion; null when none could be scored.
    pub best: Option<usize>,
    /// The `top` best, best first, without those that could not be scored.
    pub selected: Vec<usize>,
    /// All indices, best first; ties by index, those that could not be scored last.
    pub ranking: Vec<usize>,
    /// The rewards, in the order of the request.
    pub rewards: Vec<Option<f64>>,
    /// `ln n − (n − 1) / n`: how far in KL, at most, best-of-n moves from the policy, in nats, n being
    /// the completions that could be scored (Beirami et al. 2024, arXiv 2401.01879, Theorem 1).
    pub kl_upper_bound: f64,
    /// The completions, one by one.
    pub results: Vec<SampleResult>,
    /// Where the rewards come from.
    pub provenance: Provenance,
    /// What the request cost.
    pub usage: UsageReport,
}

impl Service {
    /// Selects the best of several completions.
    ///
    /// # Errors
    /// As [`score`](Service::score).
    pub async fn select(&self, request: SelectRequest) -> Result<SelectResponse, ServiceError> {
        let pipeline = self.pipelines.resolve(request.pipeline, &self.services.world)?;
        self.check_bounds(request.completions.len(), "/completions")?;
        let states = states(&pipeline, None)?;
        if request.completions.is_empty() {
            return Err(ServiceError::invalid("/completions", "there are no completions"));
        }
        if request.top == 0 {
            return Err(ServiceError::invalid("/top", "select at least one"));
        }
        let shared = Sample { group: Some("select".to_owned()), ..request.sample };
        let samples = request.completions.into_iter();
        let samples = samples
            .map(|completion| Sample { completion: Some(completion), ..shared.clone() })
            .collect();
        let batch =
            Batch::new(samples).map_err(|error| ServiceError::batch(error, "/completions"))?;
        let deadline = self.deadline(request.deadline_ms);
        let outcome = self.run(&pipeline, &batch, states, deadline).await?;
        let ranking = ranking(outcome.reward().cells());
        let scored = outcome.reward().values().count();
        let results: Vec<_> = (0..batch.len())
            .map(|index| result(&outcome, &batch, index, None, request.detail))
            .collect();
        Ok(SelectResponse {
            pipeline: pipeline.name.clone(),
            version: pipeline.plan.version().to_owned(),
            best: ranking.first().copied().filter(|_| scored > 0),
            selected: ranking.iter().copied().take(request.top.min(scored)).collect(),
            ranking,
            rewards: results.iter().map(|result| result.reward).collect(),
            kl_upper_bound: kl_upper_bound(scored.max(1)),
            results,
            provenance: provenance(&outcome),
            usage: usage(&outcome),
        })
    }
}

/// Indices, best first; ties by index, misses last.
fn ranking(cells: &[Cell]) -> Vec<usize> {
    let mut ranking: Vec<usize> = (0..cells.len()).collect();
    // The sort is stable, so ties stay in order; a miss is below every number.
    ranking.sort_by(|a, b| {
        let value = |index: &usize| cells[*index].as_ref().copied().unwrap_or(f64::NEG_INFINITY);
        value(b).total_cmp(&value(a))
    });
    ranking
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Miss, MissStatus};

    #[test]
    fn ties_keep_their_order_and_misses_are_last() {
        let miss = || Err(Miss::new(MissStatus::Timeout, ""));
        let cells = [Ok(1.0), miss(), Ok(2.0), Ok(1.0), Ok(-1e300)];
        assert_eq!(ranking(&cells), [2, 0, 3, 4, 1]);
    }
}
