//! A plan evaluated on a batch: independent sources at the same time, then everything else in order.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Instant,
};

use futures::future::{join, join_all, try_join_all};
use serde_json::{Map, Value};

use super::{Plan, ReferenceCache, Step, demand::demand, plan::ColumnRef};
use crate::{
    domain::{Batch, BoxFuture, Cell, Column, Miss, MissStatus, ModelInfo, stats::Variance},
    nodes::{Context, Node, References, Scored, Source, Stateful, Usage, World},
    state::{ReferenceStore, StateStore, StoreError},
};

/// What running a pipeline may reach.
#[derive(Clone, Debug)]
pub struct Services {
    /// What sources may reach.
    pub world: World,
    /// States of run-scoped nodes.
    pub states: Arc<dyn StateStore>,
    /// Stored references by prompt.
    pub references: Arc<ReferenceStore>,
    /// Rewards of references scored before.
    pub reference_cache: Arc<ReferenceCache>,
}

/// Whose state run-scoped nodes use.
#[derive(Clone, Debug)]
pub enum States {
    /// The server's, kept under pipeline and version.
    Kept,
    /// The caller's, by node; returned changed, kept nowhere.
    Given(Map<String, Value>),
}

/// A pipeline that could not be run at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// The state given for a node is not one of its own.
    #[error("the state of `{node}`: {message}")]
    State {
        /// The node.
        node: String,
        /// What is wrong.
        message: String,
    },
    /// The state store failed.
    #[error("{0}")]
    Store(String),
}

/// What a run found.
#[derive(Debug)]
pub struct Outcome {
    output: ColumnRef,
    ensemble: Vec<ColumnRef>,
    names: Vec<(String, ColumnRef)>,
    evaluated: Evaluated,
}

/// The columns of the steps that were evaluated, and what they cost.
#[derive(Debug)]
pub(super) struct Evaluated {
    columns: Vec<Vec<Column>>,
    usage: Vec<Usage>,
    models: BTreeMap<String, ModelInfo>,
    states: Map<String, Value>,
}

impl Evaluated {
    pub(super) fn column(&self, at: ColumnRef) -> &Column {
        &self.columns[at.step][at.column]
    }
}

impl Outcome {
    /// The rewards.
    #[must_use]
    pub fn reward(&self) -> &Column {
        self.evaluated.column(self.output)
    }

    /// Every column by its name in replies, in evaluation order.
    pub fn components(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.names.iter().map(|(name, at)| (name.as_str(), self.evaluated.column(*at)))
    }

    /// The members of the last ensemble upstream of the output; empty when there is none.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.components_at(&self.ensemble)
    }

    fn components_at<'a>(
        &'a self,
        at: &'a [ColumnRef],
    ) -> impl Iterator<Item = (&'a str, &'a Column)> {
        let name = |at: &ColumnRef| {
            let found = self.names.iter().find(|(_, known)| known == at);
            found.map_or("", |(name, _)| name.as_str())
        };
        at.iter().map(move |at| (name(at), self.evaluated.column(*at)))
    }

    /// The population standard deviation of sample `index`'s members, when all of them answered.
    #[must_use]
    pub fn uncertainty(&self, index: usize) -> Option<f64> {
        let members: Vec<f64> = self
            .members()
            .map(|(_, column)| column.cells()[index].as_ref().ok().copied())
            .collect::<Option<_>>()?;
        (!members.is_empty()).then(|| Variance::Population.std(&members))
    }

    /// What each sample cost.
    #[must_use]
    pub fn usage(&self) -> &[Usage] {
        &self.evaluated.usage
    }

    /// The models behind the columns.
    #[must_use]
    pub fn models(&self) -> &BTreeMap<String, ModelInfo> {
        &self.evaluated.models
    }

    /// The states after the run, by node, when the caller gave them.
    #[must_use]
    pub fn states(&self) -> &Map<String, Value> {
        &self.evaluated.states
    }
}

