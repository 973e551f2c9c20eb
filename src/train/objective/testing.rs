//! Batches to try objectives on, and the check of their derivatives.

use std::ops::Range;

use super::{Label, Objective, View};

/// A batch that can be changed, and viewed.
#[derive(Clone, Debug, Default)]
pub(super) struct Case {
    pub(super) sequences: Vec<Range<usize>>,
    pub(super) kept: Vec<bool>,
    pub(super) log_probs: Vec<f64>,
    pub(super) old: Vec<f64>,
    pub(super) reference: Vec<f64>,
    pub(super) advantages: Vec<f64>,
    pub(super) entropies: Vec<f64>,
    pub(super) values: Vec<f64>,
    pub(super) old_values: Vec<f64>,
    pub(super) returns: Vec<f64>,
    pub(super) labels: Vec<Label>,
}

impl Case {
    /// Sequences of these lengths with unremarkable numbers.
    pub(super) fn sequences(lengths: &[usize]) -> Self {
        let mut sequences = Vec::new();
        for length in lengths {
            let start = sequences.last().map_or(0, |last: &Range<usize>| last.end);
            sequences.push(start..start + length);
        }
        let count: usize = lengths.iter().sum();
        let wave = |scale: f64, shift: f64| {
            (0..count).map(|i| shift + scale * (1.7 * i as f64 + shift).sin()).collect::<Vec<_>>()
        };
        let log_probs = wave(0.6, -1.1);
        let near = |by: Vec<f64>| log_probs.iter().zip(by).map(|(l, b)| l + b).collect();
        Self {
            kept: vec![true; lengths.len()],
            old: near(wave(0.15, 0.02)),
            reference: near(wave(0.3, -0.1)),
            advantages: wave(1.0, 0.1),
            entropies: wave(0.4, 1.3),
            values: wave(0.5, 0.3),
            old_values: wave(0.4, 0.2),
            returns: wave(0.9, 0.4),
            labels: Vec::new(),
            log_probs,
            sequences,
        }
    }

    /// One token per sequence: the numbers of arXiv 2505.22617's mechanism in six tokens.
    pub(super) fn entropy_mechanism() -> Self {
        Self {
            log_probs: vec![-0.05, -2.0, -0.3, -0.1, -3.0, -0.5],
            old: vec![-0.1, -2.2, -0.3, -0.05, -2.9, -0.6],
            advantages: vec![1.0, 1.0, 1.0, -1.0, -1.0, -1.0],
            ..Self::sequences(&[1; 6])
        }
    }

    /// Single-token sequences with these log-ratios to the reference.
    pub(super) fn leads(leads: &[f64]) -> Self {
        let ones = vec![1; leads.len()];
        Self {
            log_probs: leads.iter().map(|lead| lead - 1.0).collect(),
            reference: vec![-1.0; leads.len()],
            ..Self::sequences(&ones)
        }
    }

    pub(super) fn view(&self) -> View<'_> {
        View {
            sequences: &self.sequences,
            kept: &self.kept,
            log_probs: &self.log_probs,
            old: &self.old,
            reference: &self.reference,
            advantages: &self.advantages,
            entropies: &self.entropies,
            values: &self.values,
            old_values: &self.old_values,
            returns: &self.returns,
            labels: &self.labels,
            step_tokens: self.log_probs.len() as f64,
            max_tokens: 8,
            draw: 1,
        }
    }

    /// The loss.
    pub(super) fn loss(&self, objective: &dyn Objective) -> f64 {
        objective.evaluate(&self.view()).loss
    }
}

#[track_caller]
pub(super) fn close(got: f64, expected: f64) {
    assert!((got - expected).abs() < 1e-6, "{got} {expected}");
}

/// Every derivative that the objective claims, against central differences of its loss.
#[track_caller]
pub(super) fn derivatives_hold(objective: &dyn Objective, case: &Case) {
    type Field = fn(&mut Case) -> &mut Vec<f64>;
    let claimed = objective.evaluate(&case.view());
    let fields: [(Field, &Vec<f64>); 3] = [
        (|case| &mut case.log_probs, &claimed.by_log_prob),
        (|case| &mut case.entropies, &claimed.by_entropy),
        (|case| &mut case.values, &claimed.by_value),
    ];
    for (field, claimed) in fields {
        for token in 0..case.log_probs.len() {
            let moved = |by: f64| {
                let mut case = case.clone();
                field(&mut case)[token] += by;
                case.loss(objective)
            };
            let step = 1e-6;
            let numeric = (moved(step) - moved(-step)) / (2.0 * step);
            assert!((numeric - claimed[token]).abs() < 1e-6, "{token}: {numeric} {claimed:?}");
        }
    }
}
