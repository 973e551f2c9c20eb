//! The base policy and the reward models of an experiment, and the service's configuration for them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use super::{
    arms::Arm,
    language::{Gold, MAX_TOKENS, MAX_WORDS, prompts, raw_gold, texts, vocabulary},
    overopt::Regime,
};
use crate::train::{
    TrainError,
    checkpoint::write_synced,
    evaluate::{calibrated, correlation, mean_std, pair_accuracy},
    language_model::LanguageModelConfig,
    nn::DecoderConfig,
    policy::{Policy, Sampling, pretrain, sample},
    reward_model::{self, RewardModelConfig, RunOptions, Scorer},
    synthetic::{PreferencePair, write_jsonl},
};

/// Sizes of an experiment.
#[derive(Clone, Debug)]
pub struct Sizes {
    /// Texts that the base policy imitates.
    pub texts: usize,
    /// Width of the policy.
    pub policy_width: usize,
    /// Members of an ensemble.
    pub members: usize,
    /// Width of a member.
    pub member_width: usize,
    /// Pairs per member, in the variance regime.
    pub own_pairs: usize,
    /// Pairs for all, in the bias regime.
    pub shared_pairs: usize,
    /// Times that a member sees pairs of its own. It learns many of the flipped labels by heart, which is
    /// what an ensemble is to average out.
    pub own_epochs: usize,
    /// Times that a member sees pairs that all have. More, and members differ by what they learned by heart.
    pub shared_epochs: usize,
    /// Share of flipped labels.
    pub label_noise: f64,
    /// Base completions to calibrate on.
    pub calibration: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            texts: 24_000,
            policy_width: 64,
            members: 5,
            member_width: 32,
            own_pairs: 600,
            shared_pairs: 3000,
            own_epochs: 10,
            shared_epochs: 3,
            label_noise: 0.25,
            calibration: 2000,
        }
    }
}

/// Completions of the base policy, with their raw gold.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// Prompt and completion.
    pub texts: Vec<(String, String)>,
}

/// The policy that every arm begins with.
#[derive(Debug)]
pub struct Base {
    /// Its directory.
    pub directory: PathBuf,
    policy: Policy,
    /// Gold on its scale.
    pub gold: Gold,
}

impl Base {
    /// Trains it, or reads what was trained into `root` before.
    ///
    /// # Errors
    /// When files cannot be read or written.
    pub fn prepare(root: &Path, sizes: &Sizes) -> Result<Self, TrainError> {
        let directory = root.join("base");
        if !directory.join("config.json").exists() {
            let tokenizer = root.join("tokenizer");
            vocabulary().write(&tokenizer, MAX_TOKENS)?;
            let data = root.join("texts.jsonl");
            let imitated = |(prompt, chosen)| PreferencePair {
                prompt,
                chosen,
                rejected: String::new(),
                subset: String::new(),
                margin: None,
            };
            let pairs: Vec<_> = texts(sizes.texts, 11).into_iter().map(imitated).collect();
            write_jsonl(&data, &pairs)?;
            let config = LanguageModelConfig {
                data,
                tokenizer,
                architecture: shape(sizes.policy_width),
                epochs: 1,
                batch_size: 64,
                learning_rate: 4e-3,
                warmup_steps: 20,
                seed: 12,
                report_every: 0,
                ..LanguageModelConfig::default()
            };
            let loss = pretrain(&config, &directory)?;
            tracing::info!(loss, "the base policy speaks");
        }
        let policy = Policy::load(&directory)?;
        let gold = Gold { mean: 0.0, std: 1.0 };
        let mut base = Self { directory, policy, gold };
        let seen = base.sampled(sizes.calibration, 13)?;
        let golds: Vec<f64> = seen.texts.iter().map(|(p, c)| raw_gold(p, c)).collect();
        let (mean, std) = mean_std(&golds).unwrap_or((0.0, 1.0));
        base.gold = Gold { mean, std };
        Ok(base)
    }

