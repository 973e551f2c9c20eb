//! Which blocks of attention a device computes together, padded to one size. Pure.
//!
//! A GPU wants few large products instead of many small ones. A block is some queries of a part with the keys that any of
//! them sees; blocks of like size form a bucket, and a bucket is one batched product.

use std::{cmp::Reverse, ops::Range};

use crate::model::packed::Part;

/// Some queries of a part, and the keys that any of them sees, as positions in the sequence. Neither is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The part, as an index into the batch's.
    pub(super) part: usize,
    /// The queries.
    pub(super) queries: Range<usize>,
    /// The keys.
    pub(super) keys: Range<usize>,
}

/// Blocks of like size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bucket {
    /// The blocks.
    pub(super) blocks: Vec<Block>,
    /// Queries of each block, with padding.
    pub(super) queries: usize,
    /// Keys of each block, with padding.
    pub(super) keys: usize,
}

impl Bucket {
    /// Scores of one head, with padding.
    pub(super) fn scores(&self) -> usize {
        self.blocks.len() * self.queries * self.keys
    }
}

/// How blocks are cut and put together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::model) struct Policy {
    /// Queries of one block. Behind a block nothing is computed of what causality or a window hides from all of it.
    pub(in crate::model) block: usize,
    /// Sizes are rounded up to a multiple of this.
    pub(in crate::model) multiple: usize,
    /// How many scores a bucket may have for each that its blocks, rounded up, would have by themselves.
    pub(in crate::model) waste: f64,
    /// Scores of one head that may be wasted on top of that: what the launches of one more bucket cost.
    pub(in crate::model) slack: usize,
    /// Scores of one head that a bucket may have, unless one block alone has more: bounds memory.
    pub(in crate::model) limit: usize,
}

impl Policy {
    /// For GPUs. Tensor cores read rows of a multiple of eight 16-bit numbers; 2²³ scores are 1 GiB in f32 with 32 heads.
    pub(in crate::model) const GPU: Self =
        Self { block: 512, multiple: 8, waste: 1.25, slack: 1 << 17, limit: 1 << 23 };

    /// Whole sequences without any padding, for processors that gain nothing by company.
    pub(in crate::model) const EXACT: Self =
        Self { block: usize::MAX, multiple: 1, waste: 1.0, slack: 0, limit: 1 << 23 };

    /// The buckets of a batch's parts. `seen` tells the keys that the query at a position of a sequence of some length
    /// sees; neither end of it ever moves back as the position grows.
    pub(super) fn buckets(
        &self,
        parts: &[Part],
        seen: impl Fn(usize, usize) -> Range<usize>,
    ) -> Vec<Bucket> {
        let mut blocks: Vec<Block> = parts
            .iter()
            .enumerate()
            .flat_map(|(part, rows)| {
                let (from, length) = (rows.before.len(), rows.length());
                let seen = &seen;
                (from..length).step_by(self.block).map(move |first| {
                    let queries = first..length.min(first.saturating_add(self.block));
                    let keys = seen(first, length).start..seen(queries.end - 1, length).end;
                    Block { part, queries, keys }
                })
            })
            .collect();
        // The largest first: what comes later is padded to it or to one like it.
        blocks.sort_by_key(|block| Reverse((block.keys.len(), block.queries.len())));
        let mut buckets: Vec<(Bucket, usize)> = Vec::new();
        for block in blocks {
            let found = buckets.iter_mut().find_map(|(bucket, needed)| {
                let joined = self.joined(bucket, *needed, &block)?;
                Some((bucket, needed, joined))
            });
            match found {
                Some((bucket, needed, [queries, keys])) => {
                    *needed += self.needed(&block);
                    (bucket.queries, bucket.keys) = (queries, keys);
                    bucket.blocks.push(block);
                }
                None => {
                    let [queries, keys] = self.size(&block);
                    let needed = self.needed(&block);
                    buckets.push((Bucket { blocks: vec![block], queries, keys }, needed));
                }
            }
        }
        buckets.into_iter().map(|(bucket, _)| bucket).collect()
    }

    /// The size of a bucket with one block more; `None` where that wastes too much or grows too large.
    fn joined(&self, bucket: &Bucket, needed: usize, block: &Block) -> Option<[usize; 2]> {
        let [queries, keys] = self.size(block);
        let (queries, keys) = (queries.max(bucket.queries), keys.max(bucket.keys));
        let all = (bucket.blocks.len() + 1) * queries * keys;
        let useful = (needed + self.needed(block)) as f64;
        let fits = all <= self.limit && all as f64 <= self.waste * useful + self.slack as f64;
        fits.then_some([queries, keys])
    }

