//! Sequences side by side, without padding.

use std::ops::Range;

use super::Encoded;

/// Token sequences laid end to end: `offsets` are where each begins, and the total length.
///
/// Invariant: no sequence is empty; `offsets` has one entry more than there are sequences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackedBatch {
    /// All tokens.
    pub ids: Vec<u32>,
    /// Segment of each token (0 or 1), for encoders that read pairs.
    pub type_ids: Vec<u32>,
    /// Where each sequence begins; the last entry is the total.
    pub offsets: Vec<usize>,
}

impl PackedBatch {
    /// The given sequences, in order.
    pub fn new<'a>(sequences: impl IntoIterator<Item = &'a Encoded>) -> Self {
        let mut batch = Self { offsets: vec![0], ..Self::default() };
        for sequence in sequences {
            debug_assert!(!sequence.ids.is_empty(), "no sequence is empty");
            batch.ids.extend(&sequence.ids);
            batch.type_ids.extend(&sequence.type_ids);
            batch.type_ids.resize(batch.ids.len(), 0);
            batch.offsets.push(batch.ids.len());
        }
        batch
    }

    /// The shape of `sequences` sequences of `length` positions that are no tokens: image patches.
    #[must_use]
    pub(super) fn positions_only(sequences: usize, length: usize) -> Self {
        Self { offsets: (0..=sequences).map(|index| index * length).collect(), ..Self::default() }
    }

    /// The number of sequences.
    #[must_use]
    pub fn sequences(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Where each sequence lies.
    pub fn ranges(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.offsets.windows(2).map(|pair| pair[0]..pair[1])
    }

    /// Each token's position in its own sequence.
    #[must_use]
    pub fn positions(&self) -> Vec<u32> {
        self.ranges().flat_map(|range| 0..u32::try_from(range.len()).unwrap_or(u32::MAX)).collect()
    }

    /// The index of each sequence's last token.
    #[must_use]
    pub fn last(&self) -> Vec<u32> {
        self.ranges().map(|range| u32::try_from(range.end - 1).unwrap_or(u32::MAX)).collect()
    }

    /// The index of each sequence's first token.
    #[must_use]
    pub fn first(&self) -> Vec<u32> {
        self.ranges().map(|range| u32::try_from(range.start).unwrap_or(u32::MAX)).collect()
    }
}
