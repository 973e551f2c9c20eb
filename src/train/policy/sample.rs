//! Completions drawn from a policy.

use candle_core::{Device, Tensor};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::train::{TrainError, nn::CausalLm};

/// How completions are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Longest completion, in tokens.
    pub max_tokens: usize,
    /// Divides the logits; 0 takes the likeliest token.
    pub temperature: f64,
    /// Decides every draw, together with the row.
    pub seed: u64,
}

/// A prompt with a completion, as tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// Prompt, then completion, with its end token if it has one.
    pub ids: Vec<u32>,
    /// How many of them are the prompt; at least one.
    pub prompt: usize,
    /// Whether the end token came; else the completion was cut off.
    pub finished: bool,
    /// Log-probability of each token of the completion when it was drawn (at the temperature, if it is
    /// above 0), in nats.
    pub log_probs: Vec<f64>,
}

impl Completion {
    /// The completion's tokens, with the end token.
    #[must_use]
    pub fn tokens(&self) -> &[u32] {
        &self.ids[self.prompt..]
    }
}

/// Rows computed together.
const BATCH: usize = 256;

/// Draws a completion for each prompt (of at least one token). Row `i` has a generator of its own, so that
/// its draws depend on nothing else. `network` should be without history ([`CausalLm::detached`]).
///
/// # Errors
/// When a prompt with its completion could exceed the network's last position.
pub fn sample(
    network: &CausalLm,
    prompts: &[&[u32]],
    sampling: Sampling,
    eos: u32,
) -> Result<Vec<Completion>, TrainError> {
    let mut completions = Vec::with_capacity(prompts.len());
    for (index, rows) in prompts.chunks(BATCH).enumerate() {
        completions.extend(Rows::new(rows, index * BATCH, sampling, eos).run(network)?);
    }
    Ok(completions)
}

/// Completions in the making. All rows are at the same position: those with longer prompts are still fed
/// them when others draw already, and nothing is padded.
struct Rows {
    completions: Vec<Completion>,
    lengths: Vec<usize>,
    generators: Vec<ChaCha8Rng>,
    sampling: Sampling,
    eos: u32,
}

impl Rows {
    fn new(prompts: &[&[u32]], first: usize, sampling: Sampling, eos: u32) -> Self {
        let begun = |prompt: &&[u32]| Completion {
            ids: prompt.to_vec(),
            prompt: prompt.len(),
            finished: false,
            log_probs: Vec::new(),
        };
        let generator = |row| {
            let mut generator = ChaCha8Rng::seed_from_u64(sampling.seed);
            generator.set_stream((first + row) as u64);
            generator
        };
        Self {
            completions: prompts.iter().map(begun).collect(),
            lengths: prompts.iter().map(|prompt| prompt.len()).collect(),
            generators: (0..prompts.len()).map(generator).collect(),
            sampling,
            eos,
        }
    }

    fn run(mut self, network: &CausalLm) -> Result<Vec<Completion>, TrainError> {
        let shortest = self.lengths.iter().copied().min().unwrap_or(0);
        let longest = self.lengths.iter().copied().max().unwrap_or(0) + self.sampling.max_tokens;
        let mut caches = Vec::new();
        let (mut from, mut to) = (0, shortest);
        while to < longest && !(0..self.completions.len()).all(|row| self.done(row)) {
            let ids = self.inputs(from, to)?;
            let next: Vec<Vec<f32>> = network.extend(&ids, &mut caches)?.to_vec2()?;
            for (row, log_probs) in next.iter().enumerate() {
                if self.completions[row].ids.len() == to && !self.done(row) {
                    self.draw(row, log_probs);
                }
            }
            (from, to) = (to, to + 1);
        }
        Ok(self.completions)
    }

    fn done(&self, row: usize) -> bool {
        let completion = &self.completions[row];
        completion.finished || completion.log_probs.len() == self.sampling.max_tokens
    }

    /// Tokens `from..to` of every row; rows that are done go on with their end token, unread.
    fn inputs(&self, from: usize, to: usize) -> Result<Tensor, TrainError> {
        let mut ids = Vec::with_capacity(self.completions.len() * (to - from));
        for completion in &self.completions {
            ids.extend((from..to).map(|at| completion.ids.get(at).copied().unwrap_or(self.eos)));
        }
        Ok(Tensor::from_vec(ids, (self.completions.len(), to - from), &Device::Cpu)?)
    }

    fn draw(&mut self, row: usize, log_probs: &[f32]) {
        let (token, log_prob) = if self.sampling.temperature > 0.0 {
            let generator = &mut self.generators[row];
            drawn(log_probs, self.sampling.temperature, generator.random())
        } else {
            likeliest(log_probs)
        };
        let completion = &mut self.completions[row];
        completion.ids.push(token);
        completion.log_probs.push(log_prob);
        completion.finished = token == self.eos;
    }
}

