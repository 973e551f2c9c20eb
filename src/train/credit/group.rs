//! A completion against the others of its group.

use serde::{Deserialize, Serialize};

/// What a difference from the group's mean is divided by (TRL's `scale_rewards`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// The group's standard deviation (Shao et al. 2024, arXiv 2402.03300, §4.1).
    #[default]
    Group,
    /// That of all rewards of the step.
    Batch,
    /// Nothing (Liu et al. 2025, arXiv 2503.20783).
    None,
}

/// Added to standard deviations.
const EPSILON: f64 = 1e-8;

/// `(r − mean) / (std + 1e-8)` within groups, the deviation being the sample's (divided by n − 1). Groups
/// are runs of `size` rewards. A group without spread, or of one reward, has advantages 0.
#[must_use]
pub fn relative(rewards: &[Option<f64>], size: usize, scale: Scale) -> Vec<Option<f64>> {
    let all: Vec<f64> = rewards.iter().flatten().copied().collect();
    let batch = deviation(&all);
    within(rewards, size, |group| {
        let mean = mean(group);
        let divisor = match scale {
            Scale::Group => deviation(group) + EPSILON,
            Scale::Batch => batch + EPSILON,
            Scale::None => 1.0,
        };
        group.iter().map(|reward| (reward - mean) / divisor).collect()
    })
}

/// `r − mean of the others` of its group (Ahmadian et al. 2024, arXiv 2402.14740). 0 for one alone.
#[must_use]
pub fn leave_one_out(rewards: &[Option<f64>], size: usize) -> Vec<Option<f64>> {
    within(rewards, size, |group| {
        let (sum, others) = (group.iter().sum::<f64>(), (group.len() - 1) as f64);
        group.iter().map(|reward| reward - (sum - reward) / others).collect()
    })
}

/// The first best completion of each group, as a mask. A group without any reward has none.
#[must_use]
pub fn best_of_group(rewards: &[Option<f64>], size: usize) -> Vec<bool> {
    let best = |group: &[Option<f64>]| {
        let mut top: Option<(usize, f64)> = None;
        for (index, reward) in group.iter().enumerate() {
            if let Some(reward) = *reward
                && top.is_none_or(|(_, greatest)| reward > greatest)
            {
                top = Some((index, reward));
            }
        }
        (0..group.len()).map(|index| top.is_some_and(|(best, _)| best == index)).collect()
    };
    rewards.chunks(size.max(1)).flat_map(|group| -> Vec<bool> { best(group) }).collect()
}

/// Whether each group tells its completions apart: two of its rewards differ. Dynamic sampling replaces
/// the others (Yu et al. 2025, arXiv 2503.14476, §3.2).
#[must_use]
pub fn informative(rewards: &[Option<f64>], size: usize) -> Vec<bool> {
    let tells = |group: &[Option<f64>]| {
        let mut known = group.iter().flatten();
        known.next().is_some_and(|first| known.any(|reward| reward != first))
    };
    rewards.chunks(size.max(1)).map(tells).collect()
}

/// Applies `advantages` to the known rewards of each group that has two different ones; else they are 0.
fn within(
    rewards: &[Option<f64>],
    size: usize,
    advantages: impl Fn(&[f64]) -> Vec<f64>,
) -> Vec<Option<f64>> {
    let mut out = Vec::with_capacity(rewards.len());
    for group in rewards.chunks(size.max(1)) {
        let known: Vec<f64> = group.iter().flatten().copied().collect();
        let spread = known.iter().any(|reward| *reward != known[0]);
        let values = if spread { advantages(&known) } else { vec![0.0; known.len()] };
        let mut values = values.into_iter();
        out.extend(group.iter().map(|reward| reward.and_then(|_| values.next())));
    }
    out
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let square: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (square / values.len().saturating_sub(1).max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(rewards: &[f64]) -> Vec<Option<f64>> {
        rewards.iter().copied().map(Some).collect()
    }

    #[track_caller]
    fn close(got: &[Option<f64>], expected: &[f64]) {
        assert_eq!(got.len(), expected.len());
        for (got, expected) in got.iter().zip(expected) {
            assert!((got.unwrap() - expected).abs() < 1e-6, "{got:?} {expected}");
        }
    }

    #[test]
    fn a_group_of_eight_verdicts() {
        let rewards = all(&[1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
        let (won, lost) = (1.207_615, -0.724_569);
        let expected = [won, lost, lost, won, won, lost, lost, lost];
        close(&relative(&rewards, 8, Scale::Group), &expected);
        close(
            &relative(&rewards, 8, Scale::None),
            &expected.map(|a| if a > 0.0 { 0.625 } else { -0.375 }),
        );
    }

    #[test]
    fn the_step_may_give_the_scale() {
        // Deviations ±1 and ±2 from their groups' means, over the sample deviation of 0, 2, 10, 14:
        // mean 6.5, squares 42.25 + 20.25 + 12.25 + 56.25 = 131, √(131 / 3).
        let std = (131.0f64 / 3.0).sqrt();
        let expected = [-1.0 / std, 1.0 / std, -2.0 / std, 2.0 / std];
        close(&relative(&all(&[0.0, 2.0, 10.0, 14.0]), 2, Scale::Batch), &expected);
    }

    #[test]
    fn two_leave_each_other_out() {
        close(&leave_one_out(&all(&[1.2, 0.4]), 2), &[0.8, -0.8]);
        close(&leave_one_out(&all(&[3.0, 0.0, 0.0]), 3), &[3.0, -1.5, -1.5]);
    }

    #[test]
    fn a_missing_reward_is_in_no_baseline() {
        let rewards =
            [Some(1.0), None, Some(0.0), None, None, Some(5.0), Some(2.0), Some(2.0), None];
        assert_eq!(
            leave_one_out(&rewards, 3),
            [Some(1.0), None, Some(-1.0), None, None, Some(0.0), Some(0.0), Some(0.0), None]
        );
        let best = best_of_group(&rewards, 3);
        assert_eq!(best, [true, false, false, false, false, true, true, false, false]);
        assert_eq!(informative(&rewards, 3), [true, false, false]);
    }
}
