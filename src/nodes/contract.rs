//! What every kind of node promises, checked for the whole table.

use std::{sync::Arc, time::Duration, time::Instant};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    Arity, Context, Entry, Family, KINDS, Node, Op, References, Stateful, World,
    testing::{entry, op, stateful},
};
use crate::domain::{
    Batch, BoxFuture, Cell, Column, Completion, Judged, Miss, MissStatus, ModelInfo, Sample, Scope,
    Scorers,
};
use crate::verify::code::SandboxConfig;

/// Parameters beside each kind's example that reach other branches.
fn variants(name: &str) -> Vec<Value> {
    match name {
        "mean" | "wco" | "median" => vec![json!({"min_members": 2})],
        "uwo" => vec![
            json!({"lambda": 0}),
            json!({"variance": "sample", "downside": true}),
            json!({"weights": [1, 2, 3], "min_members": 1}),
        ],
        "entropic" => vec![json!({"beta": 1e-9}), json!({"beta": 1e9, "min_members": 2})],
        "weighted" => vec![json!({"weights": [1, 2, 0], "normalise": true})],
        "gate" => vec![json!({"comparison": "below", "threshold": 0})],
        "switch" => vec![
            json!({"cases": {"gsm8k": "code"}}),
            json!({"by": {"feature": "x"}, "cases": {"1": "rm", "2": "math"}}),
        ],
        "par" => vec![
            json!({"k": 3, "function": "tanh"}),
            json!({"relative": false}),
            json!({"function": "arctan", "max_references": 1}),
        ],
        "fitted_poly" => vec![json!({"relative": true})],
        "lsc" => vec![json!({"variance": "population"})],
        "length_penalty" => vec![json!({"unit": "words", "threshold": 1})],
        "win_rate" => vec![json!({"preference": "hard"})],
        "rank" => vec![json!({"normalised": false})],
        "advantage" => vec![
            json!({"method": "rloo"}),
            json!({"scale": "batch", "std": "population"}),
            json!({"scale": "none"}),
        ],
        _ => Vec::new(),
    }
}

/// Every kind of the table under every set of parameters.
fn cases() -> Vec<(&'static Entry, Value)> {
    let with = |entry: &'static Entry| {
        let params = std::iter::once((entry.example)()).chain(variants(entry.name));
        params.map(move |params| (entry, params))
    };
    KINDS.iter().flat_map(with).collect()
}

fn ops() -> Vec<(String, Arc<dyn Op>)> {
    cases()
        .into_iter()
        .filter_map(|(entry, params)| {
            let label = format!("{} {params}", entry.name);
            match entry.build(params).unwrap() {
                Node::Op(op) => Some((label, op)),
                Node::Source(_) | Node::Stateful(_) => None,
            }
        })
        .collect()
}

fn running() -> Vec<(String, Arc<dyn Stateful>)> {
    cases()
        .into_iter()
        .filter_map(|(entry, params)| match entry.build(params).unwrap() {
            Node::Stateful(node) => Some((entry.name.to_owned(), node)),
            Node::Source(_) | Node::Op(_) => None,
        })
        .collect()
}

/// The names of as many inputs as the node takes; the switch's example routes to them.
fn names(arity: Arity) -> Vec<String> {
    let count = match arity {
        Arity::Exactly(count) => count,
        Arity::AtLeast(_) => 3,
    };
    ["math", "code", "rm"].map(str::to_owned)[..count].to_vec()
}

/// Samples with the rewards of three inputs.
#[derive(Clone, Debug)]
struct Given {
    samples: Vec<Sample>,
    rewards: Vec<[Cell; 3]>,
}

impl Given {
    fn batch(&self) -> Batch {
        Batch::new(self.samples.clone()).unwrap()
    }

    fn columns(&self, count: usize) -> Vec<Column> {
        let of = |input: usize| Column::new(self.rewards.iter().map(|row| row[input].clone()));
        (0..count).map(of).collect()
    }

    fn references(&self) -> Vec<References> {
        self.samples.iter().map(|sample| Ok(sample.reference_rewards.clone())).collect()
    }

    /// The samples at these places, in this order.
    fn pick(&self, places: &[usize]) -> Self {
        Self {
            samples: places.iter().map(|&place| self.samples[place].clone()).collect(),
            rewards: places.iter().map(|&place| self.rewards[place].clone()).collect(),
        }
    }

    fn apply(&self, op: &dyn Op) -> Vec<Cell> {
        let (batch, names, references) = (self.batch(), names(op.arity()), self.references());
        let references = if op.uses_references() { references.as_slice() } else { &[] };
        op.check(&names).unwrap();
        let cx = Context { batch: &batch, names: &names, references };
        op.apply(&self.columns(names.len()), &cx).cells().to_vec()
    }

