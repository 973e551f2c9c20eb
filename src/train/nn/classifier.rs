//! A decoder with a score read at the last token: Hugging Face's `LlamaForSequenceClassification`.

use candle_core::{D, Tensor};

use super::{Decoder, DecoderConfig, Linear, Params};
use crate::train::TrainError;

/// A reward model: token ids to one score per sequence.
#[derive(Clone, Debug)]
pub struct SequenceClassifier {
    decoder: Decoder,
    score: Linear,
}

impl SequenceClassifier {
    /// A network with one label, its tensors named as Hugging Face names them.
    ///
    /// # Errors
    /// When the shape is impossible or a name is taken.
    pub fn new(params: &mut Params, config: &DecoderConfig) -> Result<Self, TrainError> {
        let decoder = Decoder::new(params, config)?;
        let score = Linear::new(params, "score", config.hidden_size, 1, config.initializer_range)?;
        Ok(Self { decoder, score })
    }

    /// Scores `[batch]` of right-padded token ids `[batch, time]`, each read at the last of its
    /// row's `lengths` (at least 1) tokens.
    ///
    /// # Errors
    /// When an id is outside the vocabulary, or the lengths are not the batch's.
    pub fn forward(&self, ids: &Tensor, lengths: &[usize]) -> Result<Tensor, TrainError> {
        let hidden = self.decoder.forward(ids)?;
        let (batch, time, width) = hidden.dims3()?;
        let last = lengths.iter().enumerate().map(|(row, length)| row * time + length - 1);
        let last = last.map(u32::try_from).collect::<Result<Vec<_>, _>>();
        let last = last.map_err(|_| TrainError::Config("the batch is too large".to_owned()))?;
        let last = Tensor::from_vec(last, batch, ids.device())?;
        let pooled = hidden.reshape((batch * time, width))?.index_select(&last, 0)?;
        Ok(self.score.forward(&pooled)?.squeeze(D::Minus1)?)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    fn network() -> (Params, SequenceClassifier) {
        let config = DecoderConfig {
            vocab_size: 11,
            hidden_size: 8,
            intermediate_size: 6,
            num_attention_heads: 4,
            max_position_embeddings: 16,
            initializer_range: 0.5,
            ..DecoderConfig::default()
        };
        let mut params = Params::new(3, &Device::Cpu);
        let network = SequenceClassifier::new(&mut params, &config).unwrap();
        (params, network)
    }

    fn ids(rows: &[&[u32]]) -> Tensor {
        let time = rows.iter().map(|row| row.len()).max().unwrap();
        let mut flat = Vec::new();
        for row in rows {
            flat.extend_from_slice(row);
            flat.resize(flat.len() + time - row.len(), 0);
        }
        Tensor::from_vec(flat, (rows.len(), time), &Device::Cpu).unwrap()
    }

    /// A scalar with every token and position of the batch in it.
    fn loss(network: &SequenceClassifier) -> Tensor {
        let ids = ids(&[&[1, 2, 3, 4, 5], &[6, 7, 8], &[9, 10, 0, 2]]);
        network.forward(&ids, &[5, 3, 4]).unwrap().sqr().unwrap().sum_all().unwrap()
    }

    /// The loss after one entry of a variable is moved by `step`.
    fn moved(network: &SequenceClassifier, variable: &Var, entry: usize, step: f32) -> f64 {
        let before = variable.as_detached_tensor().copy().unwrap();
        let mut values: Vec<f32> = before.flatten_all().unwrap().to_vec1().unwrap();
        values[entry] += step;
        variable.set(&Tensor::from_vec(values, before.dims(), &Device::Cpu).unwrap()).unwrap();
        let moved = loss(network).to_scalar::<f32>().unwrap();
        variable.set(&before).unwrap();
        f64::from(moved)
    }

    #[test]
    fn every_parameter_has_the_gradient_that_finite_differences_give() {
        let (params, network) = network();
        let gradients = loss(&network).backward().unwrap();
        assert_eq!(params.iter().count(), 1 + 2 * 9 + 1 + 1);
        for (name, variable) in params.iter() {
            let gradient = gradients.get(variable).unwrap_or_else(|| panic!("{name} is cut off"));
            let gradient: Vec<f32> = gradient.flatten_all().unwrap().to_vec1().unwrap();
            let peak = gradient.iter().fold(0f32, |peak, g| peak.max(g.abs()));
            assert!(peak > 1e-4, "{name} has no gradient");
            for entry in [0, gradient.len() / 3, gradient.len() - 1] {
                let step = 1e-2;
                let up = moved(&network, variable, entry, step);
                let down = moved(&network, variable, entry, -step);
                let numeric = (up - down) / (2.0 * f64::from(step));
                let exact = f64::from(gradient[entry]);
                let tolerance = 0.02 * f64::from(peak) + 2e-3;
                assert!((numeric - exact).abs() < tolerance, "{name}[{entry}]: {numeric} {exact}");
            }
        }
    }

    #[test]
    fn a_score_depends_neither_on_padding_nor_on_the_rest_of_the_batch() {
        let (_, network) = network();
        let alone = network.forward(&ids(&[&[6, 7, 8]]), &[3]).unwrap();
        let padded = network.forward(&ids(&[&[6, 7, 8], &[1, 2, 3, 4, 5, 6]]), &[3, 6]).unwrap();
        let alone: Vec<f32> = alone.to_vec1().unwrap();
        let padded: Vec<f32> = padded.to_vec1().unwrap();
        assert!((alone[0] - padded[0]).abs() < 1e-6, "{alone:?} {padded:?}");
    }
}
