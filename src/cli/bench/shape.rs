//! What one measurement sends: how many sequences, how long, and what they share.

use std::{fmt, ops::Range, str::FromStr};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{model::Encoded, train::nn::standard_normal};

/// Mean and deviation of the logarithm of a mixed length: a median of 180 tokens, a mean of some 220.
const LOG_LENGTH: (f64, f64) = (5.193, 0.7);
/// Mixed lengths lie between these.
const LENGTHS: Range<usize> = 20..511;

/// `COUNTxLENGTH`, `COUNTxPROMPT+COMPLETION` or `COUNTxmix`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// So many sequences of so many tokens.
    Fixed { count: usize, length: usize },
    /// So many completions of one prompt, in tokens each.
    Group { count: usize, prompt: usize, completion: usize },
    /// So many sequences of log-normal lengths between 20 and 510.
    Mixed { count: usize },
}

impl FromStr for Shape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no shape: 8x128 (sequences of tokens), 8x256+256 (completions on one prompt) or 64xmix (log-normal lengths)"
            )
        };
        let number = |part: &str| match part.parse::<usize>() {
            Ok(number) if (1..=1 << 20).contains(&number) => Ok(number),
            _ => Err(wrong()),
        };
        let (count, rest) = text.split_once('x').ok_or_else(wrong)?;
        let count = number(count)?;
        if rest == "mix" {
            return Ok(Self::Mixed { count });
        }
        match rest.split_once('+') {
            Some((prompt, completion)) => {
                Ok(Self::Group { count, prompt: number(prompt)?, completion: number(completion)? })
            }
            None => Ok(Self::Fixed { count, length: number(rest)? }),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed { count, length } => write!(f, "{count}x{length}"),
            Self::Group { count, prompt, completion } => {
                write!(f, "{count}x{prompt}+{completion}")
            }
            Self::Mixed { count } => write!(f, "{count}xmix"),
        }
    }
}

impl Shape {
    /// Each sequence's tokens, in order; always the same.
    pub(super) fn lengths(self) -> Vec<usize> {
        match self {
            Self::Fixed { count, length } => vec![length; count],
            Self::Group { count, prompt, completion } => vec![prompt + completion; count],
            Self::Mixed { count } => {
                let mut rng = ChaCha8Rng::seed_from_u64(0);
                (0..count).map(|_| mixed_length(&mut rng)).collect()
            }
        }
    }

    /// Sequences of random tokens below `vocabulary`; equal seeds give equal tokens.
    pub(super) fn sequences(self, vocabulary: usize, seed: u64) -> Vec<Encoded> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut tokens = |count: usize| -> Vec<u32> {
            let last = u32::try_from(vocabulary).unwrap_or(u32::MAX);
            (0..count).map(|_| rng.random_range(0..last)).collect()
        };
        let prompt = match self {
            Self::Group { prompt, .. } => tokens(prompt),
            Self::Fixed { .. } | Self::Mixed { .. } => Vec::new(),
        };
        let lengths = self.lengths().into_iter();
        lengths
            .map(|length| [prompt.clone(), tokens(length - prompt.len())].concat())
            // The first token is marked, for heads that read marks.
            .map(|ids| Encoded { ids, marks: vec![0], ..Encoded::default() })
            .collect()
    }
}

/// A log-normal length.
fn mixed_length(rng: &mut ChaCha8Rng) -> usize {
    let length = (LOG_LENGTH.0 + LOG_LENGTH.1 * standard_normal(rng)).exp();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped after")]
    let length = length.round() as usize;
    length.clamp(LENGTHS.start, LENGTHS.end - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_read_as_they_are_written() {
        for text in ["8x128", "8x256+256", "64xmix"] {
            assert_eq!(text.parse::<Shape>().unwrap().to_string(), text);
        }
        for text in ["", "8", "x", "0x4", "4x0", "4x-1", "4x3+0", "4x3+", "8xMIX", "9999999x1"] {
            assert!(text.parse::<Shape>().unwrap_err().contains("is no shape"), "{text}");
        }
    }

    #[test]
    fn a_group_shares_its_prompt_and_nothing_else() {
        let sequences = "3x5+2".parse::<Shape>().unwrap().sequences(1000, 7);
        assert_eq!(sequences.len(), 3);
        assert!(sequences.iter().all(|sequence| sequence.ids.len() == 7));
        assert!(sequences.iter().all(|sequence| sequence.ids[..5] == sequences[0].ids[..5]));
        assert_ne!(sequences[0].ids[5..], sequences[1].ids[5..]);
        let apart = "3x7".parse::<Shape>().unwrap().sequences(1000, 7);
        assert_ne!(apart[0].ids[..5], apart[1].ids[..5]);
    }

    #[test]
    fn mixed_lengths_are_about_what_is_said() {
        let lengths = Shape::Mixed { count: 4000 }.lengths();
        assert!(lengths.iter().all(|length| LENGTHS.contains(length)));
        let mean = lengths.iter().sum::<usize>() as f64 / 4000.0;
        assert!((205.0..235.0).contains(&mean), "{mean}");
        let mut sorted = lengths.clone();
        sorted.sort_unstable();
        assert!((170..190).contains(&sorted[2000]), "{}", sorted[2000]);
        assert_eq!(Shape::Mixed { count: 4000 }.lengths(), lengths);
    }
}
