//! Attention composed of operations that every device has: batched products of padded buckets.

use candle_core::{DType, Device, Result, Tensor};

use super::Attention;
use crate::model::{
    PackedBatch,
    kernels::{
        buckets::Policy,
        padded::{Padded, PaddedBucket},
        rms_norm,
        rope::{RopeTables, Turns},
    },
};

/// A batch as padded buckets, and how its positions turn.
#[derive(Debug)]
pub(super) struct Composed {
    padded: Padded,
    turns: Option<Turns>,
}

impl Composed {
    pub(super) fn new(
        shape: &Attention,
        batch: &PackedBatch,
        rope: Option<&RopeTables>,
        policy: Policy,
        device: &Device,
    ) -> Result<Self> {
        let seen = |position, length| shape.seen(position, length);
        Ok(Self {
            padded: Padded::new(batch, policy, seen, device)?,
            turns: rope.map(|tables| tables.turns(batch, device)).transpose()?,
        })
    }

    /// As [`Attention::forward`].
    pub(super) fn forward(&self, shape: &Attention, qkv: &Tensor) -> Result<Tensor> {
        let (q, kv) = self.prepared(shape, qkv)?;
        let buckets = self.padded.buckets().iter();
        let outputs =
            buckets.map(|bucket| one(shape, bucket, &q, &kv)).collect::<Result<Vec<_>>>()?;
        self.padded.packed(&outputs)
    }

    /// Queries, normalised, turned and scaled, `[tokens, heads · head_dim]`; keys, likewise but for the scale, and
    /// values, `[tokens, 2 · kv_heads · head_dim]`. Rounded once, behind all of it.
    fn prepared(&self, shape: &Attention, qkv: &Tensor) -> Result<(Tensor, Tensor)> {
        let Attention { heads, kv_heads, head_dim, .. } = *shape;
        let (tokens, _) = qkv.dims2()?;
        let (queries, keys) = (heads * head_dim, kv_heads * head_dim);
        let scale = f64::from(shape.scale);
        if shape.qk_norm.is_none() && self.turns.is_none() {
            let q = (qkv.narrow(1, 0, queries)? * scale)?;
            return Ok((q, qkv.narrow(1, queries, 2 * keys)?.contiguous()?));
        }
        let wide = qkv.narrow(1, 0, queries + keys)?.to_dtype(DType::F32)?;
        let mut wide = wide.reshape((tokens, heads + kv_heads, head_dim))?;
        if let Some((q_weight, k_weight, eps)) = &shape.qk_norm {
            let normed = |from, count, weight: &Tensor| {
                let part = wide.narrow(1, from, count)?.contiguous()?;
                rms_norm(&part, &weight.to_dtype(DType::F32)?, *eps)
            };
            wide =
                Tensor::cat(&[normed(0, heads, q_weight)?, normed(heads, kv_heads, k_weight)?], 1)?;
        }
        if let Some(turns) = &self.turns {
            wide = turns.turned(&wide)?;
        }
        let rows = |x: &Tensor, width| x.to_dtype(qkv.dtype())?.reshape((tokens, width));
        let q = rows(&(wide.narrow(1, 0, heads)? * scale)?, queries)?;
        let k = rows(&wide.narrow(1, heads, kv_heads)?, keys)?;
        let v = qkv.narrow(1, queries + keys, keys)?;
        Ok((q, Tensor::cat(&[k, v], 1)?))
    }
}

/// The outputs of one bucket, `[blocks · queries, heads · head_dim]`.
fn one(shape: &Attention, bucket: &PaddedBucket, q: &Tensor, kv: &Tensor) -> Result<Tensor> {
    let Attention { heads, kv_heads, head_dim, .. } = *shape;
    let PaddedBucket { blocks, queries, keys, .. } = *bucket;
    let q = bucket.queries_of(q)?.reshape((blocks, queries, heads, head_dim))?;
    // The queries of heads that share a key head, one below the other: keys and values are not repeated.
    let together = (blocks, kv_heads, heads / kv_heads * queries, ());
    let q = q.transpose(1, 2)?.contiguous()?.reshape(together)?;
    let kv = bucket.keys_of(kv)?.reshape((blocks, keys, 2, kv_heads, head_dim))?;
    let kv = kv.permute((2, 0, 3, 1, 4))?.contiguous()?;
    let (k, v) = (kv.get(0)?, kv.get(1)?);
    let mut scores = q.matmul(&k.t()?)?.to_dtype(DType::F32)?;
    if let Some(cap) = shape.softcap.map(f64::from) {
        scores = ((scores / cap)?.tanh()? * cap)?;
    }
    let weights = bucket.softmax(&scores.reshape((blocks, heads, queries, keys))?)?;
    let out = weights.to_dtype(q.dtype())?.reshape(together)?.matmul(&v)?;
    let out = out.reshape((blocks, heads, queries, head_dim))?.transpose(1, 2)?;
    out.contiguous()?.reshape((blocks * queries, heads * head_dim))
}
