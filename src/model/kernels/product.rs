//! Matrix products on a CPU.

use candle_core::{CpuStorage, Layout, Result};

use super::{cores::Cores, slice};

/// A matrix in somebody's memory.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    values: &'a [f32],
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    pub(super) fn rows(values: &'a [f32], stride: usize) -> Self {
        Self { values, row_stride: stride, column_stride: 1 }
    }

    /// A tensor's values, whose rows may lie apart.
    pub(super) fn of(storage: &'a CpuStorage, layout: &Layout) -> Result<Self> {
        match *layout.stride() {
            [row_stride, 1] => {
                Ok(Self::rows(&storage.as_slice()?[layout.start_offset()..], row_stride))
            }
            _ => Ok(Self::rows(slice(storage, layout)?, layout.shape().dims2()?.1)),
        }
    }

    pub(super) fn columns(values: &'a [f32], stride: usize) -> Self {
        Self { values, row_stride: 1, column_stride: stride }
    }

    fn covers(&self, rows: usize, columns: usize) -> bool {
        rows == 0
            || columns == 0
            || (rows - 1) * self.row_stride + (columns - 1) * self.column_stride < self.values.len()
    }
}

/// `out = scale · left · right`, whose rows lie `row_stride` apart; `[m, n, k]`: the product is `m × n`.
#[expect(unsafe_code, reason = "the product's library takes pointers and strides")]
pub(super) fn product(
    left: Matrix<'_>,
    right: Matrix<'_>,
    out: &mut [f32],
    row_stride: usize,
    shape: [usize; 3],
    scale: f32,
    cores: Cores,
) {
    let [m, n, _] = shape;
    let covered = Matrix::rows(out, row_stride).covers(m, n);
    assert!(covered && (m <= 1 || n <= row_stride), "a product out of bounds");
    // SAFETY: every element of `m` rows of `n` that lie `row_stride` apart is within `out`, by the assertion; it
    // is borrowed mutably.
    unsafe {
        multiply(left, right, out.as_mut_ptr(), row_stride, shape, scale, cores);
    }
}

/// `left · right` in new memory, row by row: memory that is not filled with zeros before.
#[expect(unsafe_code, reason = "the product's library takes pointers and strides")]
pub(super) fn fresh_product(
    left: Matrix<'_>,
    right: Matrix<'_>,
    shape: [usize; 3],
    cores: Cores,
) -> Vec<f32> {
    let [m, n, k] = shape;
    assert!(k > 0, "a product of nothing");
    let mut out = Vec::with_capacity(m * n);
    // SAFETY: there is room for `m` rows of `n` numbers, `n` apart, that nobody else knows of; the product
    // writes each of them before they count as values.
    unsafe {
        multiply(left, right, out.as_mut_ptr(), n, shape, 1.0, cores);
        out.set_len(m * n);
    }
    out
}

/// Writes `scale · left · right` to `m` rows of `n` numbers, `row_stride` apart, and reads nothing there.
///
/// # Safety
/// All of them must be writable through `out`, and nothing else may refer to them.
#[expect(unsafe_code, reason = "the product's library takes pointers and strides")]
unsafe fn multiply(
    left: Matrix<'_>,
    right: Matrix<'_>,
    out: *mut f32,
    row_stride: usize,
    [m, n, k]: [usize; 3],
    scale: f32,
    cores: Cores,
) {
    assert!(left.covers(m, k) && right.covers(k, n), "a product out of bounds");
    let stride = |stride: usize| isize::try_from(stride).unwrap_or(isize::MAX);
    // SAFETY: the assertion above shows that every element that the strides of both sides reach lies within
    // their slices; what `out` reaches is the caller's promise.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out,
            1,
            stride(row_stride),
            false,
            left.values.as_ptr(),
            stride(left.column_stride),
            stride(left.row_stride),
            right.values.as_ptr(),
            stride(right.column_stride),
            stride(right.row_stride),
            0.0,
            scale,
            false,
            false,
            false,
            cores.parallelism(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_core_and_many_give_the_same_bits() {
        let values = |count: usize| (0..count).map(|i| ((i * 37 % 101) as f32).sin()).collect();
        let (m, n, k) = (300, 96, 64);
        let (left, right): (Vec<f32>, Vec<f32>) = (values(m * k), values(n * k));
        let of = |cores| {
            fresh_product(Matrix::rows(&left, k), Matrix::columns(&right, k), [m, n, k], cores)
        };
        assert_eq!(of(Cores::some(1)), of(Cores::some(4)));
    }
}
