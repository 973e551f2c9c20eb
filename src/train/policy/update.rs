//! One descent of an objective.

use candle_core::{Device, Tensor};

use super::{
    config::PolicyConfig,
    model::Policy,
    tokens::{Outputs, Tokens, numbers},
};
use crate::train::{
    TrainError,
    objective::{Evaluation, Objective, View},
    optim::{AdamW, Schedule, clip_global_norm, gradients},
};

/// The optimiser with what steers it.
#[derive(Debug)]
pub(super) struct Descent {
    pub(super) optimiser: AdamW,
    schedule: Schedule,
    max_grad_norm: f64,
    temperature: f64,
}

/// What an update came to.
#[derive(Debug)]
pub(super) struct Update {
    pub(super) evaluation: Evaluation,
    pub(super) gradient_norm: f64,
    pub(super) rate: f64,
    /// Mean entropy of the tokens, in nats.
    pub(super) entropy: f64,
}

impl Descent {
    /// For a run of `updates` updates.
    pub(super) fn new(
        config: &PolicyConfig,
        policy: &Policy,
        updates: usize,
    ) -> Result<Self, TrainError> {
        let schedule = Schedule {
            peak: config.learning_rate,
            warmup: config.warmup_steps,
            total: updates,
            decay: config.decay,
            floor: 0.0,
        };
        Ok(Self {
            optimiser: AdamW::new(&policy.params, config.optimiser.clone())?,
            schedule,
            max_grad_norm: config.max_grad_norm,
            temperature: if config.algorithm.is_offline() { 1.0 } else { config.temperature },
        })
    }

    /// Reads the tokens with the policy, asks the objective for its derivatives, and follows them. `view`
    /// lacks only what is read here.
    pub(super) fn step(
        &mut self,
        policy: &Policy,
        tokens: &Tokens,
        objective: &dyn Objective,
        view: View<'_>,
        step: usize,
    ) -> Result<Update, TrainError> {
        let outputs = tokens.read(&policy.network, policy.value.as_ref(), self.temperature)?;
        let log_probs = numbers(&outputs.log_probs)?;
        let entropies = numbers(&outputs.entropies)?;
        let values = outputs.values.as_ref().map_or(Ok(Vec::new()), numbers)?;
        let evaluation = objective.evaluate(&View {
            sequences: &tokens.sequences,
            log_probs: &log_probs,
            entropies: &entropies,
            values: &values,
            ..view
        });
        if !evaluation.loss.is_finite() {
            return Err(TrainError::Diverged(step));
        }
        let mut gradients =
            gradients(&policy.params, &surrogate(&outputs, &evaluation)?.backward()?)?;
        let gradient_norm = clip_global_norm(&mut gradients, self.max_grad_norm)?;
        if !gradient_norm.is_finite() {
            return Err(TrainError::Diverged(step));
        }
        let rate = self.schedule.rate(self.optimiser.steps());
        self.optimiser.step(&policy.params, &gradients, rate)?;
        let entropy = entropies.iter().sum::<f64>() / entropies.len().max(1) as f64;
        Ok(Update { evaluation, gradient_norm, rate, entropy })
    }
}

/// A scalar whose gradient is the objective's: each output times the derivative by it.
fn surrogate(outputs: &Outputs, evaluation: &Evaluation) -> Result<Tensor, TrainError> {
    let weighed = |output: &Tensor, derivatives: &[f64]| -> Result<Tensor, TrainError> {
        let derivatives: Vec<f32> = derivatives.iter().map(|value| *value as f32).collect();
        let derivatives = Tensor::from_vec(derivatives, output.dims(), &Device::Cpu)?;
        Ok((output * derivatives)?.sum_all()?)
    };
    let mut total = weighed(&outputs.log_probs, &evaluation.by_log_prob)?;
    if evaluation.by_entropy.iter().any(|derivative| *derivative != 0.0) {
        total = (total + weighed(&outputs.entropies, &evaluation.by_entropy)?)?;
    }
    if let Some(values) = &outputs.values {
        total = (total + weighed(values, &evaluation.by_value)?)?;
    }
    Ok(total)
}
