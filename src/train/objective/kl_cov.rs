//! KL-Cov: the tokens that would cost the most entropy are held near the policy that sampled them.
//!
//! `−ρ A` for every token, without clipping, plus `coefficient · |log π − log π_old|` for the share of
//! tokens with the highest covariance of advantage and log-probability. Cui et al. 2025 (arXiv
//! 2505.22617), §4.3, Eq. 11, with the penalty as the authors' code has it. Tokens whose covariance is
//! not positive are never held: where all advantages are equal there is nothing to hold back.

use super::{Evaluation, LossType, Objective, View, covariances};

/// KL-Cov.
#[derive(Clone, Debug, PartialEq)]
pub struct KlCov {
    /// Share of the tokens that are held, at least one; 2e-3 for 7B and 2e-4 for 32B in the paper.
    pub share: f64,
    /// Weight of the penalty; 1 in the paper.
    pub coefficient: f64,
    /// How tokens are averaged.
    pub normaliser: LossType,
}

impl KlCov {
    fn held(&self, view: &View<'_>) -> Vec<usize> {
        let mut covariances = covariances(view);
        let count = ((covariances.len() as f64 * self.share) as usize).max(1);
        covariances.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let held = covariances.into_iter().take(count).filter(|(_, c)| *c > 0.0);
        held.map(|(token, _)| token).collect()
    }
}

impl Objective for KlCov {
    fn evaluate(&self, view: &View<'_>) -> Evaluation {
        let mut total = Evaluation::zero(view);
        let held = self.held(view);
        for (_, sequence) in view.kept() {
            let weight = self.normaliser.weight(view, sequence.len());
            for token in sequence {
                let log_ratio = view.log_probs[token] - view.old[token];
                let gain = log_ratio.exp() * view.advantages[token];
                let hold = if held.contains(&token) { self.coefficient } else { 0.0 };
                total.loss += weight * (hold * log_ratio.abs() - gain);
                let side = if log_ratio == 0.0 { 0.0 } else { log_ratio.signum() };
                total.by_log_prob[token] += weight * (hold * side - gain);
            }
        }
        total.figures.push(("cov/held_frac", held.len() as f64 / view.kept_tokens().max(1) as f64));
        total
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{Case, close, derivatives_hold},
        *,
    };

    fn kl_cov(share: f64) -> KlCov {
        KlCov { share, coefficient: 1.0, normaliser: LossType::Bnpo }
    }

    #[test]
    fn the_token_of_highest_covariance_is_held() {
        let case = Case::entropy_mechanism();
        // A fifth of six tokens is one: token 4, whose log-ratio is −0.1. −0.051906 + 0.1 / 6.
        close(case.loss(&kl_cov(0.2)), -0.035_239);
        derivatives_hold(&kl_cov(0.2), &case);
        derivatives_hold(&kl_cov(0.7), &Case::sequences(&[2, 3]));
    }

    #[test]
    fn equal_advantages_hold_nothing() {
        let case = Case { advantages: vec![1.0; 6], ..Case::entropy_mechanism() };
        assert_eq!(kl_cov(0.2).evaluate(&case.view()).figures, [("cov/held_frac", 0.0)]);
    }
}
