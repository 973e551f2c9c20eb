//! Matrix products on a CPU.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Storage, Tensor};

use super::{cores::Cores, on_cpu, slice};

/// `x Wᵀ + bias + onto`: `x` is `[rows, in]`, `weight` `[out, in]`, `bias` `[out]`, `onto` and the result
/// `[rows, out]`.
pub(in crate::model) fn linear(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    onto: Option<&Tensor>,
) -> Result<Tensor> {
    if on_cpu(x) {
        return x.apply_op1_no_bwd(&Linear { weight, bias, onto });
    }
    let mut y = x.matmul(&weight.t()?)?;
    if let Some(bias) = bias {
        y = y.broadcast_add(bias)?;
    }
    match onto {
        Some(onto) => onto + y,
        None => Ok(y),
    }
}

struct Linear<'a> {
    weight: &'a Tensor,
    bias: Option<&'a Tensor>,
    onto: Option<&'a Tensor>,
}

impl CustomOp1 for Linear<'_> {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, input) = layout.shape().dims2()?;
        let output = self.weight.dim(0)?;
        let x = slice(x, layout)?;
        let adds = self.bias.is_some() || self.onto.is_some();
        let mut out = vec![0.0; rows * output];
        if let Some(onto) = self.onto {
            with_values(onto, |onto| {
                by_rows(&mut out, output, |index, row| {
                    row.copy_from_slice(&onto[index * output..][..output]);
                });
                Ok(())
            })?;
        }
        if let Some(bias) = self.bias {
            with_values(bias, |bias| {
                by_rows(&mut out, output, |_, row| {
                    row.iter_mut().zip(bias).for_each(|(out, bias)| *out += bias);
                });
                Ok(())
            })?;
        }
        with_values(self.weight, |weight| {
            let (left, right) = (Matrix::rows(x, input), Matrix::columns(weight, input));
            let add = if adds { Add::Onto } else { Add::Scaled(1.0) };
            let cores = Cores::for_work(rows * input * output);
            product(left, right, &mut out, [rows, output, input], add, cores);
            Ok(())
        })?;
        Ok((CpuStorage::F32(out), Shape::from((rows, output))))
    }
}

/// `f` on each row, which is little more than reading and writing it.
fn by_rows(out: &mut [f32], width: usize, f: impl Fn(usize, &mut [f32]) + Sync) {
    Cores::for_work(4 * out.len()).rows(out, width, f);
}

/// `f` of a CPU tensor's values.
fn with_values<R>(tensor: &Tensor, f: impl FnOnce(&[f32]) -> Result<R>) -> Result<R> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => f(slice(storage, layout)?),
        Storage::Cuda(_) | Storage::Metal(_) => {
            Err(candle_core::Error::Msg("the tensor is not on the CPU".to_owned()))
        }
    }
}

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

    pub(super) fn columns(values: &'a [f32], stride: usize) -> Self {
        Self { values, row_stride: 1, column_stride: stride }
    }

    fn covers(&self, rows: usize, columns: usize) -> bool {
        rows == 0
            || columns == 0
            || (rows - 1) * self.row_stride + (columns - 1) * self.column_stride < self.values.len()
    }
}

/// What a product is added to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Add {
    /// Nothing: it is only multiplied by this.
    Scaled(f32),
    /// What its place holds.
    Onto,
}

/// `out = left · right`, or `out += left · right`; `[m, n, k]`: `out` is `m × n`, row by row.
#[expect(unsafe_code, reason = "the product's library takes pointers and strides")]
pub(super) fn product(
    left: Matrix<'_>,
    right: Matrix<'_>,
    out: &mut [f32],
    [m, n, k]: [usize; 3],
    add: Add,
    cores: Cores,
) {
    assert!(
        left.covers(m, k) && right.covers(k, n) && out.len() == m * n,
        "a product out of bounds"
    );
    let stride = |stride: usize| isize::try_from(stride).unwrap_or(isize::MAX);
    let (onto, scale) = match add {
        Add::Scaled(scale) => (false, scale),
        Add::Onto => (true, 1.0),
    };
    // SAFETY: the assertion above shows that every element the strides reach lies within its slice;
    // `out` is borrowed mutably, so it overlaps neither side.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            stride(n),
            onto,
            left.values.as_ptr(),
            stride(left.column_stride),
            stride(left.row_stride),
            right.values.as_ptr(),
            stride(right.column_stride),
            stride(right.row_stride),
            1.0,
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
    use candle_core::Device;

    use super::*;

    #[test]
    fn agrees_with_a_product_by_hand() {
        let tensor = |rows: &[[f32; 2]]| {
            Tensor::from_vec(rows.concat(), (rows.len(), 2), &Device::Cpu).unwrap()
        };
        let x = tensor(&[[1.0, 2.0], [3.0, -1.0], [0.0, 4.0]]);
        let weight = tensor(&[[1.0, 1.0], [2.0, -1.0]]);
        let bias = Tensor::new(&[0.5_f32, -0.5], &Device::Cpu).unwrap();
        let onto = tensor(&[[10.0, 10.0], [20.0, 20.0], [30.0, 30.0]]);
        let of = |bias, onto| linear(&x, &weight, bias, onto).unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(of(None, None), [[3.0, 0.0], [2.0, 7.0], [4.0, -4.0]]);
        assert_eq!(of(Some(&bias), None), [[3.5, -0.5], [2.5, 6.5], [4.5, -4.5]]);
        assert_eq!(of(None, Some(&onto)), [[13.0, 10.0], [22.0, 27.0], [34.0, 26.0]]);
        assert_eq!(of(Some(&bias), Some(&onto)), [[13.5, 9.5], [22.5, 26.5], [34.5, 25.5]]);
    }

    #[test]
    fn one_core_and_many_give_the_same_bits() {
        let values = |count: usize| (0..count).map(|i| ((i * 37 % 101) as f32).sin()).collect();
        let (m, n, k) = (300, 96, 64);
        let (left, right): (Vec<f32>, Vec<f32>) = (values(m * k), values(n * k));
        let of = |cores| {
            let mut out = vec![0.0; m * n];
            let (left, right) = (Matrix::rows(&left, k), Matrix::columns(&right, k));
            product(left, right, &mut out, [m, n, k], Add::Scaled(1.0), cores);
            out
        };
        assert_eq!(of(Cores::some(1)), of(Cores::some(4)));
    }
}