    /// Completions to prompts chosen at random.
    ///
    /// # Errors
    /// When the network fails.
    pub fn sampled(&self, count: usize, seed: u64) -> Result<Sampled, TrainError> {
        let (mut rng, all) = (ChaCha8Rng::seed_from_u64(seed), prompts());
        let chosen: Vec<String> =
            (0..count).map(|_| all.choose(&mut rng).cloned().unwrap_or_default()).collect();
        self.completed(chosen, seed)
    }

    /// One completion to each prompt.
    ///
    /// # Errors
    /// When the network fails.
    pub fn completed(&self, prompts: Vec<String>, seed: u64) -> Result<Sampled, TrainError> {
        let encoded = prompts
            .iter()
            .map(|prompt| self.policy.tokenizer.prompt(prompt))
            .collect::<Result<Vec<_>, _>>()?;
        let rows: Vec<&[u32]> = encoded.iter().map(Vec::as_slice).collect();
        let sampling = Sampling { max_tokens: MAX_WORDS, temperature: 1.0, seed };
        let completions =
            sample(&self.policy.frozen(), &rows, sampling, self.policy.tokenizer.eos()?)?;
        let texts = completions.iter().map(|one| self.policy.tokenizer.decode(one.tokens()));
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        Ok(Sampled { texts: prompts.into_iter().zip(texts).collect() })
    }

    /// Pairs of completions to the same prompt, labelled by gold, a share of the labels flipped.
    ///
    /// # Errors
    /// When the network fails.
    pub fn pairs(
        &self,
        count: usize,
        noise: f64,
        seed: u64,
    ) -> Result<Vec<PreferencePair>, TrainError> {
        let first = self.sampled(count, seed)?;
        let prompts = first.texts.iter().map(|(prompt, _)| prompt.clone()).collect();
        let second = self.completed(prompts, seed ^ 0x5eed)?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let pair = |((prompt, one), (_, other)): ((String, String), (String, String))| {
            let right = raw_gold(&prompt, &one) >= raw_gold(&prompt, &other);
            let flipped = rng.random_bool(noise);
            let (chosen, rejected) = if right == flipped { (other, one) } else { (one, other) };
            PreferencePair { prompt, chosen, rejected, subset: String::new(), margin: None }
        };
        Ok(first.texts.into_iter().zip(second.texts).map(pair).collect())
    }
}

/// A served reward model.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name at the service.
    pub name: String,
    /// Its directory.
    pub path: PathBuf,
    /// Mean and standard deviation on completions of the base policy.
    pub calibration: (f64, f64),
}

/// The reward models of one seed, and how good and how alike they are on the base policy's completions.
#[derive(Clone, Debug)]
pub struct Ensemble {
    /// The members.
    pub members: Vec<Member>,
    /// Mean share of clean pairs that a member orders as gold does.
    pub accuracy: f64,
    /// Mean correlation of a member with gold.
    pub with_gold: f64,
    /// Mean correlation of two members. Twice that with gold: the ensemble is decorative.
    pub with_each_other: f64,
}

/// Trains an ensemble for a seed, or takes what is in `root` already.
///
/// # Errors
/// When files cannot be read or written, or a run fails.
pub fn ensemble(
    base: &Base,
    root: &Path,
    regime: Regime,
    sizes: &Sizes,
    seed: u64,
) -> Result<Ensemble, TrainError> {
    let name = |member: usize| format!("{}-s{seed}-rm-{member}", regime.name());
    let mut members = Vec::new();
    for member in 0..sizes.members {
        let path = root.join(name(member));
        if !path.join("config.json").exists() {
            let (own, count, epochs) = match regime {
                Regime::Variance => (member as u64, sizes.own_pairs, sizes.own_epochs),
                Regime::Bias => (0, sizes.shared_pairs, sizes.shared_epochs),
            };
            let data = root.join(format!("{}.jsonl", name(member)));
            let pairs = base.pairs(count, sizes.label_noise, 1000 * seed + own)?;
            write_jsonl(&data, &pairs)?;
            reward_model::train(
                &member_config(root, &data, &path, sizes.member_width, (epochs, member)),
                &RunOptions::default(),
            )?;
            fs::remove_file(&data).map_err(TrainError::file(&data))?;
        }
        members.push(Member { name: name(member), path, calibration: (0.0, 1.0) });
    }
    judged(base, members, sizes, seed)
}

