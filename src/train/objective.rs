//! What an update of a policy minimises.
//!
//! An [`Objective`] is a pure function of numbers: log-probabilities of the tokens of a batch, under the
//! policy, the policy that sampled them and the reference, with advantages or labels; and it answers with
//! its value *and its exact derivative* by each log-probability, entropy and value. The trainer needs no
//! more: `Σ derivative · log π(token)` has the gradient of the loss. So no objective knows of tensors,
//! each is tested with numbers worked out by hand, and every derivative against finite differences.
//! Selections over a batch (Clip-Cov, KL-Cov) see the whole mini-batch, never a part of it.
//!
//! To add one: a file with the paper's equation and its numbers as tests, `impl Objective`, and a line in
//! the trainer's configuration.

mod clip_cov;
mod clipped;
mod dpo;
mod entropy;
mod kl;
mod kl_cov;
mod kto;
mod likelihood;
mod simpo;
mod sqrt_chi2;
#[cfg(test)]
mod testing;
mod value;

use std::{fmt, ops::Range};

use serde::{Deserialize, Serialize};

pub use clip_cov::ClipCov;
pub use clipped::{Clipped, Level};
pub use dpo::Dpo;
pub use entropy::EntropyBonus;
pub use kl::{Estimator, KlPenalty};
pub use kl_cov::KlCov;
pub use kto::Kto;
pub use likelihood::Likelihood;
pub use simpo::SimPo;
pub use sqrt_chi2::SqrtChi2;
pub use value::ValueLoss;

/// What a batch is to an objective. All slices but `sequences`, `kept` and `labels` have one entry per
/// token of the batch, or are empty where the trainer does not need them.
#[derive(Clone, Copy, Debug, Default)]
pub struct View<'a> {
    /// The completions' tokens, each a range of the other slices; never an empty range.
    pub sequences: &'a [Range<usize>],
    /// Whether a sequence counts: false without a reward, or filtered out.
    pub kept: &'a [bool],
    /// Log-probabilities under the policy, in nats.
    pub log_probs: &'a [f64],
    /// Under the policy that sampled the tokens.
    pub old: &'a [f64],
    /// Under the reference policy.
    pub reference: &'a [f64],
    /// Advantages, in units of the reward or standardised.
    pub advantages: &'a [f64],
    /// Entropies of the policy's next-token distributions, in nats.
    pub entropies: &'a [f64],
    /// The value head's estimates.
    pub values: &'a [f64],
    /// Its estimates when the tokens were sampled.
    pub old_values: &'a [f64],
    /// What it should have estimated.
    pub returns: &'a [f64],
    /// What each sequence is in a preference file; empty for sampled ones.
    pub labels: &'a [Label],
    /// Kept tokens of the whole step, per mini-batch of it (`loss_type = "dapo"`).
    pub step_tokens: f64,
    /// Longest completion allowed, in tokens (`loss_type = "dr_grpo"`).
    pub max_tokens: usize,
    /// Decides what an objective draws at random.
    pub draw: u64,
}

/// What a sequence of a preference file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// Preferred, or desirable.
    Chosen,
    /// The other one, or undesirable. In a pair it follows its chosen one.
    Rejected,
    /// A completion of another prompt, to estimate a divergence by.
    Mismatched,
}

impl View<'_> {
    /// Indices and tokens of the sequences that count.
    pub fn kept(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        let all = self.sequences.iter().cloned().enumerate();
        all.filter(|(index, _)| self.kept.get(*index).copied().unwrap_or(true))
    }

    /// How many tokens count.
    #[must_use]
    pub fn kept_tokens(&self) -> usize {
        self.kept().map(|(_, tokens)| tokens.len()).sum()
    }

    /// `log π − log π_ref` of a token.
    fn lead(&self, token: usize) -> f64 {
        self.log_probs[token] - self.reference[token]
    }

    /// The sum of the log-probabilities of a sequence under the policy, and under the reference.
    fn sums(&self, sequence: usize) -> (f64, f64) {
        let tokens = self.sequences[sequence].clone();
        let reference = self.reference.get(tokens.clone()).unwrap_or_default();
        (self.log_probs[tokens].iter().sum(), reference.iter().sum())
    }
}

/// How the losses of tokens are averaged, under TRL's names. Sequences that do not count are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossType {
    /// Mean over sequences of the mean over their tokens (Shao et al. 2024, arXiv 2402.03300, Eq. 3).
    Grpo,
    /// Sum over tokens, by the number of sequences times the longest completion allowed: no favour to
    /// short right or long wrong ones (Liu et al. 2025, arXiv 2503.20783).
    DrGrpo,
    /// Mean over the tokens of the whole step (Yu et al. 2025, *DAPO*, arXiv 2503.14476, Eq. 12).
    #[default]
    Dapo,
    /// Mean over the tokens of the mini-batch.
    Bnpo,
}

impl LossType {
    /// The weight of each token of a sequence with `length` tokens.
    fn weight(self, view: &View<'_>, length: usize) -> f64 {
        let sequences = view.kept().count().max(1) as f64;
        1.0 / match self {
            Self::Grpo => sequences * length.max(1) as f64,
            Self::DrGrpo => sequences * view.max_tokens.max(1) as f64,
            Self::Dapo => view.step_tokens.max(1.0),
            Self::Bnpo => view.kept_tokens().max(1) as f64,
        }
    }
}

