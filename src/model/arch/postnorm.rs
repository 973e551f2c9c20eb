//! Post-norm encoders: BERT, RoBERTa, XLM-RoBERTa, DistilBERT, DeBERTa-v2 and v3.
//!
//! Devlin et al. 2019; Liu et al. 2019; Conneau et al. 2020; Sanh et al. 2019; He et al. 2021 and 2023.
//! The reward is read at the first token.

mod config;
mod convolution;
mod disentangled;
mod embeddings;
mod names;

use candle_core::Tensor;

use super::{
    Body, Computed, Network, Source,
    activation::Activation,
    head::{Head, Pool, Stage},
    linear::Linear,
    norm::{Norm, NormKind},
    parse,
};
use crate::model::{
    LoadError, Marks, PackedBatch, TextLimits, Weights, WeightsError, kernels::Attention,
};
use config::{Config, Family};
use convolution::Convolution;
use disentangled::{Disentangled, Distances, Lookups};
use embeddings::Embeddings;

/// How tokens look at each other.
#[derive(Debug)]
enum Mixer {
    Plain(Attention),
    /// What all layers share, and each layer's own.
    Disentangled(Option<Distances>, Vec<Disentangled>),
}

#[derive(Debug)]
struct Layer {
    qkv: Linear,
    output: Linear,
    after_attention: Norm,
    up: Linear,
    down: Linear,
    after_mlp: Norm,
}

#[derive(Debug)]
struct PostNorm {
    family: Family,
    embeddings: Embeddings,
    mixer: Mixer,
    layers: Vec<Layer>,
    convolution: Option<Convolution>,
    activation: Activation,
    config: Config,
}

/// An encoder with its classification head.
pub(super) fn classifier(source: &Source<'_>) -> Result<Network, LoadError> {
    let config: Config = parse(source.config)?;
    config.check()?;
    let (family, weights, hidden) = (config.family()?, source.weights, config.hidden_size);
    let eps = config.eps(family);
    let mixer = mixer(&config, family, weights)?;
    let layers = (0..config.num_hidden_layers)
        .map(|index| layer(&config, family, index, weights))
        .collect::<Result<Vec<_>, _>>()?;
    let names = family.names();
    let dense = Linear::wide(weights, names.dense, [hidden, hidden], true)?;
    let dense = Stage::activated(dense, config.head_activation(family)?);
    let text = TextLimits {
        max_tokens: config.max_position_embeddings - config.first_position(family) as usize,
        vocabulary: config.vocab_size,
        reads_pairs: true,
        marks: Marks::None,
        ends_in: None,
    };
    let convolution =
        if family == Family::Deberta { Convolution::load(&config, eps, weights)? } else { None };
    let head = Head::staged(weights, names.out, hidden, Pool::First, vec![dense])?;
    let embeddings = Embeddings::load(&config, family, weights)?;
    let activation = config.activation()?;
    let body = PostNorm { family, embeddings, mixer, layers, convolution, activation, config };
    Ok(Network { body: Box::new(body), head, text })
}

/// The name of a layer's tensors.
fn prefix(family: Family, index: usize) -> String {
    let names = family.names();
    format!("{}.{}.{index}", names.root, names.layer)
}

fn mixer(config: &Config, family: Family, weights: &Weights) -> Result<Mixer, WeightsError> {
    if family != Family::Deberta {
        return Ok(Mixer::Plain(attention(config)));
    }
    let eps = config.eps(family);
    let related = config.deberta.relative_attention;
    let distances = if related { Some(Distances::load(config, eps, weights)?) } else { None };
    let layers = (0..config.num_hidden_layers)
        .map(|index| {
            Disentangled::load(config, &prefix(family, index), distances.as_ref(), weights)
        })
        .collect::<Result<_, _>>()?;
    Ok(Mixer::Disentangled(distances, layers))
}

fn layer(
    config: &Config,
    family: Family,
    index: usize,
    weights: &Weights,
) -> Result<Layer, WeightsError> {
    let names = family.names();
    let prefix = prefix(family, index);
    let name = |part: &str| format!("{prefix}.{part}");
    let (hidden, inner) = (config.hidden_size, config.intermediate_size);
    let [q, k, v] = names.qkv.map(name);
    let parts = [(q.as_str(), hidden), (&k, hidden), (&v, hidden)];
    let linear = |part, shape| Linear::load(weights, &name(part), shape, true);
    let norm = |part| NormKind::Layer.load(weights, &name(part), hidden, config.eps(family));
    Ok(Layer {
        qkv: Linear::fused(weights, &parts, hidden, true)?,
        output: linear(names.output, [hidden, hidden])?,
        after_attention: norm(names.after_attention)?,
        up: linear(names.up, [inner, hidden])?,
        down: linear(names.down, [hidden, inner])?,
        after_mlp: norm(names.after_mlp)?,
    })
}

fn attention(config: &Config) -> Attention {
    let heads = config.num_attention_heads;
    let head_dim = config.hidden_size / heads;
    Attention {
        heads,
        kv_heads: heads,
        head_dim,
        causal: false,
        window: None,
        scale: (head_dim as f32).sqrt().recip(),
        softcap: None,
        qk_norm: None,
    }
}

impl PostNorm {
    /// All layers; `mix` is the attention of one of them, from its queries, keys and values.
    fn layers(
        &self,
        first: &Tensor,
        batch: &PackedBatch,
        mix: impl Fn(usize, &Tensor) -> Computed,
    ) -> Computed {
        let mut x = first.clone();
        for (index, layer) in self.layers.iter().enumerate() {
            let seen = mix(index, &layer.qkv.forward(&x)?)?;
            let attended = layer.output.normed(&x, &seen, &layer.after_attention)?;
            let inner = layer.up.activated(&attended, self.activation)?;
            x = layer.down.normed(&attended, &inner, &layer.after_mlp)?;
            if let Some(convolution) = self.convolution.as_ref().filter(|_| index == 0) {
                x = convolution.forward(first, &x, batch)?;
            }
        }
        Ok(x)
    }
}

impl Body for PostNorm {
    fn hidden(&self, batch: &PackedBatch) -> Computed {
        let positions = self.config.positions(self.family, batch);
        let first = self.embeddings.forward(batch, &positions)?;
        match &self.mixer {
            Mixer::Plain(attention) => {
                let plan = attention.plan(batch, None, &first)?;
                self.layers(&first, batch, |_, qkv| attention.forward(qkv, batch, &plan))
            }
            Mixer::Disentangled(distances, layers) => {
                let heads = self.config.num_attention_heads;
                let lookups = Lookups::new(distances.as_ref(), heads, batch, &first)?;
                self.layers(&first, batch, |index, qkv| layers[index].forward(qkv, &lookups))
            }
        }
    }
}
