//! A packed batch as a few padded ones on its device, and back: what attention is composed with.

use std::ops::Range;

use candle_core::{D, Device, Result, Tensor};

use super::{
    buckets::{Block, Bucket, Policy},
    composed_by,
};
use crate::model::PackedBatch;

/// Masks of a batch with more scores of one head than this are made in each layer instead of being kept: 256 MiB.
const KEPT: usize = 1 << 26;

/// What is added to the score of a key that a query does not see: nothing is left of it, and nothing overflows.
const HIDDEN: f64 = -1e30;

/// Where the keys of padding stand: behind whatever anybody sees.
const NOWHERE: f32 = 1e9;

/// A packed batch as padded ones. Made once for a batch, for all layers in which the same is seen.
#[derive(Debug)]
pub(in crate::model) struct Padded {
    buckets: Vec<PaddedBucket>,
    /// For each row of the packed batch its row among the buckets' outputs, laid end to end. `None`: they are the same.
    back: Option<Tensor>,
}

/// Blocks of like size as one batch.
#[derive(Debug)]
pub(in crate::model) struct PaddedBucket {
    /// Blocks.
    pub(in crate::model) blocks: usize,
    /// Queries of each.
    pub(in crate::model) queries: usize,
    /// Keys of each.
    pub(in crate::model) keys: usize,
    query_rows: Option<Tensor>,
    key_rows: Option<Tensor>,
    mask: Mask,
}

/// Which keys the queries of a bucket see.
#[derive(Debug)]
enum Mask {
    /// All.
    None,
    /// `[blocks, 1, queries, keys]`: what is added to scores.
    Kept(Tensor),
    /// By position.
    Sight(Sight),
}

/// The first and the last key that each query sees, `[blocks, 1, queries, 1]`, and where each key stands, `[blocks, 1, 1,
/// keys]`, in f32: exact up to sixteen million tokens.
#[derive(Debug)]
struct Sight {
    first: Tensor,
    last: Tensor,
    keys: Tensor,
}

impl Padded {
    /// As `policy` says; `seen` as for [`Policy::buckets`].
    pub(super) fn new(
        batch: &PackedBatch,
        policy: Policy,
        seen: impl Fn(usize, usize) -> Range<usize>,
        device: &Device,
    ) -> Result<Self> {
        let buckets = policy.buckets(batch.parts(), &seen);
        let tokens = batch.parts().last().map_or(0, |part| part.rows.end);
        let kept = buckets.iter().map(Bucket::scores).sum::<usize>() <= KEPT;
        let maker = Maker { batch, seen, tokens, device };
        Ok(Self {
            back: maker.back(&buckets)?,
            buckets: buckets
                .iter()
                .map(|bucket| maker.bucket(bucket, kept))
                .collect::<Result<_>>()?,
        })
    }

    /// For networks without a CPU form, whose tokens see their whole sequence: on a CPU without any padding. `like`
    /// has the type and device of what is computed.
    pub(in crate::model) fn whole(batch: &PackedBatch, like: &Tensor) -> Result<Self> {
        let policy = composed_by(like).unwrap_or(Policy::EXACT);
        let policy = Policy { block: usize::MAX, ..policy };
        Self::new(batch, policy, |_, length| 0..length, like.device())
    }

    /// The buckets.
    pub(in crate::model) fn buckets(&self) -> &[PaddedBucket] {
        &self.buckets
    }

    /// The outputs of the buckets, `[blocks · queries, width]` each, as `[tokens, width]`.
    pub(in crate::model) fn packed(&self, outputs: &[Tensor]) -> Result<Tensor> {
        let all = Tensor::cat(outputs, 0)?;
        match &self.back {
            Some(back) => all.index_select(back, 0),
            None => Ok(all),
        }
    }
}

impl PaddedBucket {
    /// The rows of `x`, `[tokens, width]`, that are its queries: `[blocks · queries, width]`.
    pub(in crate::model) fn queries_of(&self, x: &Tensor) -> Result<Tensor> {
        selected(x, self.query_rows.as_ref())
    }

    /// The rows of `x` that are its keys: `[blocks · keys, width]`.
    pub(in crate::model) fn keys_of(&self, x: &Tensor) -> Result<Tensor> {
        selected(x, self.key_rows.as_ref())
    }

    /// The softmax, over the keys that are seen, of f32 `scores`, `[blocks, heads, queries, keys]`.
    pub(in crate::model) fn softmax(&self, scores: &Tensor) -> Result<Tensor> {
        let masked = match &self.mask {
            Mask::None => None,
            Mask::Kept(mask) => Some(scores.broadcast_add(mask)?),
            Mask::Sight(sight) => Some(scores.broadcast_add(&sight.mask()?)?),
        };
        let scores = masked.as_ref().unwrap_or(scores);
        let shifted = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
        shifted.broadcast_div(&shifted.sum_keepdim(D::Minus1)?)
    }
}

