//! Post-norm encoders with a sequence-classification head: BERT, RoBERTa, XLM-RoBERTa.
//!
//! Devlin et al. 2019; Liu et al. 2019. The reward is read at the first token.

use candle_core::{DType, Tensor};
use serde::Deserialize;

use super::{Computed, Network, invalid, linear::Linear, parse};
use crate::model::{
    LoadError, PackedBatch, Weights, WeightsError,
    kernels::{Attention, layer_norm},
};

#[derive(Debug, Deserialize)]
struct Config {
    model_type: String,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    type_vocab_size: usize,
    #[serde(default = "default_eps")]
    layer_norm_eps: f64,
    #[serde(default = "default_act")]
    hidden_act: String,
    #[serde(default)]
    pad_token_id: Option<u32>,
    #[serde(default)]
    position_embedding_type: Option<String>,
}

fn default_eps() -> f64 {
    1e-12
}

fn default_act() -> String {
    "gelu".to_owned()
}

impl Config {
    fn check(&self) -> Result<(), LoadError> {
        if !self.hidden_size.is_multiple_of(self.num_attention_heads.max(1)) {
            return Err(invalid("num_attention_heads does not divide hidden_size"));
        }
        if self.position_embedding_type.as_deref().is_some_and(|kind| kind != "absolute") {
            return Err(invalid("only absolute position embeddings are supported"));
        }
        Activation::named(&self.hidden_act).map(|_| ())
    }

    fn is_bert(&self) -> bool {
        self.model_type == "bert"
    }

    /// The first position's embedding: RoBERTa counts from behind the padding token's.
    fn first_position(&self) -> u32 {
        if self.is_bert() { 0 } else { self.padding() + 1 }
    }

    fn padding(&self) -> u32 {
        self.pad_token_id.unwrap_or(1)
    }

    /// Each token's position embedding. RoBERTa does not count padding tokens, which a text may spell
    /// out.
    fn positions(&self, batch: &PackedBatch) -> Vec<u32> {
        if self.is_bert() {
            return batch.positions();
        }
        let padding = self.padding();
        let sequences = batch.ranges().map(|range| &batch.ids[range]);
        sequences
            .flat_map(|ids| {
                ids.iter().scan(padding, move |position, id| {
                    let counts = *id != padding;
                    *position += u32::from(counts);
                    Some(if counts { *position } else { padding })
                })
            })
            .collect()
    }
}

#[derive(Clone, Copy, Debug)]
enum Activation {
    Gelu,
    GeluTanh,
    Relu,
}

impl Activation {
    fn named(name: &str) -> Result<Self, LoadError> {
        match name {
            "gelu" => Ok(Self::Gelu),
            "gelu_new" | "gelu_pytorch_tanh" => Ok(Self::GeluTanh),
            "relu" => Ok(Self::Relu),
            other => Err(invalid(format!("hidden_act `{other}` is not supported"))),
        }
    }

    fn forward(self, x: &Tensor) -> Computed {
        match self {
            Self::Gelu => x.gelu_erf(),
            Self::GeluTanh => x.gelu(),
            Self::Relu => x.relu(),
        }
    }
}

