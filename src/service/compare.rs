//! Pairs × pipeline → which is better, how surely, and who of the ensemble says so.

use std::{collections::BTreeMap, num::NonZeroU32};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess},
};
use utoipa::ToSchema;

use super::{
    PipelineRef, Provenance, Service, ServiceError, UsageReport,
    score::{provenance, states, usage},
};
use crate::{
    domain::{
        Batch, Cell, Completion, Fields, Miss, Sample, beside, set,
        stats::{self, Variance},
    },
    pipeline::Outcome,
};

/// Two completions of one prompt. All other fields are a sample's.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The completion that is said to be better.
    #[schema(example = "17 + 25 = 42.")]
    pub chosen: Completion,
    /// The other one.
    #[schema(example = "17 + 25 = 43.")]
    pub rejected: Completion,
    /// What both samples share: `prompt` or `messages`, `id`, `answer`, `features`, `data_source`, …
    #[serde(flatten)]
    pub sample: Sample,
}

#[derive(Default)]
struct Sides {
    chosen: Option<Completion>,
    rejected: Option<Completion>,
}

impl Fields for Sides {
    const NAMES: &'static [&'static str] = &["chosen", "rejected"];

    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "chosen" => set(&mut self.chosen, "chosen", map),
            "rejected" => set(&mut self.rejected, "rejected", map),
            other => Err(A::Error::custom(format!("`{other}` is not read here"))),
        }
    }
}

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (sides, sample) = beside::<D, Sides, Sample>(deserializer)?;
        let chosen = sides.chosen.ok_or_else(|| D::Error::missing_field("chosen"))?;
        let rejected = sides.rejected.ok_or_else(|| D::Error::missing_field("rejected"))?;
        Ok(Self { chosen, rejected, sample })
    }
}

/// Pairs to compare.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareRequest {
    /// A pipeline's name, or a specification.
    #[schema(example = "helpful")]
    pub pipeline: PipelineRef,
    /// The pairs, in the order of the reply.
    pub pairs: Vec<Pair>,
    /// Milliseconds after which what is ready is answered.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 4_294_967_295u32)]
    pub deadline_ms: Option<NonZeroU32>,
}

/// How strongly an ensemble prefers the chosen completion (Wang et al. 2024, *Secrets of RLHF II*,
/// arXiv 2401.06080, §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Strength {
    /// Mean of the members' margins.
    pub mean: f64,
    /// Their population standard deviation.
    pub std: f64,
    /// Share of members with a positive margin; ties count half.
    pub vote: f64,
}

/// One pair's comparison.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Comparison {
    /// As in the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Reward of the chosen less that of the rejected; null when either is missing.
    pub margin: Option<f64>,
    /// `1 / (1 + e^−margin)`: under Bradley–Terry, the probability that the chosen one is preferred.
    pub probability: Option<f64>,
    /// The chosen completion's reward.
    pub chosen_reward: Option<f64>,
    /// The rejected completion's reward.
    pub rejected_reward: Option<f64>,
    /// Each member's margin, for the last ensemble upstream of the output.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub members: BTreeMap<String, Option<f64>>,
    /// The members' agreement, when all of them answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strength: Option<Strength>,
    /// `ok`, or why there is no margin.
    #[schema(example = "ok")]
    pub status: &'static str,
    /// The cause of a miss, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether the same pair may succeed when sent again, for a miss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
}

/// All pairs at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct CompareSummary {
    /// Pairs asked for.
    pub pairs: usize,
    /// Pairs with a margin.
    pub compared: usize,
    /// Share of positive margins among them, ties counting half; null without any.
    pub accuracy: Option<f64>,
    /// Mean margin; null without any.
    pub mean_margin: Option<f64>,
}

/// Comparisons, in the order of the request.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CompareResponse {
    /// The pipeline's name; empty for one given inline.
    pub pipeline: String,
    /// The pipeline's version.
    pub version: String,
    /// The pairs, one by one.
    pub results: Vec<Comparison>,
    /// All pairs at a glance.
    pub summary: CompareSummary,
    /// Where the rewards come from.
    pub provenance: Provenance,
    /// What the request cost.
    pub usage: UsageReport,
}

impl Pair {
    /// The two samples, a group of their own.
    fn samples(self, index: usize) -> [Sample; 2] {
        let Self { chosen, rejected, sample } = self;
        let shared = Sample { group: Some(format!("pair {index}")), ..sample };
        [chosen, rejected]
            .map(|completion| Sample { completion: Some(completion), ..shared.clone() })
    }
}

