//! What a run is told. Names are TRL's where TRL has the option.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::train::{
    TrainError,
    credit::{Constraint, GrpoLambda, Scale},
    objective::{Estimator, Level, LossType},
    optim::{AdamWConfig, Decay},
};

/// How rewards become an update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// Advantages relative to the group (arXiv 2402.03300).
    #[default]
    Grpo,
    /// Advantages relative to the others of the group, one ratio per completion (arXiv 2402.14740).
    Rloo,
    /// A value head and generalised advantages (arXiv 1707.06347).
    Ppo,
    /// Imitates the best completion of each group.
    BestOfN,
    /// Imitates every completion whose reward reaches `accept_above`.
    ExpertIteration,
    /// Preference pairs against the reference (arXiv 2305.18290). No rewards.
    Dpo,
    /// Preference pairs by mean log-probability (arXiv 2405.14734). No rewards.
    Simpo,
    /// Good and bad completions (arXiv 2402.01306). No rewards.
    Kto,
}

impl Algorithm {
    /// Whether it learns from preference files instead of rewards.
    #[must_use]
    pub fn is_offline(self) -> bool {
        matches!(self, Self::Dpo | Self::Simpo | Self::Kto)
    }
}

/// Which surrogate GRPO, RLOO and PPO descend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyLoss {
    /// Clipped probability ratios.
    #[default]
    Clip,
    /// The same, some tokens of high covariance cut (arXiv 2505.22617).
    ClipCov,
    /// Ratios unclipped, the tokens of highest covariance held (arXiv 2505.22617).
    KlCov,
}

/// Where divergence from the reference is paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KlPlace {
    /// In the reward, as k1: the gradient is that of the divergence.
    #[default]
    Reward,
    /// In the loss, by `kl_estimator`.
    Loss,
}

/// Everything that decides the outcome of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyConfig {
    /// Directory of the policy to begin with, which is also the reference.
    pub base: PathBuf,
    /// JSONL file of prompts: `prompt`, and further fields of a sample (`answer`, `tests`, …).
    pub prompts: PathBuf,
    /// Such a file to evaluate on. Absent: the prompts themselves.
    pub eval_prompts: Option<PathBuf>,
    /// JSONL file of preference pairs, for the offline algorithms.
    pub preferences: PathBuf,
    /// Where the run writes.
    pub output: PathBuf,
    /// The service that rewards come from, `http://host:port`.
    pub reward_url: String,
    /// Its pipeline.
    pub pipeline: String,

    /// How rewards become an update.
    pub algorithm: Algorithm,
    /// Which surrogate is descended.
    pub policy_loss: PolicyLoss,
    /// Steps: rollouts with their updates; of offline runs, batches.
    pub steps: usize,
    /// Prompts per step; of offline runs, pairs.
    pub prompts_per_step: usize,
    /// Completions per prompt.
    pub num_generations: usize,
    /// Longest completion, in tokens.
    pub max_completion_length: usize,
    /// Sampling temperature, above 0.
    pub temperature: f64,
    /// Passes over each step's completions.
    pub num_iterations: usize,
    /// Updates per pass: the completions are cut into as many parts.
    pub mini_batches: usize,

    /// How tokens are averaged.
    pub loss_type: LossType,
    /// How far below 1 a probability ratio counts.
    pub epsilon: f64,
    /// How far above 1. Absent: as below. 0.28 is DAPO's clip-higher.
    pub epsilon_high: Option<f64>,
    /// Greatest ratio of all, also for negative advantages.
    pub delta: Option<f64>,
    /// Whose ratio: `token`, `sequence` (GSPO) or `trajectory`; RLOO's is always the trajectory's.
    pub importance_sampling_level: Level,
    /// What advantages are divided by.
    pub scale_rewards: Scale,
    /// Leaves out completions that were cut off (overlong filtering).
    pub mask_truncated_completions: bool,
    /// Times that groups of equal rewards are replaced by new prompts' (dynamic sampling); 0: never.
    pub dynamic_sampling: usize,
    /// The least reward that expert iteration imitates.
    pub accept_above: f64,

    /// Weight of the divergence from the reference; of offline runs, the inverse temperature.
    pub beta: f64,
    /// Where the divergence is paid for.
    pub kl_place: KlPlace,
    /// How it is estimated in the loss.
    pub kl_estimator: Estimator,
    /// Divergence to be held by an adaptive `beta`, in nats per completion.
    pub kl_target: Option<f64>,
    /// Completions over which an adaptive `beta` settles.
    pub kl_horizon: f64,
    /// What a nat of entropy is worth.
    pub entropy_coef: f64,
    /// Weight of √χ² from the reference (arXiv 2403.03185).
    pub sqrt_chi2_coef: f64,
    /// Share of tokens that Clip-Cov cuts or KL-Cov holds.
    pub cov_share: f64,
    /// Clip-Cov's band of covariances.
    pub cov_band: (f64, f64),
    /// KL-Cov's weight.
    pub cov_coef: f64,
    /// Pays for brevity in groups that are mostly right (arXiv 2505.18086).
    pub grpo_lambda: Option<GrpoLambda>,
    /// Component rewards to be brought to thresholds (arXiv 2310.04373), instead of the reward itself.
    pub constraints: Vec<Constraint>,
    /// Learning rate of their multipliers.
    pub multiplier_rate: f64,

    /// PPO's discount.
    pub gamma: f64,
    /// PPO's decay of advantages.
    pub gae_lambda: f64,
    /// Weight of the value head's loss.
    pub vf_coef: f64,
    /// How far a value may move per step.
    pub cliprange_value: f64,

    /// SimPO's target margin over `beta`.
    pub gamma_beta_ratio: f64,
    /// Probability that a preference is wrong.
    pub label_smoothing: f64,
    /// KTO's weight of chosen completions.
    pub desirable_weight: f64,
    /// KTO's weight of rejected ones.
    pub undesirable_weight: f64,

    /// Constants of the optimiser.
    pub optimiser: AdamWConfig,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// Updates over which it rises.
    pub warmup_steps: usize,
    /// How it falls.
    pub decay: Decay,
    /// Longest joint gradient; 0: not clipped.
    pub max_grad_norm: f64,
    /// Decides the order of prompts and every draw.
    pub seed: u64,

    /// Steps between evaluations; 0: none. One is before the first step, one after the last.
    pub eval_every: usize,
    /// Completions per prompt of an evaluation.
    pub eval_generations: usize,
    /// Temperature of an evaluation; 0 takes the likeliest token.
    pub eval_temperature: f64,
    /// Steps between checkpoints; 0: none.
    pub checkpoint_every: usize,
    /// Steps between lines of progress; 0: none.
    pub report_every: usize,
}