fn member_config(
    root: &Path,
    data: &Path,
    output: &Path,
    width: usize,
    (epochs, member): (usize, usize),
) -> RewardModelConfig {
    RewardModelConfig {
        data: data.to_owned(),
        tokenizer: root.join("tokenizer"),
        output: output.to_owned(),
        architecture: shape(width),
        epochs,
        batch_size: 32,
        learning_rate: 3e-3,
        warmup_steps: 10,
        seed: 7 * member as u64 + 1,
        checkpoint_every: 0,
        report_every: 0,
        ..RewardModelConfig::default()
    }
}

/// Calibrates members on the base policy's completions, and compares them with gold and each other.
fn judged(
    base: &Base,
    mut members: Vec<Member>,
    sizes: &Sizes,
    seed: u64,
) -> Result<Ensemble, TrainError> {
    let seen = base.sampled(sizes.calibration, 31 + seed)?;
    let texts: Vec<(&str, &str)> =
        seen.texts.iter().map(|(p, c)| (p.as_str(), c.as_str())).collect();
    let golds: Vec<f64> = texts.iter().map(|(p, c)| base.gold.of(p, c)).collect();
    let clean = base.pairs(sizes.calibration / 2, 0.0, 77 + seed)?;
    let side = |of: fn(&PreferencePair) -> &str| -> Vec<(&str, &str)> {
        clean.iter().map(|pair| (pair.prompt.as_str(), of(pair))).collect()
    };
    let (chosen, rejected) = (side(|pair| &pair.chosen), side(|pair| &pair.rejected));
    let (mut scores, mut accuracies) = (Vec::new(), Vec::new());
    for member in &mut members {
        let scorer = Scorer::load(&member.path)?;
        let raw = scorer.score(&texts)?;
        member.calibration = mean_std(&raw).unwrap_or((0.0, 1.0));
        scores.push(calibrated(&raw, member.calibration));
        accuracies.extend(pair_accuracy(&scorer.score(&chosen)?, &scorer.score(&rejected)?));
    }
    let with_gold: Vec<f64> =
        scores.iter().filter_map(|score| correlation(score, &golds)).collect();
    let mut with_each_other = Vec::new();
    for (index, one) in scores.iter().enumerate() {
        with_each_other.extend(scores[..index].iter().filter_map(|other| correlation(one, other)));
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    Ok(Ensemble {
        members,
        accuracy: mean(&accuracies),
        with_gold: mean(&with_gold),
        with_each_other: mean(&with_each_other),
    })
}

/// A decoder of a width, with four heads of its own keys each and two layers.
pub(super) fn shape(width: usize) -> DecoderConfig {
    DecoderConfig {
        hidden_size: width,
        intermediate_size: 2 * width,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        num_key_value_heads: 4,
        max_position_embeddings: MAX_TOKENS,
        ..DecoderConfig::default()
    }
}

/// The service's configuration for ensembles with their arms, as `assay serve --config` reads it. `path` is
/// in the directory that the members are in.
///
/// # Errors
/// When it cannot be written.
pub fn write_service_config(
    path: &Path,
    members: &[Member],
    pipelines: &[(String, Arm)],
) -> Result<(), TrainError> {
    let mut models = Map::new();
    for Member { name, calibration: (mean, std), .. } in members {
        // A member's directory has its name, and the configuration lies beside it.
        let calibration = json!({"mean": mean, "std": std});
        models.insert(name.clone(), json!({"path": name, "calibration": calibration}));
    }
    let pipelines: Map<String, Value> = pipelines
        .iter()
        .map(|(prefix, arm)| (format!("{prefix}{}", arm.pipeline), arm.spec.clone()))
        .collect();
    // Exploration of the same words comes again and again.
    let engine = json!({"cache_entries": 50_000});
    let config = json!({"engine": engine, "models": models, "pipelines": pipelines});
    let text = toml::to_string(&config).map_err(|error| TrainError::Config(error.to_string()))?;
    write_synced(path, text.as_bytes())
}