/// Runs `plan`, known as `pipeline`, on the batch. By `deadline` whatever is not ready is a miss.
///
/// # Errors
/// When a state does not fit its node, or the state store fails.
pub async fn run(
    plan: &Plan,
    pipeline: &str,
    batch: &Batch,
    services: &Services,
    states: States,
    deadline: Instant,
) -> Result<Outcome, RunError> {
    let evaluation = Evaluation { plan, pipeline, services, states, deadline };
    let all = (0..plan.steps.len()).collect();
    let evaluated = evaluation.evaluate(all, batch.clone()).await?;
    let names = plan.steps.iter().enumerate().flat_map(|(step, found)| {
        let names = found.columns.iter().enumerate();
        names.map(move |(column, name)| (name.clone(), ColumnRef { step, column }))
    });
    let ensemble = plan.ensemble.map(|step| plan.steps[step].inputs.clone()).unwrap_or_default();
    Ok(Outcome { output: plan.output, ensemble, names: names.collect(), evaluated })
}

/// One run of one plan.
pub(super) struct Evaluation<'a> {
    pub(super) plan: &'a Plan,
    pub(super) pipeline: &'a str,
    pub(super) services: &'a Services,
    states: States,
    deadline: Instant,
}

impl Evaluation<'_> {
    /// The columns of the steps in `wanted`, which is closed under inputs.
    pub(super) fn evaluate(
        &self,
        wanted: BTreeSet<usize>,
        batch: Batch,
    ) -> BoxFuture<'_, Result<Evaluated, RunError>> {
        Box::pin(async move {
            let (scored, references) =
                join(self.sources(&wanted, &batch), self.all_references(&wanted, &batch)).await;
            let (mut scored, mut references) = (scored, references?);
            let steps = self.plan.steps.len();
            let mut evaluated = Evaluated {
                columns: vec![Vec::new(); steps],
                usage: vec![Usage::default(); batch.len()],
                models: BTreeMap::new(),
                states: Map::new(),
            };
            for index in wanted {
                if let Some(scored) = scored.remove(&index) {
                    evaluated.spend(&scored.usage);
                    evaluated.models.extend(scored.models);
                    evaluated.columns[index] = scored.columns;
                    continue;
                }
                let references = references.remove(&index).unwrap_or_default();
                let column = self.compute(index, &mut evaluated, &batch, &references).await?;
                evaluated.columns[index] = vec![column];
            }
            Ok(evaluated)
        })
    }

    /// All sources of `wanted`, at the same time.
    async fn sources(&self, wanted: &BTreeSet<usize>, batch: &Batch) -> HashMap<usize, Scored> {
        let needed = demand(self.plan, batch);
        let sources = wanted.iter().filter_map(|index| match &self.plan.steps[*index].node {
            Node::Source(source) => Some((*index, source)),
            Node::Op(_) | Node::Stateful(_) => None,
        });
        let jobs = sources.map(|(index, source)| {
            let needed = &needed[index];
            async move { (index, self.source(source.as_ref(), needed, batch).await) }
        });
        join_all(jobs).await.into_iter().collect()
    }

    /// One source, on the samples that need it.
    async fn source(&self, source: &dyn Source, needed: &[bool], batch: &Batch) -> Scored {
        let (world, deadline) = (&self.services.world, self.deadline);
        if needed.iter().all(|needed| *needed) {
            return source.score(batch.clone(), world, deadline).await;
        }
        let chosen: Vec<usize> = (0..batch.len()).filter(|sample| needed[*sample]).collect();
        let samples = chosen.iter().map(|sample| batch.samples()[*sample].clone()).collect();
        let part = match Batch::new(samples) {
            Ok(part) => Some(source.score(part, world, deadline).await),
            Err(_) => None,
        };
        scattered(source, &chosen, part, batch.len())
    }

    /// The reference rewards for each step of `wanted` that needs them, at the same time.
    async fn all_references(
        &self,
        wanted: &BTreeSet<usize>,
        batch: &Batch,
    ) -> Result<HashMap<usize, Vec<References>>, RunError> {
        let needing = wanted.iter().filter(|index| self.plan.steps[**index].uses_references());
        let jobs =
            needing.map(|index| async { Ok((*index, self.references(*index, batch).await?)) });
        Ok(try_join_all(jobs).await?.into_iter().collect())
    }

    async fn compute(
        &self,
        index: usize,
        evaluated: &mut Evaluated,
        batch: &Batch,
        references: &[References],
    ) -> Result<Column, RunError> {
        let step = &self.plan.steps[index];
        let inputs: Vec<Column> =
            step.inputs.iter().map(|input| evaluated.column(*input).clone()).collect();
        let cx = Context { batch, names: &step.input_names, references };
        match &step.node {
            Node::Op(op) => Ok(op.apply(&inputs, &cx)),
            Node::Stateful(node) => {
                let state = self.state(step, node.as_ref(), &inputs, &cx).await?;
                let column =
                    node.shape(&state, &inputs, &cx).map_err(|error| wrong(step, &error.0))?;
                if matches!(self.states, States::Given(_)) {
                    evaluated.states.insert(step.name.clone(), state);
                }
                Ok(column)
            }
            // Sources were scored before; there is one column per source of `wanted`.
            Node::Source(_) => Ok(Column::missing(batch.len(), &not_needed())),
        }
    }

    /// The node's state after these inputs.
    async fn state(
        &self,
        step: &Step,
        node: &dyn Stateful,
        inputs: &[Column],
        cx: &Context<'_>,
    ) -> Result<Value, RunError> {
        let observe =
            |state: &Value| node.observe(state, inputs, cx).map_err(|error| error.to_string());
        match &self.states {
            States::Given(states) => {
                let state = states.get(&step.name).unwrap_or(&Value::Null);
                observe(state).map_err(|message| wrong(step, &message))
            }
            States::Kept => {
                let key = state_key(self.pipeline, &self.plan.version, &step.name);
                match self.services.states.update(&key, &observe).await {
                    Ok(kept) => Ok(kept.value),
                    Err(StoreError::Step(message)) => Err(wrong(step, &message)),
                    Err(StoreError::Store(message)) => Err(RunError::Store(message)),
                }
            }
        }
    }
}

