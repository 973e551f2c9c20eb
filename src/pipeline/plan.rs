//! A validated pipeline, ready to run.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    domain::Scope,
    nodes::{Entry, Node},
};

/// One column of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ColumnRef {
    pub(super) step: usize,
    pub(super) column: usize,
}

/// One node in its place.
#[derive(Debug)]
pub struct Step {
    pub(super) name: String,
    pub(super) kind: &'static Entry,
    pub(super) node: Node,
    pub(super) inputs: Vec<ColumnRef>,
    pub(super) input_names: Vec<String>,
    /// The columns' names in replies: `uwo`, or `rm.tiny-rm-0`.
    pub(super) columns: Vec<String>,
    /// What its values depend on, its inputs included.
    pub(super) scope: Scope,
}

impl Step {
    pub(super) fn uses_references(&self) -> bool {
        matches!(&self.node, Node::Op(op) if op.uses_references())
    }
}

/// A pipeline that is sound.
///
/// Invariants: steps are in topological order; every reference points to an earlier step; arities and
/// parameters fit; what references are scored through is of sample scope.
#[derive(Debug)]
pub struct Plan {
    pub(super) steps: Vec<Step>,
    pub(super) output: ColumnRef,
    pub(super) version: String,
    pub(super) ensemble: Option<usize>,
}

impl Plan {
    /// SHA-256 of the specification.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What the reward depends on.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.steps[self.output.step].scope
    }

    /// Whether the reward depends on the other samples of its request, in whatever node: a running
    /// statistic over group values does, though its scope is the wider one.
    #[must_use]
    pub fn needs_company(&self) -> bool {
        let needs = |scope| matches!(scope, Scope::Group | Scope::Batch);
        self.upstream(self.output.step)
            .into_iter()
            .any(|step| matches!(&self.steps[step].node, Node::Op(op) if needs(op.scope())))
    }

    /// The names of all columns, as replies have them.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().flat_map(|step| step.columns.iter().map(String::as_str))
    }

    /// The names of the models that its nodes use.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        let sources = self.steps.iter().filter_map(|step| match &step.node {
            Node::Source(source) => Some(source),
            Node::Op(_) | Node::Stateful(_) => None,
        });
        sources.flat_map(|source| source.models()).map(String::as_str)
    }

    /// The names of the nodes that keep state.
    pub fn stateful(&self) -> impl Iterator<Item = &str> {
        let keeps = |step: &&Step| matches!(step.node, Node::Stateful(_));
        self.steps.iter().filter(keeps).map(|step| step.name.as_str())
    }

    /// Checks that `state` is one of node `node`'s.
    ///
    /// # Errors
    /// Saying what is wrong with it.
    pub fn check_state(&self, node: &str, state: &Value) -> Result<(), String> {
        let found = self.steps.iter().find(|step| step.name == node);
        match found.map(|step| &step.node) {
            Some(Node::Stateful(stateful)) => {
                stateful.check_state(state).map_err(|error| error.to_string())
            }
            _ => Err(format!("`{node}` keeps no state")),
        }
    }

    /// The kinds of its nodes, by node, in evaluation order.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &'static Entry)> {
        self.steps.iter().map(|step| (step.name.as_str(), step.kind))
    }

    /// The step and all it is computed from.
    pub(super) fn upstream(&self, step: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::from([step]);
        // Inputs are earlier steps, so one backward pass meets every consumer before what it consumes.
        for index in (0..=step).rev() {
            if found.contains(&index) {
                found.extend(self.steps[index].inputs.iter().map(|input| input.step));
            }
        }
        found
    }
}
