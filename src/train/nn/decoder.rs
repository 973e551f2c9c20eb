//! The Llama decoder: token ids to hidden states.

use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::{Attention, Embedding, KvCache, Params, RmsNorm, Rope, SwiGlu, causal};
use crate::train::TrainError;

/// Shape of a Llama decoder, under Hugging Face's names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DecoderConfig {
    /// Number of token embeddings. 0: as many as the tokenizer has.
    pub vocab_size: usize,
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Hidden units of the feed-forward layer.
    pub intermediate_size: usize,
    /// Number of layers.
    pub num_hidden_layers: usize,
    /// Query heads.
    pub num_attention_heads: usize,
    /// Key-value heads.
    pub num_key_value_heads: usize,
    /// Longest sequence, in tokens.
    pub max_position_embeddings: usize,
    /// Added to the mean square before its root.
    pub rms_norm_eps: f64,
    /// Base of the rotary wavelengths.
    pub rope_theta: f64,
    /// Standard deviation of the initial weights.
    pub initializer_range: f64,
}

impl Default for DecoderConfig {
    fn default() -> Self {
        Self {
            vocab_size: 0,
            hidden_size: 64,
            intermediate_size: 128,
            num_hidden_layers: 2,
            num_attention_heads: 4,
            num_key_value_heads: 2,
            max_position_embeddings: 1024,
            rms_norm_eps: 1e-5,
            rope_theta: 10_000.0,
            initializer_range: 0.08,
        }
    }
}

/// Embedding, pre-norm layers and final norm, with the tensor names of Hugging Face's `LlamaModel`.
#[derive(Clone, Debug)]
pub struct Decoder {
    embedding: Embedding,
    layers: Vec<Layer>,
    norm: RmsNorm,
    rope: Rope,
    device: Device,
}

impl Decoder {
    /// A decoder whose parameters are named `model.…`.
    ///
    /// # Errors
    /// When the shape is impossible or a name is taken.
    pub fn new(params: &mut Params, config: &DecoderConfig) -> Result<Self, TrainError> {
        let (width, std) = (config.hidden_size, config.initializer_range);
        let heads = config.num_attention_heads.max(1);
        if !width.is_multiple_of(heads) || !(width / heads).is_multiple_of(2) {
            return Err(TrainError::Config(format!(
                "rotary embeddings need heads of even width, not {width} / {heads}"
            )));
        }
        let device = params.device().clone();
        let embedding =
            Embedding::new(params, "model.embed_tokens", config.vocab_size, width, std)?;
        let layers = (0..config.num_hidden_layers)
            .map(|index| Layer::new(params, &format!("model.layers.{index}"), config))
            .collect::<Result<_, _>>()?;
        let norm = RmsNorm::new(params, "model.norm", width, config.rms_norm_eps)?;
        let rope =
            Rope::new(config.max_position_embeddings, width / heads, config.rope_theta, &device)?;
        Ok(Self { embedding, layers, norm, rope, device })
    }

    /// `[batch, time]` token ids, padded on the right, to normalised hidden states
    /// `[batch, time, hidden]`. What stands at pads is meaningless.
    ///
    /// # Errors
    /// When an id is outside the vocabulary or `time` beyond the last position.
    pub fn forward(&self, ids: &Tensor) -> Result<Tensor, TrainError> {
        let mask = causal(ids.dim(1)?, &self.device)?;
        let mut x = self.embedding.forward(ids)?;
        for layer in &self.layers {
            x = layer.forward(&x, &mask, &self.rope)?;
        }
        self.norm.forward(&x)
    }

    /// Hidden states `[batch, new, hidden]` of tokens `[batch, new]` that follow those whose keys and
    /// values `caches` hold, one cache per layer; with empty caches, of the first tokens. More than one
    /// new token needs empty caches.
    ///
    /// # Errors
    /// When an id is outside the vocabulary, a position beyond the last, or the caches are another
    /// network's.
    pub fn extend(&self, ids: &Tensor, caches: &mut Vec<KvCache>) -> Result<Tensor, TrainError> {
        caches.resize_with(self.layers.len(), KvCache::default);
        let mask = causal(ids.dim(1)?, &self.device)?;
        let mut x = self.embedding.forward(ids)?;
        for (layer, cache) in self.layers.iter().zip(caches) {
            x = layer.extend(&x, &mask, &self.rope, cache)?;
        }
        self.norm.forward(&x)
    }

    /// A view of the network without history. It shares the weights and sees every later change of
    /// them.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self {
            embedding: self.embedding.detached(),
            layers: self.layers.iter().map(Layer::detached).collect(),
            norm: self.norm.detached(),
            rope: self.rope.clone(),
            device: self.device.clone(),
        }
    }

    /// The token embeddings, `[vocabulary, hidden]`.
    #[must_use]
    pub fn embeddings(&self) -> &Tensor {
        self.embedding.weight()
    }
}

#[derive(Clone, Debug)]
struct Layer {
    attention_norm: RmsNorm,
    attention: Attention,
    mlp_norm: RmsNorm,
    mlp: SwiGlu,
}

impl Layer {
    fn new(params: &mut Params, name: &str, config: &DecoderConfig) -> Result<Self, TrainError> {
        let (width, std) = (config.hidden_size, config.initializer_range);
        let heads = (config.num_attention_heads, config.num_key_value_heads);
        let eps = config.rms_norm_eps;
        let inner = config.intermediate_size;
        Ok(Self {
            attention_norm: RmsNorm::new(params, &format!("{name}.input_layernorm"), width, eps)?,
            attention: Attention::new(params, &format!("{name}.self_attn"), width, heads, std)?,
            mlp_norm: RmsNorm::new(
                params,
                &format!("{name}.post_attention_layernorm"),
                width,
                eps,
            )?,
            mlp: SwiGlu::new(params, &format!("{name}.mlp"), width, inner, std)?,
        })
    }

    fn detached(&self) -> Self {
        Self {
            attention_norm: self.attention_norm.detached(),
            attention: self.attention.detached(),
            mlp_norm: self.mlp_norm.detached(),
            mlp: self.mlp.detached(),
        }
    }

    fn forward(&self, x: &Tensor, mask: &Tensor, rope: &Rope) -> Result<Tensor, TrainError> {
        let normed = self.attention_norm.forward(x)?;
        self.feed(x, &self.attention.forward(&normed, Some(mask), Some(rope))?)
    }

    fn extend(
        &self,
        x: &Tensor,
        mask: &Tensor,
        rope: &Rope,
        cache: &mut KvCache,
    ) -> Result<Tensor, TrainError> {
        let normed = self.attention_norm.forward(x)?;
        self.feed(x, &self.attention.extend(&normed, mask, rope, cache)?)
    }

    fn feed(&self, x: &Tensor, attended: &Tensor) -> Result<Tensor, TrainError> {
        let x = (x + attended)?;
        let fed = self.mlp.forward(&self.mlp_norm.forward(&x)?)?;
        Ok((x + fed)?)
    }
}
