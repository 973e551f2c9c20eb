//! Which samples each step must be computed for. Pure.
//!
//! `switch` takes each sample from one input: the others need not be computed for it, which matters when
//! one branch is a large model and the other a sandbox.

use super::Plan;
use crate::{
    domain::{Batch, Scope},
    nodes::Node,
};

/// For each step, whether each sample is needed of it.
pub(super) fn demand(plan: &Plan, batch: &Batch) -> Vec<Vec<bool>> {
    let mut needed = vec![vec![false; batch.len()]; plan.steps.len()];
    let mut consumed = vec![false; plan.steps.len()];
    for input in plan.steps.iter().flat_map(|step| &step.inputs) {
        consumed[input.step] = true;
    }
    for index in (0..plan.steps.len()).rev() {
        let step = &plan.steps[index];
        // What nobody consumes is there to be shown; the output is wanted whoever else consumes it.
        if !consumed[index] || index == plan.output.step {
            needed[index].fill(true);
        }
        let own = wanted(step, &needed[index]);
        let selected = match &step.node {
            Node::Op(op) => op.selects(&step.input_names, batch),
            Node::Source(_) | Node::Stateful(_) => None,
        };
        for (place, input) in step.inputs.iter().enumerate() {
            for (sample, own) in own.iter().enumerate() {
                let taken = selected.as_ref().is_none_or(|chosen| chosen[sample] == Some(place));
                needed[input.step][sample] |= *own && taken;
            }
        }
    }
    needed
}

/// A node that compares samples needs them all.
fn wanted(step: &super::Step, needed: &[bool]) -> Vec<bool> {
    let own = match &step.node {
        Node::Source(_) => Scope::Sample,
        Node::Op(op) => op.scope(),
        Node::Stateful(_) => Scope::Run,
    };
    let any = needed.iter().any(|sample| *sample);
    if own == Scope::Sample { needed.to_vec() } else { vec![any; needed.len()] }
}
