//! Our networks and tokenisation against numbers that `transformers` computed on the same small
//! checkpoints (`tests/golden/models/make.py`).

use std::{mem, ops::Range, path::PathBuf};

use assay::{
    domain::{Completion, Message, Parts, Sample},
    model::{DType, DeviceChoice, Encoded, Format, Layout, ModelOptions, RewardModel, StepOptions},
};
use serde::Deserialize;
use serde_json::Value;

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
    prompt: Option<String>,
    #[serde(default)]
    steps_given: Vec<String>,
    ids: Vec<u32>,
    #[serde(default)]
    marks: Vec<u32>,
    #[serde(default)]
    token_type_ids: Vec<u32>,
    logits: Option<Vec<f64>>,
    steps: Option<Vec<f64>>,
    objectives: Option<Vec<f64>>,
}

impl Item {
    fn format(&self) -> Format {
        match (&self.messages, &self.pair, &self.text) {
            (None, Some(_), _) => Format::Pair,
            (None, None, Some(_)) => Format::Raw,
            _ => Format::Auto,
        }
    }

    fn sample(&self) -> Sample {
        let plain = |prompt: &str, completion: &str| Sample {
            prompt: Some(prompt.to_owned()),
            completion: Some(Completion::Text(completion.to_owned())),
            ..Sample::default()
        };
        if let Some(messages) = &self.messages {
            let (last, prompt) = messages.split_last().unwrap();
            return Sample {
                messages: Some(prompt.to_vec()),
                completion: Some(Completion::Messages(vec![last.clone()])),
                ..Sample::default()
            };
        }
        match (&self.pair, &self.text, &self.prompt) {
            (Some([prompt, completion]), ..) => plain(prompt, completion),
            (None, Some(text), _) => plain("", text),
            (None, None, prompt) => Sample {
                prompt: prompt.clone(),
                steps: self.steps_given.clone(),
                ..Sample::default()
            },
        }
    }

    /// The outputs that can be asked for as the reward.
    fn labels(&self) -> Range<usize> {
        0..self.logits.as_ref().map_or(1, Vec::len)
    }

