//! Samples × pipeline → rewards.

use std::{collections::BTreeMap, num::NonZeroU32, time::Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Pipeline, PipelineRef, Service, ServiceError};
use crate::{
    domain::{Batch, Cell, Miss, MissStatus, ModelInfo, Sample},
    pipeline::{Outcome, States, run},
};

/// What becomes of a sample without a reward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(untagged, try_from = "Value")]
pub enum OnMiss {
    /// `"null"` or `"error"`.
    Word(OnMissWord),
    /// This reward instead, marked `imputed`.
    Number(f64),
    /// As `"null"`.
    #[default]
    #[serde(skip)]
    Default,
}

impl TryFrom<Value> for OnMiss {
    type Error = &'static str;

    fn try_from(told: Value) -> Result<Self, &'static str> {
        match (told.as_str(), told.as_f64()) {
            (Some("null"), _) => Ok(Self::Word(OnMissWord::Null)),
            (Some("error"), _) => Ok(Self::Word(OnMissWord::Error)),
            (_, Some(number)) => Ok(Self::Number(number)),
            _ if told.is_null() => Ok(Self::Default),
            _ => Err("expected `\"null\"`, `\"error\"` or a number"),
        }
    }
}

/// What becomes of a sample without a reward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnMissWord {
    /// Its reward is null.
    Null,
    /// The request fails: 503 when every miss is retryable, else 422.
    Error,
}

/// How much a reply says of each sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Rewards only.
    #[default]
    None,
    /// Every column of every node.
    Components,
    /// Also the columns' side data: steps of a process reward, evidence of a verdict.
    Full,
}

/// Samples to score.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreRequest {
    /// A pipeline's name, or a specification.
    #[schema(example = "helpful-par")]
    pub pipeline: PipelineRef,
    /// What to score, in the order of the reply. May be empty.
    pub samples: Vec<Sample>,
    /// What becomes of samples without a reward: `"null"`, `"error"` or a number.
    #[serde(default)]
    #[schema(value_type = Option<OnMiss>)]
    pub on_miss: OnMiss,
    /// How much the reply says.
    #[serde(default)]
    #[schema(inline)]
    pub detail: Detail,
    /// Milliseconds after which what is ready is answered and the rest are `timeout` misses.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 4_294_967_295u32, example = 30_000)]
    pub deadline_ms: Option<NonZeroU32>,
    /// States of run-scoped nodes, by node: used and returned, kept nowhere. `{}` is fresh. Absent: the
    /// server's own.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub state: Option<Map<String, Value>>,
}

/// One sample's reward.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SampleResult {
    /// As in the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The reward; null when the sample could not be scored.
    pub reward: Option<f64>,
    /// `ok`, or why there is no reward.
    #[schema(example = "ok")]
    pub status: &'static str,
    /// The cause of a miss, for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether the same sample may succeed when sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
    /// The reward is `on_miss`, not a score.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub imputed: bool,
    /// Every column of every node, null where it is a miss.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!({"rm.tiny-rm-0": 1.3, "rm.tiny-rm-1": 1.1, "uwo": 1.195}))]
    pub components: Option<BTreeMap<String, Option<f64>>>,
    /// The columns' side data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub details: Option<BTreeMap<String, Value>>,
    /// Population standard deviation of the last ensemble's members.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncertainty: Option<f64>,
    /// Tokens read, over all models.
    pub tokens: usize,
    /// Whether part of the prompt was cut to fit a model.
    pub truncated: bool,
}

/// Where rewards come from.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Provenance {
    /// The models behind the columns.
    pub models: BTreeMap<String, ModelInfo>,
    /// The service's version.
    #[schema(example = "0.1.0")]
    pub engine: &'static str,
}

/// What a request cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct UsageReport {
    /// Samples scored.
    pub samples: usize,
    /// Tokens read, over all models.
    pub tokens: usize,
    /// Model scores that came from a cache.
    pub cached: usize,
    /// The longest that a sample waited for a model, in milliseconds.
    pub queue_ms: f64,
    /// The longest forward pass that a sample was part of, in milliseconds.
    pub work_ms: f64,
}

