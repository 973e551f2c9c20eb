//! The order in which examples are seen, and their form as tensors.

use candle_core::{Device, Tensor};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::TrainError;

/// The batches of a run: a function of the seed and the step, so that a run resumes anywhere.
#[derive(Debug)]
pub(super) struct Batches {
    lengths: Vec<usize>,
    size: usize,
    seed: u64,
    epoch: usize,
    order: Vec<Vec<usize>>,
}

/// How many batches are sorted by length together: enough to save most padding, few enough that
/// neighbours stay random.
const WINDOW: usize = 16;

impl Batches {
    /// Batches of `size` examples of these lengths in tokens; what is left over of an epoch is not
    /// seen in it.
    pub(super) fn new(lengths: Vec<usize>, size: usize, seed: u64) -> Result<Self, TrainError> {
        if size == 0 || lengths.len() < size {
            return Err(TrainError::Data(format!(
                "{} usable examples do not fill a batch of {size}",
                lengths.len()
            )));
        }
        let order = order(&lengths, size, seed, 0);
        Ok(Self { lengths, size, seed, epoch: 0, order })
    }

    /// Batches in one epoch, at least 1.
    pub(super) fn per_epoch(&self) -> usize {
        self.lengths.len() / self.size
    }

    /// The examples of a step, by index.
    pub(super) fn of_step(&mut self, step: usize) -> &[usize] {
        let epoch = step / self.per_epoch();
        if epoch != self.epoch {
            self.epoch = epoch;
            self.order = order(&self.lengths, self.size, self.seed, epoch);
        }
        &self.order[step % self.per_epoch()]
    }
}

fn order(lengths: &[usize], size: usize, seed: u64, epoch: usize) -> Vec<Vec<usize>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(epoch as u64 + 1);
    let mut indices: Vec<usize> = (0..lengths.len()).collect();
    indices.shuffle(&mut rng);
    for window in indices.chunks_mut(size * WINDOW) {
        window.sort_by_key(|index| lengths[*index]);
    }
    let mut batches: Vec<Vec<usize>> = indices.chunks_exact(size).map(<[_]>::to_vec).collect();
    batches.shuffle(&mut rng);
    batches
}

/// Sequences as one right-padded tensor `[sequences, longest]`, and their lengths.
pub(super) fn padded(
    sequences: &[&[u32]],
    pad: u32,
    device: &Device,
) -> Result<(Tensor, Vec<usize>), TrainError> {
    let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.len()).collect();
    let longest = lengths.iter().copied().max().unwrap_or(0);
    let mut ids = Vec::with_capacity(sequences.len() * longest);
    for sequence in sequences {
        ids.extend_from_slice(sequence);
        ids.extend(std::iter::repeat_n(pad, longest - sequence.len()));
    }
    Ok((Tensor::from_vec(ids, (sequences.len(), longest), device)?, lengths))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(count: usize) -> Vec<usize> {
        (0..count).map(|i| i % 9 + 1).collect()
    }

    #[test]
    fn an_epoch_shows_each_example_once_and_the_next_in_another_order() {
        let mut batches = Batches::new(lengths(100), 5, 1).unwrap();
        let mut epoch = |first: usize| -> Vec<usize> {
            (first..first + 20).flat_map(|step| batches.of_step(step).to_vec()).collect()
        };
        let (first, second, again) = (epoch(0), epoch(20), epoch(0));
        let sorted = |mut indices: Vec<usize>| {
            indices.sort_unstable();
            indices
        };
        assert_eq!(first, again);
        assert_ne!(first, second);
        assert_eq!(sorted(first), (0..100).collect::<Vec<_>>());
        assert_eq!(sorted(second), (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn a_batch_is_padded_on_the_right() {
        let (ids, lengths) = padded(&[&[5], &[6, 7, 8]], 0, &Device::Cpu).unwrap();
        assert_eq!(ids.to_vec2::<u32>().unwrap(), [[5, 0, 0], [6, 7, 8]]);
        assert_eq!(lengths, [1, 3]);
    }

    #[test]
    fn too_few_examples_are_refused() {
        assert!(Batches::new(lengths(3), 4, 0).is_err());
        assert!(Batches::new(lengths(3), 0, 0).is_err());
    }
}
