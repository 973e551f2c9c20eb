//! Entropy bonus: `−coefficient ·` the mean entropy of the next-token distributions, in nats.
//!
//! Williams and Peng 1991; as `entropy_coef` in most trainers.

use super::{Evaluation, LossType, Objective, View};

/// The bonus.
#[derive(Clone, Debug, PartialEq)]
pub struct EntropyBonus {
    /// What a nat is worth.
    pub coefficient: f64,
    /// How tokens are averaged.
    pub normaliser: LossType,
}

impl Objective for EntropyBonus {
    fn evaluate(&self, view: &View<'_>) -> Evaluation {
        let mut total = Evaluation::zero(view);
        for (_, sequence) in view.kept() {
            let weight = self.coefficient * self.normaliser.weight(view, sequence.len());
            for token in sequence {
                total.loss -= weight * view.entropies[token];
                total.by_entropy[token] -= weight;
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
    fn entropy_is_paid_for() {
        let case = Case { entropies: vec![1.0, 2.0, 4.5], ..Case::sequences(&[2, 1]) };
        let bonus = EntropyBonus { coefficient: 0.1, normaliser: LossType::Grpo };
        // Means 1.5 and 4.5, their mean 3.
        close(case.loss(&bonus), -0.3);
        derivatives_hold(&bonus, &case);
    }
}
