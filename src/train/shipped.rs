//! The recipe of the models in `models/`: five reward models that differ in data and seed.
//!
//! Each begins with random weights of its own, learns to predict clean texts of its own, and then to
//! order pairs of its own, a quarter of them labelled wrongly. So their errors differ where the data
//! says little, which is what makes an ensemble of them worth more than one (arXiv 2310.02743). They
//! share one tokenizer.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{
    TrainError,
    evaluate::{
        accuracy_by_subset, calibrated, correlation_matrix, disagreement, mean_std, pair_accuracy,
        uncertainty_weighted,
    },
    language_model::{LanguageModelConfig, pretrain},
    nn::DecoderConfig,
    reward_model::{RewardModelConfig, RunOptions, Scorer, Storage, train},
    synthetic::{Corpus, Generator, PreferencePair, junk, write_jsonl},
    tokenizer,
};

/// Sizes and seeds of the recipe. The default is what the shipped models were made with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recipe {
    /// Number of models.
    pub members: usize,
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
    /// Seed of the data; member `i` is trained with seed `seed + i`.
    pub seed: u64,
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
        let architecture = DecoderConfig {
            intermediate_size: 128,
            max_position_embeddings: 1024,
            ..DecoderConfig::default()
        };
        Self {
            members: 5,
            pairs_per_member: 32_000,
            label_noise: 0.25,
            held_out: 2_000,
            tokenizer_pairs: 4_000,
            vocabulary: 1024,
            seed: 20,
            pretraining_texts: 24_000,
            pretraining: LanguageModelConfig {
                architecture: architecture.clone(),
                epochs: 2,
                ..LanguageModelConfig::default()
            },
            run: RewardModelConfig {
                architecture,
                epochs: 1,
                checkpoint_every: 250,
                report_every: 250,
                storage: Storage::F16,
                ..RewardModelConfig::default()
            },
        }
    }
}

/// What a raw score of one model means: its mean and population standard deviation over both sides of
/// the held-out pairs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreMoments {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub std: f64,
}

