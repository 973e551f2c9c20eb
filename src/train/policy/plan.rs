//! A configuration's objective.

use super::config::{Algorithm, KlPlace, PolicyConfig, PolicyLoss};
use crate::train::objective::{
    ClipCov, Clipped, Dpo, EntropyBonus, KlCov, KlPenalty, Kto, Level, Likelihood, LossType,
    Objective, SimPo, SqrtChi2, Sum, ValueLoss,
};

/// What the run descends. `beta` is the present weight of the divergence.
pub(super) fn objective(config: &PolicyConfig, beta: f64) -> Sum {
    let normaliser = config.loss_type;
    let mut parts: Vec<Box<dyn Objective>> = vec![main(config)];
    if config.algorithm == Algorithm::Ppo {
        parts.push(Box::new(ValueLoss {
            coefficient: config.vf_coef,
            clip: config.cliprange_value,
        }));
    }
    if beta > 0.0 && config.kl_place == KlPlace::Loss && !config.algorithm.is_offline() {
        parts.push(Box::new(KlPenalty { beta, estimator: config.kl_estimator, normaliser }));
    }
    if config.entropy_coef != 0.0 {
        parts.push(Box::new(EntropyBonus { coefficient: config.entropy_coef, normaliser }));
    }
    if config.sqrt_chi2_coef > 0.0 {
        parts.push(Box::new(SqrtChi2 { coefficient: config.sqrt_chi2_coef }));
    }
    Sum(parts)
}

/// Whether the objective or the advantages need the reference's log-probabilities.
pub(super) fn needs_reference(config: &PolicyConfig) -> bool {
    config.beta > 0.0 || config.sqrt_chi2_coef > 0.0 || !config.constraints.is_empty()
}

fn main(config: &PolicyConfig) -> Box<dyn Objective> {
    let (beta, label_smoothing) = (config.beta, config.label_smoothing);
    match config.algorithm {
        Algorithm::Grpo | Algorithm::Rloo | Algorithm::Ppo => surrogate(config),
        Algorithm::BestOfN | Algorithm::ExpertIteration => {
            Box::new(Likelihood { normaliser: config.loss_type })
        }
        Algorithm::Dpo => Box::new(Dpo { beta, label_smoothing }),
        Algorithm::Simpo => {
            let gamma_beta_ratio = config.gamma_beta_ratio;
            Box::new(SimPo { beta, gamma_beta_ratio, label_smoothing })
        }
        Algorithm::Kto => Box::new(Kto {
            beta,
            desirable_weight: config.desirable_weight,
            undesirable_weight: config.undesirable_weight,
        }),
    }
}

fn surrogate(config: &PolicyConfig) -> Box<dyn Objective> {
    let rloo = config.algorithm == Algorithm::Rloo;
    // Leave-one-out treats a completion as one action: one ratio, and no favour to short ones.
    let normaliser = if rloo { LossType::Grpo } else { config.loss_type };
    let level = if rloo { Level::Trajectory } else { config.importance_sampling_level };
    let clipped = Clipped {
        epsilon: config.epsilon,
        epsilon_high: config.epsilon_high.unwrap_or(config.epsilon),
        delta: config.delta,
        level,
        normaliser,
    };
    let share = config.cov_share;
    match config.policy_loss {
        PolicyLoss::Clip => Box::new(clipped),
        PolicyLoss::ClipCov => {
            Box::new(ClipCov { surrogate: clipped, share, band: config.cov_band })
        }
        PolicyLoss::KlCov => Box::new(KlCov { share, coefficient: config.cov_coef, normaliser }),
    }
}
