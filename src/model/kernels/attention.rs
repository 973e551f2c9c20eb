//! Attention over packed sequences.
//!
//! On a CPU: one task per (sequence, block of queries), which reads queries, keys and values in place from
//! the fused projection, head by head, and writes its rows of the result. Elsewhere: padded products of
//! sequences of like length.

mod composed;

use std::{borrow::Cow, ops::Range};

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use multiversion::multiversion;

use super::{
    composed_by,
    cores::Cores,
    exp::exp,
    fold::fold,
    product::{Matrix, product},
    rope::{Rope, RopeTables, rope_tables},
    slice,
    tanh::tanh,
};
use crate::model::{PackedBatch, packed::Part};
use composed::Composed;

/// Queries a task takes at a time.
const BLOCK: usize = 128;

/// The shape of one attention layer.
#[derive(Clone, Debug)]
pub(in crate::model) struct Attention {
    /// Query heads.
    pub(in crate::model) heads: usize,
    /// Key and value heads; divides `heads`.
    pub(in crate::model) kv_heads: usize,
    /// Width of a head.
    pub(in crate::model) head_dim: usize,
    /// Whether a token sees only itself and what came before.
    pub(in crate::model) causal: bool,
    /// How many tokens back a token sees, itself included; without causality also forward.
    pub(in crate::model) window: Option<usize>,
    /// What scores are multiplied by: `1 / sqrt(head_dim)` in most families.
    pub(in crate::model) scale: f32,
    /// Scores are squashed into ±this by a hyperbolic tangent (Gemma 2).
    pub(in crate::model) softcap: Option<f32>,
    /// RMS normalisation of queries and keys per head (Qwen3): weights and epsilon.
    pub(in crate::model) qk_norm: Option<(Tensor, Tensor, f64)>,
}

/// What all layers that see alike share in a pass over one batch.
#[derive(Debug)]
pub(in crate::model) struct Plan {
    rope: Option<RopeTables>,
    /// `None` on a CPU.
    composed: Option<Composed>,
}

impl Attention {
    /// Prepares a pass over `batch` for layers that see as this one does; `like` has the pass's type and device.
    pub(in crate::model) fn plan(
        &self,
        batch: &PackedBatch,
        rope: Option<&Rope>,
        like: &Tensor,
    ) -> Result<Plan> {
        let rope = rope.map(|rope| rope_tables(rope, batch));
        let composed = match composed_by(like) {
            Some(policy) => Some(Composed::new(self, batch, rope.as_ref(), policy, like.device())?),
            None => None,
        };
        Ok(Plan { rope, composed })
    }

    /// `softmax(scale · q kᵀ) v` per sequence and head. `qkv` is `[tokens, (heads + 2 ·
    /// kv_heads) · head_dim]`, the result `[tokens, heads · head_dim]`.
    pub(in crate::model) fn forward(
        &self,
        qkv: &Tensor,
        batch: &PackedBatch,
        plan: &Plan,
    ) -> Result<Tensor> {
        if let Some(composed) = &plan.composed {
            return composed.forward(self, qkv);
        }
        let norm = match &self.qk_norm {
            Some((q, k, eps)) => Some((q.to_vec1()?, k.to_vec1()?, *eps)),
            None => None,
        };
        Packed { shape: self, batch, rope: plan.rope.as_ref(), norm }.forward(qkv)
    }

    fn width(&self) -> usize {
        (self.heads + 2 * self.kv_heads) * self.head_dim
    }

    /// The keys that query `position` of a sequence of `length` sees.
    fn seen(&self, position: usize, length: usize) -> Range<usize> {
        let window = self.window.unwrap_or(length);
        let end = if self.causal { position + 1 } else { length.min(position + window) };
        (position + 1).saturating_sub(window)..end
    }
}

struct Packed<'a> {
    shape: &'a Attention,
    batch: &'a PackedBatch,
    rope: Option<&'a RopeTables>,
    norm: Option<(Vec<f32>, Vec<f32>, f64)>,
}

impl<'a> Packed<'a> {
    fn forward(&self, qkv: &Tensor) -> Result<Tensor> {
        qkv.apply_op1_no_bwd(self)
    }

