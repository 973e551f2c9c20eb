//! SimPO: preference by mean log-probability, without a reference.
//!
//! `−ln σ(β (log π_w / |w| − log π_l / |l| − γ/β))`. Meng et al. 2024 (arXiv 2405.14734), Eq. 6.

use super::{Evaluation, Objective, View, dpo::pairs};

/// The loss. Sequences come in pairs, the chosen one first.
#[derive(Clone, Debug, PartialEq)]
pub struct SimPo {
    /// Scale of the reward; 2 to 10 in the paper.
    pub beta: f64,
    /// Target margin over `beta`; 0.1 to 0.8 in the paper.
    pub gamma_beta_ratio: f64,
    /// Probability that a label is wrong, in `[0, 0.5)`.
    pub label_smoothing: f64,
}

impl Objective for SimPo {
    fn evaluate(&self, view: &View<'_>) -> Evaluation {
        pairs(view, self.label_smoothing, |chosen| {
            let length = |sequence: usize| view.sequences[sequence].len().max(1) as f64;
            let mean = |sequence: usize| view.sums(sequence).0 / length(sequence);
            let margin = mean(chosen) - mean(chosen + 1) - self.gamma_beta_ratio;
            (self.beta * margin, self.beta / length(chosen), self.beta / length(chosen + 1))
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
    fn a_pair_of_the_paper() {
        // −20 over 10 tokens against −60 over 20.
        let case = Case {
            log_probs: [[-2.0; 10].as_slice(), &[-3.0; 20]].concat(),
            ..Case::sequences(&[10, 20])
        };
        let simpo = SimPo { beta: 2.5, gamma_beta_ratio: 0.55, label_smoothing: 0.0 };
        close(case.loss(&simpo), 0.281_150_136);
        close(
            case.loss(&SimPo { beta: 2.0, gamma_beta_ratio: 0.25, ..simpo.clone() }),
            0.201_413_278,
        );
        derivatives_hold(&simpo, &Case::sequences(&[2, 3, 1, 2]));
    }
}