fn selected(x: &Tensor, rows: Option<&Tensor>) -> Result<Tensor> {
    rows.map_or_else(|| Ok(x.clone()), |rows| x.index_select(rows, 0))
}

impl Sight {
    /// How far a key is out of sight, as the mask: at least 1 for any that is not seen.
    fn mask(&self) -> Result<Tensor> {
        let before = self.first.broadcast_sub(&self.keys)?.relu()?;
        let behind = self.keys.broadcast_sub(&self.last)?.relu()?;
        (before + behind)?.minimum(1.0)?.affine(HIDDEN, 0.0)
    }
}

/// Makes the tensors of one batch.
struct Maker<'a, S> {
    batch: &'a PackedBatch,
    seen: S,
    tokens: usize,
    device: &'a Device,
}

impl<S: Fn(usize, usize) -> Range<usize>> Maker<'_, S> {
    fn bucket(&self, bucket: &Bucket, kept: bool) -> Result<PaddedBucket> {
        let (blocks, queries, keys) = (bucket.blocks.len(), bucket.queries, bucket.keys);
        let mask = match self.sight(bucket)? {
            None => Mask::None,
            Some(sight) if kept => Mask::Kept(sight.mask()?),
            Some(sight) => Mask::Sight(sight),
        };
        let query_rows = self.rows(bucket, queries, |block| block.queries.clone())?;
        let key_rows = self.rows(bucket, keys, |block| block.keys.clone())?;
        Ok(PaddedBucket { blocks, queries, keys, query_rows, key_rows, mask })
    }

    /// The rows at some positions of each block, padded with the first of them to `size`. `None`: all rows as they lie.
    fn rows(
        &self,
        bucket: &Bucket,
        size: usize,
        positions: impl Fn(&Block) -> Range<usize>,
    ) -> Result<Option<Tensor>> {
        let rows = bucket.blocks.iter().flat_map(|block| {
            let part = &self.batch.parts()[block.part];
            let positions = positions(block);
            let padding = std::iter::repeat_n(positions.start, size - positions.len());
            positions.chain(padding).map(|position| part.row(position))
        });
        let rows: Vec<u32> = rows.map(|row| u32::try_from(row).unwrap_or(u32::MAX)).collect();
        if self.in_place(&rows) {
            return Ok(None);
        }
        Ok(Some(Tensor::from_vec(rows, bucket.blocks.len() * size, self.device)?))
    }

    /// Whether the rows are all there are, in their order.
    fn in_place(&self, rows: &[u32]) -> bool {
        rows.len() == self.tokens && rows.iter().zip(0..).all(|(row, place)| *row == place)
    }

    /// `None` where every query sees every key of its bucket.
    fn sight(&self, bucket: &Bucket) -> Result<Option<Sight>> {
        let (mut first, mut last, mut places) = (Vec::new(), Vec::new(), Vec::new());
        let mut whole = true;
        for block in &bucket.blocks {
            let length = self.batch.parts()[block.part].length();
            // The queries of padding see what the first query sees.
            let padding = bucket.queries - block.queries.len();
            let padding = std::iter::repeat_n(block.queries.start, padding);
            for position in block.queries.clone().chain(padding) {
                let seen = (self.seen)(position, length);
                whole &= seen == block.keys;
                first.push(seen.start as f32);
                last.push(seen.end as f32 - 1.0);
            }
            whole &= block.keys.len() == bucket.keys;
            places.extend(block.keys.clone().map(|position| position as f32));
            places.resize(places.len() + bucket.keys - block.keys.len(), NOWHERE);
        }
        if whole {
            return Ok(None);
        }
        let [blocks, queries, keys] = [bucket.blocks.len(), bucket.queries, bucket.keys];
        let by_query = |values| Tensor::from_vec(values, (blocks, 1, queries, 1), self.device);
        let keys = Tensor::from_vec(places, (blocks, 1, 1, keys), self.device)?;
        Ok(Some(Sight { first: by_query(first)?, last: by_query(last)?, keys }))
    }

    /// See [`Padded::back`].
    fn back(&self, buckets: &[Bucket]) -> Result<Option<Tensor>> {
        let mut back = vec![0_u32; self.tokens];
        let mut start = 0_usize;
        for bucket in buckets {
            for block in &bucket.blocks {
                let part = &self.batch.parts()[block.part];
                for (row, position) in (start..).zip(block.queries.clone()) {
                    back[part.row(position)] = u32::try_from(row).unwrap_or(u32::MAX);
                }
                start += bucket.queries;
            }
        }
        if start == self.tokens && self.in_place(&back) {
            return Ok(None);
        }
        Ok(Some(Tensor::from_vec(back, self.tokens, self.device)?))
    }
}