#[derive(Debug)]
struct Norm {
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl Norm {
    fn load(weights: &Weights, name: &str, config: &Config) -> Result<Self, WeightsError> {
        let shape = [config.hidden_size];
        Ok(Self {
            weight: weights.get(&format!("{name}.weight"), &shape)?,
            bias: weights.get(&format!("{name}.bias"), &shape)?,
            eps: config.layer_norm_eps,
        })
    }

    fn forward(&self, x: &Tensor) -> Computed {
        layer_norm(x, &self.weight, &self.bias, self.eps)
    }
}

#[derive(Debug)]
struct Layer {
    qkv: Linear,
    attention: Attention,
    output: Linear,
    after_attention: Norm,
    up: Linear,
    down: Linear,
    after_mlp: Norm,
}

/// `out(tanh(dense(first)))`: BERT's pooler and classifier, or RoBERTa's head.
#[derive(Debug)]
struct Head {
    dense: Linear,
    out: Linear,
}

#[derive(Debug)]
struct Encoder {
    words: Tensor,
    positions: Tensor,
    types: Tensor,
    norm: Norm,
    layers: Vec<Layer>,
    head: Head,
    labels: usize,
    activation: Activation,
    config: Config,
}

/// Builds an encoder with its classification head.
pub(super) fn build(
    config: &serde_json::Value,
    weights: &Weights,
) -> Result<Box<dyn Network>, LoadError> {
    let config: Config = parse(config)?;
    config.check()?;
    let root = if config.is_bert() { "bert" } else { "roberta" };
    let hidden = config.hidden_size;
    let layers = (0..config.num_hidden_layers)
        .map(|index| layer(&config, &format!("{root}.encoder.layer.{index}"), weights))
        .collect::<Result<Vec<_>, _>>()?;
    let table = |name: &str, rows: usize| {
        weights.get(&format!("{root}.embeddings.{name}.weight"), &[rows, hidden])
    };
    let (dense, out) = if config.is_bert() {
        ("bert.pooler.dense", "classifier")
    } else {
        ("classifier.dense", "classifier.out_proj")
    };
    let out_weight = format!("{out}.weight");
    let labels = match weights.shape(&out_weight) {
        Some(shape) => shape.first().copied().unwrap_or(0),
        None => return Err(LoadError::NoHead("classifier")),
    };
    weights.ignore("embeddings.position_ids");
    weights.ignore("embeddings.token_type_ids");
    Ok(Box::new(Encoder {
        words: table("word_embeddings", config.vocab_size)?,
        positions: table("position_embeddings", config.max_position_embeddings)?,
        types: table("token_type_embeddings", config.type_vocab_size)?,
        norm: Norm::load(weights, &format!("{root}.embeddings.LayerNorm"), &config)?,
        layers,
        head: Head {
            dense: Linear::head(weights, dense, [hidden, hidden])?,
            out: Linear::head(weights, out, [labels, hidden])?,
        },
        labels,
        activation: Activation::named(&config.hidden_act)?,
        config,
    }))
}

fn layer(config: &Config, root: &str, weights: &Weights) -> Result<Layer, LoadError> {
    let name = |part: &str| format!("{root}.{part}");
    let (hidden, inner) = (config.hidden_size, config.intermediate_size);
    let heads = config.num_attention_heads;
    let [q, k, v] = ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
    let parts = [(q.as_str(), hidden), (&k, hidden), (&v, hidden)];
    Ok(Layer {
        qkv: Linear::fused(weights, &parts, hidden, true)?,
        attention: Attention {
            heads,
            kv_heads: heads,
            head_dim: hidden / heads,
            causal: false,
            window: None,
            qk_norm: None,
        },
        output: Linear::load(weights, &name("attention.output.dense"), [hidden, hidden], true)?,
        after_attention: Norm::load(weights, &name("attention.output.LayerNorm"), config)?,
        up: Linear::load(weights, &name("intermediate.dense"), [inner, hidden], true)?,
        down: Linear::load(weights, &name("output.dense"), [hidden, inner], true)?,
        after_mlp: Norm::load(weights, &name("output.LayerNorm"), config)?,
    })
}

impl Encoder {
    fn embed(&self, batch: &PackedBatch) -> Computed {
        let device = self.words.device();
        let ids = Tensor::new(batch.ids.as_slice(), device)?;
        let positions = self.config.positions(batch);
        let words = self.words.index_select(&ids, 0)?;
        let positions = self.positions.index_select(&Tensor::new(positions, device)?, 0)?;
        let last_type = u32::try_from(self.config.type_vocab_size - 1).unwrap_or(0);
        let types: Vec<u32> = batch.type_ids.iter().map(|kind| (*kind).min(last_type)).collect();
        let types = self.types.index_select(&Tensor::new(types, device)?, 0)?;
        self.norm.forward(&((words + types)? + positions)?)
    }
}

impl Network for Encoder {
    fn forward(&self, batch: &PackedBatch) -> Computed {
        let mut x = self.embed(batch)?;
        for layer in &self.layers {
            let seen = layer.attention.forward(&layer.qkv.forward(&x)?, batch, None)?;
            x = layer.after_attention.forward(&layer.output.onto(&x, &seen)?)?;
            let inner = self.activation.forward(&layer.up.forward(&x)?)?;
            x = layer.after_mlp.forward(&layer.down.onto(&x, &inner)?)?;
        }
        let first = Tensor::new(batch.first(), x.device())?;
        let first = x.index_select(&first, 0)?.to_dtype(DType::F32)?;
        self.head.out.forward(&self.head.dense.forward(&first)?.tanh()?)
    }

    fn labels(&self) -> usize {
        self.labels
    }

    fn max_tokens(&self) -> usize {
        self.config.max_position_embeddings - self.config.first_position() as usize
    }

    fn vocabulary(&self) -> usize {
        self.config.vocab_size
    }

    fn reads_pairs(&self) -> bool {
        true
    }
}
