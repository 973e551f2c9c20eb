//! The heads that pre-norm transformers come with.

use super::{
    PreNorm,
    config::{Config, Shape},
};
use crate::model::{
    LoadError, Marks, TextLimits,
    arch::{
        Network, Source,
        activation::Activation,
        head::{Gated, Head, Pool, Stage},
        invalid,
        linear::Linear,
        parse,
    },
};

/// Qwen2.5-Math-PRM's own step marker.
const STEP_MARKER: &str = "<extra_0>";
/// What stands before an answer in Llama 3's template: where ArmoRM reads its gate.
const ANSWER_BEGINS: &str = "<|start_header_id|>assistant<|end_header_id|>\n\n";

fn network(
    source: &Source<'_>,
    marks: Marks,
    head: impl FnOnce(&Config, &Shape) -> Result<Head, LoadError>,
) -> Result<Network, LoadError> {
    let config: Config = parse(source.config)?;
    let shape = config.shape()?;
    let body = PreNorm::load(&shape, source.weights)?;
    let text = TextLimits {
        max_tokens: shape.max_tokens,
        vocabulary: shape.vocabulary,
        reads_pairs: !shape.causal,
        marks,
        ends_in: config.reward_token_id,
    };
    Ok(Network { body: Box::new(body), head: head(&config, &shape)?, text })
}

/// Labels of the last token: one linear map.
pub(in crate::model::arch) fn classifier(source: &Source<'_>) -> Result<Network, LoadError> {
    network(source, Marks::None, |config, shape| {
        let prefix = config.value_head_prefix.as_deref();
        Head::labels(source.weights, prefix, shape.hidden, Pool::Last)
    })
}

fn two_layers(source: &Source<'_>, shape: &Shape) -> Result<Vec<Stage>, LoadError> {
    let first = Linear::wide(source.weights, "score.0", [shape.hidden; 2], true)?;
    Ok(vec![Stage::activated(first, Activation::Relu)])
}

/// Qwen2.5-Math-RM: two linear maps. Yang et al. 2024, *Qwen2.5-Math*, §3.1.
pub(in crate::model::arch) fn reward_mlp(source: &Source<'_>) -> Result<Network, LoadError> {
    network(source, Marks::None, |_, shape| {
        let first = two_layers(source, shape)?;
        Head::staged(source.weights, "score.2", shape.hidden, Pool::Last, first)
    })
}

/// Qwen2.5-Math-PRM: the same at each step's marker. Zhang et al. 2025 (arXiv 2501.07301).
pub(in crate::model::arch) fn process(source: &Source<'_>) -> Result<Network, LoadError> {
    let marks = Marks::Steps { marker: STEP_MARKER.to_owned(), separator: String::new() };
    network(source, marks, |_, shape| {
        let mut stages = two_layers(source, shape)?;
        let last = Linear::wide(source.weights, "score.2", [2, shape.hidden], true)?;
        stages.push(Stage::bare(last));
        Ok(Head::Steps { stages })
    })
}

/// A language model as a reward model: with a value head beside the language head (which is ignored), or
/// one that judges each step by the logits of two tokens at its tag. Wang et al. 2024, *Math-Shepherd*,
/// §3.3.
pub(in crate::model::arch) fn language_model(source: &Source<'_>) -> Result<Network, LoadError> {
    const TABLE: &str = "lm_head.weight";
    let Some(tags) = source.tags else {
        source.weights.ignore(TABLE);
        return classifier(source).map_err(|error| {
            if matches!(error, LoadError::NoHead(_)) { LoadError::NoJudge } else { error }
        });
    };
    let marks = Marks::Steps { marker: String::new(), separator: "\n".to_owned() };
    network(source, marks, |config, shape| {
        let tied = source.config["tie_word_embeddings"].as_bool().unwrap_or(false);
        let embeddings = format!("{}.weight", shape.names.embeddings);
        let table = match source.weights.shape(TABLE) {
            None if tied => &embeddings,
            _ => TABLE,
        };
        let size = [config.vocab_size, shape.hidden];
        let rows = Linear::rows(source.weights, table, size, &[tags.bad, tags.good])?;
        Ok(Head::Steps { stages: vec![Stage::bare(rows)] })
    })
}

/// ArmoRM: objectives at the last token, mixed by a gate that reads the end of the prompt. Wang et al.
/// 2024 (arXiv 2406.12845), §3.
pub(in crate::model::arch) fn gated(source: &Source<'_>) -> Result<Network, LoadError> {
    let marks = Marks::Answer { begins: ANSWER_BEGINS.to_owned() };
    network(source, marks, |config, shape| {
        let weights = source.weights;
        let objectives = config.num_objectives.unwrap_or(19);
        let layers = config.gating_n_hidden.unwrap_or(3);
        let inner = config.gating_hidden_dim.unwrap_or(1024);
        let mut width = shape.hidden;
        let mut gate = Vec::new();
        for layer in 0..layers {
            let name = format!("gating.layers.{layer}");
            let linear = Linear::wide(weights, &name, [inner, width], true)?;
            gate.push(Stage::activated(linear, Activation::Relu));
            width = inner;
        }
        let last = format!("gating.layers.{layers}");
        gate.push(Stage::bare(Linear::wide(weights, &last, [objectives, width], true)?));
        let scale = weights.get_f32("gating.logit_scale", &[1])?.to_vec1::<f32>()?;
        let mixture = Gated {
            objectives: Linear::wide(
                weights,
                "regression_layer",
                [objectives, shape.hidden],
                false,
            )?,
            transform: weights.get_f32("reward_transform_matrix", &[objectives; 2])?,
            gate,
            temperature: config.gating_temperature.unwrap_or(10.0),
            scale: scale.first().copied().map_or(1.0, f64::from),
        };
        Ok(Head::Gated(Box::new(mixture)))
    })
}

/// ModernBERT: a pooled token through a dense layer with a norm behind it, then the labels.
pub(in crate::model::arch) fn encoder(source: &Source<'_>) -> Result<Network, LoadError> {
    network(source, Marks::None, |config, shape| {
        let pool = match config.classifier_pooling.as_deref().unwrap_or("cls") {
            "cls" => Pool::First,
            "mean" => Pool::Mean,
            other => return Err(invalid(format!("classifier_pooling `{other}` is not supported"))),
        };
        let activation = config.classifier_activation.as_deref().unwrap_or("gelu");
        let bias = config.classifier_bias.unwrap_or(false);
        let norm = shape.norm.load(source.weights, "head.norm", shape.hidden, shape.eps)?;
        let dense = Stage {
            linear: Linear::wide(source.weights, "head.dense", [shape.hidden; 2], bias)?,
            activation: Some(Activation::named("classifier_activation", activation)?),
            norm: Some(norm.in_f32()?),
        };
        Head::staged(source.weights, "classifier", shape.hidden, pool, vec![dense])
    })
}