    fn observe(&self, node: &dyn Stateful, state: &Value) -> Value {
        let (batch, names) = (self.batch(), names(node.arity()));
        let cx = Context { batch: &batch, names: &names, references: &[] };
        node.observe(state, &self.columns(names.len()), &cx).unwrap()
    }

    fn shape(&self, node: &dyn Stateful, state: &Value) -> Vec<Cell> {
        let (batch, names) = (self.batch(), names(node.arity()));
        let cx = Context { batch: &batch, names: &names, references: &[] };
        node.shape(state, &self.columns(names.len()), &cx).unwrap().cells().to_vec()
    }
}

fn reward() -> impl Strategy<Value = f64> {
    let extreme = vec![0.0, -0.0, 1.0, 1e30, -1e30, 1e300, -1e300, f64::MAX, f64::MIN, 1e-300];
    prop_oneof![6 => -10.0..10.0, 1 => prop::sample::select(extreme)]
}

fn cell() -> impl Strategy<Value = Cell> {
    let statuses = vec![MissStatus::Timeout, MissStatus::TooLong, MissStatus::Undecided];
    let miss = prop::sample::select(statuses).prop_map(|status| Err(Miss::new(status, "test")));
    prop_oneof![7 => reward().prop_map(Ok), 1 => miss]
}

prop_compose! {
    fn sample()(
        group in 0..4,
        tokens in prop::option::weighted(0.8, 0..1000u64),
        words in prop::option::weighted(0.8, 0..6usize),
        reference_rewards in prop::collection::vec(reward(), 0..4),
        source in prop::option::of(prop::sample::select(vec!["gsm8k", "humaneval", "other"])),
        feature in prop::option::of(0..4),
    ) -> Sample {
        Sample {
            group: Some(format!("g{group}")),
            completion: words.map(|words| Completion::Text("word ".repeat(words))),
            completion_tokens: tokens,
            reference_rewards,
            data_source: source.map(str::to_owned),
            features: feature.map(|x| ("x".to_owned(), f64::from(x))).into_iter().collect(),
            ..Sample::default()
        }
    }
}

fn given() -> impl Strategy<Value = Given> {
    prop::collection::vec((sample(), cell(), cell(), cell()), 1..12).prop_map(|rows| Given {
        samples: rows.iter().map(|row| row.0.clone()).collect(),
        rewards: rows.into_iter().map(|row| [row.1, row.2, row.3]).collect(),
    })
}

/// A batch and an order of its samples.
fn shuffled() -> impl Strategy<Value = (Given, Vec<usize>)> {
    given().prop_flat_map(|given| {
        let places: Vec<usize> = (0..given.samples.len()).collect();
        (Just(given), Just(places).prop_shuffle())
    })
}

/// Equal to the bit, the sign of zero included.
fn same(left: &[Cell], right: &[Cell]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|pair| match pair {
            (Ok(left), Ok(right)) => left.to_bits() == right.to_bits(),
            (left, right) => left == right,
        })
}