/// The key under which a node's state is kept.
#[must_use]
pub fn state_key(pipeline: &str, version: &str, node: &str) -> String {
    format!("{pipeline}/{version}/{node}")
}

impl Evaluated {
    fn spend(&mut self, usage: &[Usage]) {
        for (total, usage) in self.usage.iter_mut().zip(usage) {
            *total = total.and(*usage);
        }
    }
}

/// A part's columns at their samples' places; elsewhere a miss that nobody reads.
fn scattered(source: &dyn Source, chosen: &[usize], part: Option<Scored>, len: usize) -> Scored {
    let Some(part) = part else {
        let columns = source.columns().len().max(1);
        let columns = vec![Column::missing(len, &not_needed()); columns];
        return Scored { columns, usage: Vec::new(), models: BTreeMap::new() };
    };
    let columns = part.columns.iter().map(|column| {
        let mut cells: Vec<Cell> = vec![Err(not_needed()); len];
        let mut details = vec![Value::Null; len];
        for (place, sample) in chosen.iter().enumerate() {
            cells[*sample] = column.cells()[place].clone();
            if let Some(known) = column.details() {
                details[*sample] = known[place].clone();
            }
        }
        let whole = Column::new(cells);
        if column.details().is_some() { whole.with_details(details) } else { whole }
    });
    let mut usage = vec![Usage::default(); len];
    for (spent, sample) in part.usage.iter().zip(chosen) {
        usage[*sample] = *spent;
    }
    Scored { columns: columns.collect(), usage, models: part.models }
}

fn not_needed() -> Miss {
    Miss::new(MissStatus::Unsupported, "not computed: no node takes this sample from here")
}

fn wrong(step: &Step, message: &str) -> RunError {
    RunError::State { node: step.name.clone(), message: message.to_owned() }
}