    fn size(&self, block: &Block) -> [usize; 2] {
        [&block.queries, &block.keys].map(|range| range.len().next_multiple_of(self.multiple))
    }

    /// Scores of a block by itself.
    fn needed(&self, block: &Block) -> usize {
        self.size(block).iter().product()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(lengths: &[usize]) -> Vec<Part> {
        let mut start = 0;
        let mut part = |length: &usize| {
            start += length;
            Part { rows: start - length..start, before: 0..0 }
        };
        lengths.iter().map(&mut part).collect()
    }

    fn all(_: usize, length: usize) -> Range<usize> {
        0..length
    }

    fn causal(position: usize, _: usize) -> Range<usize> {
        0..position + 1
    }

    fn sizes(buckets: &[Bucket]) -> Vec<[usize; 3]> {
        buckets.iter().map(|b| [b.blocks.len(), b.queries, b.keys]).collect()
    }

    #[test]
    fn like_lengths_come_together() {
        let policy = Policy { slack: 0, ..Policy::GPU };
        // 100 and 98 are rounded up to 104; 4 · 104² = 43 264 > 1.25 · (3 · 104² + 40²): 40 is too short for them.
        let found = policy.buckets(&parts(&[100, 40, 98, 98]), all);
        assert_eq!(sizes(&found), [[3, 104, 104], [1, 40, 40]]);
        // Where a launch costs more than padding, all are one bucket.
        assert_eq!(sizes(&Policy::GPU.buckets(&parts(&[100, 40, 98, 1]), all)), [[4, 104, 104]]);
        let found = Policy::EXACT.buckets(&parts(&[7, 5, 7]), all);
        assert_eq!(sizes(&found), [[2, 7, 7], [1, 5, 5]]);
    }

    #[test]
    fn what_nobody_sees_is_not_computed() {
        let policy = Policy { block: 100, slack: 0, ..Policy::GPU };
        let blocks = |seen: fn(usize, usize) -> Range<usize>| {
            let buckets = policy.buckets(&parts(&[250]), seen);
            let mut blocks: Vec<_> = buckets.into_iter().flat_map(|b| b.blocks).collect();
            blocks.sort_by_key(|block| block.queries.start);
            blocks.into_iter().map(|b| (b.queries, b.keys)).collect::<Vec<_>>()
        };
        assert_eq!(blocks(causal), [(0..100, 0..100), (100..200, 0..200), (200..250, 0..250)]);
        let near = |position: usize, length: usize| {
            (position + 1_usize).saturating_sub(30)..length.min(position + 30)
        };
        assert_eq!(blocks(near), [(0..100, 0..129), (100..200, 71..229), (200..250, 171..250)]);
    }

    #[test]
    fn a_part_behind_another_sees_both() {
        let shared = [
            Part { rows: 0..60, before: 0..0 },
            Part { rows: 60..70, before: 0..60 },
            Part { rows: 70..79, before: 0..60 },
        ];
        let policy = Policy { slack: 0, ..Policy::GPU };
        let found = policy.buckets(&shared, causal);
        assert_eq!(sizes(&found), [[2, 16, 72], [1, 64, 64]]);
        assert_eq!(found[0].blocks[0], Block { part: 1, queries: 60..70, keys: 0..70 });
    }

    proptest! {
        #[test]
        fn every_query_is_in_one_block_and_the_bounds_hold(
            lengths in prop::collection::vec(1_usize..400, 1..40),
            block in 1_usize..200, slack in 0_usize..10_000, limit in 1_usize..100_000,
        ) {
            let policy = Policy { block, slack, limit, ..Policy::GPU };
            let buckets = policy.buckets(&parts(&lengths), causal);
            let mut queries: Vec<(usize, usize)> = Vec::new();
            for bucket in &buckets {
                let needed: usize = bucket.blocks.iter().map(|b| policy.needed(b)).sum();
                // A lone block is rounded up, whatever that wastes.
                if bucket.blocks.len() > 1 {
                    prop_assert!(bucket.scores() as f64 <= 1.25 * needed as f64 + slack as f64);
                    prop_assert!(bucket.scores() <= limit);
                }
                prop_assert!(bucket.queries % 8 == 0 && bucket.keys % 8 == 0);
                for block in &bucket.blocks {
                    prop_assert!(block.queries.len() <= bucket.queries);
                    prop_assert!(block.keys.len() <= bucket.keys);
                    prop_assert!(block.queries.len() <= policy.block);
                    queries.extend(block.queries.clone().map(|at| (block.part, at)));
                }
            }
            queries.sort_unstable();
            let expected = lengths.iter().enumerate();
            let expected = expected.flat_map(|(part, length)| (0..*length).map(move |at| (part, at)));
            prop_assert_eq!(queries, expected.collect::<Vec<_>>());
        }
    }
}
