//! Completions of a step, with their rewards.

use std::time::Instant;

use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::{
    config::PolicyConfig,
    model::Policy,
    prompts::Prompt,
    reward::{RewardSource, Scored},
    sample::{Completion, Sampling, sample},
};
use crate::train::{TrainError, credit::informative, nn::CausalLm};

/// What a draw is for: draws for different purposes never coincide.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    Rollout,
    Evaluation,
    Update,
    Order,
}

/// A seed that follows from the run's, the purpose and the step.
pub(super) fn seed(run: u64, purpose: Purpose, step: usize, attempt: usize) -> u64 {
    let mut rng = ChaCha8Rng::seed_from_u64(run);
    rng.set_stream(((purpose as u64) << 56) | ((step as u64) << 8) | attempt as u64);
    rng.next_u64()
}

/// The order in which prompts are asked: shuffled anew each time all have been.
#[derive(Debug)]
pub(super) struct Order {
    count: usize,
    seed: u64,
    epoch: usize,
    order: Vec<usize>,
}

impl Order {
    pub(super) fn new(count: usize, run: u64) -> Self {
        let mut order = Self { count, seed: run, epoch: 0, order: Vec::new() };
        order.shuffle(0);
        order
    }

    fn shuffle(&mut self, epoch: usize) {
        self.epoch = epoch;
        self.order = (0..self.count).collect();
        let seed = seed(self.seed, Purpose::Order, epoch, 0);
        self.order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    }

    /// The prompt that is asked as number `cursor` of the run.
    pub(super) fn at(&mut self, cursor: usize) -> usize {
        if cursor / self.count != self.epoch {
            self.shuffle(cursor / self.count);
        }
        self.order[cursor % self.count]
    }
}

/// Completions in groups of equal size, and what the service says of them.
#[derive(Debug, Default)]
pub(super) struct Rollout {
    pub(super) prompts: Vec<usize>,
    pub(super) completions: Vec<Completion>,
    pub(super) texts: Vec<String>,
    pub(super) scored: Scored,
    /// Share of the first attempt's groups that told nothing.
    pub(super) uninformative: f64,
    pub(super) seconds_generate: f64,
    pub(super) seconds_reward: f64,
}

impl Rollout {
    fn push_group(&mut self, from: &mut Self, group: std::ops::Range<usize>) {
        self.prompts.extend_from_slice(&from.prompts[group.clone()]);
        self.completions.extend_from_slice(&from.completions[group.clone()]);
        self.texts.extend_from_slice(&from.texts[group.clone()]);
        let before = self.scored.rewards.len();
        self.scored.rewards.extend_from_slice(&from.scored.rewards[group.clone()]);
        for (name, column) in &from.scored.components {
            let mine = self.scored.components.entry(name.clone()).or_default();
            mine.resize(before, None);
            mine.extend_from_slice(&column[group.clone()]);
        }
    }
}

/// How completions are asked for and scored.
pub(super) struct Asking<'a> {
    pub(super) policy: &'a Policy,
    pub(super) network: &'a CausalLm,
    pub(super) prompts: &'a [Prompt],
    pub(super) encoded: &'a [Vec<u32>],
    pub(super) rewards: &'a mut dyn RewardSource,
}

