//! Whole runs, with rewards that need no service.

use std::{fs, path::Path};

use serde_json::Value;

use super::*;
use crate::train::{
    credit::{Bound, Constraint, GrpoLambda},
    lab::vocabulary,
    nn::DecoderConfig,
    optim::AdamWConfig,
    tokenizer::ChatTokenizer,
};

/// Pays for the letter `a`; now and then, for nothing that can be known.
#[derive(Default)]
struct Letters {
    calls: Vec<String>,
    lose: bool,
}

impl RewardSource for Letters {
    fn score(&mut self, key: &str, samples: &[Value]) -> Result<Scored, RewardError> {
        self.calls.push(key.to_owned());
        let count = |sample: &Value, letter| {
            sample["completion"].as_str().unwrap().matches(letter).count() as f64
        };
        let mut scored = Scored { seconds: vec![0.01], ..Scored::default() };
        for (index, sample) in samples.iter().enumerate() {
            let lost = self.lose && index % 3 == 0;
            scored.rewards.push((!lost).then(|| count(sample, 'a')));
            for letter in ['a', 'b'] {
                let column = scored.components.entry(letter.to_string()).or_default();
                column.push((!lost).then(|| count(sample, letter)));
            }
        }
        if self.lose {
            scored.misses.insert("timeout".to_owned(), samples.len().div_ceil(3));
        }
        Ok(scored)
    }
}

fn inputs(root: &Path) {
    vocabulary::letters("abcdxy").write(root, 32).unwrap();
    let tokenizer = ChatTokenizer::load(root).unwrap();
    let shape = DecoderConfig {
        hidden_size: 16,
        intermediate_size: 16,
        num_hidden_layers: 1,
        max_position_embeddings: 32,
        ..DecoderConfig::default()
    };
    Policy::random(tokenizer, shape, 3).unwrap().save(&root.join("base"), root).unwrap();
    fs::write(
        root.join("prompts.jsonl"),
        "{\"prompt\":\"x\"}\n{\"prompt\":\"y\"}\n{\"prompt\":\"xy\"}\n",
    )
    .unwrap();
}

fn config(root: &Path, output: &str) -> PolicyConfig {
    PolicyConfig {
        base: root.join("base"),
        prompts: root.join("prompts.jsonl"),
        output: root.join(output),
        steps: 20,
        prompts_per_step: 2,
        num_generations: 6,
        max_completion_length: 5,
        learning_rate: 1e-2,
        optimiser: AdamWConfig { weight_decay: 0.0, ..AdamWConfig::default() },
        eval_every: 10,
        eval_generations: 8,
        checkpoint_every: 5,
        report_every: 0,
        beta: 0.01,
        ..PolicyConfig::default()
    }
}

fn bytes(config: &PolicyConfig) -> Vec<u8> {
    fs::read(config.output.join("policy/model.safetensors")).unwrap()
}

/// Everything in the records but the clock.
fn figures(records: &[Record]) -> Vec<String> {
    let timeless = |record: &Record| {
        let mut fields = record.0.clone();
        fields.retain(|name, _| !name.starts_with("time/"));
        serde_json::to_string(&fields).unwrap()
    };
    records.iter().map(timeless).collect()
}

#[test]
fn twenty_steps_are_ten_a_stop_and_ten_more_bit_for_bit() {
    let root = tempfile::tempdir().unwrap();
    inputs(root.path());
    let change = |output| PolicyConfig {
        kl_target: Some(0.5),
        kl_horizon: 100.0,
        dynamic_sampling: 2,
        num_iterations: 2,
        mini_batches: 2,
        policy_loss: PolicyLoss::ClipCov,
        cov_band: (0.0, 9.0),
        ..config(root.path(), output)
    };
    let straight = change("straight");
    let whole = train(&straight, &mut Letters::default(), RunOptions::default()).unwrap();
    assert_eq!(whole.steps, 20);
    assert_eq!(whole.records.len(), 21);

    let broken = change("broken");
    // Killed at step 13: the checkpoint is that of step 10, and lines 11 to 13 are written again.
    let stop = RunOptions { stop_after: Some(13), ..RunOptions::default() };
    train(&broken, &mut Letters::default(), stop).unwrap();
    fs::remove_dir_all(broken.output.join("checkpoints/step-00000013")).unwrap();
    let resume = RunOptions { resume: true, ..RunOptions::default() };
    let resumed = train(&broken, &mut Letters::default(), resume).unwrap();
    assert_eq!(bytes(&straight), bytes(&broken));
    assert_eq!(figures(&whole.records), figures(&resumed.records));
    let written = read_records(&broken.output.join("metrics.jsonl")).unwrap();
    assert_eq!(written, resumed.records);

    let other = PolicyConfig { learning_rate: 1.0, ..broken };
    let error = train(&other, &mut Letters::default(), resume).unwrap_err();
    assert!(error.to_string().contains("another configuration"));
}

#[test]
fn every_algorithm_learns_what_is_paid_for() {
    let root = tempfile::tempdir().unwrap();
    inputs(root.path());
    for algorithm in [
        Algorithm::Grpo,
        Algorithm::Rloo,
        Algorithm::Ppo,
        Algorithm::BestOfN,
        Algorithm::ExpertIteration,
    ] {
        let config = PolicyConfig {
            algorithm,
            accept_above: 2.0,
            beta: 0.0,
            num_generations: 12,
            steps: 40,
            ..config(root.path(), &format!("{algorithm:?}"))
        };
        // A third of the rewards never comes, and is no zero.
        let mut rewards = Letters { lose: true, ..Letters::default() };
        let records = train(&config, &mut rewards, RunOptions::default()).unwrap().records;
        let reward = |record: &Record| record.get("eval/reward").unwrap();
        let (first, last) = (reward(&records[0]), reward(&records[40]));
        assert!(last > first + 0.8, "{algorithm:?}: {first} {last}");
        assert_eq!(records[1].get("reward/missing/timeout"), Some(8.0));
    }
}

