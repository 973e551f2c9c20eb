//! What the nodes' own tests share: small batches, and a node applied to plain numbers.

use serde_json::Value;

use super::{Context, Entry, Node, Op, References, Stateful, kind};
use crate::domain::{Batch, Cell, Column, Miss, MissStatus, Sample};

pub(super) fn entry(name: &str) -> &'static Entry {
    kind(name).unwrap_or_else(|| panic!("no kind `{name}`"))
}

pub(super) fn op(name: &str, params: Value) -> std::sync::Arc<dyn Op> {
    match entry(name).build(params) {
        Ok(Node::Op(op)) => op,
        other => panic!("`{name}` gives {other:?}"),
    }
}

pub(super) fn stateful(name: &str, params: Value) -> std::sync::Arc<dyn Stateful> {
    match entry(name).build(params) {
        Ok(Node::Stateful(node)) => node,
        other => panic!("`{name}` gives {other:?}"),
    }
}

/// The pointer of the error that the parameters give.
pub(super) fn rejects(name: &str, params: Value) -> String {
    entry(name).build(params).expect_err("the parameters are accepted").pointer
}

pub(super) fn names(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("m{index}")).collect()
}

/// A batch of samples with the given group labels and nothing else.
pub(super) fn grouped(labels: &[&str]) -> Batch {
    let sample = |label: &&str| Sample { group: Some((*label).to_owned()), ..Sample::default() };
    Batch::new(labels.iter().map(sample).collect()).unwrap()
}

pub(super) fn column(values: &[f64]) -> Column {
    Column::of(values.iter().copied())
}

/// A recognisable miss.
pub(super) fn miss(status: MissStatus) -> Cell {
    Err(Miss::new(status, "test"))
}

/// The node on whole columns: each sample a group of its own, without references.
pub(super) fn cells(name: &str, params: Value, inputs: &[Column]) -> Vec<Cell> {
    let labels: Vec<String> = (0..inputs[0].len()).map(|index| index.to_string()).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    apply(name, params, inputs, &grouped(&labels), &[])
}

/// The node in full.
pub(super) fn apply(
    name: &str,
    params: Value,
    inputs: &[Column],
    batch: &Batch,
    references: &[References],
) -> Vec<Cell> {
    let names = names(inputs.len());
    let op = op(name, params);
    op.check(&names).unwrap();
    op.apply(inputs, &Context { batch, names: &names, references }).cells().to_vec()
}

/// A combiner's value of one sample's members.
pub(super) fn combine(name: &str, params: Value, members: &[f64]) -> f64 {
    let inputs: Vec<Column> = members.iter().map(|value| Column::of([*value])).collect();
    cells(name, params, &inputs)[0].clone().unwrap()
}

/// A shaper's value of one reward with these reference rewards.
pub(super) fn shape(name: &str, params: Value, reward: f64, references: &[f64]) -> Cell {
    let references = [Ok(references.to_vec())];
    apply(name, params, &[Column::of([reward])], &grouped(&["a"]), &references)[0].clone()
}

/// A group node's values of one group.
pub(super) fn in_group(name: &str, params: Value, rewards: &[f64]) -> Vec<f64> {
    let batch = grouped(&vec!["a"; rewards.len()]);
    let cells = apply(name, params, &[column(rewards)], &batch, &[]);
    cells.into_iter().map(Result::unwrap).collect()
}

/// A node with state over consecutive requests: the values of each.
pub(super) fn run(name: &str, params: Value, requests: &[&[f64]]) -> Vec<Vec<f64>> {
    let node = stateful(name, params);
    let mut state = Value::Null;
    let mut replies = Vec::new();
    for rewards in requests {
        let batch = grouped(&vec!["a"; rewards.len()]);
        let cx = Context { batch: &batch, names: &names(1), references: &[] };
        let inputs = [column(rewards)];
        state = node.observe(&state, &inputs, &cx).unwrap();
        replies.push(node.shape(&state, &inputs, &cx).unwrap().values().collect());
    }
    replies
}

#[track_caller]
pub(super) fn assert_close(actual: f64, expected: f64, tolerance: f64) {
    assert!(
        (actual - expected).abs() <= tolerance,
        "{actual} is not within {tolerance} of {expected}"
    );
}

#[track_caller]
pub(super) fn assert_all_close(actual: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(actual.len(), expected.len());
    for (actual, expected) in actual.iter().zip(expected) {
        assert_close(*actual, *expected, tolerance);
    }
}
