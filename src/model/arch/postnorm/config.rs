//! `config.json` of the post-norm families.

use serde::Deserialize;

use super::names::{BERT, DEBERTA, DISTILBERT, Names, ROBERTA};
use crate::model::{
    LoadError, PackedBatch,
    arch::{activation::Activation, invalid},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Bert,
    Roberta,
    DistilBert,
    Deberta,
}

/// The keys that any of the families has; `DistilBERT` has names of its own for the common ones.
#[derive(Debug, Deserialize)]
pub(super) struct Config {
    model_type: String,
    #[serde(alias = "dim")]
    pub(super) hidden_size: usize,
    #[serde(alias = "hidden_dim")]
    pub(super) intermediate_size: usize,
    #[serde(alias = "n_layers")]
    pub(super) num_hidden_layers: usize,
    #[serde(alias = "n_heads")]
    pub(super) num_attention_heads: usize,
    pub(super) vocab_size: usize,
    pub(super) max_position_embeddings: usize,
    type_vocab_size: Option<usize>,
    layer_norm_eps: Option<f64>,
    #[serde(alias = "activation")]
    hidden_act: Option<String>,
    pad_token_id: Option<u32>,
    position_embedding_type: Option<String>,
    /// DeBERTa's: see [`Deberta`].
    #[serde(flatten)]
    pub(super) deberta: Deberta,
}

/// What only DeBERTa has. He et al. 2021 (arXiv 2006.03654), §3; He et al. 2023 (arXiv 2111.09543).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Deberta {
    pub(super) relative_attention: bool,
    max_relative_positions: Option<i64>,
    position_buckets: Option<i64>,
    pos_att_type: Option<PositionTypes>,
    pub(super) share_att_key: bool,
    norm_rel_ebd: Option<String>,
    pub(super) position_biased_input: Option<bool>,
    pub(super) embedding_size: Option<usize>,
    pub(super) conv_kernel_size: Option<usize>,
    pub(super) conv_groups: Option<usize>,
    pub(super) conv_act: Option<String>,
    pooler_hidden_act: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum PositionTypes {
    Joined(String),
    Listed(Vec<String>),
}

impl Deberta {
    /// Whether attention has a term of this type: `c2p` or `p2c`.
    pub(super) fn attends(&self, kind: &str) -> bool {
        match &self.pos_att_type {
            Some(PositionTypes::Joined(types)) => types.split('|').any(|one| one.trim() == kind),
            Some(PositionTypes::Listed(types)) => types.iter().any(|one| one == kind),
            None => false,
        }
    }

    pub(super) fn normalises_positions(&self) -> bool {
        self.norm_rel_ebd.as_deref().is_some_and(|kinds| {
            kinds.to_lowercase().split('|').any(|one| one.trim() == "layer_norm")
        })
    }

    pub(super) fn buckets(&self) -> Option<usize> {
        positive(self.position_buckets)
    }

    pub(super) fn furthest(&self, positions: usize) -> usize {
        positive(self.max_relative_positions).unwrap_or(positions)
    }
}

fn positive(value: Option<i64>) -> Option<usize> {
    value.and_then(|value| usize::try_from(value).ok()).filter(|value| *value > 0)
}

impl Config {
    pub(super) fn family(&self) -> Result<Family, LoadError> {
        match self.model_type.as_str() {
            "bert" => Ok(Family::Bert),
            "roberta" | "xlm-roberta" => Ok(Family::Roberta),
            "distilbert" => Ok(Family::DistilBert),
            "deberta-v2" => Ok(Family::Deberta),
            other => Err(invalid(format!("model_type `{other}` is not supported"))),
        }
    }

    pub(super) fn check(&self) -> Result<(), LoadError> {
        let heads = self.num_attention_heads;
        if heads == 0 || !self.hidden_size.is_multiple_of(heads) {
            return Err(invalid("num_attention_heads does not divide hidden_size"));
        }
        if self.position_embedding_type.as_deref().is_some_and(|kind| kind != "absolute") {
            return Err(invalid("only absolute position embeddings are supported"));
        }
        let first = self.first_position(self.family()?) as usize;
        if self.max_position_embeddings <= first {
            return Err(invalid("max_position_embeddings leaves no position"));
        }
        Ok(())
    }

    pub(super) fn activation(&self) -> Result<Activation, LoadError> {
        Activation::named("hidden_act", self.hidden_act.as_deref().unwrap_or("gelu"))
    }

    /// What follows the head's dense layer.
    pub(super) fn head_activation(&self, family: Family) -> Result<Activation, LoadError> {
        match family {
            Family::Bert | Family::Roberta => Ok(Activation::Tanh),
            Family::DistilBert => Ok(Activation::Relu),
            Family::Deberta => {
                let named = self.deberta.pooler_hidden_act.as_deref().unwrap_or("gelu");
                Activation::named("pooler_hidden_act", named)
            }
        }
    }

    /// Rows of the table of segments; 0: there is none.
    pub(super) fn types(&self, family: Family) -> usize {
        match family {
            Family::DistilBert => 0,
            Family::Deberta => self.type_vocab_size.unwrap_or(0),
            Family::Bert | Family::Roberta => self.type_vocab_size.unwrap_or(2),
        }
    }

    pub(super) fn eps(&self, family: Family) -> f64 {
        match family {
            // Not configurable there.
            Family::DistilBert => 1e-12,
            Family::Deberta => self.layer_norm_eps.unwrap_or(1e-7),
            Family::Bert | Family::Roberta => self.layer_norm_eps.unwrap_or(1e-12),
        }
    }

    /// The first position's embedding: RoBERTa counts from behind the padding token's.
    pub(super) fn first_position(&self, family: Family) -> u32 {
        if family == Family::Roberta { self.padding() + 1 } else { 0 }
    }

    fn padding(&self) -> u32 {
        self.pad_token_id.unwrap_or(1)
    }

    /// Each token's position embedding. RoBERTa does not count padding tokens, which a text may spell
    /// out.
    pub(super) fn positions(&self, family: Family, batch: &PackedBatch) -> Vec<u32> {
        if family != Family::Roberta {
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

impl Family {
    pub(super) fn names(self) -> &'static Names {
        match self {
            Self::Bert => &BERT,
            Self::Roberta => &ROBERTA,
            Self::DistilBert => &DISTILBERT,
            Self::Deberta => &DEBERTA,
        }
    }
}