/// The first of the likeliest tokens.
fn likeliest(log_probs: &[f32]) -> (u32, f64) {
    let mut best = 0;
    for (token, log_prob) in log_probs.iter().enumerate() {
        if *log_prob > log_probs[best] {
            best = token;
        }
    }
    (best as u32, f64::from(log_probs[best]))
}

/// The token at `uniform`, in `[0, 1)`, of the cumulative distribution at a temperature above 0.
fn drawn(log_probs: &[f32], temperature: f64, uniform: f64) -> (u32, f64) {
    let scaled = |log_prob: &f32| f64::from(*log_prob) / temperature;
    let peak = log_probs.iter().map(scaled).fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = log_probs.iter().map(|log_prob| (scaled(log_prob) - peak).exp()).sum();
    let mut left = uniform * total;
    let mut chosen = 0;
    for (token, log_prob) in log_probs.iter().enumerate() {
        let share = (scaled(log_prob) - peak).exp();
        if share > 0.0 {
            chosen = token;
        }
        if left < share {
            break;
        }
        left -= share;
    }
    (chosen as u32, scaled(&log_probs[chosen]) - peak - total.ln())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::nn::{DecoderConfig, Params};

    fn network() -> CausalLm {
        let config = DecoderConfig {
            vocab_size: 9,
            hidden_size: 16,
            intermediate_size: 8,
            max_position_embeddings: 16,
            initializer_range: 0.5,
            ..DecoderConfig::default()
        };
        CausalLm::new(&mut Params::new(5, &Device::Cpu), &config).unwrap().detached()
    }

    const SAMPLING: Sampling = Sampling { max_tokens: 6, temperature: 1.0, seed: 3 };

    #[test]
    fn the_inverse_distribution_is_read_at_the_draw() {
        let log_probs = [0.2f32.ln(), 0.5f32.ln(), 0.3f32.ln()];
        let token = |uniform| drawn(&log_probs, 1.0, uniform).0;
        assert_eq!([0.0, 0.19, 0.21, 0.69, 0.71, 0.999_999].map(token), [0, 0, 1, 1, 2, 2]);
        assert!((drawn(&log_probs, 1.0, 0.5).1 - 0.5f64.ln()).abs() < 1e-6);
        // At half the temperature probabilities are squared: 4, 25 and 9 of 38.
        let (token, log_prob) = drawn(&log_probs, 0.5, 0.9);
        assert_eq!(token, 2);
        assert!((log_prob - (9.0f64 / 38.0).ln()).abs() < 1e-6);
        assert_eq!(likeliest(&log_probs).0, 1);
    }

    #[test]
    fn a_row_depends_on_its_prompt_its_place_and_the_seed() {
        let network = network();
        let prompts: [&[u32]; 3] = [&[1, 2], &[3], &[1, 4, 5]];
        let all = sample(&network, &prompts, SAMPLING, 8).unwrap();
        assert_eq!(all, sample(&network, &prompts, SAMPLING, 8).unwrap());
        let others = sample(&network, &prompts, Sampling { seed: 4, ..SAMPLING }, 8).unwrap();
        assert_ne!(all, others);
        let alone = sample(&network, &prompts[..1], SAMPLING, 8).unwrap();
        assert_eq!(alone[0].ids, all[0].ids);
        for (completion, prompt) in all.iter().zip(prompts) {
            assert_eq!(completion.ids[..completion.prompt], *prompt);
            assert_eq!(completion.tokens().len(), completion.log_probs.len());
            assert!(completion.finished || completion.tokens().len() == 6);
            let end = completion.tokens().iter().position(|token| *token == 8);
            assert_eq!(end.is_some(), completion.finished);
        }
    }

    #[test]
    fn log_probabilities_are_the_networks() {
        let network = network();
        let completion = &sample(&network, &[&[1, 2]], SAMPLING, 8).unwrap()[0];
        let ids =
            Tensor::new(completion.ids.as_slice(), &Device::Cpu).unwrap().unsqueeze(0).unwrap();
        let whole: Vec<Vec<Vec<f32>>> = network.forward(&ids).unwrap().to_vec3().unwrap();
        for (at, log_prob) in completion.log_probs.iter().enumerate() {
            let token = completion.tokens()[at] as usize;
            let expected = f64::from(whole[0][at + 1][token]);
            assert!((log_prob - expected).abs() < 1e-5, "{log_prob} {expected}");
        }
    }

    #[test]
    fn greedy_is_the_limit_of_low_temperature() {
        let network = network();
        let at =
            |temperature| sample(&network, &[&[1, 2]], Sampling { temperature, ..SAMPLING }, 8);
        assert_eq!(at(0.0).unwrap()[0].ids, at(1e-3).unwrap()[0].ids);
    }
}
