//! Rotary position embeddings: Su et al. 2021, in Hugging Face's half-split layout.

use candle_core::{Device, Result, Tensor};

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
pub(in crate::model) fn rope_tables(rope: &Rope, batch: &PackedBatch) -> RopeTables {
    let longest = batch.parts().iter().map(Part::length).max().unwrap_or(0);
    let long = rope.long.as_ref().filter(|(limit, _)| longest > *limit);
    RopeTables {
        short: RopeTable::new(&rope.frequencies, rope.scale, longest),
        long: long
            .map(|(limit, frequencies)| (*limit, RopeTable::new(frequencies, rope.scale, longest))),
    }
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
}

/// Cosines and sines of each row of a batch, on its device, `[tokens, 1, width]` each in f32.
#[derive(Debug)]
pub(super) struct Turns {
    cos: Tensor,
    sin: Tensor,
}

impl RopeTables {
    /// The rows of the tables that the rows of `batch` turn by.
    pub(super) fn turns(&self, batch: &PackedBatch, device: &Device) -> Result<Turns> {
        let width = self.short.width;
        let (mut cos, mut sin) = (Vec::new(), Vec::new());
        for part in batch.parts() {
            let table = self.of(part.length());
            let rows = part.before.len() * width..part.length() * width;
            cos.extend_from_slice(&table.cos[rows.clone()]);
            sin.extend_from_slice(&table.sin[rows]);
        }
        let tokens = cos.len() / width.max(1);
        let tensor = |values| Tensor::from_vec(values, (tokens, 1, width), device);
        Ok(Turns { cos: tensor(cos)?, sin: tensor(sin)? })
    }
}

impl Turns {
    /// As [`RopeTable::turn`], for f32 `x`, `[tokens, heads, head_dim]`.
    pub(super) fn turned(&self, x: &Tensor) -> Result<Tensor> {
        let (_, _, dim) = x.dims3()?;
        let (_, _, half) = self.cos.dims3()?;
        let (low, high) = (x.narrow(2, 0, half)?, x.narrow(2, half, half)?);
        let first = (low.broadcast_mul(&self.cos)? - high.broadcast_mul(&self.sin)?)?;
        let second = (high.broadcast_mul(&self.cos)? + low.broadcast_mul(&self.sin)?)?;
        let mut parts = vec![first, second];
        if dim > 2 * half {
            parts.push(x.narrow(2, 2 * half, dim - 2 * half)?);
        }
        Tensor::cat(&parts, 2)
    }
}
