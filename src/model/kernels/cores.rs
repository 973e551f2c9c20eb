//! How many cores one loop may use: as many as there are, shared among the forward passes that run.
//!
//! A pass a core is the fastest way to serve several models, or a batch that can be cut: handing small work
//! to other threads costs more than doing it. So a loop goes parallel only when it is long and cores are idle. The result is
//! the same bits either way: a value is always computed by one thread, in one order.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread::available_parallelism,
};

use rayon::prelude::*;

/// Multiplications below which handing work over costs more than it saves: some 100 µs of one core.
const WORTH: usize = 1 << 20;

static ALL: LazyLock<usize> = LazyLock::new(|| available_parallelism().map_or(1, usize::from));
static PASSES: AtomicUsize = AtomicUsize::new(0);

/// A forward pass that is running. The cores are shared by all that are.
#[derive(Debug)]
pub(in crate::model) struct Pass(());

impl Pass {
    pub(in crate::model) fn begin() -> Self {
        PASSES.fetch_add(1, Relaxed);
        Self(())
    }

    /// How many passes a batch of about `work` multiplications is worth being cut into: one for each core
    /// that no other pass has.
    pub(in crate::model) fn cores(work: usize) -> usize {
        let share = *ALL / (PASSES.load(Relaxed) + 1);
        if work < 8 * WORTH { 1 } else { share.max(1) }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        PASSES.fetch_sub(1, Relaxed);
    }
}

/// The cores that one loop may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cores(usize);

impl Cores {
    /// For a loop of about `work` multiplications.
    pub(super) fn for_work(work: usize) -> Self {
        let share = *ALL / PASSES.load(Relaxed).max(1);
        Self(if work < WORTH { 1 } else { share.max(1) })
    }

    /// This many, whatever else runs.
    #[cfg(test)]
    pub(super) fn some(count: usize) -> Self {
        Self(count)
    }

    /// The calling thread alone.
    pub(super) const ONE: Self = Self(1);

    /// How a matrix product may use them.
    pub(super) fn parallelism(self) -> gemm::Parallelism {
        if self.0 == 1 { gemm::Parallelism::None } else { gemm::Parallelism::Rayon(self.0) }
    }

    /// `f` of each item.
    pub(super) fn consume<T: Send>(self, items: Vec<T>, f: impl Fn(T) + Send + Sync) {
        if self.0 == 1 {
            items.into_iter().for_each(f);
        } else {
            items.into_par_iter().for_each(f);
        }
    }

    /// `f` on each row of `values`, with the row's index.
    pub(super) fn rows(
        self,
        values: &mut [f32],
        width: usize,
        f: impl Fn(usize, &mut [f32]) + Sync,
    ) {
        if self.0 == 1 {
            values.chunks_exact_mut(width).enumerate().for_each(|(index, row)| f(index, row));
        } else {
            let some = (values.len() / width / (4 * self.0)).max(1);
            values
                .par_chunks_exact_mut(width)
                .enumerate()
                .with_min_len(some)
                .for_each(|(index, row)| f(index, row));
        }
    }
}
