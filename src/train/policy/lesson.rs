//! What the tokens of a step are to teach: from rewards to advantages, by the run's algorithm.

use super::{
    config::{Algorithm, KlPlace},
    evaluation::{divergences, mean},
    plan,
    record::Record,
    rollout::Rollout,
    run::Run,
    tokens::{Tokens, numbers},
};
use crate::train::{
    TrainError,
    credit::{best_of_group, gae, leave_one_out, mixed, relative, token_rewards, whitened},
    nn::Linear,
};

/// What the tokens of a step teach; one row per completion.
#[derive(Debug, Default)]
pub(super) struct Lesson {
    pub(super) kept: Vec<bool>,
    pub(super) advantages: Vec<Vec<f64>>,
    pub(super) reference: Vec<Vec<f64>>,
    pub(super) values: Vec<Vec<f64>>,
    pub(super) returns: Vec<Vec<f64>>,
}

impl Run<'_> {
    /// What each token is to teach.
    pub(super) fn lesson(
        &mut self,
        rollout: &Rollout,
        record: &mut Record,
    ) -> Result<Lesson, TrainError> {
        let config = self.config;
        let tokens = Tokens::new(&rollout.completions, self.policy.pad)?;
        let split = |values: &[f64]| -> Vec<Vec<f64>> {
            tokens.sequences.iter().map(|range| values[range.clone()].to_vec()).collect()
        };
        let lengths: Vec<usize> = tokens.sequences.iter().map(std::ops::Range::len).collect();
        let mut lesson = Lesson { kept: vec![true; lengths.len()], ..Lesson::default() };
        let mut kls = vec![0.0; lengths.len()];
        if plan::needs_reference(config) {
            let outputs = tokens.read(&self.reference.network, None, config.temperature)?;
            let reference = numbers(&outputs.log_probs)?;
            let sums = divergences(&rollout.completions, &reference);
            record.set("kl/k1", mean(sums.iter().map(|(k1, _)| *k1)));
            record.set("kl/k3", mean(sums.iter().map(|(_, k3)| *k3)));
            record.set("kl/beta", self.state.kl.beta);
            kls = sums.into_iter().map(|(k1, _)| k1).collect();
            lesson.reference = split(&reference);
        }
        let rewards = match &config.grpo_lambda {
            Some(rule) => rule.rewards(&rollout.scored.rewards, &lengths, config.num_generations),
            None => rollout.scored.rewards.clone(),
        };
        if config.algorithm == Algorithm::Ppo {
            let head = self.policy.value.as_ref().map(Linear::detached);
            let outputs = tokens.read(&self.network, head.as_ref(), config.temperature)?;
            let values = outputs.values.as_ref().map_or(Ok(Vec::new()), numbers)?;
            lesson.values = split(&values);
            self.generalised(rollout, &rewards, &mut lesson);
        } else {
            let advantages = self.advantages(rollout, rewards, &kls, record)?;
            for ((advantage, kept), length) in
                advantages.into_iter().zip(&mut lesson.kept).zip(lengths)
            {
                *kept = advantage.is_some();
                lesson.advantages.push(vec![advantage.unwrap_or(0.0); length]);
            }
        }
        if config.mask_truncated_completions {
            for (kept, completion) in lesson.kept.iter_mut().zip(&rollout.completions) {
                *kept &= completion.finished;
            }
        }
        self.state.kl.update(mean(kls), rollout.completions.len());
        Ok(lesson)
    }

    /// One advantage per completion, `None` for those not to be learned from; of imitated ones it is not
    /// read.
    fn advantages(
        &mut self,
        rollout: &Rollout,
        mut rewards: Vec<Option<f64>>,
        kls: &[f64],
        record: &mut Record,
    ) -> Result<Vec<Option<f64>>, TrainError> {
        let (config, size) = (self.config, self.config.num_generations);
        let imitated = |imitated: bool| imitated.then_some(0.0);
        if config.algorithm == Algorithm::BestOfN {
            return Ok(best_of_group(&rewards, size).into_iter().map(imitated).collect());
        }
        if config.algorithm == Algorithm::ExpertIteration {
            let accepted = |reward: f64| imitated(reward >= config.accept_above);
            return Ok(rewards.into_iter().map(|reward| reward.and_then(accepted)).collect());
        }
        if !config.constraints.is_empty() {
            return self.constrained(rollout, kls, record);
        }
        if config.kl_place == KlPlace::Reward && self.state.kl.beta > 0.0 {
            for (reward, kl) in rewards.iter_mut().zip(kls) {
                *reward = reward.map(|reward| reward - self.state.kl.beta * kl);
            }
        }
        Ok(if config.algorithm == Algorithm::Rloo {
            leave_one_out(&rewards, size)
        } else {
            relative(&rewards, size, config.scale_rewards)
        })
    }

    /// PPO's advantages and returns.
    fn generalised(&self, rollout: &Rollout, rewards: &[Option<f64>], lesson: &mut Lesson) {
        let in_reward = self.config.kl_place == KlPlace::Reward;
        let beta = if in_reward { self.state.kl.beta } else { 0.0 };
        for (index, completion) in rollout.completions.iter().enumerate() {
            lesson.kept[index] = rewards[index].is_some();
            let reference = lesson.reference.get(index).unwrap_or(&completion.log_probs);
            let score = rewards[index].unwrap_or(0.0);
            let rewards = token_rewards(score, &completion.log_probs, reference, beta);
            let (gamma, lambda) = (self.config.gamma, self.config.gae_lambda);
            let (advantages, returns) = gae(&rewards, &lesson.values[index], gamma, lambda);
            lesson.advantages.push(advantages);
            lesson.returns.push(returns);
        }
        let known = |lesson: &Lesson| -> Vec<f64> {
            let rows = lesson.advantages.iter().zip(&lesson.kept).filter(|(_, kept)| **kept);
            rows.flat_map(|(row, _)| row.iter().copied()).collect()
        };
        let mut white = whitened(&known(lesson)).into_iter();
        for (row, kept) in lesson.advantages.iter_mut().zip(&lesson.kept) {
            if *kept {
                row.iter_mut().zip(&mut white).for_each(|(advantage, white)| *advantage = white);
            }
        }
    }

    /// Advantages of components with thresholds; the multipliers move on.
    fn constrained(
        &mut self,
        rollout: &Rollout,
        kls: &[f64],
        record: &mut Record,
    ) -> Result<Vec<Option<f64>>, TrainError> {
        let constraints = &self.config.constraints;
        let column = |name: &String| {
            let missing = || TrainError::Config(format!("the pipeline has no column {name}"));
            rollout.scored.components.get(name).ok_or_else(missing)
        };
        let columns = constraints
            .iter()
            .map(|constraint| column(&constraint.component))
            .collect::<Result<Vec<_>, _>>()?;
        let known = |row: &usize| columns.iter().all(|column| column[*row].is_some());
        let rows: Vec<usize> = (0..kls.len()).filter(known).collect();
        let values: Vec<Vec<f64>> = columns
            .iter()
            .map(|column| rows.iter().filter_map(|row| column[*row]).collect())
            .collect();
        let weights = self.state.multipliers.weights(constraints);
        let kl: Vec<f64> = rows.iter().map(|row| kls[*row]).collect();
        let mut advantages = vec![None; kls.len()];
        for (row, advantage) in rows.iter().zip(mixed(&kl, &values, &weights)) {
            advantages[*row] = Some(advantage);
        }
        if !rows.is_empty() {
            let means: Vec<f64> =
                values.iter().map(|column| mean(column.iter().copied())).collect();
            self.state.multipliers.update(constraints, &means, self.config.multiplier_rate);
        }
        for (constraint, weight) in constraints.iter().zip(weights) {
            record.set(&format!("multiplier/{}", constraint.component), weight);
        }
        Ok(advantages)
    }
}