    /// Normalises and turns queries and keys, in place, row by row.
    fn prepare(&self, qkv: &mut [f32]) {
        let places: Vec<_> = self
            .batch
            .parts()
            .iter()
            .flat_map(|part| {
                let length = part.length();
                (part.before.len()..length).map(move |position| (position, length))
            })
            .collect();
        let Attention { heads, kv_heads, head_dim, .. } = *self.shape;
        let width = self.shape.width();
        Cores::for_work(qkv.len()).rows(qkv, width, |index, row| {
            let (position, length) = places[index];
            let turning = &mut row[..(heads + kv_heads) * head_dim];
            for (head, x) in turning.chunks_exact_mut(head_dim).enumerate() {
                if let Some((q, k, eps)) = &self.norm {
                    normalise(x, if head < heads { q } else { k }, *eps);
                }
                if let Some(tables) = self.rope {
                    tables.of(length).turn(x, position);
                }
            }
        });
    }

    /// The blocks of queries, in the order of their rows. Where they begin depends on the part alone, so
    /// that a row's products are the same in any company.
    fn blocks(&self) -> Vec<Block<'a>> {
        let blocks = |part: &'a Part| {
            let rows = 0..part.rows.len();
            rows.step_by(BLOCK).map(move |from| Block::new(self.shape, part, from))
        };
        self.batch.parts().iter().flat_map(blocks).collect()
    }

    /// All heads' outputs for a block of queries, `[queries, heads · head_dim]`.
    fn run(&self, block: &Block<'_>, qkv: &[f32], out: &mut [f32]) {
        let Attention { heads, kv_heads, head_dim, .. } = *self.shape;
        let mut scores = vec![0.0; block.queries * block.keys.len()];
        let (mut near_k, mut near_v) = (Vec::new(), Vec::new());
        for kv_head in 0..kv_heads {
            let columns = [heads + kv_head, heads + kv_heads + kv_head].map(|head| head * head_dim);
            let (k, v) = if block.looks_back() {
                let stride = head_dim;
                self.gather(block, qkv, columns[0], &mut near_k);
                self.gather(block, qkv, columns[1], &mut near_v);
                (Matrix::columns(&near_k, stride), Matrix::rows(&near_v, stride))
            } else {
                let stride = self.shape.width();
                let [k, v] = columns.map(|column| &qkv[block.first_key() * stride + column..]);
                (Matrix::columns(k, stride), Matrix::rows(v, stride))
            };
            let group = heads / kv_heads;
            for head in kv_head * group..(kv_head + 1) * group {
                self.head(block, head, [self.queries(block, qkv, head), k, v], &mut scores, out);
            }
        }
    }

    /// One head's outputs, in its columns of `out`; `scores` is room for `[queries, keys]`.
    fn head(
        &self,
        block: &Block<'_>,
        head: usize,
        [q, k, v]: [Matrix<'_>; 3],
        scores: &mut [f32],
        out: &mut [f32],
    ) {
        let Attention { heads, head_dim, scale, .. } = *self.shape;
        let (queries, keys) = (block.queries, block.keys.len());
        product(q, k, scores, keys, [queries, keys, head_dim], scale, Cores::ONE);
        let mut totals = [0.0; BLOCK];
        for ((query, scores), total) in scores.chunks_exact_mut(keys).enumerate().zip(&mut totals) {
            let seen = block.seen(self.shape, query);
            if let Some(cap) = self.shape.softcap {
                soft_cap(&mut scores[seen.clone()], cap);
            }
            *total = exponentials(scores, seen);
        }
        let width = heads * head_dim;
        let (scores, own) = (Matrix::rows(scores, keys), &mut out[head * head_dim..]);
        product(scores, v, own, width, [queries, head_dim, keys], 1.0, Cores::ONE);
        for (row, total) in out.chunks_exact_mut(width).zip(totals) {
            let inverse = total.recip();
            row[head * head_dim..][..head_dim].iter_mut().for_each(|value| *value *= inverse);
        }
    }

    fn queries<'q>(&self, block: &Block<'_>, qkv: &'q [f32], head: usize) -> Matrix<'q> {
        let width = self.shape.width();
        let row = block.part.rows.start + block.from;
        Matrix::rows(&qkv[row * width + head * self.shape.head_dim..], width)
    }

    /// The keys or values of a head that lie in two places: a copy is little beside the products.
    fn gather(&self, block: &Block<'_>, qkv: &[f32], column: usize, near: &mut Vec<f32>) {
        near.clear();
        for position in block.keys.clone() {
            let row = block.part.row(position) * self.shape.width();
            near.extend_from_slice(&qkv[row + column..][..self.shape.head_dim]);
        }
    }
}

