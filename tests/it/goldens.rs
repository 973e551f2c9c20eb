//! Our networks and tokenisation against numbers that `transformers` computed on the same small
//! checkpoints (`tests/golden/models/make.py`).

use std::path::PathBuf;

use assay::{
    domain::{Completion, Message, Sample},
    model::{Encoded, Format, Layout, ModelOptions, RewardModel},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Expected {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    name: String,
    messages: Option<Vec<Message>>,
    text: Option<String>,
    pair: Option<[String; 2]>,
    ids: Vec<u32>,
    #[serde(default)]
    token_type_ids: Vec<u32>,
    logits: Vec<f64>,
}

impl Item {
    fn format(&self) -> Format {
        match (&self.messages, &self.pair) {
            (Some(_), _) => Format::Chat,
            (None, Some(_)) => Format::Pair,
            (None, None) => Format::Raw,
        }
    }

    fn sample(&self) -> Sample {
        let plain = |prompt: &str, completion: &str| Sample {
            prompt: Some(prompt.to_owned()),
            completion: Some(Completion::Text(completion.to_owned())),
            ..Sample::default()
        };
        match (&self.messages, &self.pair, &self.text) {
            (Some(messages), ..) => {
                let (last, prompt) = messages.split_last().unwrap();
                Sample {
                    messages: Some(prompt.to_vec()),
                    completion: Some(Completion::Messages(vec![last.clone()])),
                    ..Sample::default()
                }
            }
            (None, Some([prompt, completion]), _) => plain(prompt, completion),
            (None, None, text) => plain("", text.as_ref().unwrap()),
        }
    }
}

fn path(case: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models").join(case)
}

fn expected(case: &str) -> Expected {
    let text = std::fs::read_to_string(path(case).join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn load(case: &str, options: &ModelOptions) -> RewardModel {
    RewardModel::load(&Layout::Directory(path(case)), options).unwrap()
}

/// Tokens are equal; logits agree within 1e-5 of the larger of 1 and their size.
fn check(case: &str) {
    let expected = expected(case);
    assert!(expected.items.len() >= 8, "{case} has too few items");
    for label in 0..expected.items[0].logits.len() {
        for item in &expected.items {
            let options =
                ModelOptions { format: item.format(), label: Some(label), ..Default::default() };
            let model = load(case, &options);
            let mut tokens = model.text().encode(&item.sample()).unwrap();
            if item.format() == Format::Raw && tokens.ids.len() == item.ids.len() + 1 {
                // Raw text ends in EOS with us, which the library leaves to its caller.
                tokens.ids.pop();
            }
            assert_eq!(tokens.ids, item.ids, "{case}/{}: tokens", item.name);
            if item.format() == Format::Pair && !item.token_type_ids.is_empty() {
                assert_eq!(tokens.type_ids, item.token_type_ids, "{case}/{}: segments", item.name);
            }
            let score = f64::from(model.score(&[&tokens]).unwrap()[0]);
            let off = (score - item.logits[label]).abs() / item.logits[label].abs().max(1.0);
            assert!(off < 1e-5, "{case}/{}: {score} for {}", item.name, item.logits[label]);
        }
    }
}

/// Alone, together, and in another order: equal bits in deterministic mode, and within 1e-5 otherwise.
fn check_company(case: &str) {
    let expected = expected(case);
    for deterministic in [true, false] {
        let format = expected.items[0].format();
        let label = Some(0);
        let options = ModelOptions { format, deterministic, label, ..Default::default() };
        let model = load(case, &options);
        let sequences: Vec<Encoded> = expected
            .items
            .iter()
            .filter(|item| item.format() == format)
            .map(|item| model.text().encode(&item.sample()).unwrap())
            .collect();
        let together = model.score(&sequences.iter().collect::<Vec<_>>()).unwrap();
        let mut backwards = model.score(&sequences.iter().rev().collect::<Vec<_>>()).unwrap();
        backwards.reverse();
        for ((sequence, together), backwards) in sequences.iter().zip(&together).zip(&backwards) {
            let alone = model.score(&[sequence]).unwrap()[0];
            if deterministic {
                assert_eq!(alone.to_bits(), together.to_bits());
                assert_eq!(alone.to_bits(), backwards.to_bits());
            } else {
                let tolerance = 1e-5 * alone.abs().max(1.0);
                assert!((alone - together).abs() < tolerance);
                assert!((alone - backwards).abs() < tolerance);
            }
        }
    }
}

macro_rules! goldens {
    ($($case:ident),* $(,)?) => {
        $(
            #[test]
            fn $case() {
                check(stringify!($case));
                check_company(stringify!($case));
            }
        )*
    };
}

goldens!(
    llama,
    llama3_rope,
    llama_sharded,
    llama_bf16,
    llama_bias,
    llama_labels,
    llama_pad_is_eos,
    mistral,
    qwen2,
    qwen2_tied,
    qwen3,
    bert,
    bert_labels,
    roberta,
);
