//! DeBERTa-v2's convolution over the first layer's input. He et al. 2023 (arXiv 2111.09543), §2.

use std::ops::Range;

use candle_core::Tensor;

use super::config::Config;
use crate::model::{
    LoadError, PackedBatch, Weights,
    arch::{
        Computed,
        activation::Activation,
        norm::{Norm, NormKind},
    },
    kernels::linear,
};

#[derive(Debug)]
pub(super) struct Convolution {
    /// For each group of channels `[hidden / groups, kernel · hidden / groups]`, and `[hidden / groups]`.
    groups: Vec<(Tensor, Tensor)>,
    kernel: usize,
    activation: Activation,
    norm: Norm,
}

impl Convolution {
    /// `None` where the configuration has none.
    pub(super) fn load(
        config: &Config,
        eps: f64,
        weights: &Weights,
    ) -> Result<Option<Self>, LoadError> {
        let deberta = &config.deberta;
        let Some(kernel) = deberta.conv_kernel_size.filter(|kernel| *kernel > 0) else {
            return Ok(None);
        };
        let hidden = config.hidden_size;
        let groups = deberta.conv_groups.unwrap_or(1).max(1);
        let width = hidden / groups;
        let name = |part: &str| format!("deberta.encoder.conv.{part}");
        let activation = deberta.conv_act.as_deref().unwrap_or("tanh");
        let weight = weights.get(&name("conv.weight"), &[hidden, width, kernel])?;
        let bias = weights.get(&name("conv.bias"), &[hidden])?;
        let group = |index: usize| -> Result<(Tensor, Tensor), candle_core::Error> {
            let (from, taps) = (index * width, kernel * width);
            let weight = weight.narrow(0, from, width)?.transpose(1, 2)?.contiguous()?;
            Ok((weight.reshape((width, taps))?, bias.narrow(0, from, width)?))
        };
        Ok(Some(Self {
            groups: (0..groups).map(group).collect::<Result<_, _>>()?,
            kernel,
            activation: Activation::named("conv_act", activation)?,
            norm: NormKind::Layer.load(weights, &name("LayerNorm"), hidden, eps)?,
        }))
    }

    /// `norm(output + f(conv(input)))`, each sequence by itself.
    pub(super) fn forward(&self, input: &Tensor, output: &Tensor, batch: &PackedBatch) -> Computed {
        let (tokens, hidden) = input.dims2()?;
        let nothing = Tensor::zeros((1, hidden), input.dtype(), input.device())?;
        let rows = Tensor::new(self.taps(batch, tokens), input.device())?;
        let taps = Tensor::cat(&[input, &nothing], 0)?.index_select(&rows, 0)?;
        let taps = taps.reshape((tokens, self.kernel, hidden))?;
        let width = hidden / self.groups.len();
        let convolved = self
            .groups
            .iter()
            .enumerate()
            .map(|(index, (weight, bias))| {
                let own = taps.narrow(2, index * width, width)?.contiguous()?;
                linear(&own.reshape((tokens, self.kernel * width))?, weight, Some(bias), None)
            })
            .collect::<Result<Vec<_>, candle_core::Error>>()?;
        let convolved = Tensor::cat(&convolved, 1)?;
        self.norm.forward(&(output + self.activation.forward(&convolved)?)?)
    }

    /// For each token the rows that the kernel reads around it; `nothing` beyond its sequence.
    fn taps(&self, batch: &PackedBatch, nothing: usize) -> Vec<u32> {
        let padding = (self.kernel - 1) / 2;
        let around = |range: Range<usize>| {
            range.clone().flat_map(move |row| {
                let range = range.clone();
                // Moved by the padding, so that nothing is below zero.
                (row..row + self.kernel).map(move |moved| {
                    let row = moved.checked_sub(padding).filter(|row| range.contains(row));
                    u32::try_from(row.unwrap_or(nothing)).unwrap_or(u32::MAX)
                })
            })
        };
        batch.ranges().flat_map(around).collect()
    }
}