impl Service {
    /// Compares pairs.
    ///
    /// # Errors
    /// As [`score`](Service::score).
    pub async fn compare(&self, request: CompareRequest) -> Result<CompareResponse, ServiceError> {
        let pipeline = self.pipelines.resolve(request.pipeline, &self.services.world)?;
        self.check_bounds(request.pairs.len() * 2, "/pairs")?;
        let states = states(&pipeline, None)?;
        let ids: Vec<_> = request.pairs.iter().map(|pair| pair.sample.id.clone()).collect();
        let samples: Vec<_> = request
            .pairs
            .into_iter()
            .enumerate()
            .flat_map(|(index, pair)| pair.samples(index))
            .collect();
        if samples.is_empty() {
            return Err(ServiceError::invalid("/pairs", "there are no pairs"));
        }
        let batch = Batch::new(samples).map_err(pair_error)?;
        let deadline = self.deadline(request.deadline_ms);
        let outcome = self.run(&pipeline, &batch, states, deadline).await?;
        let results: Vec<_> = ids
            .into_iter()
            .enumerate()
            .map(|(index, id)| comparison(&outcome, index, id))
            .collect();
        Ok(CompareResponse {
            pipeline: pipeline.name.clone(),
            version: pipeline.plan.version().to_owned(),
            summary: summary(&results),
            results,
            provenance: provenance(&outcome),
            usage: usage(&outcome),
        })
    }
}

/// A sample's error as its pair's.
fn pair_error(error: crate::domain::BatchError) -> ServiceError {
    use crate::domain::BatchError;
    match error {
        BatchError::Sample { index, field, message } => {
            ServiceError::invalid(format!("/pairs/{}/{field}", index / 2), message)
        }
        BatchError::Empty => ServiceError::batch(BatchError::Empty, "/pairs"),
    }
}

fn comparison(outcome: &Outcome, index: usize, id: Option<String>) -> Comparison {
    let (chosen, rejected) = (2 * index, 2 * index + 1);
    let margin = |cells: &[Cell]| match (&cells[chosen], &cells[rejected]) {
        (Ok(chosen), Ok(rejected)) => Ok(chosen - rejected),
        (Err(miss), _) | (_, Err(miss)) => Err(miss.clone()),
    };
    let cells = outcome.reward().cells();
    let whole = margin(cells);
    let members: BTreeMap<String, Option<f64>> = outcome
        .members()
        .map(|(name, column)| (name.to_owned(), margin(column.cells()).ok()))
        .collect();
    let reward = |index: usize| cells[index].as_ref().ok().copied();
    Comparison {
        id,
        margin: whole.as_ref().ok().copied(),
        probability: whole.as_ref().ok().map(|margin| 1.0 / (1.0 + (-margin).exp())),
        chosen_reward: reward(chosen),
        rejected_reward: reward(rejected),
        strength: strength(&members),
        members,
        status: whole.as_ref().map_or_else(|miss| miss.status.as_str(), |_| "ok"),
        retryable: whole.as_ref().err().map(Miss::retryable),
        message: whole.err().map(|miss| miss.message.to_string()),
    }
}

fn strength(members: &BTreeMap<String, Option<f64>>) -> Option<Strength> {
    let margins: Vec<f64> = members.values().copied().collect::<Option<_>>()?;
    let count = margins.len() as f64;
    if margins.is_empty() {
        return None;
    }
    Some(Strength {
        mean: stats::mean(&margins),
        std: Variance::Population.std(&margins),
        vote: wins(&margins) / count,
    })
}

/// Positive margins, ties counting half.
fn wins(margins: &[f64]) -> f64 {
    let win = |margin: &f64| match margin.partial_cmp(&0.0) {
        Some(std::cmp::Ordering::Greater) => 1.0,
        Some(std::cmp::Ordering::Equal) => 0.5,
        _ => 0.0,
    };
    margins.iter().map(win).sum()
}

fn summary(results: &[Comparison]) -> CompareSummary {
    let margins: Vec<f64> = results.iter().filter_map(|result| result.margin).collect();
    let count = margins.len() as f64;
    let any = !margins.is_empty();
    CompareSummary {
        pairs: results.len(),
        compared: margins.len(),
        accuracy: any.then(|| wins(&margins) / count),
        mean_margin: any.then(|| stats::mean(&margins)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The members' margins of *Secrets of RLHF II*'s example.
    #[test]
    fn preference_strength_of_an_ensemble() {
        let of = |margins: [f64; 4]| {
            let members = margins.iter().enumerate();
            strength(&members.map(|(i, margin)| (i.to_string(), Some(*margin))).collect()).unwrap()
        };
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9);
        let cases = [
            ([0.8, 1.2, 0.4, 1.0], 0.85, 0.295_803_989, 1.0),
            ([-0.5, -0.3, -0.9, 0.1], -0.4, 0.360_555_128, 0.25),
            ([0.2, -0.1, 0.05, -0.05], 0.025, 0.114_564_392, 0.5),
        ];
        for (margins, mean, std, vote) in cases {
            let found = of(margins);
            close(found.mean, mean);
            close(found.std, std);
            close(found.vote, vote);
        }
        assert_eq!(strength(&BTreeMap::from([("a".to_owned(), None)])), None);
    }
}
