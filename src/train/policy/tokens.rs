//! What a network says of the tokens of completions, as tensors with a gradient and as numbers.

use std::ops::Range;

use candle_core::{D, Device, Tensor};

use super::sample::Completion;
use crate::train::{
    TrainError,
    batches::padded,
    nn::{CausalLm, Linear, log_softmax},
};

/// The completions of a batch, laid end to end.
#[derive(Debug)]
pub(super) struct Tokens {
    ids: Tensor,
    positions: Tensor,
    targets: Tensor,
    /// The tokens of each completion.
    pub(super) sequences: Vec<Range<usize>>,
}

/// Each `[tokens]`.
#[derive(Debug)]
pub(super) struct Outputs {
    pub(super) log_probs: Tensor,
    pub(super) entropies: Tensor,
    pub(super) values: Option<Tensor>,
}

impl Tokens {
    /// The completions, none of them empty.
    pub(super) fn new<'a>(
        completions: impl IntoIterator<Item = &'a Completion>,
        pad: u32,
    ) -> Result<Self, TrainError> {
        let completions: Vec<&Completion> = completions.into_iter().collect();
        let rows: Vec<&[u32]> = completions.iter().map(|one| one.ids.as_slice()).collect();
        let (ids, lengths) = padded(&rows, pad, &Device::Cpu)?;
        let width = ids.dim(1)?;
        let (mut positions, mut targets, mut sequences) = (Vec::new(), Vec::new(), Vec::new());
        for (row, (completion, length)) in completions.iter().zip(lengths).enumerate() {
            let begin = targets.len();
            for at in completion.prompt..length {
                // A token is predicted where the one before it stands.
                positions.push((row * width + at - 1) as u32);
                targets.push(completion.ids[at]);
            }
            sequences.push(begin..targets.len());
        }
        let count = targets.len();
        Ok(Self {
            ids,
            positions: Tensor::from_vec(positions, count, &Device::Cpu)?,
            targets: Tensor::from_vec(targets, (count, 1), &Device::Cpu)?,
            sequences,
        })
    }

    /// Log-probabilities and entropies at a temperature above 0, and values if there is a head for them.
    pub(super) fn read(
        &self,
        network: &CausalLm,
        value: Option<&Linear>,
        temperature: f64,
    ) -> Result<Outputs, TrainError> {
        let hidden = network.hidden_at(&self.ids, &self.positions)?;
        let mut all = network.log_probs(&hidden)?;
        #[expect(clippy::float_cmp, reason = "exactly 1 changes nothing")]
        if temperature != 1.0 {
            all = log_softmax(&(all * temperature.recip())?)?;
        }
        let entropies = (all.exp()? * &all)?.sum(D::Minus1)?.neg()?;
        let log_probs = all.gather(&self.targets, D::Minus1)?.squeeze(D::Minus1)?;
        let values =
            value.map(|head| Ok::<_, TrainError>(head.forward(&hidden)?.squeeze(D::Minus1)?));
        Ok(Outputs { log_probs, entropies, values: values.transpose()? })
    }
}

/// A vector as numbers.
pub(super) fn numbers(tensor: &Tensor) -> Result<Vec<f64>, TrainError> {
    Ok(tensor.to_vec1::<f32>()?.into_iter().map(f64::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::nn::{DecoderConfig, Params};

    fn completion(ids: &[u32], prompt: usize) -> Completion {
        Completion { ids: ids.to_vec(), prompt, finished: true, log_probs: Vec::new() }
    }

    #[test]
    fn every_token_is_read_where_it_is_predicted() {
        let config = DecoderConfig {
            vocab_size: 7,
            hidden_size: 16,
            intermediate_size: 8,
            max_position_embeddings: 8,
            initializer_range: 0.4,
            ..DecoderConfig::default()
        };
        let network = CausalLm::new(&mut Params::new(1, &Device::Cpu), &config).unwrap();
        let both = [completion(&[1, 2, 3, 4], 2), completion(&[5, 6], 1)];
        let tokens = Tokens::new(&both, 0).unwrap();
        assert_eq!(tokens.sequences, [0..2, 2..3]);
        let outputs = tokens.read(&network, None, 1.0).unwrap();
        let got = numbers(&outputs.log_probs).unwrap();
        let entropies = numbers(&outputs.entropies).unwrap();
        for (index, (row, at, target)) in [(0, 1, 3), (0, 2, 4), (1, 0, 6)].into_iter().enumerate()
        {
            let ids =
                Tensor::new(both[row].ids.as_slice(), &Device::Cpu).unwrap().unsqueeze(0).unwrap();
            let all: Vec<Vec<Vec<f32>>> = network.forward(&ids).unwrap().to_vec3().unwrap();
            let expected = &all[0][at];
            assert!((got[index] - f64::from(expected[target])).abs() < 1e-5);
            let entropy: f32 = expected.iter().map(|p| -p.exp() * p).sum();
            assert!((entropies[index] - f64::from(entropy)).abs() < 1e-5);
        }
        let hot = tokens.read(&network, None, 1e6).unwrap();
        assert!((numbers(&hot.log_probs).unwrap()[0] + 7f64.ln()).abs() < 1e-4);
    }
}
