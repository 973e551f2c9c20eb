//! What computing a prompt once for its completions is worth.
//!
//! A decoder of random weights scores eight completions of one prompt, and eight completions of as many
//! prompts: batches of the same shape, of which only the first can share. Alternating, medians.
//!
//! `cargo bench --bench groups [-- PROMPT COMPLETION COMPLETIONS]`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark talks to who runs it")]

#[path = "common/median.rs"]
mod median;
#[path = "common/random.rs"]
mod random;

use std::{path::Path, time::Instant};

use assay::model::{Encoded, Format, Layout, ModelOptions, RewardModel};
use median::median;
use rand::{RngExt, SeedableRng};
use serde_json::json;

const HIDDEN: usize = 512;
const INNER: usize = 2048;
const LAYERS: usize = 6;
const VOCABULARY: usize = 326;
const ROUNDS: usize = 5;

fn main() {
    let given: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let [prompt, completion, count] = given.try_into().unwrap_or([256, 256, 8]);
    let directory = tempfile::tempdir().unwrap();
    write_model(directory.path());
    let options = ModelOptions { format: Format::Raw, ..ModelOptions::default() };
    let layout = Layout::Directory(directory.path().to_owned());
    let model = RewardModel::load(&layout, &options).unwrap();
    let (mut shared, mut apart) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        for (prompts, times) in [(1, &mut shared), (count, &mut apart)] {
            let sequences = sequences(round, prompts, [prompt, completion, count]);
            let begun = Instant::now();
            let scores = model.score(&sequences.iter().collect::<Vec<_>>()).unwrap();
            let time = begun.elapsed().as_secs_f64();
            assert!(scores.iter().all(|score| score.value.is_finite()));
            // The first round warms caches and clocks up.
            if round > 0 {
                times.push(time);
            }
        }
    }
    let (shared, apart) = (median(&mut shared), median(&mut apart));
    let tokens = (count * (prompt + completion)) as f64;
    let limit = tokens / (prompt + count * completion) as f64;
    println!("{count} completions of {completion} tokens, prompts of {prompt}");
    println!("one prompt      {:>8.0} tokens/s", tokens / shared);
    println!("as many prompts {:>8.0} tokens/s", tokens / apart);
    println!("ratio           {:>8.2} (at most {limit:.2})", apart / shared);
}

/// `count` sequences, `prompts` different prompts among them.
fn sequences(
    round: usize,
    prompts: usize,
    [prompt, completion, count]: [usize; 3],
) -> Vec<Encoded> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(round as u64);
    let mut tokens = |count: usize| -> Vec<u32> {
        (0..count).map(|_| rng.random_range(0..VOCABULARY as u32)).collect()
    };
    let prompts: Vec<_> = (0..prompts).map(|_| tokens(prompt)).collect();
    (0..count)
        .map(|index| [prompts[index % prompts.len()].clone(), tokens(completion)].concat())
        .map(|ids| Encoded { ids, ..Encoded::default() })
        .collect()
}

/// A Llama of random weights.
fn write_model(directory: &Path) {
    let config = json!({
        "architectures": ["LlamaForSequenceClassification"], "model_type": "llama",
        "hidden_size": HIDDEN, "intermediate_size": INNER, "num_hidden_layers": LAYERS,
        "num_attention_heads": 8, "num_key_value_heads": 2, "vocab_size": VOCABULARY,
        "max_position_embeddings": 8192,
    });
    let mut shapes = vec![
        ("model.embed_tokens.weight".to_owned(), vec![VOCABULARY, HIDDEN]),
        ("model.norm.weight".to_owned(), vec![HIDDEN]),
        ("score.weight".to_owned(), vec![1, HIDDEN]),
    ];
    for layer in 0..LAYERS {
        for (part, shape) in [
            ("input_layernorm", vec![HIDDEN]),
            ("post_attention_layernorm", vec![HIDDEN]),
            ("self_attn.q_proj", vec![HIDDEN, HIDDEN]),
            ("self_attn.k_proj", vec![HIDDEN / 4, HIDDEN]),
            ("self_attn.v_proj", vec![HIDDEN / 4, HIDDEN]),
            ("self_attn.o_proj", vec![HIDDEN, HIDDEN]),
            ("mlp.gate_proj", vec![INNER, HIDDEN]),
            ("mlp.up_proj", vec![INNER, HIDDEN]),
            ("mlp.down_proj", vec![HIDDEN, INNER]),
        ] {
            shapes.push((format!("model.layers.{layer}.{part}.weight"), shape));
        }
    }
    random::write(directory, "llama", &config, shapes);
}
