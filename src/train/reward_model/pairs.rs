//! Preference pairs as tokens.

use crate::train::{TrainError, synthetic::PreferencePair, tokenizer::ChatTokenizer};

/// A pair as the network reads it.
#[derive(Clone, Debug)]
pub(super) struct EncodedPair {
    pub(super) chosen: Vec<u32>,
    pub(super) rejected: Vec<u32>,
    pub(super) margin: Option<f32>,
}

impl EncodedPair {
    pub(super) fn length(&self) -> usize {
        self.chosen.len().max(self.rejected.len())
    }
}

/// Tokenises pairs and leaves out those with a side longer than `limit` tokens.
pub(super) fn encode(
    pairs: &[PreferencePair],
    tokenizer: &ChatTokenizer,
    limit: usize,
) -> Result<Vec<EncodedPair>, TrainError> {
    let mut encoded = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let pair = EncodedPair {
            chosen: tokenizer.encode(&pair.prompt, &pair.chosen)?,
            rejected: tokenizer.encode(&pair.prompt, &pair.rejected)?,
            margin: pair.margin,
        };
        if pair.length() <= limit {
            encoded.push(pair);
        }
    }
    if encoded.len() < pairs.len() {
        tracing::warn!(left_out = pairs.len() - encoded.len(), limit, "pairs are too long");
    }
    Ok(encoded)
}
