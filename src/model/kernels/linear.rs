//! Linear maps on a CPU, with what follows them in the same pass over their rows.

use std::ops::Deref;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Storage, Tensor};

use super::{
    cores::Cores,
    gelu::Gelu,
    norm::{layer_norm, layer_row},
    on_cpu,
    product::{Matrix, fresh_product},
    slice,
    swiglu::Gate,
};

/// `x Wᵀ + bias + onto`: `x` is `[rows, in]`, `weight` `[out, in]`, `bias` `[out]`, `onto` and the result
/// `[rows, out]`.
pub(in crate::model) fn linear(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    onto: Option<&Tensor>,
) -> Result<Tensor> {
    if on_cpu(x) {
        let then = onto.map_or(Then::Nothing, Then::Onto);
        return x.apply_op1_no_bwd(&Linear { weight, bias, then });
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

/// `gelu(x Wᵀ + bias)`, as [`linear`] and [`Gelu::forward`].
pub(in crate::model) fn linear_gelu(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    form: Gelu,
) -> Result<Tensor> {
    if on_cpu(x) {
        return x.apply_op1_no_bwd(&Linear { weight, bias, then: Then::Gelu(form) });
    }
    form.forward(&linear(x, weight, bias, None)?)
}

/// `f(gate) · up`, where `[gate, up] = x Wᵀ + bias`, as [`linear`] and [`Gate::forward`]. The rows of the result
/// lie apart on a CPU.
pub(in crate::model) fn linear_gated(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    gate: Gate,
) -> Result<Tensor> {
    if on_cpu(x) {
        let y = x.apply_op1_no_bwd(&Linear { weight, bias, then: Then::Gated(gate) })?;
        return y.narrow(1, 0, weight.dim(0)? / 2);
    }
    gate.forward(&linear(x, weight, bias, None)?)
}

/// The normalised `x Wᵀ + bias + onto`, as [`linear`] and [`layer_norm`].
pub(in crate::model) fn linear_layer_norm(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    onto: &Tensor,
    [norm_weight, norm_bias]: [&Tensor; 2],
    eps: f64,
) -> Result<Tensor> {
    if on_cpu(x) {
        let then = Then::LayerNorm { onto, weight: norm_weight, bias: norm_bias, eps };
        return x.apply_op1_no_bwd(&Linear { weight, bias, then });
    }
    layer_norm(&linear(x, weight, bias, Some(onto))?, norm_weight, norm_bias, eps)
}

struct Linear<'a> {
    weight: &'a Tensor,
    bias: Option<&'a Tensor>,
    then: Then<'a>,
}

/// What follows a product, row by row, in the pass that adds the bias.
#[derive(Clone, Copy)]
enum Then<'a> {
    Nothing,
    Onto(&'a Tensor),
    Gelu(Gelu),
    /// In the first half of the row.
    Gated(Gate),
    LayerNorm {
        onto: &'a Tensor,
        weight: &'a Tensor,
        bias: &'a Tensor,
        eps: f64,
    },
}

impl Linear<'_> {
    /// Adds the bias and does what follows, in place.
    fn finish(&self, out: &mut [f32], width: usize) -> Result<()> {
        let bias = self.bias.map(values);
        let bias = bias.as_ref().map(Values::slice).transpose()?;
        let biased = |row: &mut [f32]| {
            if let Some(bias) = bias {
                plus(row, bias);
            }
        };
        let rows = |work: usize, out: &mut [f32], f: &(dyn Fn(usize, &mut [f32]) + Sync)| {
            Cores::for_work(work * out.len()).rows(out, width, |index, row| {
                biased(row);
                f(index, row);
            });
        };
        match self.then {
            Then::Nothing if bias.is_none() => {}
            Then::Nothing => rows(2, out, &|_, _| {}),
            Then::Onto(onto) => {
                let onto = values(onto);
                let onto = onto.slice()?;
                rows(4, out, &|index, row| plus(row, &onto[index * width..][..width]));
            }
            Then::Gelu(form) => {
                let gelu = form.in_place();
                rows(8, out, &|_, row| gelu(row));
            }
            Then::Gated(gate) => rows(8, out, &|_, row| gate.in_place(row)),
            Then::LayerNorm { onto, weight, bias, eps } => {
                let [onto, weight, bias] = [onto, weight, bias].map(values);
                let [onto, weight, bias] = [onto.slice()?, weight.slice()?, bias.slice()?];
                rows(8, out, &|index, row| {
                    plus(row, &onto[index * width..][..width]);
                    layer_row(row, weight, bias, eps);
                });
            }
        }
        Ok(())
    }
}

