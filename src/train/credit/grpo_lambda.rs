//! GRPO-λ: shorter right answers are better, but only of prompts that are mostly solved.
//!
//! Groups are ranked by accuracy; those at the top are paid `1 − α σ((L − mean) / std)` for a right
//! answer of length L (mean and population deviation over the group's right answers), the others 1; a
//! wrong answer is worth 0. With one right answer, or equal lengths, the sigmoid is at 0. Dai et al.
//! 2025, *Stable RL for Efficient Reasoning* (arXiv 2505.18086), Eq. 3. (Another paper of that name,
//! arXiv 2510.00194, is unrelated.) The choice depends on the whole step's groups.

use serde::{Deserialize, Serialize};

use crate::train::objective::sigmoid;

/// Which groups are paid by length, and how much.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrpoLambda {
    /// Share of the groups, rounded up; 0.2 in the paper's illustration.
    pub top: f64,
    /// What length may cost, in `[0, 1)`, so that any right answer beats any wrong one.
    pub alpha: f64,
    /// Only groups of at least this accuracy.
    #[serde(default)]
    pub min_accuracy: f64,
}

impl GrpoLambda {
    /// The rewards. Groups are runs of `size`; a positive reward is a right answer; `lengths` are in
    /// tokens. Among equally accurate groups the first ones are chosen.
    #[must_use]
    pub fn rewards(
        &self,
        rewards: &[Option<f64>],
        lengths: &[usize],
        size: usize,
    ) -> Vec<Option<f64>> {
        let right = |reward: &Option<f64>| reward.is_some_and(|reward| reward > 0.0);
        let accuracy = |group: &[Option<f64>]| {
            let known = group.iter().flatten().count().max(1) as f64;
            group.iter().filter(|reward| right(reward)).count() as f64 / known
        };
        let accuracies: Vec<f64> = rewards.chunks(size).map(accuracy).collect();
        let mut order: Vec<usize> = (0..accuracies.len()).collect();
        order.sort_by(|a, b| accuracies[*b].total_cmp(&accuracies[*a]).then(a.cmp(b)));
        order.truncate((self.top * accuracies.len() as f64).ceil() as usize);
        order.retain(|group| accuracies[*group] >= self.min_accuracy);
        let mut out = Vec::with_capacity(rewards.len());
        for (index, (group, lengths)) in rewards.chunks(size).zip(lengths.chunks(size)).enumerate()
        {
            let by_length = order.contains(&index);
            let costs = self.costs(group, lengths, right);
            out.extend(group.iter().zip(costs).map(|(reward, cost)| {
                let paid = if by_length { 1.0 - cost } else { 1.0 };
                reward.map(|_| if right(reward) { paid } else { 0.0 })
            }));
        }
        out
    }

    /// `α σ(z)` of each length, standardised by the right answers'.
    fn costs(
        &self,
        group: &[Option<f64>],
        lengths: &[usize],
        right: impl Fn(&Option<f64>) -> bool,
    ) -> Vec<f64> {
        let chosen = group.iter().zip(lengths).filter(|(reward, _)| right(reward));
        let chosen: Vec<f64> = chosen.map(|(_, length)| *length as f64).collect();
        let count = chosen.len().max(1) as f64;
        let mean = chosen.iter().sum::<f64>() / count;
        let std = (chosen.iter().map(|l| (l - mean).powi(2)).sum::<f64>() / count).sqrt();
        let z = |length: &usize| if std > 0.0 { (*length as f64 - mean) / std } else { 0.0 };
        lengths.iter().map(|length| self.alpha * sigmoid(z(length))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: GrpoLambda = GrpoLambda { top: 0.5, alpha: 0.2, min_accuracy: 0.0 };

    #[track_caller]
    fn close(got: &[Option<f64>], expected: &[f64]) {
        for (got, expected) in got.iter().zip(expected) {
            assert!((got.unwrap() - expected).abs() < 1e-6, "{got:?} {expected}");
        }
    }

    #[test]
    fn the_more_accurate_half_is_paid_by_length() {
        let rewards: Vec<_> = [1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0].map(Some).to_vec();
        let lengths = [100, 200, 300, 400, 10, 20, 30, 40];
        let got = RULE.rewards(&rewards, &lengths, 4);
        close(&got, &[0.954_579_496, 0.9, 0.845_420_504, 0.0, 1.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn one_right_answer_pays_half_and_none_pays_nothing() {
        let all = GrpoLambda { top: 1.0, ..RULE };
        let rewards = [Some(1.0), Some(0.0), None, Some(0.0), Some(0.0), Some(0.0)];
        let got = all.rewards(&rewards, &[9, 1, 1, 5, 6, 7], 3);
        assert_eq!(got, [Some(0.9), Some(0.0), None, Some(0.0), Some(0.0), Some(0.0)]);
    }

    #[test]
    fn an_absolute_bound_spares_unsolved_groups() {
        let strict = GrpoLambda { top: 1.0, min_accuracy: 1.0, ..RULE };
        let rewards = [Some(1.0), Some(1.0), Some(1.0), Some(0.0)];
        close(&strict.rewards(&rewards, &[5, 5, 5, 5], 2), &[0.9, 0.9, 1.0, 0.0]);
    }
}
