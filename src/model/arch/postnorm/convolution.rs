//! DeBERTa-v2's convolution over the first layer's input. He et al. 2023 (arXiv 2111.09543), §2.

use candle_core::Tensor;

use super::config::Config;
use crate::model::{
    LoadError, PackedBatch, Weights,
    arch::{
        Computed,
        activation::Activation,
        norm::{Norm, NormKind},
    },
};

#[derive(Debug)]
pub(super) struct Convolution {
    /// `[hidden, hidden / groups, kernel]`.
    weight: Tensor,
    bias: Tensor,
    groups: usize,
    padding: usize,
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
        let name = |part: &str| format!("deberta.encoder.conv.{part}");
        let activation = deberta.conv_act.as_deref().unwrap_or("tanh");
        Ok(Some(Self {
            weight: weights.get(&name("conv.weight"), &[hidden, hidden / groups, kernel])?,
            bias: weights.get(&name("conv.bias"), &[hidden])?,
            groups,
            padding: (kernel - 1) / 2,
            activation: Activation::named("conv_act", activation)?,
            norm: NormKind::Layer.load(weights, &name("LayerNorm"), hidden, eps)?,
        }))
    }

    /// `norm(output + f(conv(input)))`, each sequence by itself.
    pub(super) fn forward(&self, input: &Tensor, output: &Tensor, batch: &PackedBatch) -> Computed {
        let convolved = batch
            .ranges()
            .map(|range| {
                let x = input.narrow(0, range.start, range.len())?.t()?.unsqueeze(0)?;
                let y = x.contiguous()?.conv1d(&self.weight, self.padding, 1, 1, self.groups)?;
                y.squeeze(0)?.t()?.contiguous()
            })
            .collect::<Result<Vec<_>, candle_core::Error>>()?;
        let convolved = Tensor::cat(&convolved, 0)?.broadcast_add(&self.bias)?;
        self.norm.forward(&(output + self.activation.forward(&convolved)?)?)
    }
}