/// Measured on pairs that no member saw. Scores of several members are calibrated before they are
/// compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Accuracy of each member on the held-out pairs.
    pub accuracy: Vec<f64>,
    /// Accuracy of the members' mean.
    pub ensemble_accuracy: f64,
    /// Accuracy of each member, and the number of pairs, by what is wrong with the rejected answer.
    pub accuracy_by_subset: BTreeMap<String, (Vec<f64>, usize)>,
    /// Correlation of the members' scores on both sides of the held-out pairs.
    pub correlations: Vec<Vec<Option<f64>>>,
    /// Mean score of the members: chosen and rejected answers, and junk.
    pub mean_scores: BTreeMap<&'static str, f64>,
    /// Mean disagreement (population standard deviation over members) on the held-out pairs, on
    /// explanations of unseen subjects, and on junk.
    pub disagreement: BTreeMap<&'static str, f64>,
    /// Accuracy of each member on explanations of unseen subjects.
    pub unseen_accuracy: Vec<f64>,
    /// Mean of UWO (λ = 0.5, population variance) over the chosen held-out answers.
    pub uwo_chosen: f64,
    /// The same over both sides.
    pub uwo: f64,
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
    for index in 0..recipe.members {
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
    for index in 0..recipe.members {
        write_jsonl(&data.texts(index), &generator.take(recipe.pretraining_texts))?;
    }
    generator.set_label_noise(recipe.label_noise);
    for index in 0..recipe.members {
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
        seed: recipe.seed + index as u64,
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
        seed: recipe.seed + index as u64,
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

/// Measures members that exist under `output` and writes `calibration.json` and `figures.json` there.
///
/// # Errors
/// When a member is missing or a file cannot be written.
pub fn measure(recipe: &Recipe, output: &Path) -> Result<Figures, TrainError> {
    let members = (0..recipe.members)
        .map(|index| Scorer::load(&output.join(member_name(index))))
        .collect::<Result<Vec<_>, _>>()?;
    let held_out = Generator::new(Corpus::shipped(), recipe.seed, 0.0).take(recipe.held_out);
    let scores = Scores::of(&members, &held_out)?;
    let moments = scores.moments();
    let calibration: BTreeMap<_, _> = (0..recipe.members).map(member_name).zip(&moments).collect();
    write_json(&output.join("calibration.json"), &calibration)?;
    let figures = figures(recipe, &members, &held_out, &scores)?;
    write_json(&output.join("figures.json"), &figures)?;
    Ok(figures)
}

/// Raw scores of pairs: one array per member.
struct Scores {
    chosen: Vec<Vec<f64>>,
    rejected: Vec<Vec<f64>>,
}

impl Scores {
    fn of(members: &[Scorer], pairs: &[PreferencePair]) -> Result<Self, TrainError> {
        let side = |completion: fn(&PreferencePair) -> &str| {
            let texts: Vec<_> =
                pairs.iter().map(|pair| (pair.prompt.as_str(), completion(pair))).collect();
            members.iter().map(|member| member.score(&texts)).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self { chosen: side(|pair| &pair.chosen)?, rejected: side(|pair| &pair.rejected)? })
    }

    fn both(&self) -> Vec<Vec<f64>> {
        self.chosen.iter().zip(&self.rejected).map(|(c, r)| [c.as_slice(), r].concat()).collect()
    }

    fn moments(&self) -> Vec<ScoreMoments> {
        let of = |scores: &Vec<f64>| mean_std(scores).unwrap_or((0.0, 1.0));
        self.both().iter().map(of).map(|(mean, std)| ScoreMoments { mean, std }).collect()
    }

    fn accuracies(&self) -> Vec<f64> {
        let pairs = self.chosen.iter().zip(&self.rejected);
        pairs.filter_map(|(chosen, rejected)| pair_accuracy(chosen, rejected)).collect()
    }
}

fn figures(
    recipe: &Recipe,
    members: &[Scorer],
    held_out: &[PreferencePair],
    scores: &Scores,
) -> Result<Figures, TrainError> {
    let moments = scores.moments();
    let common = |scores: &[Vec<f64>]| -> Vec<Vec<f64>> {
        let scale = |(scores, m): (&Vec<f64>, &ScoreMoments)| calibrated(scores, (m.mean, m.std));
        scores.iter().zip(&moments).map(scale).collect()
    };
    let (chosen, rejected) = (common(&scores.chosen), common(&scores.rejected));
    let both = common(&scores.both());
    let unseen = Generator::new(Corpus::unseen(), recipe.seed + 1, 0.0).take_explanations(500);
    let unseen = Scores::of(members, &unseen)?;
    let junk = common(&junk_scores(recipe, members, held_out)?);
    let mean = |values: &[f64]| mean_std(values).map_or(f64::NAN, |(mean, _)| mean);
    let ensemble = |scores: &[Vec<f64>]| uncertainty_weighted(scores, 0.0);
    Ok(Figures {
        accuracy: scores.accuracies(),
        ensemble_accuracy: pair_accuracy(&ensemble(&chosen), &ensemble(&rejected))
            .unwrap_or(f64::NAN),
        accuracy_by_subset: by_subset(scores, held_out),
        correlations: correlation_matrix(&scores.both()),
        mean_scores: BTreeMap::from([
            ("chosen", mean(&ensemble(&chosen))),
            ("rejected", mean(&ensemble(&rejected))),
            ("junk", mean(&ensemble(&junk))),
        ]),
        disagreement: BTreeMap::from([
            ("held_out", mean(&disagreement(&both))),
            ("held_out_chosen", mean(&disagreement(&chosen))),
            ("unseen_subjects", mean(&disagreement(&common(&unseen.both())))),
            ("unseen_subjects_chosen", mean(&disagreement(&common(&unseen.chosen)))),
            ("junk", mean(&disagreement(&junk))),
        ]),
        unseen_accuracy: unseen.accuracies(),
        uwo_chosen: mean(&uncertainty_weighted(&chosen, 0.5)),
        uwo: mean(&uncertainty_weighted(&both, 0.5)),
    })
}

fn by_subset(scores: &Scores, held_out: &[PreferencePair]) -> BTreeMap<String, (Vec<f64>, usize)> {
    let subsets: Vec<&str> = held_out.iter().map(|pair| pair.subset.as_str()).collect();
    let mut all: BTreeMap<String, (Vec<f64>, usize)> = BTreeMap::new();
    for (chosen, rejected) in scores.chosen.iter().zip(&scores.rejected) {
        for (subset, (accuracy, count)) in accuracy_by_subset(chosen, rejected, &subsets) {
            let (accuracies, pairs) = all.entry(subset.to_owned()).or_default();
            accuracies.push(accuracy);
            *pairs = count;
        }
    }
    all
}

fn junk_scores(
    recipe: &Recipe,
    members: &[Scorer],
    held_out: &[PreferencePair],
) -> Result<Vec<Vec<f64>>, TrainError> {
    let mut rng = ChaCha8Rng::seed_from_u64(recipe.seed);
    let corpus = Corpus::shipped();
    let junk: Vec<_> = held_out
        .iter()
        .filter(|pair| pair.subset != "safety")
        .take(500)
        .map(|pair| (pair.prompt.as_str(), junk(&mut rng, &corpus)))
        .collect();
    let texts: Vec<_> = junk.iter().map(|(prompt, junk)| (*prompt, junk.as_str())).collect();
    members.iter().map(|member| member.score(&texts)).collect()
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), TrainError> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| TrainError::Data(error.to_string()))?;
    fs::write(path, text + "\n").map_err(TrainError::file(path))
}