/// The value of an objective and its derivatives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// The loss.
    pub loss: f64,
    /// Its derivative by each token's log-probability.
    pub by_log_prob: Vec<f64>,
    /// Its derivative by each token's entropy.
    pub by_entropy: Vec<f64>,
    /// Its derivative by each token's value.
    pub by_value: Vec<f64>,
    /// What is worth a line of metrics, by name.
    pub figures: Vec<(&'static str, f64)>,
}

impl Evaluation {
    fn zero(view: &View<'_>) -> Self {
        let zeros = vec![0.0; view.log_probs.len()];
        Self {
            by_log_prob: zeros.clone(),
            by_entropy: zeros.clone(),
            by_value: zeros,
            ..Self::default()
        }
    }

    fn add(&mut self, other: Self) {
        self.loss += other.loss;
        let sums = [
            (&mut self.by_log_prob, other.by_log_prob),
            (&mut self.by_entropy, other.by_entropy),
            (&mut self.by_value, other.by_value),
        ];
        for (sum, terms) in sums {
            sum.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
        }
        self.figures.extend(other.figures);
    }
}

/// A loss with its derivatives. Equal views give equal bits.
pub trait Objective: fmt::Debug + Send + Sync {
    /// The loss of a batch. Tokens of sequences that do not count have derivative 0.
    fn evaluate(&self, view: &View<'_>) -> Evaluation;
}

/// The sum of objectives, each with its weight inside it.
#[derive(Debug, Default)]
pub struct Sum(pub Vec<Box<dyn Objective>>);

impl Objective for Sum {
    fn evaluate(&self, view: &View<'_>) -> Evaluation {
        let mut total = Evaluation::zero(view);
        self.0.iter().for_each(|objective| total.add(objective.evaluate(view)));
        total
    }
}

/// `1 / (1 + e^−x)`, without overflow.
pub(super) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// `ln(1 + eˣ)`, without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Each token's covariance term `(A − mean A)(log π − mean log π)` over the tokens that count, with the
/// index of the token (Cui et al. 2025, arXiv 2505.22617, Eq. 9).
fn covariances(view: &View<'_>) -> Vec<(usize, f64)> {
    let tokens: Vec<usize> = view.kept().flat_map(|(_, tokens)| tokens).collect();
    let mean = |values: &[f64]| {
        tokens.iter().map(|token| values[*token]).sum::<f64>() / tokens.len().max(1) as f64
    };
    let (advantage, log_prob) = (mean(view.advantages), mean(view.log_probs));
    let term =
        |token: usize| (view.advantages[token] - advantage) * (view.log_probs[token] - log_prob);
    tokens.iter().map(|token| (*token, term(*token))).collect()
}

#[cfg(test)]
mod tests {
    use super::{testing::Case, *};

    #[test]
    fn loss_types_weigh_tokens_as_trl_does() {
        // Two sequences of 1 and 3 tokens, a third one left out; at most 5 tokens; 6 per mini-batch.
        let case = Case { kept: vec![true, true, false], ..Case::sequences(&[1, 3, 2]) };
        let view = View { step_tokens: 6.0, max_tokens: 5, ..case.view() };
        let weights = |kind: LossType| [1, 3].map(|length| kind.weight(&view, length));
        assert_eq!(weights(LossType::Grpo), [0.5, 1.0 / 6.0]);
        assert_eq!(weights(LossType::DrGrpo), [0.1, 0.1]);
        assert_eq!(weights(LossType::Dapo), [1.0 / 6.0; 2]);
        assert_eq!(weights(LossType::Bnpo), [0.25; 2]);
    }

    #[test]
    fn covariances_are_those_of_the_paper() {
        let case = Case::entropy_mechanism();
        let expected = [0.941667, -1.008333, 0.691667, -0.891667, 2.008333, -0.491667];
        for ((_, got), expected) in covariances(&case.view()).into_iter().zip(expected) {
            assert!((got - expected).abs() < 1e-6, "{got} {expected}");
        }
    }

    #[test]
    fn a_sum_adds_losses_and_derivatives() {
        let case = Case::entropy_mechanism();
        let parts: Vec<Box<dyn Objective>> = vec![
            Box::new(Likelihood { normaliser: LossType::Bnpo }),
            Box::new(EntropyBonus { coefficient: 0.1, normaliser: LossType::Bnpo }),
        ];
        let alone: f64 = parts.iter().map(|part| part.evaluate(&case.view()).loss).sum();
        let sum = Sum(parts).evaluate(&case.view());
        assert!((sum.loss - alone).abs() < 1e-12);
        assert!((sum.by_log_prob[0] + 1.0 / 6.0).abs() < 1e-12);
        assert!((sum.by_entropy[5] + 0.1 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn logistic_functions_do_not_overflow() {
        assert_eq!((sigmoid(1000.0), sigmoid(-1000.0)), (1.0, 0.0));
        assert_eq!((softplus(1000.0), softplus(-1000.0)), (1000.0, 0.0));
    }
}
