//! Specification to plan: every mistake is found here, with its pointer.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{NodeSpec, PipelineSpec, Plan, SpecError, Step, plan::ColumnRef, spec::version_of};
use crate::{
    domain::{ParamError, Scope, pointer_step},
    nodes::{self, Arity, Entry, KINDS, Node, World},
};

/// The plan of a specification.
///
/// # Errors
/// At the first mistake: an unknown kind or input, a bad parameter, a wrong number of inputs, a cycle,
/// an absent model, an output that is not one column, references through anything but sample scope.
pub fn compile(spec: &PipelineSpec, world: &World) -> Result<Plan, SpecError> {
    let order = order(spec)?;
    let mut plan = Plan {
        steps: Vec::with_capacity(order.len()),
        output: ColumnRef { step: 0, column: 0 },
        version: version_of(spec),
        ensemble: None,
    };
    for name in order {
        let step = step(&plan.steps, name, &spec.nodes[name], world)?;
        plan.steps.push(step);
    }
    plan.output = output(&plan.steps, &spec.output)?;
    plan.ensemble = plan.upstream(plan.output.step).into_iter().rev().find(|index| {
        let step = &plan.steps[*index];
        step.inputs.len() > 1 && matches!(&step.node, Node::Op(op) if op.is_ensemble())
    });
    Ok(plan)
}

fn pointer(node: &str) -> String {
    format!("/nodes{}", pointer_step(node))
}

/// The node that an input names: `rm` of `rm` and of `rm.tiny-rm-0`.
fn node_of(input: &str) -> &str {
    input.split_once('.').map_or(input, |(node, _)| node)
}

/// The nodes' names, inputs before what consumes them.
fn order(spec: &PipelineSpec) -> Result<Vec<&str>, SpecError> {
    if spec.nodes.is_empty() {
        return Err(SpecError::at("/nodes", "a pipeline needs at least one node"));
    }
    for (name, node) in &spec.nodes {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || !name.chars().all(fits) {
            let message = "a node's name is letters, digits, `_` and `-`";
            return Err(SpecError::at(pointer(name), message));
        }
        for (index, input) in node.inputs.iter().enumerate() {
            if !spec.nodes.contains_key(node_of(input)) {
                let place = format!("{}/inputs/{index}", pointer(name));
                let message = format!("there is no node `{}`", node_of(input));
                return Err(SpecError::at(
                    place,
                    message + &nearest(node_of(input), spec.nodes.keys()),
                ));
            }
        }
    }
    // Kahn's algorithm with names as the tie-break; recursion would let a long chain exhaust the stack.
    let mut waiting: BTreeMap<&str, &NodeSpec> =
        spec.nodes.iter().map(|(name, node)| (name.as_str(), node)).collect();
    let mut order = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let ready: Vec<&str> = waiting
            .iter()
            .filter(|(_, node)| {
                node.inputs.iter().all(|input| !waiting.contains_key(node_of(input)))
            })
            .map(|(name, _)| *name)
            .collect();
        if ready.is_empty() {
            let names: Vec<_> = waiting.keys().map(|name| format!("`{name}`")).collect();
            let message = format!("these nodes wait for one another: {}", names.join(", "));
            let first = waiting.keys().next().copied().unwrap_or_default();
            return Err(SpecError::at(format!("{}/inputs", pointer(first)), message));
        }
        for name in ready {
            waiting.remove(name);
            order.push(name);
        }
    }
    Ok(order)
}

