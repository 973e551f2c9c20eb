//! How good a policy is, and how far from where it began.

use super::{
    config::PolicyConfig,
    model::Reference,
    record::Record,
    rollout::{Asking, Purpose, seed},
    run::Gold,
    sample::{Completion, Sampling},
    tokens::{Tokens, numbers},
};
use crate::train::{TrainError, objective::Estimator};

/// Sums over each completion of two estimates of the divergence of the policy that drew it from another,
/// in nats: `(k1, k3)`. `reference` has one entry per token, completions end to end.
pub(super) fn divergences(completions: &[Completion], reference: &[f64]) -> Vec<(f64, f64)> {
    let mut rest = reference;
    let mut sums = Vec::with_capacity(completions.len());
    for completion in completions {
        let (mine, others) = rest.split_at(completion.log_probs.len());
        rest = others;
        let leads = || completion.log_probs.iter().zip(mine).map(|(policy, base)| policy - base);
        sums.push((leads().sum(), leads().map(|lead| Estimator::K3.of(lead)).sum()));
    }
    sums
}

/// Mean of what is known.
pub(super) fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) = values.into_iter().fold((0.0, 0_usize), |(s, n), value| (s + value, n + 1));
    sum / count as f64
}

/// Adds an evaluation to a record: proxy and gold reward, divergence, entropy, length.
pub(super) fn evaluate(
    config: &PolicyConfig,
    asking: &mut Asking<'_>,
    reference: &Reference,
    gold: Option<Gold<'_>>,
    step: usize,
    record: &mut Record,
) -> Result<(), TrainError> {
    let chosen: Vec<usize> = (0..asking.prompts.len()).collect();
    let sampling = Sampling {
        max_tokens: config.max_completion_length,
        temperature: config.eval_temperature,
        seed: seed(config.seed, Purpose::Evaluation, step, 0),
    };
    let key = format!("evaluation-{step}");
    let rollout = asking.ask(&chosen, config.eval_generations, sampling, &key)?;
    record.set("eval/reward", mean(rollout.scored.rewards.iter().flatten().copied()));
    record.set("eval/missing", rollout.scored.misses.values().sum::<usize>() as f64);
    record
        .set("eval/length", mean(rollout.completions.iter().map(|one| one.tokens().len() as f64)));
    if let Some(gold) = gold {
        let pairs = rollout.prompts.iter().zip(&rollout.texts);
        record.set(
            "eval/gold",
            mean(pairs.map(|(prompt, text)| gold(&asking.prompts[*prompt], text))),
        );
    }
    let (mut leads, mut entropies) = (Vec::new(), Vec::new());
    let temperature = if config.eval_temperature > 0.0 { config.eval_temperature } else { 1.0 };
    for part in rollout.completions.chunks(256) {
        let tokens = Tokens::new(part, asking.policy.pad)?;
        let base = tokens.read(&reference.network, None, temperature)?;
        leads.extend(divergences(part, &numbers(&base.log_probs)?));
        let ours = tokens.read(asking.network, None, temperature)?;
        entropies.extend(numbers(&ours.entropies)?);
    }
    record.set("eval/entropy", mean(entropies));
    if config.eval_temperature > 0.0 {
        record.set("eval/kl", mean(leads.iter().map(|(k1, _)| *k1)));
        record.set("eval/kl_k3", mean(leads.iter().map(|(_, k3)| *k3)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divergences_are_summed_over_each_completion() {
        let completion = |log_probs: &[f64]| Completion {
            ids: vec![0; log_probs.len() + 1],
            prompt: 1,
            finished: true,
            log_probs: log_probs.to_vec(),
        };
        let completions = [completion(&[-1.0, -2.0]), completion(&[-0.5])];
        let sums = divergences(&completions, &[-1.2, -1.9, -1.0]);
        assert!((sums[0].0 - 0.1).abs() < 1e-12);
        assert!((sums[1].0 - 0.5).abs() < 1e-12);
        // e^−0.5 − 1 + 0.5
        assert!((sums[1].1 - 0.106_530_66).abs() < 1e-8);
    }
}
