//! Sequences side by side, without padding.

use std::ops::Range;

use super::Encoded;

/// Fewer tokens than this are not worth computing once for several sequences.
const WORTH_SHARING: usize = 16;

/// Rows that lie together: a whole sequence, what several sequences begin with, or the rest of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Its rows.
    pub rows: Range<usize>,
    /// The rows of what comes before them, at the beginning of the sequence; usually none.
    pub before: Range<usize>,
}

impl Part {
    /// Tokens from the beginning of the sequence to the end of the part.
    #[must_use]
    pub fn length(&self) -> usize {
        self.before.len() + self.rows.len()
    }

    /// The row of the token at a position of the sequence.
    #[must_use]
    pub fn row(&self, position: usize) -> usize {
        match position.checked_sub(self.before.len()) {
            Some(own) => self.rows.start + own,
            None => self.before.start + position,
        }
    }
}

/// Token sequences laid end to end.
///
/// Invariant: no part is empty; parts follow one another without a gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackedBatch {
    /// All tokens.
    pub ids: Vec<u32>,
    /// Segment of each token (0 or 1), for encoders that read pairs.
    pub type_ids: Vec<u32>,
    /// For each sequence, the rows that the head reads beside its first or last token.
    pub marks: Vec<Vec<u32>>,
    parts: Vec<Part>,
    /// The part in which each sequence ends.
    sequences: Vec<usize>,
}

impl PackedBatch {
    /// The given sequences, in order.
    pub fn new<'a>(sequences: impl IntoIterator<Item = &'a Encoded>) -> Self {
        let mut batch = Self::default();
        for sequence in sequences {
            batch.push(sequence, 0..0);
        }
        batch
    }

    /// The shape of `sequences` sequences of `length` positions that are no tokens: image patches.
    #[must_use]
    pub(super) fn positions_only(sequences: usize, length: usize) -> Self {
        let part = |index| Part { rows: index * length..(index + 1) * length, before: 0..0 };
        Self {
            marks: vec![Vec::new(); sequences],
            parts: (0..sequences).map(part).collect(),
            sequences: (0..sequences).collect(),
            ..Self::default()
        }
    }

    /// The given sequences, what several of them begin with laid down once: for networks in which a
    /// token sees only what comes before it.
    #[must_use]
    pub fn sharing(sequences: &[&Encoded]) -> Self {
        let (order, sorted) = sorted(sequences);
        let mut batch = Self {
            marks: vec![Vec::new(); sequences.len()],
            sequences: vec![0; sequences.len()],
            ..Self::default()
        };
        for (group, shared) in groups(&sorted) {
            let start = batch.ids.len();
            batch.lay(&sorted[group.start][..shared], &[], 0..0);
            let before = start..batch.ids.len();
            for index in &order[group] {
                let (part, marks) = batch.rest(sequences[*index], before.clone());
                batch.sequences[*index] = part;
                batch.marks[*index] = marks;
            }
        }
        batch
    }

    fn push(&mut self, sequence: &Encoded, before: Range<usize>) {
        let (part, marks) = self.rest(sequence, before);
        self.sequences.push(part);
        self.marks.push(marks);
    }

    /// Lays down what of a sequence comes behind `before`; its part, and its marks as rows.
    fn rest(&mut self, sequence: &Encoded, before: Range<usize>) -> (usize, Vec<u32>) {
        let from = before.len();
        let types = sequence.type_ids.get(from..).unwrap_or_default();
        self.lay(&sequence.ids[from..], types, before);
        let part = self.parts.len() - 1;
        let row = |mark: &u32| index(self.parts[part].row(*mark as usize));
        (part, sequence.marks.iter().map(row).collect())
    }

    fn lay(&mut self, ids: &[u32], types: &[u32], before: Range<usize>) {
        if ids.is_empty() {
            return;
        }
        let start = self.ids.len();
        self.ids.extend(ids);
        self.type_ids.extend(types);
        self.type_ids.resize(self.ids.len(), 0);
        self.parts.push(Part { rows: start..self.ids.len(), before });
    }

    /// The number of sequences.
    #[must_use]
    pub fn sequences(&self) -> usize {
        self.sequences.len()
    }

    /// The parts, in the order of their rows.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Where each sequence lies, in a batch that shares nothing.
    pub fn ranges(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.parts.iter().map(|part| part.rows.clone())
    }

    /// The part in which each sequence ends.
    fn ends(&self) -> impl Iterator<Item = &Part> {
        self.sequences.iter().map(|part| &self.parts[*part])
    }

    /// Each row's position in its own sequence.
    #[must_use]
    pub fn positions(&self) -> Vec<u32> {
        let part = |part: &Part| part.before.len()..part.length();
        self.parts.iter().flat_map(part).map(index).collect()
    }

    /// The row of each sequence's last token.
    #[must_use]
    pub fn last(&self) -> Vec<u32> {
        self.ends().map(|part| index(part.rows.end - 1)).collect()
    }

    /// The row of each sequence's first token.
    #[must_use]
    pub fn first(&self) -> Vec<u32> {
        self.ends().map(|part| index(part.row(0))).collect()
    }
}