/// Some queries of a part that lie together.
struct Block<'a> {
    part: &'a Part,
    /// The first of them, counted from the beginning of the part.
    from: usize,
    queries: usize,
    /// The positions that any of them sees.
    keys: Range<usize>,
}

impl<'a> Block<'a> {
    fn new(shape: &Attention, part: &'a Part, from: usize) -> Self {
        let (length, queries) = (part.length(), BLOCK.min(part.rows.len() - from));
        let position = part.before.len() + from;
        // A block looks from what its first query sees to what its last one does.
        let first = shape.seen(position, length).start;
        let keys = first..shape.seen(position + queries - 1, length).end;
        Self { part, from, queries, keys }
    }

    /// Whether some of its keys lie before the part.
    fn looks_back(&self) -> bool {
        self.keys.start < self.part.before.len()
    }

    /// The row of its first key.
    fn first_key(&self) -> usize {
        self.part.row(self.keys.start)
    }

    /// Which of its keys a query sees, counted from the first.
    fn seen(&self, shape: &Attention, query: usize) -> Range<usize> {
        let position = self.part.before.len() + self.from + query;
        let seen = shape.seen(position, self.part.length());
        seen.start - self.keys.start..(seen.end - self.keys.start).min(self.keys.len())
    }

    /// Multiplications that it takes.
    fn work(&self, shape: &Attention) -> usize {
        2 * shape.heads * self.queries * self.keys.len() * shape.head_dim
    }
}

impl CustomOp1 for Packed<'_> {
    fn name(&self) -> &'static str {
        "packed_attention"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (tokens, _) = layout.shape().dims2()?;
        let mut qkv = Cow::Borrowed(slice(storage, layout)?);
        if self.rope.is_some() || self.norm.is_some() {
            self.prepare(qkv.to_mut());
        }
        let width = self.shape.heads * self.shape.head_dim;
        let mut out = vec![0.0; tokens * width];
        let (mut rest, mut tasks) = (out.as_mut_slice(), Vec::new());
        for block in self.blocks() {
            let (own, behind) = std::mem::take(&mut rest).split_at_mut(block.queries * width);
            rest = behind;
            tasks.push((block, own));
        }
        let work = tasks.iter().map(|(block, _)| block.work(self.shape)).sum();
        Cores::for_work(work).consume(tasks, |(block, out)| self.run(&block, &qkv, out));
        Ok((CpuStorage::F32(out), Shape::from((tokens, width))))
    }
}

fn normalise(x: &mut [f32], weight: &[f32], eps: f64) {
    let squares = x.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>();
    #[expect(clippy::cast_possible_truncation, reason = "f32 is what models compute in")]
    let scale = (squares / x.len() as f64 + eps).sqrt().recip() as f32;
    for (v, w) in x.iter_mut().zip(weight) {
        *v *= scale * w;
    }
}

/// `cap · tanh(score / cap)`.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn soft_cap(scores: &mut [f32], cap: f32) {
    let inverse = cap.recip();
    for score in scores {
        *score = cap * tanh(*score * inverse);
    }
}