fn step(before: &[Step], name: &str, spec: &NodeSpec, world: &World) -> Result<Step, SpecError> {
    let here = pointer(name);
    let kind = nodes::kind(&spec.kind).ok_or_else(|| {
        let message = format!("there is no kind `{}`", spec.kind);
        let near = nearest(&spec.kind, KINDS.iter().map(|entry| entry.name));
        SpecError::at(format!("{here}/kind"), message + &near)
    })?;
    let at_param =
        |error: ParamError| SpecError::at(format!("{here}{}", error.pointer), error.message);
    let node = kind.build(Value::Object(spec.params.clone())).map_err(at_param)?;
    let inputs = inputs(before, spec, &here)?;
    let input_names: Vec<String> =
        inputs.iter().map(|input| before[input.step].columns[input.column].clone()).collect();
    arity(kind, &node, inputs.len())
        .map_err(|message| SpecError::at(format!("{here}/inputs"), message))?;
    let upstream = inputs.iter().map(|input| before[input.step].scope).max();
    let upstream = upstream.unwrap_or(Scope::Sample);
    let own = match &node {
        Node::Source(source) => {
            source.check(world).map_err(at_param)?;
            Scope::Sample
        }
        Node::Op(op) => {
            op.check(&input_names).map_err(at_param)?;
            if op.uses_references() && upstream != Scope::Sample {
                let message = "references are scored through the same inputs, which must each depend \
                               on their own sample alone: put this node before the group, batch or \
                               running nodes";
                return Err(SpecError::at(format!("{here}/inputs"), message));
            }
            op.scope()
        }
        Node::Stateful(_) => Scope::Run,
    };
    let columns = columns(name, &node);
    let scope = own.max(upstream);
    Ok(Step { name: name.to_owned(), kind, node, inputs, input_names, columns, scope })
}

fn columns(name: &str, node: &Node) -> Vec<String> {
    let own = match node {
        Node::Source(source) => source.columns(),
        Node::Op(_) | Node::Stateful(_) => Vec::new(),
    };
    match own.as_slice() {
        [] | [_] => vec![name.to_owned()],
        many => many.iter().map(|column| format!("{name}.{column}")).collect(),
    }
}

fn inputs(before: &[Step], spec: &NodeSpec, here: &str) -> Result<Vec<ColumnRef>, SpecError> {
    let mut found = Vec::new();
    for (index, input) in spec.inputs.iter().enumerate() {
        let references = resolve(before, input)
            .map_err(|message| SpecError::at(format!("{here}/inputs/{index}"), message))?;
        found.extend(references);
    }
    Ok(found)
}

/// All columns of `rm`, or the one of `rm.tiny-rm-0`.
fn resolve(steps: &[Step], input: &str) -> Result<Vec<ColumnRef>, String> {
    let (step, found) = steps
        .iter()
        .enumerate()
        .find(|(_, step)| step.name == node_of(input))
        .ok_or_else(|| format!("there is no node `{}`", node_of(input)))?;
    let Some((_, wanted)) = input.split_once('.') else {
        return Ok((0..found.columns.len()).map(|column| ColumnRef { step, column }).collect());
    };
    let own = match &found.node {
        Node::Source(source) => source.columns(),
        Node::Op(_) | Node::Stateful(_) => Vec::new(),
    };
    match own.iter().position(|column| column == wanted) {
        Some(column) => Ok(vec![ColumnRef { step, column }]),
        None => {
            let near = nearest(wanted, &own);
            Err(format!("node `{}` has no column `{wanted}`{near}", found.name))
        }
    }
}

fn arity(kind: &Entry, node: &Node, inputs: usize) -> Result<(), String> {
    let arity = match node {
        Node::Source(_) => Arity::Exactly(0),
        Node::Op(op) => op.arity(),
        Node::Stateful(stateful) => stateful.arity(),
    };
    if arity.accepts(inputs) {
        return Ok(());
    }
    let remedy = match arity {
        Arity::Exactly(0) => ": it is a source",
        Arity::Exactly(1) => ": combine several first, or select one as `node.column`",
        Arity::Exactly(_) | Arity::AtLeast(_) => "",
    };
    Err(format!("`{}` takes {arity}; it was given {inputs}{remedy}", kind.name))
}

fn output(steps: &[Step], output: &str) -> Result<ColumnRef, SpecError> {
    let found = resolve(steps, output).map_err(|message| {
        let near = nearest(output, steps.iter().map(|step| &step.name));
        SpecError::at("/output", message + &near)
    })?;
    match found.as_slice() {
        [one] => Ok(*one),
        many => Err(SpecError::at(
            "/output",
            format!(
                "`{output}` has {} columns, the reward is one: combine them, or select one as `{output}.column`",
                many.len()
            ),
        )),
    }
}

/// ` (did you mean …?)` when a known name is near.
fn nearest<S: AsRef<str>>(wanted: &str, known: impl IntoIterator<Item = S>) -> String {
    known
        .into_iter()
        .map(|name| (distance(wanted, name.as_ref()), name))
        .filter(|(distance, _)| *distance <= 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| format!("; did you mean `{}`?", name.as_ref()))
        .unwrap_or_default()
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
