//! DPO: the policy as its own reward model.
//!
//! `−ln σ(β [(log π_w − log π_ref,w) − (log π_l − log π_ref,l)])` of pairs, log-probabilities summed over
//! tokens. Rafailov et al. 2023 (arXiv 2305.18290), Eq. 7; label smoothing: Mitchell 2023 (cDPO).

use super::{Evaluation, Objective, View, sigmoid, softplus};

/// The loss. Sequences come in pairs, the chosen one first.
#[derive(Clone, Debug, PartialEq)]
pub struct Dpo {
    /// Inverse temperature of the implicit reward.
    pub beta: f64,
    /// Probability that a label is wrong, in `[0, 0.5)`.
    pub label_smoothing: f64,
}

/// Adds the losses `(1 − a) · ln(1 + e^−z) + a · ln(1 + e^z)` of pairs. `margin` gives `z` of the pair
/// that begins at a sequence, and its derivative by each log-probability of the chosen and of the rejected
/// sequence (the latter to be subtracted).
pub(super) fn pairs(
    view: &View<'_>,
    label_smoothing: f64,
    margin: impl Fn(usize) -> (f64, f64, f64),
) -> Evaluation {
    let mut total = Evaluation::zero(view);
    let count = (view.sequences.len() / 2).max(1) as f64;
    let mut right = 0.0;
    for chosen in (0..view.sequences.len().saturating_sub(1)).step_by(2) {
        let (z, by_chosen, by_rejected) = margin(chosen);
        let smooth = label_smoothing;
        total.loss += ((1.0 - smooth) * softplus(-z) + smooth * softplus(z)) / count;
        let slope = (smooth * sigmoid(z) - (1.0 - smooth) * sigmoid(-z)) / count;
        total.by_log_prob[view.sequences[chosen].clone()].fill(slope * by_chosen);
        total.by_log_prob[view.sequences[chosen + 1].clone()].fill(-slope * by_rejected);
        right += f64::from(u8::from(z > 0.0)) / count;
    }
    total.figures.push(("preference/accuracy", right));
    total
}

impl Objective for Dpo {
    fn evaluate(&self, view: &View<'_>) -> Evaluation {
        pairs(view, self.label_smoothing, |chosen| {
            let lead = |sequence| {
                let (policy, reference) = view.sums(sequence);
                policy - reference
            };
            (self.beta * (lead(chosen) - lead(chosen + 1)), self.beta, self.beta)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{Case, close, derivatives_hold},
        *,
    };

    #[test]
    fn a_pair_of_the_literature() {
        // Sums −20 (reference −22) and −30 (reference −29): 0.1 · (2 + 1) = 0.3.
        let case = Case {
            log_probs: vec![-12.0, -8.0, -30.0],
            reference: vec![-11.0, -11.0, -29.0],
            ..Case::sequences(&[2, 1])
        };
        let dpo = Dpo { beta: 0.1, label_smoothing: 0.0 };
        close(case.loss(&dpo), 0.554_355_244);
        close(case.loss(&Dpo { label_smoothing: 0.1, ..dpo.clone() }), 0.584_355_244);
        let pairs = Case::sequences(&[2, 3, 1, 2]);
        derivatives_hold(&dpo, &pairs);
        derivatives_hold(&Dpo { beta: 2.0, label_smoothing: 0.2 }, &pairs);
        assert_eq!(dpo.evaluate(&case.view()).figures, [("preference/accuracy", 1.0)]);
    }
}
