//! Likelihood: the mean negative log-probability of completions worth imitating.
//!
//! Fine-tuning on the best of n, or on everything that a verifier accepts: expert iteration (Anthony et
//! al. 2017, arXiv 1705.08439), STaR (arXiv 2203.14465), RAFT (arXiv 2304.06767).

use super::{Evaluation, LossType, Objective, View};

/// The loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Likelihood {
    /// How tokens are averaged.
    pub normaliser: LossType,
}

impl Objective for Likelihood {
    fn evaluate(&self, view: &View<'_>) -> Evaluation {
        let mut total = Evaluation::zero(view);
        for (_, sequence) in view.kept() {
            let weight = self.normaliser.weight(view, sequence.len());
            for token in sequence {
                total.loss -= weight * view.log_probs[token];
                total.by_log_prob[token] -= weight;
            }
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{Case, close, derivatives_hold},
        *,
    };

    #[test]
    fn only_what_is_kept_is_imitated() {
        let case = Case {
            kept: vec![true, false],
            log_probs: vec![-1.0, -2.0, -9.0],
            ..Case::sequences(&[2, 1])
        };
        let likelihood = Likelihood { normaliser: LossType::Bnpo };
        close(case.loss(&likelihood), 1.5);
        derivatives_hold(&likelihood, &case);
    }
}
