//! DeBERTa's attention: content to content, content to position, position to content.
//!
//! He et al. 2021 (arXiv 2006.03654), Eq. 2 to 4: the score of query i and key j is
//! `(q_i · k_j + q_i · r_k(δ(i, j)) + k_j · r_q(δ(j, i))) / sqrt(d · terms)`, where δ is the distance,
//! in logarithmic buckets beyond half of them (DeBERTa-v2).

use candle_core::{D, DType, Tensor};

use super::config::Config;
use crate::model::{
    PackedBatch, Weights, WeightsError,
    arch::{
        Computed,
        linear::Linear,
        norm::{Norm, NormKind},
    },
};

/// What all layers share: the embeddings of distances and how distances map to them.
#[derive(Debug)]
pub(super) struct Distances {
    /// `[2 · span, hidden]`.
    embeddings: Tensor,
    span: usize,
    buckets: Option<usize>,
    furthest: usize,
}

impl Distances {
    pub(super) fn load(config: &Config, eps: f64, weights: &Weights) -> Result<Self, WeightsError> {
        let (deberta, hidden) = (&config.deberta, config.hidden_size);
        let furthest = deberta.furthest(config.max_position_embeddings);
        let span = deberta.buckets().unwrap_or(furthest);
        let stored = weights.get("deberta.encoder.rel_embeddings.weight", &[2 * span, hidden])?;
        let norm: Option<Norm> = if deberta.normalises_positions() {
            Some(NormKind::Layer.load(weights, "deberta.encoder.LayerNorm", hidden, eps)?)
        } else {
            None
        };
        let embeddings = match norm {
            Some(norm) => norm.forward(&stored)?,
            None => stored,
        };
        Ok(Self { embeddings, span, buckets: deberta.buckets(), furthest })
    }

    /// The row of the embeddings for query position minus key position, clamped to the table.
    fn row(&self, distance: i64) -> u32 {
        let (mid, span) =
            (self.buckets.map_or(i64::MAX, |buckets| to_i64(buckets / 2)), to_i64(self.span));
        let bucket = if distance.abs() <= mid {
            distance
        } else {
            let (mid, furthest) = (mid as f64, self.furthest as f64);
            let share = (distance.abs() as f64 / mid).ln() / ((furthest - 1.0) / mid).ln();
            #[expect(clippy::cast_possible_truncation, reason = "at most a distance")]
            let beyond = ((share * (mid - 1.0)).ceil() + mid) as i64;
            beyond * distance.signum()
        };
        u32::try_from((bucket + span).clamp(0, 2 * span - 1)).unwrap_or(0)
    }

    /// What each sequence of a batch looks up, for all layers of a pass.
    pub(super) fn lookups(
        &self,
        heads: usize,
        batch: &PackedBatch,
    ) -> Result<Vec<Lookup>, candle_core::Error> {
        let lookup = |length| {
            Ok(Lookup { to: self.rows(heads, length, 1)?, from: self.rows(heads, length, -1)? })
        };
        batch.ranges().map(|range| lookup(range.len())).collect()
    }

    /// `[heads, length, length]`: the row of the distance from the second to the third, or the other way
    /// round where `sign` is −1.
    fn rows(&self, heads: usize, length: usize, sign: i64) -> Computed {
        let rows: Vec<u32> = (0..to_i64(length))
            .flat_map(|from| (0..to_i64(length)).map(move |to| self.row(sign * (from - to))))
            .collect();
        let rows = Tensor::from_vec(rows, (1, length, length), self.embeddings.device())?;
        rows.expand((heads, length, length))?.contiguous()
    }
}

/// Rows of the table of distances: from each query to each key, and from each key to each query.
#[derive(Debug)]
pub(super) struct Lookup {
    to: Tensor,
    from: Tensor,
}

fn to_i64(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// One layer's attention.
#[derive(Debug)]
pub(super) struct Disentangled {
    heads: usize,
    head_dim: usize,
    scale: f64,
    /// `[heads, 2 · span, head_dim]`: keys of distances, for content to position.
    position_keys: Option<Tensor>,
    /// The same as queries, for position to content.
    position_queries: Option<Tensor>,
}

impl Disentangled {
    /// `prefix` is the layer's; `distances` are `None` without relative attention.
    pub(super) fn load(
        config: &Config,
        prefix: &str,
        distances: Option<&Distances>,
        weights: &Weights,
    ) -> Result<Self, WeightsError> {
        let (hidden, heads) = (config.hidden_size, config.num_attention_heads);
        let head_dim = hidden / heads;
        let terms = [true, config.deberta.attends("c2p"), config.deberta.attends("p2c")];
        let own = if config.deberta.share_att_key {
            ["key_proj", "query_proj"]
        } else {
            ["pos_key_proj", "pos_query_proj"]
        };
        let projected = |wanted: bool, part: &str| -> Result<Option<Tensor>, WeightsError> {
            let Some(distances) = distances.filter(|_| wanted) else { return Ok(None) };
            let name = format!("{prefix}.attention.self.{part}");
            let rows = Linear::load(weights, &name, [hidden, hidden], true)?
                .forward(&distances.embeddings)?;
            Ok(Some(rows.reshape(((), heads, head_dim))?.transpose(0, 1)?.contiguous()?))
        };
        let terms_count = terms.iter().filter(|term| **term).count();
        Ok(Self {
            heads,
            head_dim,
            scale: ((head_dim * terms_count) as f64).sqrt().recip(),
            position_keys: projected(terms[1], own[0])?,
            position_queries: projected(terms[2], own[1])?,
        })
    }

    /// As [`Attention::forward`](crate::model::kernels::Attention::forward); `lookups` are the batch's,
    /// none without relative attention.
    pub(super) fn forward(
        &self,
        qkv: &Tensor,
        batch: &PackedBatch,
        lookups: &[Lookup],
    ) -> Computed {
        let outputs = batch
            .ranges()
            .enumerate()
            .map(|(index, range)| {
                self.one(&qkv.narrow(0, range.start, range.len())?, lookups.get(index))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Tensor::cat(&outputs, 0)
    }

    fn one(&self, qkv: &Tensor, lookup: Option<&Lookup>) -> Computed {
        let (length, _) = qkv.dims2()?;
        let hidden = self.heads * self.head_dim;
        let part = |index: usize| {
            qkv.narrow(1, index * hidden, hidden)?
                .reshape((length, self.heads, self.head_dim))?
                .transpose(0, 1)?
                .contiguous()
        };
        let (q, k, v) = (part(0)?, part(1)?, part(2)?);
        let mut scores = q.matmul(&k.t()?)?;
        if let (Some(keys), Some(lookup)) = (&self.position_keys, lookup) {
            scores = (scores + q.matmul(&keys.t()?)?.gather(&lookup.to, D::Minus1)?)?;
        }
        if let (Some(queries), Some(lookup)) = (&self.position_queries, lookup) {
            // One row per key and, in it, one entry per query; the score wants them turned.
            let by_key = k.matmul(&queries.t()?)?.gather(&lookup.from, D::Minus1)?;
            scores = (scores + by_key.t()?)?;
        }
        let scores = (scores.to_dtype(DType::F32)? * self.scale)?;
        let shifted = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
        let weights = shifted.broadcast_div(&shifted.sum_keepdim(D::Minus1)?)?;
        let out = weights.to_dtype(qkv.dtype())?.matmul(&v)?;
        out.transpose(0, 1)?.contiguous()?.reshape((length, hidden))
    }
}
