//! Divergence from the reference policy as a penalty.
//!
//! Three estimators of `KL(π ‖ π_ref)` from a token that π sampled, `l = log π − log π_ref` (Schulman
//! 2020, *Approximating KL Divergence*): k1 `l`, unbiased, of either sign; k2 `l² / 2`; k3
//! `e^−l − 1 + l`, unbiased and never negative. As a number to watch, all serve. As a penalty it matters
//! where they stand: in the *reward*, k1 has the gradient of the divergence; in the *loss*, the gradient
//! of k1 is 0 on average, that of k2 is right on policy, and that of k3 is that of the forward divergence.

use serde::{Deserialize, Serialize};

use super::{Evaluation, LossType, Objective, View};

/// How divergence is estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Estimator {
    /// `l`.
    K1,
    /// `l² / 2`.
    K2,
    /// `e^−l − 1 + l`.
    #[default]
    K3,
}

impl Estimator {
    /// The estimate for a log-ratio `l = log π − log π_ref`, in nats.
    #[must_use]
    pub fn of(self, lead: f64) -> f64 {
        match self {
            Self::K1 => lead,
            Self::K2 => lead * lead / 2.0,
            Self::K3 => (-lead).exp_m1() + lead,
        }
    }

    fn slope(self, lead: f64) -> f64 {
        match self {
            Self::K1 => 1.0,
            Self::K2 => lead,
            Self::K3 => -(-lead).exp_m1(),
        }
    }
}

/// `beta ·` the mean divergence, in the loss.
#[derive(Clone, Debug, PartialEq)]
pub struct KlPenalty {
    /// Weight.
    pub beta: f64,
    /// Estimator.
    pub estimator: Estimator,
    /// How tokens are averaged.
    pub normaliser: LossType,
}

impl Objective for KlPenalty {
    fn evaluate(&self, view: &View<'_>) -> Evaluation {
        let mut total = Evaluation::zero(view);
        for (_, sequence) in view.kept() {
            let weight = self.beta * self.normaliser.weight(view, sequence.len());
            for token in sequence {
                let lead = view.lead(token);
                total.loss += weight * self.estimator.of(lead);
                total.by_log_prob[token] += weight * self.estimator.slope(lead);
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
    fn three_estimates_of_three_log_ratios() {
        let case = Case::leads(&[0.2, -0.1, 0.5]);
        for (estimator, expected) in
            [(Estimator::K1, 0.2), (Estimator::K2, 0.05), (Estimator::K3, 0.043_477)]
        {
            let penalty = KlPenalty { beta: 1.0, estimator, normaliser: LossType::Grpo };
            close(case.loss(&penalty), expected);
            let half = KlPenalty { beta: 0.5, ..penalty };
            close(case.loss(&half), expected / 2.0);
            derivatives_hold(&half, &Case::sequences(&[1, 3]));
        }
    }

    #[test]
    fn on_the_reference_there_is_none() {
        for estimator in [Estimator::K1, Estimator::K2, Estimator::K3] {
            assert_eq!(estimator.of(0.0), 0.0);
        }
        // PAR's code has the other sign: e^l − 1 − l, whose mean here would be 0.058320.
        close([0.2, -0.1, 0.5].map(|l: f64| l.exp_m1() - l).iter().sum::<f64>() / 3.0, 0.058_320);
    }
}
