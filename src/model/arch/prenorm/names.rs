//! What each family calls its tensors.

/// How queries, keys and values are stored.
#[derive(Clone, Copy, Debug)]
pub(super) enum Qkv {
    /// Three maps.
    Separate([&'static str; 3]),
    /// One map: all queries, all keys, all values.
    Stacked(&'static str),
    /// One map: for each key head its queries, its key, its value.
    Interleaved(&'static str),
}

/// Names of tensors: of the whole, and of a layer's parts behind `layer` and the layer's number.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) embeddings: &'static str,
    pub(super) embeddings_norm: Option<&'static str>,
    pub(super) norm: &'static str,
    pub(super) layer: &'static str,
    pub(super) before_attention: &'static str,
    pub(super) qkv: Qkv,
    pub(super) output: &'static str,
    pub(super) after_attention: Option<&'static str>,
    pub(super) before_mlp: &'static str,
    /// The map into the block, whole or as gate and up.
    pub(super) up: &'static [&'static str],
    pub(super) down: &'static str,
    pub(super) after_mlp: Option<&'static str>,
}

/// Llama and those that followed it.
pub(super) const LLAMA: Names = Names {
    embeddings: "model.embed_tokens",
    embeddings_norm: None,
    norm: "model.norm",
    layer: "model.layers",
    before_attention: "input_layernorm",
    qkv: Qkv::Separate(["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
    output: "self_attn.o_proj",
    after_attention: None,
    before_mlp: "post_attention_layernorm",
    up: &["mlp.gate_proj", "mlp.up_proj"],
    down: "mlp.down_proj",
    after_mlp: None,
};

/// Gemma 2 and 3: a norm on each side of attention and block.
pub(super) const GEMMA2: Names = Names {
    after_attention: Some("post_attention_layernorm"),
    before_mlp: "pre_feedforward_layernorm",
    after_mlp: Some("post_feedforward_layernorm"),
    ..LLAMA
};

pub(super) const PHI3: Names =
    Names { qkv: Qkv::Stacked("self_attn.qkv_proj"), up: &["mlp.gate_up_proj"], ..LLAMA };

pub(super) const INTERNLM2: Names = Names {
    embeddings: "model.tok_embeddings",
    before_attention: "attention_norm",
    qkv: Qkv::Interleaved("attention.wqkv"),
    output: "attention.wo",
    before_mlp: "ffn_norm",
    up: &["feed_forward.w1", "feed_forward.w3"],
    down: "feed_forward.w2",
    ..LLAMA
};

pub(super) const GPT_NEOX: Names = Names {
    embeddings: "gpt_neox.embed_in",
    norm: "gpt_neox.final_layer_norm",
    layer: "gpt_neox.layers",
    qkv: Qkv::Interleaved("attention.query_key_value"),
    output: "attention.dense",
    up: &["mlp.dense_h_to_4h"],
    down: "mlp.dense_4h_to_h",
    ..LLAMA
};

pub(super) const MODERNBERT: Names = Names {
    embeddings: "model.embeddings.tok_embeddings",
    embeddings_norm: Some("model.embeddings.norm"),
    norm: "model.final_norm",
    before_attention: "attn_norm",
    qkv: Qkv::Stacked("attn.Wqkv"),
    output: "attn.Wo",
    before_mlp: "mlp_norm",
    up: &["mlp.Wi"],
    down: "mlp.Wo",
    ..LLAMA
};