impl Default for PolicyConfig {
    fn default() -> Self {
        Self {
            base: PathBuf::new(),
            prompts: PathBuf::new(),
            eval_prompts: None,
            preferences: PathBuf::new(),
            output: PathBuf::new(),
            reward_url: "http://127.0.0.1:8080".to_owned(),
            pipeline: String::new(),
            algorithm: Algorithm::Grpo,
            policy_loss: PolicyLoss::Clip,
            steps: 100,
            prompts_per_step: 8,
            num_generations: 8,
            max_completion_length: 64,
            temperature: 1.0,
            num_iterations: 1,
            mini_batches: 1,
            loss_type: LossType::Dapo,
            epsilon: 0.2,
            epsilon_high: None,
            delta: None,
            importance_sampling_level: Level::Token,
            scale_rewards: Scale::Group,
            mask_truncated_completions: false,
            dynamic_sampling: 0,
            accept_above: 1.0,
            beta: 0.0,
            kl_place: KlPlace::Reward,
            kl_estimator: Estimator::K3,
            kl_target: None,
            kl_horizon: 10_000.0,
            entropy_coef: 0.0,
            sqrt_chi2_coef: 0.0,
            cov_share: 2e-3,
            cov_band: (1.0, 5.0),
            cov_coef: 1.0,
            grpo_lambda: None,
            constraints: Vec::new(),
            multiplier_rate: 0.1,
            gamma: 1.0,
            gae_lambda: 0.95,
            vf_coef: 0.1,
            cliprange_value: 0.2,
            gamma_beta_ratio: 0.5,
            label_smoothing: 0.0,
            desirable_weight: 1.0,
            undesirable_weight: 1.0,
            optimiser: AdamWConfig { weight_decay: 0.0, ..AdamWConfig::default() },
            learning_rate: 1e-4,
            warmup_steps: 0,
            decay: Decay::Constant,
            max_grad_norm: 1.0,
            seed: 0,
            eval_every: 10,
            eval_generations: 4,
            eval_temperature: 1.0,
            checkpoint_every: 10,
            report_every: 10,
        }
    }
}

