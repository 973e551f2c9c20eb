//! What the shipped models are like: measured on pairs that none of them saw.

use std::{collections::BTreeMap, fs, path::Path};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{Recipe, member_name};
use crate::train::{
    TrainError,
    evaluate::{
        accuracy_by_subset, calibrated, correlation_matrix, disagreement, mean_std, pair_accuracy,
        uncertainty_weighted,
    },
    reward_model::Scorer,
    synthetic::{Corpus, Generator, PreferencePair, junk},
};

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

/// Measures members that exist under `output` and writes `calibration.json` and `figures.json` there.
///
/// # Errors
/// When a member is missing or a file cannot be written.
pub fn measure(recipe: &Recipe, output: &Path) -> Result<Figures, TrainError> {
    let members = (0..recipe.member_seeds.len())
        .map(|index| Scorer::load(&output.join(member_name(index))))
        .collect::<Result<Vec<_>, _>>()?;
    let held_out = Generator::new(Corpus::shipped(), recipe.seed, 0.0).take(recipe.held_out);
    let scores = Scores::of(&members, &held_out)?;
    let moments = scores.moments();
    let calibration: BTreeMap<_, _> =
        (0..recipe.member_seeds.len()).map(member_name).zip(&moments).collect();
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