impl CustomOp1 for Linear<'_> {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, input) = layout.shape().dims2()?;
        let output = self.weight.dim(0)?;
        let (left, weight) = (Matrix::of(x, layout)?, values(self.weight));
        let right = Matrix::columns(weight.slice()?, input);
        let cores = Cores::for_work(rows * input * output);
        let mut out = fresh_product(left, right, [rows, output, input], cores);
        self.finish(&mut out, output)?;
        Ok((CpuStorage::F32(out), Shape::from((rows, output))))
    }
}

fn plus(row: &mut [f32], other: &[f32]) {
    row.iter_mut().zip(other).for_each(|(value, other)| *value += other);
}

/// A tensor's values on a CPU, as long as they are held.
struct Values<'a, S> {
    storage: S,
    layout: &'a Layout,
}

fn values(tensor: &Tensor) -> Values<'_, impl Deref<Target = Storage> + '_> {
    let (storage, layout) = tensor.storage_and_layout();
    Values { storage, layout }
}

impl<S: Deref<Target = Storage>> Values<'_, S> {
    fn slice(&self) -> Result<&[f32]> {
        match &*self.storage {
            Storage::Cpu(storage) => slice(storage, self.layout),
            Storage::Cuda(_) | Storage::Metal(_) => {
                Err(candle_core::Error::Msg("the tensor is not on the CPU".to_owned()))
            }
        }
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

    /// What follows a product, in one pass with it and in steps.
    #[test]
    fn what_follows_is_the_same_in_steps() {
        let tensor = |rows: usize, width: usize, seed: usize| {
            let value = |i: usize| ((i * 37 + seed * 11) % 101) as f32 / 25.0 - 2.0;
            let values: Vec<f32> = (0..rows * width).map(value).collect();
            Tensor::from_vec(values, (rows, width), &Device::Cpu).unwrap()
        };
        let (x, weight, onto) = (tensor(5, 24, 1), tensor(16, 24, 2), tensor(5, 16, 3));
        let [bias, scale, shift] = [4, 5, 6].map(|seed| tensor(1, 16, seed).get(0).unwrap());
        let plain = linear(&x, &weight, Some(&bias), None).unwrap();
        let equal = |found: Tensor, expected: Tensor| {
            let [found, expected] = [found, expected].map(|x| x.to_vec2::<f32>().unwrap().concat());
            for (found, expected) in found.iter().zip(expected) {
                let off = (found - expected).abs();
                assert!(off < 1e-5 * expected.abs().max(1.0), "{found} for {expected}");
            }
        };
        for form in [Gelu::Exact, Gelu::Tanh, Gelu::Quick] {
            let found = linear_gelu(&x, &weight, Some(&bias), form).unwrap();
            equal(found, form.forward(&plain).unwrap());
        }
        for gate in [Gate::Silu, Gate::Gelu(Gelu::Tanh)] {
            let found = linear_gated(&x, &weight, Some(&bias), gate).unwrap();
            equal(found.clone(), gate.forward(&plain).unwrap());
            // Its rows lie apart, which a product reads as they are.
            let next = tensor(3, 8, 7);
            let whole = found.contiguous().unwrap();
            equal(
                linear(&found, &next, None, None).unwrap(),
                linear(&whole, &next, None, None).unwrap(),
            );
        }
        let found = linear_layer_norm(&x, &weight, Some(&bias), &onto, [&scale, &shift], 1e-6);
        let expected = layer_norm(&(plain + &onto).unwrap(), &scale, &shift, 1e-6);
        equal(found.unwrap(), expected.unwrap());
    }
}