/// Rewards, in the order of the request.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ScoreResponse {
    /// The pipeline's name; empty for one given inline.
    pub pipeline: String,
    /// The pipeline's version.
    pub version: String,
    /// The rewards; null where a sample could not be scored.
    pub rewards: Vec<Option<f64>>,
    /// The samples, one by one.
    pub results: Vec<SampleResult>,
    /// Where the rewards come from.
    pub provenance: Provenance,
    /// What the request cost.
    pub usage: UsageReport,
    /// The states after the request, when it brought some.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub state: Option<Map<String, Value>>,
}

impl Service {
    /// Scores samples.
    ///
    /// # Errors
    /// An unknown or unsound pipeline, samples that contradict themselves, misses under
    /// `on_miss = "error"`, or nothing at all admitted or ready by the deadline.
    pub async fn score(&self, request: ScoreRequest) -> Result<ScoreResponse, ServiceError> {
        let pipeline = self.pipelines.resolve(request.pipeline, &self.services.world)?;
        self.check_bounds(request.samples.len(), "/samples")?;
        let states = states(&pipeline, request.state)?;
        let given = matches!(states, States::Given(_));
        if request.samples.is_empty() {
            let state = if let States::Given(states) = states { Some(states) } else { None };
            return Ok(ScoreResponse { state, ..nothing(&pipeline) });
        }
        let batch =
            Batch::new(request.samples).map_err(|error| ServiceError::batch(error, "/samples"))?;
        let deadline = self.deadline(request.deadline_ms);
        let outcome = self.run(&pipeline, &batch, states, deadline).await?;
        let cells = outcome.reward().cells();
        if matches!(request.on_miss, OnMiss::Word(OnMissWord::Error))
            && cells.iter().any(Cell::is_err)
        {
            let misses = cells.iter().enumerate();
            return Err(ServiceError::missed(
                misses.filter_map(|(index, cell)| Some((index, cell.as_ref().err()?))),
            ));
        }
        let imputed = match request.on_miss {
            OnMiss::Number(value) => Some(value),
            OnMiss::Word(_) | OnMiss::Default => None,
        };
        let results: Vec<_> = (0..batch.len())
            .map(|index| result(&outcome, &batch, index, imputed, request.detail))
            .collect();
        Ok(ScoreResponse {
            rewards: results.iter().map(|result| result.reward).collect(),
            results,
            provenance: provenance(&outcome),
            usage: usage(&outcome),
            state: given.then(|| outcome.states().clone()),
            ..nothing(&pipeline)
        })
    }

    /// Runs the pipeline; an error when nothing at all could be admitted or was ready.
    pub(super) async fn run(
        &self,
        pipeline: &Pipeline,
        batch: &Batch,
        states: States,
        deadline: Instant,
    ) -> Result<Outcome, ServiceError> {
        let services = &self.services;
        let outcome =
            run(&pipeline.plan, &pipeline.name, batch, services, states, deadline).await?;
        match nothing_ready(outcome.reward().cells()) {
            Some(error) => Err(error),
            None => Ok(outcome),
        }
    }

    pub(super) fn check_bounds(&self, samples: usize, pointer: &str) -> Result<(), ServiceError> {
        let limit = self.config.max_samples;
        if samples <= limit {
            return Ok(());
        }
        let message = format!("{samples} samples; one request takes {limit}");
        Err(ServiceError::invalid(pointer, message))
    }
}

/// The error of a run in which nothing was ready by the deadline: too much work, if some was not even begun.
fn nothing_ready(cells: &[Cell]) -> Option<ServiceError> {
    use MissStatus::{Overloaded, Timeout};
    let late = |cell: &Cell| {
        let status = cell.as_ref().err()?.status;
        [Overloaded, Timeout].contains(&status).then_some(status)
    };
    let late: Vec<_> = cells.iter().map(late).collect::<Option<_>>()?;
    let error =
        if late.contains(&Overloaded) { ServiceError::Overloaded } else { ServiceError::TimedOut };
    (!late.is_empty()).then_some(error)
}