/// `e^(score − greatest)` over `seen`, zero elsewhere; their sum. What they weigh is divided by it.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn exponentials(scores: &mut [f32], seen: Range<usize>) -> f32 {
    scores[..seen.start].fill(0.0);
    scores[seen.end..].fill(0.0);
    let scores = &mut scores[seen];
    let greatest = fold(scores, f32::NEG_INFINITY, |a, b| if b > a { b } else { a });
    for score in scores.iter_mut() {
        *score = exp(*score - greatest);
    }
    fold(scores, 0.0_f32, |a, b| a + b)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use rand::{Rng, RngExt, SeedableRng};

    use super::*;
    use crate::model::{
        Encoded,
        kernels::{Policy, forced},
    };

    /// As on a GPU, and with more and smaller buckets.
    const POLICIES: [Policy; 2] = [Policy::GPU, Policy { block: 48, slack: 0, ..Policy::GPU }];

    fn run(shape: &Attention, qkv: &Tensor, batch: &PackedBatch, rope: Option<&Rope>) -> Tensor {
        let plan = shape.plan(batch, rope, qkv).unwrap();
        shape.forward(qkv, batch, &plan).unwrap()
    }

    fn composed(
        shape: &Attention,
        qkv: &Tensor,
        batch: &PackedBatch,
        rope: Option<&Rope>,
    ) -> [Tensor; 2] {
        POLICIES.map(|policy| {
            let _forced = forced::Composed::by(policy);
            run(shape, qkv, batch, rope)
        })
    }

    fn batch(lengths: &[usize]) -> PackedBatch {
        let sequences: Vec<_> = lengths
            .iter()
            .map(|length| Encoded { ids: vec![0; *length], ..Encoded::default() })
            .collect();
        PackedBatch::new(&sequences)
    }

    fn random(rng: &mut impl Rng, rows: usize, width: usize) -> Tensor {
        let values: Vec<f32> = (0..rows * width).map(|_| rng.random_range(-2.0..2.0)).collect();
        Tensor::from_vec(values, (rows, width), &Device::Cpu).unwrap()
    }

    /// Sequences that begin alike, their beginnings laid down once, against the same side by side.
    #[test]
    fn a_shared_beginning_changes_nothing() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(9);
        let beginning: Vec<u32> = (0..150).collect();
        let sequences: Vec<Encoded> = [3_u32, 140, 1]
            .map(|own| [beginning.clone(), (1000 * own..1001 * own).collect()].concat())
            .map(|ids| Encoded { ids, ..Encoded::default() })
            .to_vec();
        let plain = PackedBatch::new(&sequences);
        let shared = PackedBatch::sharing(&sequences.iter().collect::<Vec<_>>());
        assert_eq!(shared.ids.len(), 150 + 3 + 140 + 1);
        // A row for each kind of token and position, so that equal beginnings have equal rows.
        let rows = random(&mut rng, 8, 64);
        let kinds = |batch: &PackedBatch| -> Tensor {
            let kinds: Vec<u32> =
                batch.ids.iter().zip(batch.positions()).map(|(id, at)| (id + at) % 8).collect();
            rows.index_select(&Tensor::new(kinds, &Device::Cpu).unwrap(), 0).unwrap()
        };
        let rope = Rope::plain(vec![1.0, 0.1]);
        for window in [None, Some(100), Some(5)] {
            let shape = Attention {
                heads: 4,
                kv_heads: 2,
                head_dim: 8,
                causal: true,
                window,
                scale: 0.4,
                softcap: None,
                qk_norm: None,
            };
            let last = |batch: &PackedBatch, out: &Tensor| -> Vec<Vec<f32>> {
                let rows = Tensor::new(batch.last(), &Device::Cpu).unwrap();
                out.index_select(&rows, 0).unwrap().to_vec2().unwrap()
            };
            let expected = last(&plain, &run(&shape, &kinds(&plain), &plain, Some(&rope)));
            let rows = kinds(&shared);
            let all = composed(&shape, &rows, &shared, Some(&rope));
            for out in [run(&shape, &rows, &shared, Some(&rope))].iter().chain(&all) {
                let found = last(&shared, out);
                for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
                    assert!((found - expected).abs() < 2e-6, "{window:?}: {found} for {expected}");
                }
            }
        }
    }

    /// The packed kernel against the composed form, for every combination of features.
    #[test]
    fn agrees_with_the_composed_form() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
        let batch = batch(&[1, 7, 130, 64]);
        let rope = Rope::plain(vec![1.0, 0.1, 0.01, 0.001]);
        let partial =
            Rope { long: Some((100, vec![0.5, 0.02])), scale: 1.2, ..Rope::plain(vec![1.0, 0.1]) };
        let norm = random(&mut rng, 2, 8);
        let norm = Some((norm.get(0).unwrap(), norm.get(1).unwrap(), 1e-6));
        for (causal, window, rope, qk_norm, softcap) in [
            (false, None, None, None, None),
            (false, Some(9), Some(&rope), None, None),
            (true, None, Some(&rope), None, None),
            (true, Some(5), Some(&rope), norm, None),
            (true, Some(70), Some(&partial), None, Some(3.0)),
        ] {
            let (heads, kv_heads, head_dim, scale) = (4, 2, 8, 0.4);
            let shape =
                Attention { heads, kv_heads, head_dim, causal, window, scale, softcap, qk_norm };
            let qkv = random(&mut rng, 202, 64);
            let packed = run(&shape, &qkv, &batch, rope);
            for composed in composed(&shape, &qkv, &batch, rope) {
                let worst = (&packed - composed).unwrap().abs().unwrap().max_all().unwrap();
                assert!(worst.to_scalar::<f32>().unwrap() < 2e-6);
            }
        }
    }
}