/// The pieces into which a node of this scope may be cut, as places of samples.
fn pieces(scope: Scope, batch: &Batch) -> Vec<Vec<usize>> {
    match scope {
        Scope::Sample => (0..batch.len()).map(|place| vec![place]).collect(),
        Scope::Group => batch.groups().members().to_vec(),
        Scope::Batch | Scope::Run => vec![(0..batch.len()).collect()],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn one_cell_per_sample_and_the_same_bits_again(given in given()) {
        for (label, op) in ops() {
            let cells = given.apply(&*op);
            prop_assert_eq!(cells.len(), given.samples.len(), "{}", &label);
            prop_assert!(cells.iter().flatten().all(|value| value.is_finite()), "{}", &label);
            prop_assert!(same(&cells, &given.apply(&*op)), "{}", &label);
        }
    }

    #[test]
    fn the_order_of_the_samples_does_not_matter((given, order) in shuffled()) {
        for (label, op) in ops() {
            let cells = given.apply(&*op);
            let expected: Vec<Cell> = order.iter().map(|&place| cells[place].clone()).collect();
            prop_assert!(same(&given.pick(&order).apply(&*op), &expected), "{}", label);
        }
    }

    #[test]
    fn cutting_the_work_as_the_scope_allows_changes_nothing(given in given()) {
        for (label, op) in ops() {
            let whole = given.apply(&*op);
            for piece in pieces(op.scope(), &given.batch()) {
                let expected: Vec<Cell> = piece.iter().map(|&place| whole[place].clone()).collect();
                prop_assert!(same(&given.pick(&piece).apply(&*op), &expected), "{}", label);
            }
        }
    }

    #[test]
    fn a_miss_is_a_miss_with_the_first_cause(given in given()) {
        for (label, op) in ops().into_iter().filter(|(_, op)| !op.forgives()) {
            let count = names(op.arity()).len();
            for (cell, row) in given.apply(&*op).into_iter().zip(&given.rewards) {
                if let Some(miss) = row[..count].iter().find(|cell| cell.is_err()) {
                    prop_assert_eq!(&cell, miss, "{}", &label);
                }
            }
        }
    }

    #[test]
    fn a_miss_changes_nothing_for_the_others(given in given()) {
        for (label, op) in ops() {
            let count = names(op.arity()).len();
            let complete = |place: &usize| given.rewards[*place][..count].iter().all(Cell::is_ok);
            let places: Vec<usize> = (0..given.samples.len()).filter(complete).collect();
            if places.is_empty() {
                continue;
            }
            let whole = given.apply(&*op);
            let expected: Vec<Cell> = places.iter().map(|&place| whole[place].clone()).collect();
            prop_assert!(same(&given.pick(&places).apply(&*op), &expected), "{}", label);
        }
    }

    #[test]
    fn only_the_selected_input_matters(given in given()) {
        for (label, op) in ops() {
            let Some(selected) = op.selects(&names(op.arity()), &given.batch()) else { continue };
            prop_assert_eq!(selected.len(), given.samples.len());
            let mut reduced = given.clone();
            for (row, selected) in reduced.rewards.iter_mut().zip(selected) {
                for (input, cell) in row.iter_mut().enumerate() {
                    if selected != Some(input) {
                        *cell = Err(Miss::new(MissStatus::Cancelled, "not computed"));
                    }
                }
            }
            prop_assert!(same(&reduced.apply(&*op), &given.apply(&*op)), "{}", label);
        }
    }

    #[test]
    fn state_survives_json_and_misses_never_touch_it(given in given()) {
        for (label, node) in running() {
            let state = given.observe(&*node, &Value::Null);
            prop_assert_eq!(&state, &given.observe(&*node, &json!({})), "{}", &label);
            let wire: Value = serde_json::from_str(&state.to_string()).unwrap();
            prop_assert_eq!(&wire, &state, "{}", &label);
            prop_assert!(same(&given.shape(&*node, &wire), &given.shape(&*node, &state)));

            let places = (0..given.samples.len()).filter(|place| given.rewards[*place][0].is_ok());
            let places: Vec<usize> = places.collect();
            if !places.is_empty() {
                let without = given.pick(&places).observe(&*node, &Value::Null);
                prop_assert_eq!(without, state, "{}", &label);
            }
        }
    }

    #[test]
    fn under_a_frozen_state_samples_do_not_meet((given, order) in shuffled()) {
        for (label, node) in running() {
            for state in [json!({}), given.observe(&*node, &Value::Null)] {
                let whole = given.shape(&*node, &state);
                prop_assert_eq!(whole.len(), given.samples.len());
                prop_assert!(same(&whole, &given.shape(&*node, &state)), "{}", &label);
                for place in order.iter().copied() {
                    let alone = given.pick(&[place]).shape(&*node, &state);
                    prop_assert!(same(&alone, &whole[place..=place]), "{}", &label);
                }
                for (cell, row) in whole.iter().zip(&given.rewards) {
                    prop_assert!(row[0].is_ok() || *cell == row[0], "{}", &label);
                }
            }
        }
    }

    #[test]
    fn sources_judge_each_sample_alone((given, order) in shuffled()) {
        for (entry, params) in cases().into_iter().filter(|(e, _)| e.family == Family::Source) {
            let whole = score(entry, &params, given.batch());
            prop_assert!(whole.iter().all(|column| column.len() == given.samples.len()));
            let moved = score(entry, &params, given.pick(&order).batch());
            for (whole, moved) in whole.iter().zip(&moved) {
                let cells = whole.cells();
                let expected: Vec<Cell> = order.iter().map(|&at| cells[at].clone()).collect();
                prop_assert!(same(moved.cells(), &expected), "{}", entry.name);
            }
        }
    }
}

/// A world without models.
struct Nothing;

impl Scorers for Nothing {
    fn info(&self, _: &str) -> Option<ModelInfo> {
        None
    }

    fn score<'a>(
        &'a self,
        models: &'a [String],
        batch: Batch,
        _: Instant,
    ) -> BoxFuture<'a, Vec<Judged>> {
        let lost = vec![Err(Miss::new(MissStatus::ModelError, "no models here")); batch.len()];
        let judged = Judged { info: None, scores: lost };
        Box::pin(std::future::ready(vec![judged; models.len()]))
    }
}