impl Asking<'_> {
    /// `each` completions of every chosen prompt, scored in one call.
    pub(super) fn ask(
        &mut self,
        chosen: &[usize],
        each: usize,
        sampling: Sampling,
        key: &str,
    ) -> Result<Rollout, TrainError> {
        let begun = Instant::now();
        let prompts: Vec<usize> =
            chosen.iter().flat_map(|prompt| std::iter::repeat_n(*prompt, each)).collect();
        let rows: Vec<&[u32]> =
            prompts.iter().map(|prompt| self.encoded[*prompt].as_slice()).collect();
        let completions = sample(self.network, &rows, sampling, self.policy.eos)?;
        let decode = |completion: &Completion| self.policy.tokenizer.decode(completion.tokens());
        let texts = completions.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
        let seconds_generate = begun.elapsed().as_secs_f64();
        let samples: Vec<_> = (0..texts.len())
            .map(|row| {
                let completion = &completions[row];
                let group = format!("{}", row / each);
                let tokens = completion.tokens().len();
                self.prompts[prompts[row]].sample(&texts[row], tokens, completion.finished, &group)
            })
            .collect();
        let begun = Instant::now();
        let scored = self.rewards.score(key, &samples)?;
        let seconds_reward = begun.elapsed().as_secs_f64();
        Ok(Rollout {
            prompts,
            completions,
            texts,
            scored,
            uninformative: 0.0,
            seconds_generate,
            seconds_reward,
        })
    }

    /// A step's rollout. With dynamic sampling, groups that tell nothing are replaced by those of further
    /// prompts, as often as configured; then they are dropped. `cursor` counts the prompts asked.
    pub(super) fn roll(
        &mut self,
        config: &PolicyConfig,
        order: &mut Order,
        cursor: &mut usize,
        step: usize,
    ) -> Result<Rollout, TrainError> {
        let mut kept = Rollout::default();
        for attempt in 0..=config.dynamic_sampling {
            let wanted = config.prompts_per_step - kept.prompts.len() / config.num_generations;
            if wanted == 0 {
                break;
            }
            let chosen: Vec<usize> = (0..wanted).map(|index| order.at(*cursor + index)).collect();
            *cursor += wanted;
            let sampling = Sampling {
                max_tokens: config.max_completion_length,
                temperature: config.temperature,
                seed: seed(config.seed, Purpose::Rollout, step, attempt),
            };
            let key = format!("step-{step}-{attempt}");
            let mut rollout = self.ask(&chosen, config.num_generations, sampling, &key)?;
            let tells = informative(&rollout.scored.rewards, config.num_generations);
            if attempt == 0 {
                let silent = tells.iter().filter(|tells| !**tells).count();
                rollout.uninformative = silent as f64 / tells.len() as f64;
                if config.dynamic_sampling == 0 {
                    return Ok(rollout);
                }
                kept.uninformative = rollout.uninformative;
            }
            for (group, tells) in tells.into_iter().enumerate() {
                if tells {
                    let begin = group * config.num_generations;
                    kept.push_group(&mut rollout, begin..begin + config.num_generations);
                }
            }
            for (status, count) in std::mem::take(&mut rollout.scored.misses) {
                *kept.scored.misses.entry(status).or_default() += count;
            }
            kept.scored.seconds.append(&mut rollout.scored.seconds);
            kept.seconds_generate += rollout.seconds_generate;
            kept.seconds_reward += rollout.seconds_reward;
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_is_asked_once_an_epoch_in_an_order_that_can_be_resumed() {
        let mut order = Order::new(10, 1);
        let first: Vec<usize> = (0..10).map(|cursor| order.at(cursor)).collect();
        let second: Vec<usize> = (10..20).map(|cursor| order.at(cursor)).collect();
        assert_ne!(first, second);
        let mut sorted = second.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..10).collect::<Vec<_>>());
        assert_eq!(Order::new(10, 1).at(13), second[3]);
        assert_eq!(order.at(0), first[0]);
    }

    #[test]
    fn purposes_steps_and_attempts_draw_apart() {
        let seeds = [
            seed(1, Purpose::Rollout, 1, 0),
            seed(1, Purpose::Rollout, 1, 1),
            seed(1, Purpose::Rollout, 2, 0),
            seed(1, Purpose::Evaluation, 1, 0),
            seed(2, Purpose::Rollout, 1, 0),
        ];
        let distinct: std::collections::BTreeSet<_> = seeds.iter().collect();
        assert_eq!(distinct.len(), seeds.len());
    }
}
