//! The clipped surrogate of PPO and its descendants.
//!
//! `−min(ρ A, clip(ρ, 1 − ε, 1 + ε_high) A)`, `ρ = π / π_old`. Schulman et al. 2017 (arXiv 1707.06347),
//! Eq. 7. `epsilon_high` above `epsilon` is DAPO's clip-higher (arXiv 2503.14476, §3.1): room for
//! unlikely tokens to grow. `delta` bounds ρ from above also where A < 0 (INTELLECT-2, arXiv 2505.07291).
//! `ρ` may be the token's, the sequence's geometric mean (GSPO, arXiv 2507.18071, Eq. 7) or the whole
//! trajectory's; with two completions per prompt, leave-one-out advantages and the last, this is P3O
//! (arXiv 2310.00212) with each response clipped by itself.

use serde::{Deserialize, Serialize};

use super::{Evaluation, LossType, Objective, View};

/// Which probability ratio is clipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Each token's own.
    #[default]
    Token,
    /// The geometric mean over the sequence's tokens.
    Sequence,
    /// The product over the sequence's tokens.
    Trajectory,
}

/// The clipped surrogate.
#[derive(Clone, Debug, PartialEq)]
pub struct Clipped {
    /// How far below 1 a ratio still counts.
    pub epsilon: f64,
    /// How far above 1.
    pub epsilon_high: f64,
    /// Greatest ratio of all, if any.
    pub delta: Option<f64>,
    /// Which ratio.
    pub level: Level,
    /// How tokens are averaged.
    pub normaliser: LossType,
}

impl Clipped {
    /// The loss of a ratio with an advantage, its derivative by the logarithm of the ratio, and whether
    /// the ratio is clipped.
    pub(super) fn of(&self, log_ratio: f64, advantage: f64) -> (f64, f64, bool) {
        let ratio = log_ratio.exp();
        let bounded = self.delta.map_or(ratio, |delta| ratio.min(delta));
        let free = bounded * advantage;
        let clipped = ratio.clamp(1.0 - self.epsilon, 1.0 + self.epsilon_high) * advantage;
        if free > clipped {
            return (-clipped, 0.0, true);
        }
        let slope = if bounded < ratio { 0.0 } else { -ratio * advantage };
        (-free, slope, false)
    }
}

impl Objective for Clipped {
    fn evaluate(&self, view: &View<'_>) -> Evaluation {
        let mut total = Evaluation::zero(view);
        let (mut clipped, mut tokens) = (0_usize, 0_usize);
        for (_, sequence) in view.kept() {
            let length = sequence.len() as f64;
            let weight = self.normaliser.weight(view, sequence.len());
            let log_ratio = |token: usize| view.log_probs[token] - view.old[token];
            let sum: f64 = sequence.clone().map(log_ratio).sum();
            for token in sequence.clone() {
                let (log_ratio, share) = match self.level {
                    Level::Token => (log_ratio(token), None),
                    Level::Sequence => (sum / length, Some(1.0 / length)),
                    Level::Trajectory => (sum, Some(1.0)),
                };
                let (loss, slope, is_clipped) = self.of(log_ratio, view.advantages[token]);
                total.loss += weight * loss;
                match share {
                    None => total.by_log_prob[token] += weight * slope,
                    Some(share) => total.by_log_prob[sequence.clone()]
                        .iter_mut()
                        .for_each(|derivative| *derivative += weight * slope * share),
                }
                clipped += usize::from(is_clipped);
                tokens += 1;
            }
        }
        total.figures.push(("ratio/clip_frac", clipped as f64 / tokens.max(1) as f64));
        total
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{Case, close, derivatives_hold},
        *,
    };

    fn clipped(epsilon: f64, level: Level, normaliser: LossType) -> Clipped {
        Clipped { epsilon, epsilon_high: epsilon, delta: None, level, normaliser }
    }

    #[test]
    fn six_tokens() {
        let case = Case::entropy_mechanism();
        // Ratios e^.05, e^.2, 1, e^−.05, e^−.1, e^.1: without clipping the mean of −A ρ.
        close(case.loss(&clipped(10.0, Level::Token, LossType::Bnpo)), -0.051_906);
        // [0.8, 1.2] clips token 1 alone, e^.2 = 1.2214.
        let narrow = clipped(0.2, Level::Token, LossType::Bnpo);
        close(case.loss(&narrow), -0.048_339);
        let figures = narrow.evaluate(&case.view()).figures;
        assert_eq!(figures, [("ratio/clip_frac", 1.0 / 6.0)]);
        // Room above lets it through again.
        let higher = Clipped { epsilon_high: 0.28, ..narrow };
        close(case.loss(&higher), -0.051_906);
    }

    #[test]
    fn two_responses_are_p3o() {
        // Rewards 1.2 and 0.4: leave-one-out advantages ±0.8. Ratios 1.5 and 0.9.
        let case = Case {
            log_probs: vec![1.5f64.ln() - 1.0, -1.0, 0.9f64.ln() - 1.0, -1.0],
            old: vec![-1.0; 4],
            advantages: vec![0.8, 0.8, -0.8, -0.8],
            ..Case::sequences(&[2, 2])
        };
        close(case.loss(&clipped(0.2, Level::Trajectory, LossType::Grpo)), -0.12);
        close(case.loss(&clipped(9.0, Level::Trajectory, LossType::Grpo)), -0.24);
    }

    #[test]
    fn the_sequence_ratio_is_a_geometric_mean() {
        // ln ρ = (0.4 − 0.2) / 2 = 0.1 for both tokens.
        let case = Case {
            log_probs: vec![-0.6, -1.2],
            old: vec![-1.0; 2],
            advantages: vec![1.0; 2],
            ..Case::sequences(&[2])
        };
        close(case.loss(&clipped(0.2, Level::Sequence, LossType::Grpo)), -0.1f64.exp());
    }

    #[test]
    fn delta_bounds_what_a_bad_token_can_cost() {
        let case = Case {
            log_probs: vec![0.0],
            old: vec![-3.0],
            advantages: vec![-1.0],
            ..Case::sequences(&[1])
        };
        let open = clipped(0.2, Level::Token, LossType::Bnpo);
        close(case.loss(&open), 3f64.exp());
        let bounded = Clipped { delta: Some(4.0), ..open };
        close(case.loss(&bounded), 4.0);
        assert_eq!(bounded.evaluate(&case.view()).by_log_prob, [0.0]);
    }

    #[test]
    fn derivatives_and_masks() {
        let case = Case { kept: vec![true, false, true], ..Case::sequences(&[2, 2, 3]) };
        for level in [Level::Token, Level::Sequence, Level::Trajectory] {
            for normaliser in [LossType::Grpo, LossType::DrGrpo, LossType::Dapo, LossType::Bnpo] {
                let objective = clipped(0.1, level, normaliser);
                derivatives_hold(&objective, &case);
                assert_eq!(objective.evaluate(&case.view()).by_log_prob[2..4], [0.0, 0.0]);
            }
        }
    }
}
