//! The value head's loss: `½ max((V − R)², (clip(V, V_old ± ε) − R)²)`, averaged over tokens.
//!
//! Schulman et al. 2017 (arXiv 1707.06347), Eq. 9, clipped as in its authors' code.

use super::{Evaluation, LossType, Objective, View};

/// The loss.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueLoss {
    /// Weight beside the policy's loss.
    pub coefficient: f64,
    /// How far a value may move from the one at sampling and still earn a gradient.
    pub clip: f64,
}

impl Objective for ValueLoss {
    fn evaluate(&self, view: &View<'_>) -> Evaluation {
        let mut total = Evaluation::zero(view);
        let mut error = 0.0;
        for (_, sequence) in view.kept() {
            let weight = LossType::Bnpo.weight(view, sequence.len());
            for token in sequence {
                let (value, old, target) =
                    (view.values[token], view.old_values[token], view.returns[token]);
                let free = value - target;
                let near = value.clamp(old - self.clip, old + self.clip) - target;
                error += weight * free * free;
                total.loss += self.coefficient * weight * 0.5 * (free * free).max(near * near);
                if free * free >= near * near {
                    total.by_value[token] += self.coefficient * weight * free;
                }
            }
        }
        total.figures.push(("value/mse", error));
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
    fn the_worse_of_the_two_counts() {
        let case = Case {
            values: vec![1.0, 1.0],
            old_values: vec![0.0, 0.0],
            returns: vec![2.0, -1.0],
            ..Case::sequences(&[2])
        };
        let loss = ValueLoss { coefficient: 1.0, clip: 0.2 };
        // Token 0: held at 0.2, its error −1.8 is worse than −1. Token 1: 2 is worse than 1.2.
        close(case.loss(&loss), (0.5 * 3.24 + 0.5 * 4.0) / 2.0);
        assert_eq!(loss.evaluate(&case.view()).by_value, [0.0, 1.0]);
        derivatives_hold(&loss, &Case::sequences(&[3, 2]));
    }
}