fn score(entry: &Entry, params: &Value, batch: Batch) -> Vec<Column> {
    let Node::Source(source) = entry.build(params.clone()).unwrap() else {
        panic!("`{}` is no source", entry.name);
    };
    let world = World::new(Arc::new(Nothing), SandboxConfig::off());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let scored = runtime.block_on(source.score(batch, &world, deadline));
    assert_eq!(scored.columns.len(), source.columns().len().max(1), "{}", entry.name);
    scored.columns
}

#[test]
fn names_are_unique_and_snake_case() {
    let mut names: Vec<&str> = KINDS.iter().map(|entry| entry.name).collect();
    for name in &names {
        let snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(!name.is_empty() && name.chars().all(snake), "{name}");
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), KINDS.len());
}

#[test]
fn every_kind_describes_itself() {
    for entry in KINDS {
        let summary = entry.summary;
        assert!(!summary.is_empty() && summary.chars().count() <= 80, "{summary}");
        assert!(!summary.ends_with('.') && !summary.contains('\n'), "{summary}");
        assert!(!entry.equation.is_empty() && !entry.paper.is_empty(), "{}", entry.name);
    }
}

#[test]
fn families_are_together_and_in_order() {
    assert!(KINDS.is_sorted_by_key(|entry| entry.family));
}

#[test]
fn every_example_builds_the_familys_sort_of_node_with_the_declared_scope() {
    for entry in KINDS {
        match (entry.build((entry.example)()).unwrap(), entry.family) {
            (Node::Source(_), Family::Source) => {}
            (Node::Op(op), Family::Combine | Family::Shape | Family::Group) => {
                assert_eq!(op.scope(), entry.scope, "{}", entry.name);
            }
            (Node::Stateful(_), Family::Combine | Family::Shape | Family::Group) => {
                assert_eq!(entry.scope, Scope::Run, "{}", entry.name);
            }
            (node, family) => panic!("`{}` is {node:?} in {family:?}", entry.name),
        }
    }
}

#[test]
fn an_unknown_parameter_is_refused_with_its_place() {
    for entry in KINDS {
        let mut params = (entry.example)();
        params["no_such_parameter"] = json!(1);
        let error = entry.build(params).unwrap_err();
        assert_eq!(error.pointer, "/no_such_parameter", "{}", entry.name);
        assert_eq!(entry.build(json!([])).unwrap_err().pointer, "", "{}", entry.name);
    }
}

#[test]
fn every_schema_stands_alone_and_documents_each_parameter() {
    for entry in KINDS {
        let schema = (entry.schema)();
        assert!(!schema.to_string().contains("\"$ref\":"), "{}: {schema}", entry.name);
        assert_eq!(schema["additionalProperties"], json!(false), "{}", entry.name);
        let documented = schema["properties"].as_object().cloned().unwrap_or_default();
        for (name, property) in &documented {
            assert!(property["description"].is_string(), "{}/{name}: {property}", entry.name);
        }
        for name in (entry.example)().as_object().unwrap().keys() {
            assert!(documented.contains_key(name), "{}/{name}", entry.name);
        }
    }
}

#[test]
fn no_parameters_and_null_are_the_same() {
    for entry in KINDS {
        let outcome = |params| entry.build(params).map(|node| format!("{node:?}"));
        assert_eq!(outcome(Value::Null), outcome(json!({})), "{}", entry.name);
    }
}

#[test]
fn a_state_of_another_node_is_refused() {
    let given =
        Given { samples: vec![Sample::default()], rewards: vec![[Ok(1.0), Ok(1.0), Ok(1.0)]] };
    for (label, node) in running() {
        let (batch, names) = (given.batch(), names(node.arity()));
        let cx = Context { batch: &batch, names: &names, references: &[] };
        for state in
            [json!({"no_such_field": 1}), json!([1, 2.0, 3.0]), json!([1.0, 2.0]), json!("x")]
        {
            let inputs = given.columns(names.len());
            assert!(node.observe(&state, &inputs, &cx).is_err(), "{label}");
            assert!(node.shape(&state, &inputs, &cx).is_err(), "{label}");
        }
    }
}

#[test]
fn lookups_are_by_name() {
    assert_eq!(entry("uwo").name, "uwo");
    assert!(super::kind("no_such_kind").is_none());
    assert_eq!(op("gate", Value::Null).arity(), Arity::Exactly(2));
    assert_eq!(stateful("minmax", Value::Null).arity(), Arity::Exactly(1));
}
