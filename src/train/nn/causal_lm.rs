//! A decoder that predicts the next token, its output tied to the embeddings.

use std::ops::Range;

use candle_core::{D, Tensor};

use super::{Decoder, DecoderConfig, KvCache, Params, log_softmax};
use crate::train::TrainError;

/// A causal language model: Hugging Face's `LlamaForCausalLM` with `tie_word_embeddings`.
#[derive(Clone, Debug)]
pub struct CausalLm {
    decoder: Decoder,
}

impl CausalLm {
    /// A network with the decoder's parameters and no others.
    ///
    /// # Errors
    /// When the shape is impossible or a name is taken.
    pub fn new(params: &mut Params, config: &DecoderConfig) -> Result<Self, TrainError> {
        Ok(Self { decoder: Decoder::new(params, config)? })
    }

    /// Log-probabilities `[batch, time, vocabulary]` of the token after each of `ids` `[batch, time]`.
    ///
    /// # Errors
    /// When an id is outside the vocabulary or `time` beyond the last position.
    pub fn forward(&self, ids: &Tensor) -> Result<Tensor, TrainError> {
        let (batch, time) = ids.dims2()?;
        let hidden = self.decoder.forward(ids)?.flatten(0, 1)?;
        Ok(self.log_probs(&hidden)?.reshape((batch, time, ()))?)
    }

    /// Hidden states `[positions, hidden]` of `ids` `[batch, time]` at chosen positions only, each
    /// `row · time + column`.
    ///
    /// # Errors
    /// When an id or a position is outside its range.
    pub fn hidden_at(&self, ids: &Tensor, positions: &Tensor) -> Result<Tensor, TrainError> {
        Ok(self.decoder.forward(ids)?.flatten(0, 1)?.index_select(positions, 0)?)
    }

    /// Hidden states `[positions, hidden]` to log-probabilities `[positions, vocabulary]` of the token
    /// that follows each.
    ///
    /// # Errors
    /// When the states are of another width.
    pub fn log_probs(&self, hidden: &Tensor) -> Result<Tensor, TrainError> {
        log_softmax(&hidden.matmul(&self.decoder.embeddings().t()?)?)
    }

    /// Log-probabilities `[batch, vocabulary]` of the token after the last of `ids` `[batch, new]`, which
    /// follow those in `caches`.
    ///
    /// # Errors
    /// As [`Decoder::extend`].
    pub fn extend(&self, ids: &Tensor, caches: &mut Vec<KvCache>) -> Result<Tensor, TrainError> {
        let new = ids.dim(1)?;
        let last = self.decoder.extend(ids, caches)?.narrow(1, new - 1, 1)?.squeeze(1)?;
        self.log_probs(&last.contiguous()?)
    }

    /// A view of the network without history, which sees every change of the weights.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self { decoder: self.decoder.detached() }
    }

    /// Mean negative log-likelihood, in nats per token, of the tokens `predicted` of each row given all
    /// those before them. `ids` `[batch, time]` are padded on the right; the first token of a row is never
    /// predicted.
    ///
    /// # Errors
    /// When an id is outside the vocabulary, or the ranges are not one a row.
    pub fn loss(&self, ids: &Tensor, predicted: &[Range<usize>]) -> Result<Tensor, TrainError> {
        let (batch, time) = ids.dims2()?;
        let steps = time - 1;
        let inputs = ids.narrow(1, 0, steps)?;
        let targets = ids.narrow(1, 1, steps)?.contiguous()?.unsqueeze(D::Minus1)?;
        let likelihood = self.forward(&inputs)?.gather(&targets, D::Minus1)?.squeeze(D::Minus1)?;
        let counts = |predicted: &Range<usize>| {
            let predicted = predicted.clone();
            (1..=steps).map(move |token| if predicted.contains(&token) { 1.0 } else { 0.0 })
        };
        let counts: Vec<f32> = predicted.iter().flat_map(counts).collect();
        let count: f32 = counts.iter().sum();
        let counts = Tensor::from_vec(counts, (batch, steps), ids.device())?;
        Ok(((likelihood * counts)?.sum_all()? * (-1.0 / f64::from(count.max(1.0))))?)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn token_by_token_with_a_cache_is_the_whole_at_once() {
        let config = DecoderConfig {
            vocab_size: 7,
            hidden_size: 16,
            intermediate_size: 8,
            max_position_embeddings: 8,
            initializer_range: 0.4,
            ..DecoderConfig::default()
        };
        let mut params = Params::new(2, &Device::Cpu);
        let network = CausalLm::new(&mut params, &config).unwrap();
        let view = network.detached();
        // The view sees a change of the weights that is made after it.
        let moved = params.values().into_iter().map(|(n, t)| (n, (t * 1.5).unwrap())).collect();
        params.set(&moved).unwrap();
        let ids = Tensor::new(&[[1u32, 2, 3, 4, 5], [6, 0, 2, 2, 1]], &Device::Cpu).unwrap();
        let whole: Vec<Vec<Vec<f32>>> = network.forward(&ids).unwrap().to_vec3().unwrap();
        let mut caches = Vec::new();
        let mut parts = vec![view.extend(&ids.narrow(1, 0, 3).unwrap(), &mut caches).unwrap()];
        for at in 3..5 {
            parts.push(view.extend(&ids.narrow(1, at, 1).unwrap(), &mut caches).unwrap());
        }
        for (at, part) in (2..5).zip(parts) {
            let part: Vec<Vec<f32>> = part.to_vec2().unwrap();
            for (row, values) in part.iter().enumerate() {
                for (got, expected) in values.iter().zip(&whole[row][at]) {
                    assert!((got - expected).abs() < 1e-5, "{got} {expected}");
                }
            }
        }
    }

    #[test]
    fn the_loss_counts_what_is_to_be_predicted_and_reaches_every_parameter() {
        let config = DecoderConfig {
            vocab_size: 7,
            hidden_size: 8,
            intermediate_size: 8,
            max_position_embeddings: 8,
            initializer_range: 0.3,
            ..DecoderConfig::default()
        };
        let mut params = Params::new(1, &Device::Cpu);
        let network = CausalLm::new(&mut params, &config).unwrap();
        let ids = |rows: [[u32; 4]; 2]| Tensor::new(&rows, &Device::Cpu).unwrap();
        let batch = ids([[1, 2, 3, 4], [5, 6, 0, 0]]);
        let loss = network.loss(&batch, &[1..4, 1..2]).unwrap();

        let all: Vec<Vec<Vec<f32>>> = network.forward(&batch).unwrap().to_vec3().unwrap();
        let by_hand = -(all[0][0][2] + all[0][1][3] + all[0][2][4] + all[1][0][6]) / 4.0;
        assert!((loss.to_scalar::<f32>().unwrap() - by_hand).abs() < 1e-6);
        let ends = network.loss(&batch, &[2..4, 1..2]).unwrap().to_scalar::<f32>().unwrap();
        let by_hand = -(all[0][1][3] + all[0][2][4] + all[1][0][6]) / 3.0;
        assert!((ends - by_hand).abs() < 1e-6);
        let total: f32 = all[0][0].iter().map(|p| p.exp()).sum();
        assert!((total - 1.0).abs() < 1e-5);

        let gradients = loss.backward().unwrap();
        for (name, variable) in params.iter() {
            let square = gradients.get(variable).unwrap().sqr().unwrap().sum_all().unwrap();
            assert!(square.to_scalar::<f32>().unwrap() > 0.0, "{name}");
        }
    }
}