    /// What the model must say when `label` is the reward.
    fn expected(&self, label: usize) -> (f64, Option<Parts>) {
        let narrow = |values: &[f64]| values.iter().map(|value| *value as f32).collect();
        match (&self.steps, &self.logits) {
            (Some(steps), _) => {
                let worst = steps.iter().copied().fold(f64::INFINITY, f64::min);
                (worst, Some(Parts::Steps(narrow(steps))))
            }
            (None, Some(logits)) => {
                let labels = (logits.len() > 1).then(|| Parts::Labels(narrow(logits)));
                let objectives =
                    self.objectives.as_ref().map(|values| Parts::Objectives(narrow(values)));
                (logits[label], objectives.or(labels))
            }
            (None, None) => panic!("{} expects nothing", self.name),
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

/// Where the goldens run: on a GPU with `ASSAY_TEST_DEVICE=cuda`, in f32 there as well.
#[expect(clippy::disallowed_methods, reason = "a test has no command line")]
pub(crate) fn device() -> ModelOptions {
    let device = std::env::var("ASSAY_TEST_DEVICE").map_or(DeviceChoice::Cpu, |device| {
        device.parse().unwrap_or_else(|error| panic!("ASSAY_TEST_DEVICE: {error}"))
    });
    ModelOptions { device, dtype: DType::F32, ..ModelOptions::default() }
}

fn options(case: &str, item: &Item, label: usize) -> ModelOptions {
    let named = |text: &str| Some(text.to_owned());
    let steps = match case {
        "math_shepherd" => StepOptions {
            marker: named(" ки"),
            good: named("+"),
            bad: named("-"),
            ..StepOptions::default()
        },
        _ => StepOptions::default(),
    };
    ModelOptions { format: item.format(), label: Some(label), steps, ..device() }
}

fn load(case: &str, options: &ModelOptions) -> RewardModel {
    RewardModel::load(&Layout::Directory(path(case)), options).unwrap()
}

#[derive(Deserialize)]
struct Cut {
    model: String,
    limit: usize,
    whole: Value,
    ids: Vec<u32>,
}

/// Prompts too long for a limit, against the tokens that transformers gives after the same cuts (`cut.py`).
#[test]
fn a_prompt_is_cut_from_the_left_until_the_whole_fits() {
    let file = std::fs::read(path("cut.json")).unwrap();
    let cuts: Vec<Cut> = serde_json::from_slice(&file).unwrap();
    assert!(cuts.len() >= 20, "only {} cases", cuts.len());
    for Cut { model: case, limit, whole, ids } in cuts {
        let (format, sample) = match serde_json::from_value::<Vec<Message>>(whole.clone()) {
            Ok(messages) => {
                let (answer, prompt) = messages.split_last().unwrap();
                let completion = Some(Completion::Messages(vec![answer.clone()]));
                let messages = Some(prompt.to_vec());
                (Format::Auto, Sample { messages, completion, ..Sample::default() })
            }
            Err(_) => {
                let [prompt, answer]: [String; 2] = serde_json::from_value(whole).unwrap();
                let completion = Some(Completion::Text(answer));
                (Format::Pair, Sample { prompt: Some(prompt), completion, ..Sample::default() })
            }
        };
        let options = ModelOptions { format, max_tokens: limit, ..ModelOptions::default() };
        let encoded = load(&case, &options).text().encode(&sample).unwrap();
        assert!(encoded.truncated, "{case}");
        assert_eq!(encoded.ids, ids, "{case} at {limit}");
    }
}

/// The distance of two numbers, as a share of the larger of 1 and their size.
fn off(found: f32, expected: f64) -> f64 {
    (f64::from(found) - expected).abs() / expected.abs().max(1.0)
}

fn values(parts: &Parts) -> &[f32] {
    match parts {
        Parts::Steps(values) | Parts::Labels(values) | Parts::Objectives(values) => values,
    }
}

/// Tokens are equal; numbers agree within 1e-5 of the larger of 1 and their size.
fn check(case: &str) {
    let expected = expected(case);
    assert!(expected.items.len() >= 8, "{case} has too few items");
    for label in expected.items[0].labels() {
        for item in &expected.items {
            let model = load(case, &options(case, item, label));
            let mut tokens = model.text().encode(&item.sample()).unwrap();
            if item.format() == Format::Raw && tokens.ids.len() == item.ids.len() + 1 {
                // Raw text ends in EOS with us, which the library leaves to its caller.
                tokens.ids.pop();
            }
            assert_eq!(tokens.ids, item.ids, "{case}/{}: tokens", item.name);
            assert_eq!(tokens.marks, item.marks, "{case}/{}: marks", item.name);
            if item.format() == Format::Pair && !item.token_type_ids.is_empty() {
                assert_eq!(tokens.type_ids, item.token_type_ids, "{case}/{}: segments", item.name);
            }
            let found = model.score(&[&tokens]).unwrap().remove(0);
            let (value, parts) = item.expected(label);
            let pairs = match (&found.parts, &parts) {
                (Some(found), Some(parts)) => {
                    assert_eq!(mem::discriminant(&**found), mem::discriminant(parts));
                    assert_eq!(values(found).len(), values(parts).len());
                    values(found)
                        .iter()
                        .zip(values(parts))
                        .map(|(a, b)| off(*a, f64::from(*b)))
                        .collect()
                }
                (None, None) => Vec::new(),
                other => panic!("{case}/{}: {other:?}", item.name),
            };
            let off = pairs.into_iter().fold(off(found.value, value), f64::max);
            assert!(off < 1e-5, "{case}/{}: {found:?} for {value} and {parts:?}", item.name);
        }
    }
}

/// Alone, together, and in another order: equal bits in deterministic mode, and within 1e-5 otherwise.
fn check_company(case: &str) {
    let expected = expected(case);
    for deterministic in [true, false] {
        let format = expected.items[0].format();
        let options = ModelOptions { deterministic, ..options(case, &expected.items[0], 0) };
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
            let alone = model.score(&[sequence]).unwrap().remove(0);
            if deterministic {
                assert_eq!(alone, *together);
                assert_eq!(alone, *backwards);
            } else {
                assert!(off(alone.value, f64::from(together.value)) < 1e-5);
                assert!(off(alone.value, f64::from(backwards.value)) < 1e-5);
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
    qwen2_rm,
    qwen2_prm,
    math_shepherd,
    armorm,
    gemma,
    gemma2,
    gemma3,
    phi3,
    phi3_longrope,
    internlm2,
    gpt_neox,
    gpt_neox_serial,
    qwen2_yarn,
    distilbert,
    xlm_roberta,
    modernbert,
    modernbert_cls,
    deberta_v3,
    deberta_v2,
);
