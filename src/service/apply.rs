//! One pure node on plain numbers.

use std::{collections::BTreeMap, mem};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::ServiceError;
use crate::{
    domain::{Batch, Column, Miss, MissStatus, Sample},
    nodes::{self, Arity, Context, Node, References},
};

/// A node's parameters and inputs.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ApplyRequest {
    /// The kind's parameters.
    #[schema(value_type = Object, example = json!({"lambda": 0.5}))]
    pub params: Map<String, Value>,
    /// The columns, each with one entry per sample; null is a miss.
    #[schema(example = json!([[1.0, 3.0], [2.0, null]]))]
    pub inputs: Vec<Vec<Option<f64>>>,
    /// The columns' names, for nodes that refer to inputs by name. Default: `0`, `1`, …
    pub names: Option<Vec<String>>,
    /// Each sample's reference rewards, for nodes that compare with references.
    pub references: Vec<Vec<f64>>,
    /// Each sample's group. Default: one group.
    pub groups: Option<Vec<String>>,
    /// The samples themselves, for nodes that read their fields (`switch`, `length_penalty`).
    pub samples: Option<Vec<Sample>>,
    /// The state of a run-scoped node; `{}` or absent is fresh.
    #[schema(value_type = Option<Object>)]
    pub state: Option<Map<String, Value>>,
}

/// A node's output.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ApplyResponse {
    /// One entry per sample; null is a miss.
    pub output: Vec<Option<f64>>,
    /// Why entries are null, by index.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub misses: BTreeMap<usize, String>,
    /// The state after these inputs, for run-scoped nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub state: Option<Value>,
}

impl ApplyRequest {
    /// Applies the node `kind`.
    ///
    /// # Errors
    /// An unknown kind, a source, or parameters and inputs that do not fit it.
    pub fn apply(mut self, kind: &str) -> Result<ApplyResponse, ServiceError> {
        let entry = nodes::kind(kind)
            .ok_or_else(|| ServiceError::NotFound { what: "node kind", name: kind.to_owned() })?;
        let node = entry
            .build(Value::Object(mem::take(&mut self.params)))
            .map_err(|error| ServiceError::param(error, "/params"))?;
        let names = self.checked_names()?;
        let inputs = self.columns();
        self.check(kind, &node, &names)?;
        let Some(batch) = self.batch()? else {
            let stateful = matches!(node, Node::Stateful(_));
            let state = stateful.then(|| Value::Object(self.state.unwrap_or_default()));
            return Ok(ApplyResponse { output: Vec::new(), misses: BTreeMap::new(), state });
        };
        let references = self.references(batch.len())?;
        let cx = Context { batch: &batch, names: &names, references: &references };
        let (column, state) = match &node {
            Node::Source(_) => return Err(source(kind)),
            Node::Op(op) => (op.apply(&inputs, &cx), None),
            Node::Stateful(node) => {
                let before = Value::Object(self.state.clone().unwrap_or_default());
                let state = node.observe(&before, &inputs, &cx).map_err(refused)?;
                (node.shape(&state, &inputs, &cx).map_err(refused)?, Some(state))
            }
        };
        Ok(response(&column, state))
    }

    /// What can be said without any sample: the node is one of numbers, and inputs and state fit it.
    fn check(&self, kind: &str, node: &Node, names: &[String]) -> Result<(), ServiceError> {
        match node {
            Node::Source(_) => Err(source(kind)),
            Node::Op(_) if self.state.is_some() => {
                Err(ServiceError::invalid("/state", format!("`{kind}` keeps no state")))
            }
            Node::Op(op) => {
                check_arity(kind, op.arity(), self.inputs.len())?;
                op.check(names).map_err(|error| ServiceError::param(error, "/params"))
            }
            Node::Stateful(node) => {
                check_arity(kind, node.arity(), self.inputs.len())?;
                let state = Value::Object(self.state.clone().unwrap_or_default());
                node.check_state(&state).map_err(refused)
            }
        }
    }

    fn checked_names(&self) -> Result<Vec<String>, ServiceError> {
        match &self.names {
            None => Ok((0..self.inputs.len()).map(|index| index.to_string()).collect()),
            Some(names) if names.len() == self.inputs.len() => Ok(names.clone()),
            Some(names) => Err(ServiceError::invalid(
                "/names",
                format!("{} names for {} inputs", names.len(), self.inputs.len()),
            )),
        }
    }

    /// The samples and their groups; `None` when there are none.
    fn batch(&self) -> Result<Option<Batch>, ServiceError> {
        let len = self.inputs.first().map_or(0, Vec::len);
        for (index, input) in self.inputs.iter().enumerate() {
            check_len(&format!("/inputs/{index}"), input.len(), len)?;
        }
        if let Some(groups) = &self.groups {
            check_len("/groups", groups.len(), len)?;
        }
        let mut samples = self.samples.clone().unwrap_or_else(|| vec![Sample::default(); len]);
        check_len("/samples", samples.len(), len)?;
        if let Some(groups) = &self.groups {
            for (sample, group) in samples.iter_mut().zip(groups) {
                sample.group = Some(group.clone());
            }
        }
        if samples.is_empty() {
            return Ok(None);
        }
        Batch::new(samples).map(Some).map_err(|error| ServiceError::batch(error, "/samples"))
    }

    fn references(&self, len: usize) -> Result<Vec<References>, ServiceError> {
        if self.references.is_empty() {
            return Ok(Vec::new());
        }
        check_len("/references", self.references.len(), len)?;
        Ok(self.references.iter().cloned().map(Ok).collect())
    }

    fn columns(&self) -> Vec<Column> {
        let miss = || Miss::new(MissStatus::InvalidInput, "the input is null");
        let cells = |input: &Vec<Option<f64>>| {
            Column::new(input.iter().map(|value| value.ok_or_else(miss)))
        };
        self.inputs.iter().map(cells).collect()
    }
}

fn source(kind: &str) -> ServiceError {
    ServiceError::invalid("", format!("`{kind}` is a source: it reads samples, not numbers"))
}

fn refused(error: nodes::StateError) -> ServiceError {
    ServiceError::invalid("/state", error.0)
}

fn check_len(pointer: &str, found: usize, expected: usize) -> Result<(), ServiceError> {
    if found == expected {
        return Ok(());
    }
    let message = format!("{found} entries; the first input has {expected}");
    Err(ServiceError::invalid(pointer, message))
}

fn check_arity(kind: &str, arity: Arity, inputs: usize) -> Result<(), ServiceError> {
    if arity.accepts(inputs) {
        return Ok(());
    }
    let message = format!("`{kind}` takes {arity}; it was given {inputs}");
    Err(ServiceError::invalid("/inputs", message))
}

fn response(column: &Column, state: Option<Value>) -> ApplyResponse {
    let output = column.cells().iter().map(|cell| cell.as_ref().ok().copied()).collect();
    let misses = column.cells().iter().enumerate();
    let misses = misses
        .filter_map(|(index, cell)| Some((index, cell.as_ref().err()?.to_string())))
        .collect();
    ApplyResponse { output, misses, state }
}