/// Whose states the run uses. A pipeline without a name has no place to keep any.
pub(super) fn states(
    pipeline: &Pipeline,
    given: Option<Map<String, Value>>,
) -> Result<States, ServiceError> {
    let mut stateful = pipeline.plan.stateful();
    let Some(given) = given else {
        return match stateful.next() {
            Some(node) if pipeline.name.is_empty() => {
                let message = format!(
                    "node `{node}` keeps state, which an inline pipeline cannot: give `state`, {{}} \
                     for a fresh one"
                );
                Err(ServiceError::invalid("/state", message))
            }
            _ => Ok(States::Kept),
        };
    };
    let known: Vec<&str> = stateful.collect();
    match given.keys().find(|node| !known.contains(&node.as_str())) {
        Some(node) => {
            let message = format!("the pipeline has no node `{node}` that keeps state");
            Err(ServiceError::invalid(format!("/state/{node}"), message))
        }
        None => Ok(States::Given(given)),
    }
}

pub(super) fn provenance(outcome: &Outcome) -> Provenance {
    Provenance { models: outcome.models().clone(), engine: env!("CARGO_PKG_VERSION") }
}

pub(super) fn usage(outcome: &Outcome) -> UsageReport {
    let milliseconds = |duration: std::time::Duration| {
        // Microseconds are as fine as anybody can use.
        (duration.as_secs_f64() * 1e6).round() / 1e3
    };
    let usage = outcome.usage();
    let longest = |get: fn(&crate::nodes::Usage) -> std::time::Duration| {
        milliseconds(usage.iter().map(get).max().unwrap_or_default())
    };
    UsageReport {
        samples: usage.len(),
        tokens: usage.iter().map(|usage| usage.tokens).sum(),
        cached: usage.iter().map(|usage| usage.cached).sum(),
        queue_ms: longest(|usage| usage.queued),
        work_ms: longest(|usage| usage.worked),
    }
}

/// One sample's result.
pub(super) fn result(
    outcome: &Outcome,
    batch: &Batch,
    index: usize,
    imputed: Option<f64>,
    detail: Detail,
) -> SampleResult {
    let cell = &outcome.reward().cells()[index];
    let usage = outcome.usage()[index];
    let (reward, status, miss): (_, _, Option<&Miss>) = match cell {
        Ok(reward) => (Some(*reward), "ok", None),
        Err(miss) => (imputed, miss.status.as_str(), Some(miss)),
    };
    SampleResult {
        id: batch.samples()[index].id.clone(),
        reward,
        status,
        message: miss.map(|miss| miss.message.to_string()),
        retryable: miss.map(Miss::retryable),
        imputed: cell.is_err() && imputed.is_some(),
        components: (detail != Detail::None).then(|| components(outcome, index)),
        details: (detail == Detail::Full).then(|| details(outcome, index)),
        uncertainty: outcome.uncertainty(index),
        tokens: usage.tokens,
        truncated: usage.truncated,
    }
}

fn components(outcome: &Outcome, index: usize) -> BTreeMap<String, Option<f64>> {
    let value = |column: &crate::domain::Column| column.cells()[index].as_ref().ok().copied();
    outcome.components().map(|(name, column)| (name.to_owned(), value(column))).collect()
}

fn details(outcome: &Outcome, index: usize) -> BTreeMap<String, Value> {
    outcome
        .components()
        .filter_map(|(name, column)| Some((name.to_owned(), column.details()?[index].clone())))
        .collect()
}

fn nothing(pipeline: &Pipeline) -> ScoreResponse {
    ScoreResponse {
        pipeline: pipeline.name.clone(),
        version: pipeline.plan.version().to_owned(),
        rewards: Vec::new(),
        results: Vec::new(),
        provenance: Provenance { models: BTreeMap::new(), engine: env!("CARGO_PKG_VERSION") },
        usage: UsageReport::default(),
        state: None,
    }
}
