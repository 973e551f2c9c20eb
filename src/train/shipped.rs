//! The recipe of the models in `models/`: five reward models that differ in data and seed.
//!
//! Each begins with random weights of its own, learns to predict clean texts of its own, and then to
//! order pairs of its own, a quarter of them labelled wrongly. So their errors differ where the data
//! says little, which is what makes an ensemble of them worth more than one (arXiv 2310.02743). They
//! share one tokenizer.

mod figures;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    TrainError,
    language_model::{LanguageModelConfig, pretrain},
    reward_model::{RewardModelConfig, RunOptions, Storage, train},
    synthetic::{Corpus, Generator, write_jsonl},
    tokenizer,
};

pub use figures::{Figures, ScoreMoments, measure};

/// Sizes and seeds of the recipe. The default is what the shipped models were made with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recipe {
    /// Pairs that each of them sees, and no other.
    pub pairs_per_member: usize,
    /// Share of labels that are flipped.
    pub label_noise: f64,
    /// Clean pairs that none of them sees.
    pub held_out: usize,
    /// Clean pairs whose text the tokenizer is trained on.
    pub tokenizer_pairs: usize,
    /// Tokens of the tokenizer.
    pub vocabulary: usize,
    /// Seed of the data.
    pub seed: u64,
    /// Seed of each member's initial weights and of the order in which it sees its data: as many as
    /// there are members.
    pub member_seeds: Vec<u64>,
    /// Clean texts on which each member is pre-trained, its own for each; 0: members begin with random
    /// weights.
    pub pretraining_texts: usize,
    /// Everything else about the pre-training.
    pub pretraining: LanguageModelConfig,
    /// Everything else about a member's run.
    pub run: RewardModelConfig,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            pairs_per_member: 32_000,
            label_noise: 0.25,
            held_out: 2_000,
            tokenizer_pairs: 4_000,
            vocabulary: 1024,
            seed: 20,
            member_seeds: vec![20, 27, 22, 23, 24],
            pretraining_texts: 24_000,
            pretraining: LanguageModelConfig::default(),
            run: RewardModelConfig { storage: Storage::F16, ..RewardModelConfig::default() },
        }
    }
}

/// Directory of a member in the output.
#[must_use]
pub fn member_name(index: usize) -> String {
    format!("tiny-rm-{index}")
}

/// Makes all members under `output` and returns what they are like; `work` takes data and checkpoints,
/// and a run that was interrupted there is continued. Also writes `calibration.json`, a
/// [`ScoreMoments`] per member, and `figures.json`.
///
/// # Errors
/// When a file cannot be written or a run fails.
pub fn make(recipe: &Recipe, output: &Path, work: &Path) -> Result<Figures, TrainError> {
    let data = prepare(recipe, work)?;
    for index in 0..recipe.member_seeds.len() {
        make_member(recipe, &data, index, output)?;
    }
    measure(recipe, output)
}

/// Where the recipe's inputs lie.
#[derive(Clone, Debug)]
pub struct Prepared {
    work: PathBuf,
}

impl Prepared {
    fn pairs(&self, index: usize) -> PathBuf {
        self.work.join(format!("{}.jsonl", member_name(index)))
    }

    fn texts(&self, index: usize) -> PathBuf {
        self.work.join(format!("{}.texts.jsonl", member_name(index)))
    }

    fn base(&self, index: usize) -> PathBuf {
        self.work.join(format!("{}.base.safetensors", member_name(index)))
    }

    fn held_out(&self) -> PathBuf {
        self.work.join("held-out.jsonl")
    }
}

/// Generates the data and trains the tokenizer.
///
/// # Errors
/// When a file cannot be written.
pub fn prepare(recipe: &Recipe, work: &Path) -> Result<Prepared, TrainError> {
    fs::create_dir_all(work).map_err(TrainError::file(work))?;
    let data = Prepared { work: work.to_owned() };
    let mut generator = Generator::new(Corpus::shipped(), recipe.seed, 0.0);
    write_jsonl(&data.held_out(), &generator.take(recipe.held_out))?;
    let texts = tokenizer::texts(&generator.take(recipe.tokenizer_pairs));
    let write = |file: &str, text: String| {
        let path = work.join(file);
        fs::write(&path, text).map_err(TrainError::file(&path))
    };
    write("tokenizer.json", tokenizer::train(&texts, recipe.vocabulary)?)?;
    let limit = recipe.run.architecture.max_position_embeddings;
    write("tokenizer_config.json", tokenizer::tokenizer_config(limit))?;
    for index in 0..recipe.member_seeds.len() {
        write_jsonl(&data.texts(index), &generator.take(recipe.pretraining_texts))?;
    }
    generator.set_label_noise(recipe.label_noise);
    for index in 0..recipe.member_seeds.len() {
        write_jsonl(&data.pairs(index), &generator.take(recipe.pairs_per_member))?;
    }
    Ok(data)
}

/// Pre-trains one member, unless that is done already.
fn pretrain_member(recipe: &Recipe, data: &Prepared, index: usize) -> Result<(), TrainError> {
    let base = data.base(index);
    if recipe.pretraining_texts == 0 || base.exists() {
        return Ok(());
    }
    let run = LanguageModelConfig {
        data: data.texts(index),
        tokenizer: data.work.clone(),
        seed: recipe.member_seeds[index],
        ..recipe.pretraining.clone()
    };
    let beside = base.with_extension("tmp");
    let loss = pretrain(&run, &beside)?;
    tracing::info!(member = member_name(index), loss, "pre-trained");
    fs::rename(&beside, &base).map_err(TrainError::file(&base))
}

/// Pre-trains and trains one member.
///
/// # Errors
/// When the run fails.
pub fn make_member(
    recipe: &Recipe,
    data: &Prepared,
    index: usize,
    output: &Path,
) -> Result<(), TrainError> {
    pretrain_member(recipe, data, index)?;
    let name = member_name(index);
    let run = RewardModelConfig {
        data: data.pairs(index),
        validation: Some(data.held_out()),
        tokenizer: data.work.clone(),
        output: data.work.join(&name),
        base: (recipe.pretraining_texts > 0).then(|| data.base(index)),
        seed: recipe.member_seeds[index],
        ..recipe.run.clone()
    };
    let summary = train(&run, &RunOptions { resume: true, stop_after: None })?;
    tracing::info!(member = name, parameters = summary.parameters, "trained");
    let (from, to) = (&run.output, output.join(&name));
    fs::create_dir_all(&to).map_err(TrainError::file(&to))?;
    for file in ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"] {
        fs::copy(from.join(file), to.join(file)).map_err(TrainError::file(&to.join(file)))?;
    }
    Ok(())
}
