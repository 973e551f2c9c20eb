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
use disentangled::{Disentangled, Distances, Lookup};
use embeddings::Embeddings;

/// How tokens look at each other.
#[derive(Debug)]
enum Mixer {
    Plain(Attention),
    Disentangled(Disentangled),
}

#[derive(Debug)]
struct Layer {
    qkv: Linear,
    mixer: Mixer,
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
    distances: Option<Distances>,
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
    let related = family == Family::Deberta && config.deberta.relative_attention;
    let distances = if related { Some(Distances::load(&config, eps, weights)?) } else { None };
    let layers = (0..config.num_hidden_layers)
        .map(|index| layer(&config, family, index, distances.as_ref(), weights))
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
    let body = PostNorm { family, embeddings, distances, layers, convolution, activation, config };
    Ok(Network { body: Box::new(body), head, text })
}

fn layer(
    config: &Config,
    family: Family,
    index: usize,
    distances: Option<&Distances>,
    weights: &Weights,
) -> Result<Layer, WeightsError> {
    let names = family.names();
    let prefix = format!("{}.{}.{index}", names.root, names.layer);
    let name = |part: &str| format!("{prefix}.{part}");
    let (hidden, inner) = (config.hidden_size, config.intermediate_size);
    let [q, k, v] = names.qkv.map(name);
    let parts = [(q.as_str(), hidden), (&k, hidden), (&v, hidden)];
    let linear = |part, shape| Linear::load(weights, &name(part), shape, true);
    let norm = |part| NormKind::Layer.load(weights, &name(part), hidden, config.eps(family));
    let mixer = if family == Family::Deberta {
        Mixer::Disentangled(Disentangled::load(config, &prefix, distances, weights)?)
    } else {
        Mixer::Plain(attention(config))
    };
    Ok(Layer {
        qkv: Linear::fused(weights, &parts, hidden, true)?,
        mixer,
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
    fn layer(
        &self,
        layer: &Layer,
        x: &Tensor,
        batch: &PackedBatch,
        lookups: &[Lookup],
    ) -> Computed {
        let qkv = layer.qkv.forward(x)?;
        let seen = match &layer.mixer {
            Mixer::Plain(attention) => attention.forward(&qkv, batch, None)?,
            Mixer::Disentangled(mixer) => mixer.forward(&qkv, batch, lookups)?,
        };
        let attended = layer.output.normed(x, &seen, &layer.after_attention)?;
        let inner = layer.up.activated(&attended, self.activation)?;
        layer.down.normed(&attended, &inner, &layer.after_mlp)
    }
}

impl Body for PostNorm {
    fn hidden(&self, batch: &PackedBatch) -> Computed {
        let positions = self.config.positions(self.family, batch);
        let first = self.embeddings.forward(batch, &positions)?;
        let heads = self.config.num_attention_heads;
        let lookups = match &self.distances {
            Some(distances) => distances.lookups(heads, batch)?,
            None => Vec::new(),
        };
        let mut x = first.clone();
        for (index, layer) in self.layers.iter().enumerate() {
            x = self.layer(layer, &x, batch, &lookups)?;
            if let Some(convolution) = self.convolution.as_ref().filter(|_| index == 0) {
                x = convolution.forward(&first, &x, batch)?;
            }
        }
        Ok(x)
    }
}