impl PolicyConfig {
    /// Finds what cannot be run.
    ///
    /// # Errors
    /// With the first option at fault.
    pub fn check(&self) -> Result<(), TrainError> {
        let positive = [
            ("steps", self.steps),
            ("prompts_per_step", self.prompts_per_step),
            ("num_generations", self.num_generations),
            ("max_completion_length", self.max_completion_length),
            ("num_iterations", self.num_iterations),
            ("mini_batches", self.mini_batches),
            ("eval_generations", self.eval_generations),
        ];
        let rules = positive.iter().map(|(name, value)| (*name, *value > 0, "must be at least 1"));
        let numbers = [
            ("temperature", self.temperature > 0.0, "must be above 0"),
            ("eval_temperature", self.eval_temperature >= 0.0, "must not be negative"),
            ("beta", self.beta >= 0.0, "must not be negative"),
            ("epsilon", (0.0..=1.0).contains(&self.epsilon), "must be between 0 and 1"),
            ("kl_target", self.kl_target.is_none_or(|target| target > 0.0), "must be above 0"),
            ("label_smoothing", (0.0..0.5).contains(&self.label_smoothing), "must be in [0, 0.5)"),
            (
                "policy_loss",
                self.policy_loss == PolicyLoss::Clip
                    || (self.importance_sampling_level == Level::Token
                        && self.algorithm != Algorithm::Rloo),
                "clip_cov and kl_cov select tokens: the ratio must be the token's",
            ),
            (
                "constraints",
                self.constraints.is_empty()
                    || matches!(self.algorithm, Algorithm::Grpo | Algorithm::Rloo),
                "need grpo or rloo",
            ),
            (
                "num_generations",
                self.num_generations > 1
                    || matches!(self.algorithm, Algorithm::Ppo | Algorithm::ExpertIteration)
                    || self.algorithm.is_offline(),
                "must be at least 2: this algorithm compares completions of one prompt",
            ),
        ];
        match rules.chain(numbers).find(|(_, holds, _)| !holds) {
            Some((name, _, message)) => Err(TrainError::Config(format!("{name} {message}"))),
            None => Ok(()),
        }
    }

    /// What must be equal for a run to be continued: all that decides its numbers, and no path.
    pub(super) fn identity(&self) -> Result<serde_json::Value, TrainError> {
        let numbers = Self {
            base: PathBuf::new(),
            prompts: PathBuf::new(),
            eval_prompts: None,
            preferences: PathBuf::new(),
            output: PathBuf::new(),
            reward_url: String::new(),
            checkpoint_every: 0,
            report_every: 0,
            ..self.clone()
        };
        serde_json::to_value(numbers).map_err(|error| TrainError::Config(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_run_is_named() {
        let fault = |change: fn(&mut PolicyConfig)| {
            let mut config = PolicyConfig::default();
            change(&mut config);
            config.check().unwrap_err().to_string()
        };
        PolicyConfig::default().check().unwrap();
        assert!(fault(|c| c.steps = 0).starts_with("steps"));
        assert!(fault(|c| c.temperature = 0.0).starts_with("temperature"));
        assert!(fault(|c| c.beta = f64::NAN).starts_with("beta"));
        assert!(fault(|c| c.num_generations = 1).contains("compares"));
        assert!(
            fault(|c| (c.policy_loss, c.algorithm) = (PolicyLoss::KlCov, Algorithm::Rloo))
                .starts_with("policy_loss")
        );
    }

    #[test]
    fn options_are_read_under_trls_names() {
        let text = "loss_type = \"dr_grpo\"\nscale_rewards = \"none\"\nepsilon_high = 0.28\n\
                    importance_sampling_level = \"sequence\"\nalgorithm = \"best_of_n\"\n\
                    grpo_lambda = { top = 0.2, alpha = 0.5 }\n\
                    constraints = [{ component = \"rm.a\", threshold = 0.3 }]\n";
        let config: PolicyConfig = toml::from_str(text).unwrap();
        assert_eq!(config.loss_type, LossType::DrGrpo);
        assert_eq!(config.algorithm, Algorithm::BestOfN);
        assert_eq!(config.constraints[0].threshold, 0.3);
        assert!(toml::from_str::<PolicyConfig>("num_generation = 3").is_err());
    }
}