fn index(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

/// Indices in the order of the sequences' tokens, and the tokens.
fn sorted<'a>(sequences: &[&'a Encoded]) -> (Vec<usize>, Vec<&'a [u32]>) {
    let ids = |index: &usize| sequences[*index].ids.as_slice();
    let mut order: Vec<usize> = (0..sequences.len()).collect();
    order.sort_by(|a, b| ids(a).cmp(ids(b)));
    let sorted = order.iter().map(ids).collect();
    (order, sorted)
}

/// Which sequences [`PackedBatch::sharing`] computes a common beginning for, by index; most are alone.
pub(super) fn families(sequences: &[&Encoded]) -> Vec<Vec<usize>> {
    let (order, sorted) = sorted(sequences);
    groups(&sorted).into_iter().map(|(group, _)| order[group].to_vec()).collect()
}

/// Cuts sorted sequences into groups, each with the number of tokens that all of it begin with, so that
/// the fewest tokens are laid down. At least one token of each sequence stays its own.
fn groups(sorted: &[&[u32]]) -> Vec<(Range<usize>, usize)> {
    let alike: Vec<usize> = sorted.windows(2).map(|pair| common(pair[0], pair[1])).collect();
    // For each number of sequences from the front: the most tokens saved, where the last group begins,
    // and what it shares.
    let mut best = vec![(0, 0, 0)];
    for end in 1..=sorted.len() {
        let mut found = (best[end - 1].0, end - 1, 0);
        let mut shared = sorted[end - 1].len() - 1;
        for start in (0..end - 1).rev() {
            shared = shared.min(alike[start]).min(sorted[start].len() - 1);
            if shared < WORTH_SHARING {
                break;
            }
            let saved = best[start].0 + (end - start - 1) * shared;
            if saved > found.0 {
                found = (saved, start, shared);
            }
        }
        best.push(found);
    }
    let mut groups = Vec::new();
    let mut end = sorted.len();
    while end > 0 {
        let (_, start, shared) = best[end];
        groups.push((start..end, shared));
        end = start;
    }
    groups.reverse();
    groups
}

/// How many tokens of one sequence need not be computed beside another.
#[must_use]
pub fn shared_beginning(sequence: &Encoded, beside: &Encoded) -> usize {
    let common = common(&sequence.ids, &beside.ids).min(sequence.ids.len() - 1);
    if common < WORTH_SHARING { 0 } else { common }
}

/// How many tokens two sequences begin with alike.
fn common(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(ids: Vec<u32>) -> Encoded {
        let last = index(ids.len() - 1);
        Encoded { marks: vec![0, last / 2, last], ids, ..Encoded::default() }
    }

    /// A sequence read back from a batch.
    fn read(batch: &PackedBatch, sequence: usize) -> Vec<u32> {
        let part = &batch.parts[batch.sequences[sequence]];
        (0..part.length()).map(|position| batch.ids[part.row(position)]).collect()
    }

    #[test]
    fn a_prompt_is_laid_down_once_for_its_completions() {
        let prompt = |first: u32| (first..first + 40).collect::<Vec<_>>();
        let with = |prompt: &[u32], rest: &[u32]| encoded([prompt, rest].concat());
        let (a, b) = (prompt(0), prompt(100));
        let all = [with(&a, &[7, 8]), with(&b, &[9]), with(&a, &[7, 9, 9]), with(&a, &[6])];
        let batch = PackedBatch::sharing(&all.iter().collect::<Vec<_>>());
        // 40 + (1 + 2 + 3), and 41: seven is in two completions but not in the third.
        assert_eq!(batch.ids.len(), 40 + 6 + 41);
        for (index, sequence) in all.iter().enumerate() {
            assert_eq!(read(&batch, index), sequence.ids);
        }
        // A prompt that is nobody else's shares nothing, even where it begins like another.
        let lone = with(&[&a[..20], &b].concat(), &[1]);
        let all = [with(&a, &[7]), with(&a, &[8]), lone];
        assert_eq!(PackedBatch::sharing(&all.iter().collect::<Vec<_>>()).ids.len(), 42 + 61);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_by_sharing(
            heads in prop::collection::vec(0_u32..3, 1..12),
            tails in prop::collection::vec(prop::collection::vec(0_u32..2, 0..4), 1..12),
        ) {
            let sequences: Vec<Encoded> = heads
                .iter()
                .zip(&tails)
                .map(|(head, tail)| encoded([&[*head; 20][..], tail].concat()))
                .collect();
            let shared = PackedBatch::sharing(&sequences.iter().collect::<Vec<_>>());
            let plain = PackedBatch::new(&sequences);
            prop_assert!(shared.ids.len() <= plain.ids.len());
            prop_assert_eq!(shared.sequences(), sequences.len());
            for (index, sequence) in sequences.iter().enumerate() {
                prop_assert_eq!(&read(&shared, index), &sequence.ids);
                let marked = |batch: &PackedBatch| -> Vec<u32> {
                    batch.marks[index].iter().map(|row| batch.ids[*row as usize]).collect()
                };
                prop_assert_eq!(marked(&shared), marked(&plain));
                let ends = |batch: &PackedBatch| {
                    [batch.first(), batch.last()].map(|rows| batch.ids[rows[index] as usize])
                };
                prop_assert_eq!(ends(&shared), ends(&plain));
            }
            let mut rows = 0;
            for part in shared.parts() {
                prop_assert!(!part.rows.is_empty() && part.rows.start == rows);
                rows = part.rows.end;
            }
            prop_assert_eq!(rows, shared.ids.len());
        }
    }
}
