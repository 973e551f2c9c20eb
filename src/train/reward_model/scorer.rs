//! Scores of a network in training, or of one read back from disk.

use std::path::Path;

use candle_core::Device;

use super::pairs::EncodedPair;
use crate::train::{
    TrainError,
    batches::padded,
    checkpoint::read_tensors,
    evaluate::pair_accuracy,
    export,
    nn::{Params, SequenceClassifier},
    tokenizer::ChatTokenizer,
};

/// Sequences per forward pass.
const BATCH: usize = 64;

/// A reward model read from a Hugging Face layout, computed by the layers it is trained on. The service
/// has a faster one; this is the trainer's own.
#[derive(Debug)]
pub struct Scorer {
    tokenizer: ChatTokenizer,
    network: SequenceClassifier,
    pad: u32,
}

impl Scorer {
    /// Reads a directory that a run has written.
    ///
    /// # Errors
    /// When a file is missing, or holds other tensors than its configuration says.
    pub fn load(directory: &Path) -> Result<Self, TrainError> {
        let config = export::read_architecture(directory)?;
        let mut params = Params::new(0, &Device::Cpu);
        let network = SequenceClassifier::new(&mut params, &config)?;
        params.set(&read_tensors(&directory.join("model.safetensors"), &Device::Cpu)?)?;
        let tokenizer = ChatTokenizer::load(directory)?;
        let pad = tokenizer.pad()?;
        Ok(Self { tokenizer, network, pad })
    }

    /// Raw scores of prompts with completions, in order.
    ///
    /// # Errors
    /// When a text cannot be encoded.
    pub fn score(&self, texts: &[(&str, &str)]) -> Result<Vec<f64>, TrainError> {
        let encode =
            |(prompt, completion): &(&str, &str)| self.tokenizer.encode(prompt, completion);
        let sequences = texts.iter().map(encode).collect::<Result<Vec<_>, _>>()?;
        let views: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
        score(&self.network, &views, self.pad, &Device::Cpu)
    }
}

/// Raw scores of sequences, in order. Sequences of like length are computed together.
pub(super) fn score(
    network: &SequenceClassifier,
    sequences: &[&[u32]],
    pad: u32,
    device: &Device,
) -> Result<Vec<f64>, TrainError> {
    let mut order: Vec<usize> = (0..sequences.len()).collect();
    order.sort_by_key(|index| sequences[*index].len());
    let mut scores = vec![0.0; sequences.len()];
    for batch in order.chunks(BATCH) {
        let rows: Vec<&[u32]> = batch.iter().map(|index| sequences[*index]).collect();
        let (ids, lengths) = padded(&rows, pad, device)?;
        let values: Vec<f32> = network.forward(&ids, &lengths)?.to_vec1()?;
        for (index, value) in batch.iter().zip(values) {
            scores[*index] = f64::from(value);
        }
    }
    Ok(scores)
}

/// Share of the pairs that the network orders as labelled.
pub(super) fn accuracy(
    network: &SequenceClassifier,
    pairs: &[EncodedPair],
    pad: u32,
    device: &Device,
) -> Result<Option<f64>, TrainError> {
    let side = |sequences: Vec<&[u32]>| score(network, &sequences, pad, device);
    let chosen = side(pairs.iter().map(|pair| pair.chosen.as_slice()).collect())?;
    let rejected = side(pairs.iter().map(|pair| pair.rejected.as_slice()).collect())?;
    Ok(pair_accuracy(&chosen, &rejected))
}
