//! Per-token rewards and generalised advantage estimation.

/// Rewards of a completion's tokens: `−beta · (log π_old − log π_ref)` on each, and the score on the
/// last (Ouyang et al. 2022, arXiv 2203.02155, §3.5). The slices are equally long, not empty.
#[must_use]
pub fn token_rewards(score: f64, log_probs: &[f64], reference: &[f64], beta: f64) -> Vec<f64> {
    let leads = log_probs.iter().zip(reference);
    let mut rewards: Vec<f64> = leads.map(|(policy, base)| -beta * (policy - base)).collect();
    if let Some(last) = rewards.last_mut() {
        *last += score;
    }
    rewards
}

/// Advantages `Σ_l (γ λ)^l δ_{t+l}`, `δ_t = r_t + γ V_{t+1} − V_t`, the value after the last token being
/// 0; and the returns `A + V` (Schulman et al. 2016, arXiv 1506.02438, Eq. 16).
#[must_use]
pub fn gae(rewards: &[f64], values: &[f64], gamma: f64, lambda: f64) -> (Vec<f64>, Vec<f64>) {
    let mut advantages = vec![0.0; rewards.len()];
    let (mut next_value, mut next_advantage) = (0.0, 0.0);
    for t in (0..rewards.len()).rev() {
        let delta = rewards[t] + gamma * next_value - values[t];
        next_advantage = delta + gamma * lambda * next_advantage;
        advantages[t] = next_advantage;
        next_value = values[t];
    }
    let returns = advantages.iter().zip(values).map(|(advantage, value)| advantage + value);
    let returns = returns.collect();
    (advantages, returns)
}

/// Values shifted and scaled to mean 0 and population standard deviation 1 (plus 1e-8).
#[must_use]
pub fn whitened(values: &[f64]) -> Vec<f64> {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    values.iter().map(|value| (value - mean) / (variance.sqrt() + 1e-8)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(got: &[f64], expected: &[f64]) {
        assert_eq!(got.len(), expected.len());
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-6, "{got} {expected}");
        }
    }

    #[test]
    fn three_tokens_of_the_literature() {
        let rewards = token_rewards(1.8, &[-1.0, -2.0, -0.5], &[-1.2, -1.9, -0.9], 0.1);
        close(&rewards, &[-0.02, 0.01, 1.76]);
        let (advantages, returns) = gae(&rewards, &[0.0; 3], 1.0, 0.95);
        close(&advantages, &[1.5779, 1.682, 1.76]);
        assert_eq!(advantages, returns);
    }

    #[test]
    fn lambda_goes_from_one_step_to_the_whole_return() {
        let (rewards, values) = ([0.0, 1.0], [0.5, 0.25]);
        // δ = 0 + 0.9 · 0.25 − 0.5 = −0.275 and 1 − 0.25 = 0.75.
        close(&gae(&rewards, &values, 0.9, 0.0).0, &[-0.275, 0.75]);
        // γ · 1 − V = 0.9 − 0.5, and the return itself is 0.9.
        let (advantages, returns) = gae(&rewards, &values, 0.9, 1.0);
        close(&advantages, &[0.4, 0.75]);
        close(&returns, &[0.9, 1.0]);
    }

    #[test]
    fn whitening() {
        close(&whitened(&[1.0, 2.0, 3.0]), &[-1.224_745, 0.0, 1.224_745]);
        close(&whitened(&[4.0, 4.0]), &[0.0, 0.0]);
    }
}
