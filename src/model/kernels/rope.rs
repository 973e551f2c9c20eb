//! Rotary position embeddings: Su et al. 2021, in Hugging Face's half-split layout.

use std::sync::Arc;

use candle_core::{Result, Tensor};

use crate::model::{PackedBatch, packed::Part};

/// How positions turn queries and keys. The first `2 · frequencies` dimensions of a head turn, the rest
/// stay as they are (partial rotary: GPT-NeoX, Phi).
#[derive(Clone, Debug)]
pub(in crate::model) struct Rope {
    /// One angular frequency per pair of dimensions that turns.
    pub(in crate::model) frequencies: Vec<f32>,
    /// Other frequencies for sequences longer than this (LongRoPE: Ding et al. 2024). Each sequence is
    /// judged by its own length, whatever shares the batch.
    pub(in crate::model) long: Option<(usize, Vec<f32>)>,
    /// What cosines and sines are multiplied by.
    pub(in crate::model) scale: f32,
}

impl Rope {
    /// The same frequencies at any length, unscaled.
    pub(in crate::model) fn plain(frequencies: Vec<f32>) -> Self {
        Self { frequencies, long: None, scale: 1.0 }
    }
}

/// Cosines and sines of the positions of a batch, for all layers of a pass.
#[derive(Clone, Debug)]
pub(in crate::model) struct RopeTables {
    short: RopeTable,
    long: Option<(usize, RopeTable)>,
}

/// Cosines and sines of positions `0..length`, `[length, width]` each.
#[derive(Clone, Debug)]
pub(super) struct RopeTable {
    cos: Vec<f32>,
    sin: Vec<f32>,
    width: usize,
}

/// The tables for the longest sequence of `batch`.
pub(in crate::model) fn rope_tables(rope: &Rope, batch: &PackedBatch) -> Arc<RopeTables> {
    let longest = batch.parts().iter().map(Part::length).max().unwrap_or(0);
    let long = rope.long.as_ref().filter(|(limit, _)| longest > *limit);
    Arc::new(RopeTables {
        short: RopeTable::new(&rope.frequencies, rope.scale, longest),
        long: long
            .map(|(limit, frequencies)| (*limit, RopeTable::new(frequencies, rope.scale, longest))),
    })
}

impl RopeTables {
    /// The table for a sequence of `length`.
    pub(super) fn of(&self, length: usize) -> &RopeTable {
        match &self.long {
            Some((limit, long)) if length > *limit => long,
            _ => &self.short,
        }
    }
}

impl RopeTable {
    fn new(frequencies: &[f32], scale: f32, length: usize) -> Self {
        let angles =
            (0..length).flat_map(|position| frequencies.iter().map(move |f| position as f32 * f));
        let (sin, cos) =
            angles.map(f32::sin_cos).map(|(sin, cos)| (scale * sin, scale * cos)).unzip();
        Self { cos, sin, width: frequencies.len() }
    }

    /// Turns one head of the token at `position`, in place.
    pub(super) fn turn(&self, x: &mut [f32], position: usize) {
        let row = position * self.width..(position + 1) * self.width;
        let (low, high) = x[..2 * self.width].split_at_mut(self.width);
        for ((low, high), (cos, sin)) in
            low.iter_mut().zip(high).zip(self.cos[row.clone()].iter().zip(&self.sin[row]))
        {
            (*low, *high) = (*low * cos - *high * sin, *high * cos + *low * sin);
        }
    }

    /// As [`turn`](Self::turn), for `[heads, length, head_dim]`.
    pub(super) fn turned(&self, x: &Tensor) -> Result<Tensor> {
        let (_, length, dim) = x.dims3()?;
        let half = self.width;
        let table = |values: &[f32]| {
            Tensor::from_slice(&values[..length * half], (length, half), x.device())?
                .to_dtype(x.dtype())
        };
        let (cos, sin) = (table(&self.cos)?, table(&self.sin)?);
        let (low, high) = (x.narrow(2, 0, half)?, x.narrow(2, half, half)?);
        let first = (low.broadcast_mul(&cos)? - high.broadcast_mul(&sin)?)?;
        let second = (high.broadcast_mul(&cos)? + low.broadcast_mul(&sin)?)?;
        let mut parts = vec![first, second];
        if dim > 2 * half {
            parts.push(x.narrow(2, 2 * half, dim - 2 * half)?);
        }
        Tensor::cat(&parts, 2)
    }
}
