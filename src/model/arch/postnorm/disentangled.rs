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
    kernels::{Padded, PaddedBucket},
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

    /// `[heads, blocks, from, to]`: the row of the distance from the third to the fourth, or the other way round
    /// where `sign` is −1.
    fn rows(&self, [heads, blocks, from, to]: [usize; 4], sign: i64) -> Computed {
        let rows: Vec<u32> = (0..to_i64(from))
            .flat_map(|from| (0..to_i64(to)).map(move |to| self.row(sign * (from - to))))
            .collect();
        let rows = Tensor::from_vec(rows, (1, 1, from, to), self.embeddings.device())?;
        rows.expand((heads, blocks, from, to))?.contiguous()
    }
}

/// A batch as padded ones, and what each of them looks up, for all layers of a pass.
#[derive(Debug)]
pub(super) struct Lookups {
    padded: Padded,
    /// For each bucket; none without relative attention.
    rows: Vec<Lookup>,
}

/// Rows of the table of distances: from each query to each key, and from each key to each query.
#[derive(Debug)]
struct Lookup {
    to: Tensor,
    from: Tensor,
}

impl Lookups {
    /// `like` has the type and device of what is computed.
    pub(super) fn new(
        distances: Option<&Distances>,
        heads: usize,
        batch: &PackedBatch,
        like: &Tensor,
    ) -> Result<Self, candle_core::Error> {
        let padded = Padded::whole(batch, like)?;
        let lookup = |distances: &Distances, bucket: &PaddedBucket| {
            let PaddedBucket { blocks, queries, keys, .. } = *bucket;
            Ok::<_, candle_core::Error>(Lookup {
                to: distances.rows([heads, blocks, queries, keys], 1)?,
                from: distances.rows([heads, blocks, keys, queries], -1)?,
            })
        };
        let rows = match distances {
            Some(distances) => {
                let buckets = padded.buckets().iter();
                buckets.map(|bucket| lookup(distances, bucket)).collect::<Result<_, _>>()?
            }
            None => Vec::new(),
        };
        Ok(Self { padded, rows })
    }
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
    /// `prefix` is the layer's; `distances` are none without relative attention.
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

    /// As [`Attention::forward`](crate::model::kernels::Attention::forward).
    pub(super) fn forward(&self, qkv: &Tensor, lookups: &Lookups) -> Computed {
        let hidden = self.heads * self.head_dim;
        let part = |index: usize| qkv.narrow(1, index * hidden, hidden)?.contiguous();
        let parts = [part(0)?, part(1)?, part(2)?];
        let buckets = lookups.padded.buckets().iter().enumerate();
        let outputs = buckets
            .map(|(index, bucket)| self.one(&parts, bucket, lookups.rows.get(index)))
            .collect::<Result<Vec<_>, _>>()?;
        lookups.padded.packed(&outputs)
    }

    /// The outputs of one bucket, `[blocks · queries, hidden]`.
    fn one(
        &self,
        [q, k, v]: &[Tensor; 3],
        bucket: &PaddedBucket,
        lookup: Option<&Lookup>,
    ) -> Computed {
        let PaddedBucket { blocks, queries, keys, .. } = *bucket;
        let (heads, dim) = (self.heads, self.head_dim);
        let heads_of = |rows: &Tensor, length| {
            rows.reshape((blocks, length, heads, dim))?.transpose(1, 2)?.contiguous()
        };
        let (q, k, v) = (bucket.queries_of(q)?, bucket.keys_of(k)?, bucket.keys_of(v)?);
        let mut scores = heads_of(&q, queries)?.matmul(&heads_of(&k, keys)?.t()?)?;
        // Of rows with a table of distances, by head: the entries that were looked up, `[blocks, heads, length, …]`.
        let related = |rows: &Tensor, length: usize, table: &Tensor, lookup: &Tensor| {
            let by_head = rows.reshape(((), heads, dim))?.transpose(0, 1)?.contiguous()?;
            let all = by_head.matmul(&table.t()?)?.reshape((heads, blocks, length, ()))?;
            all.gather(lookup, D::Minus1)?.transpose(0, 1)
        };
        if let (Some(table), Some(lookup)) = (&self.position_keys, lookup) {
            scores = (scores + related(&q, queries, table, &lookup.to)?)?;
        }
        if let (Some(table), Some(lookup)) = (&self.position_queries, lookup) {
            // One row per key and, in it, one entry per query; the score wants them turned.
            scores = (scores + related(&k, keys, table, &lookup.from)?.t()?)?;
        }
        let weights = bucket.softmax(&(scores.to_dtype(DType::F32)? * self.scale)?)?;
        let out = weights.to_dtype(v.dtype())?.matmul(&heads_of(&v, keys)?)?;
        out.transpose(1, 2)?.contiguous()?.reshape((blocks * queries, heads * dim))
    }
}
