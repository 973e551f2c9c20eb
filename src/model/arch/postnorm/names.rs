//! What each post-norm family calls its tensors.

/// Names behind the family's root: of the whole, and of a layer's parts behind `layer` and its number.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) root: &'static str,
    pub(super) layer: &'static str,
    pub(super) qkv: [&'static str; 3],
    pub(super) output: &'static str,
    pub(super) after_attention: &'static str,
    pub(super) up: &'static str,
    pub(super) down: &'static str,
    pub(super) after_mlp: &'static str,
    /// The head's dense layer and its last one, from the top of the checkpoint.
    pub(super) dense: &'static str,
    pub(super) out: &'static str,
}

pub(super) const BERT: Names = Names {
    root: "bert",
    layer: "encoder.layer",
    qkv: ["attention.self.query", "attention.self.key", "attention.self.value"],
    output: "attention.output.dense",
    after_attention: "attention.output.LayerNorm",
    up: "intermediate.dense",
    down: "output.dense",
    after_mlp: "output.LayerNorm",
    dense: "bert.pooler.dense",
    out: "classifier",
};

/// XLM-RoBERTa as well.
pub(super) const ROBERTA: Names =
    Names { root: "roberta", dense: "classifier.dense", out: "classifier.out_proj", ..BERT };

pub(super) const DISTILBERT: Names = Names {
    root: "distilbert",
    layer: "transformer.layer",
    qkv: ["attention.q_lin", "attention.k_lin", "attention.v_lin"],
    output: "attention.out_lin",
    after_attention: "sa_layer_norm",
    up: "ffn.lin1",
    down: "ffn.lin2",
    after_mlp: "output_layer_norm",
    dense: "pre_classifier",
    out: "classifier",
};

pub(super) const DEBERTA: Names = Names {
    root: "deberta",
    qkv: ["attention.self.query_proj", "attention.self.key_proj", "attention.self.value_proj"],
    dense: "pooler.dense",
    ..BERT
};