#[test]
fn a_penalty_keeps_the_policy_near() {
    let root = tempfile::tempdir().unwrap();
    inputs(root.path());
    let kl = |name: &str, change: fn(PolicyConfig) -> PolicyConfig| {
        let config = change(PolicyConfig { beta: 0.0, ..config(root.path(), name) });
        let records =
            train(&config, &mut Letters::default(), RunOptions::default()).unwrap().records;
        records[20].get("eval/kl").unwrap()
    };
    let free = kl("free", |config| config);
    let held = [
        kl("reward", |c| PolicyConfig { beta: 1.0, ..c }),
        kl("loss", |c| PolicyConfig { beta: 2.0, kl_place: KlPlace::Loss, ..c }),
        kl("chi2", |c| PolicyConfig { sqrt_chi2_coef: 2.0, ..c }),
    ];
    assert!(free > 0.3, "{free}");
    assert!(held.iter().all(|kl| *kl < free / 2.0), "{free} {held:?}");
}

#[test]
fn constraints_bring_components_to_their_thresholds() {
    let root = tempfile::tempdir().unwrap();
    inputs(root.path());
    let constraint = |component: &str, threshold| Constraint {
        component: component.to_owned(),
        threshold,
        bound: Bound::Equal,
    };
    let config = PolicyConfig {
        constraints: vec![constraint("a", 1.0), constraint("b", 0.2)],
        multiplier_rate: 1.0,
        steps: 60,
        num_generations: 12,
        ..config(root.path(), "constrained")
    };
    let records = train(&config, &mut Letters::default(), RunOptions::default()).unwrap().records;
    let tail = |name: &str| records[50..].iter().map(|r| r.get(name).unwrap()).sum::<f64>() / 11.0;
    let begin = records[1].get("reward/a/mean").unwrap();
    assert!(
        (tail("reward/a/mean") - 1.0).abs() < (begin - 1.0).abs().max(0.3),
        "{begin} {}",
        tail("reward/a/mean")
    );
    assert!(tail("multiplier/a").abs() <= 1.0);
    let unknown = PolicyConfig {
        constraints: vec![constraint("c", 1.0)],
        output: root.path().join("unknown"),
        ..config
    };
    let error = train(&unknown, &mut Letters::default(), RunOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "the pipeline has no column c");
}

#[test]
fn length_switching_masks_and_greedy_evaluation_run_together() {
    let root = tempfile::tempdir().unwrap();
    inputs(root.path());
    let config = PolicyConfig {
        grpo_lambda: Some(GrpoLambda { top: 0.5, alpha: 0.5, min_accuracy: 0.0 }),
        mask_truncated_completions: true,
        eval_temperature: 0.0,
        steps: 10,
        ..config(root.path(), "switch")
    };
    let gold = |_: &Prompt, text: &str| text.len() as f64;
    let options = RunOptions { gold: Some(&gold), ..RunOptions::default() };
    let records = train(&config, &mut Letters::default(), options).unwrap().records;
    assert!(records[10].get("eval/gold").is_some() && records[10].get("eval/kl").is_none());
    assert!(records[3].get("gold/mean").unwrap() <= 5.0);
}

#[test]
fn preferences_are_learned_offline_and_resumed() {
    let root = tempfile::tempdir().unwrap();
    inputs(root.path());
    let pairs: String = (0..6)
        .map(|i| {
            let prompt = ["x", "y"][i % 2];
            format!("{{\"prompt\":\"{prompt}\",\"chosen\":\"ab\",\"rejected\":\"cd\"}}\n")
        })
        .collect();
    fs::write(root.path().join("pairs.jsonl"), pairs).unwrap();
    for algorithm in [Algorithm::Dpo, Algorithm::Simpo, Algorithm::Kto] {
        let change = |name: &str| PolicyConfig {
            algorithm,
            preferences: root.path().join("pairs.jsonl"),
            prompts_per_step: 3,
            beta: if algorithm == Algorithm::Simpo { 2.0 } else { 0.3 },
            ..config(root.path(), &format!("{algorithm:?}-{name}"))
        };
        let straight = change("straight");
        let records = train_offline(&straight, RunOptions::default()).unwrap().records;
        let loss = |record: &Record| record.get("loss").unwrap();
        assert!(loss(&records[19]) < 0.8 * loss(&records[0]), "{algorithm:?}");
        let broken = change("broken");
        let stop = RunOptions { stop_after: Some(10), ..RunOptions::default() };
        train_offline(&broken, stop).unwrap();
        let resume = RunOptions { resume: true, ..RunOptions::default() };
        train_offline(&broken, resume).unwrap();
        assert_eq!(bytes(&straight), bytes(&broken));
    }
    // A verdict on one completion is enough for KTO, and for nothing else.
    fs::write(
        root.path().join("pairs.jsonl"),
        "{\"prompt\":\"x\",\"completion\":\"ab\",\"label\":true}\n".repeat(3),
    )
    .unwrap();
    let single = |algorithm| PolicyConfig {
        algorithm,
        preferences: root.path().join("pairs.jsonl"),
        prompts_per_step: 3,
        steps: 2,
        beta: 0.3,
        ..config(root.path(), "single")
    };
    assert!(train_offline(&single(Algorithm::Kto), RunOptions::default()).is_ok());
    assert!(train_offline(&single(Algorithm::Dpo), RunOptions::default()).is_err());
}
