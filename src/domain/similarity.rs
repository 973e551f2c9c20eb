//! What the cosine of an image and a text is worth: the conventions of the field, by name.
//!
//! They disagree in scale, clamping, prefix and baseline, so that a score means nothing without its
//! convention. All take cosines of unit vectors.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    DualInfo, Embedding, Miss, MissStatus,
    stats::{self, Variance},
};

/// A convention by which a pair of an image and a text is scored.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ClipMetric {
    /// The cosine, in `[−1, 1]` (HPSv2).
    #[default]
    Cosine,
    /// `2.5 · max(cos, 0)` of the text behind "A photo depicts " (Hessel et al. 2021, Eq. 1).
    Clipscore,
    /// Harmonic mean of `clipscore` and the best reference's `max(cos, 0)` with the text (Eq. 2).
    RefClipscore,
    /// `100 · cos`, not clamped: only a mean is clamped at 0.
    Torchmetrics,
    /// `exp(logit_scale) · cos` (PickScore).
    Logit,
    /// `2.5 · max(cos, 0)` less the mean over the candidates of the same image (Zhao et al. 2024).
    Rlcf,
    /// `σ(exp(logit_scale) · cos + logit_bias)` (SigLIP).
    SiglipProb,
    /// The aesthetic score of the image alone, where the model has that head.
    Aesthetic,
}

/// Hessel's weight w.
const WEIGHT: f64 = 2.5;

/// `2.5 · max(cos, 0)`. Hessel et al. 2021, *CLIPScore* (arXiv 2104.08718), Eq. 1.
#[must_use]
pub fn clipscore(cosine: f64) -> f64 {
    WEIGHT * cosine.max(0.0)
}

/// Harmonic mean of a clipscore and the greatest of the references' cosines with the text, at least 0;
/// 0 where one of them is 0. Hessel et al. 2021, Eq. 2. Not finite without references.
#[must_use]
pub fn ref_clipscore(clipscore: f64, references: impl IntoIterator<Item = f64>) -> f64 {
    let best = references.into_iter().fold(f64::NAN, f64::max).max(0.0);
    if clipscore <= 0.0 || best <= 0.0 {
        return 0.0;
    }
    2.0 * clipscore * best / (clipscore + best)
}

/// Softmax of `scale · cosine` over candidates: zero-shot classification and retrieval.
/// Radford et al. 2021 (arXiv 2103.00020), §3.1.2.
#[must_use]
pub fn softmax(scale: f64, cosines: &[f64]) -> Vec<f64> {
    let greatest = cosines.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let shares: Vec<f64> = cosines.iter().map(|cos| (scale * (cos - greatest)).exp()).collect();
    let total: f64 = shares.iter().sum();
    shares.into_iter().map(|share| share / total).collect()
}

/// The place of the candidate `index` when the greatest cosine comes first, from 1; equal ones before it
/// count against it only if they come earlier.
#[must_use]
pub fn rank(cosines: &[f64], index: usize) -> usize {
    let own = cosines[index];
    let before =
        cosines.iter().enumerate().filter(|&(at, cos)| *cos > own || (*cos == own && at < index));
    1 + before.count()
}

/// The mean of unit vectors, of length 1 again: a label's several prompts. `None` if they cancel out.
#[must_use]
pub fn centre(embeddings: &[&Embedding]) -> Option<Embedding> {
    let first = embeddings.first()?;
    let mut sums = vec![0.0; first.vector.len()];
    for embedding in embeddings {
        sums.iter_mut().zip(embedding.vector.iter()).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    let length = sums.iter().map(|sum| sum * sum).sum::<f64>().sqrt();
    #[expect(clippy::cast_possible_truncation, reason = "embeddings are f32")]
    let vector = sums.iter().map(|sum| (sum / length) as f32).collect();
    let truncated = embeddings.iter().any(|embedding| embedding.truncated);
    (length > 1e-9).then(|| Embedding { vector, truncated, ..(*first).clone() })
}

/// Scores of one image's candidates less what they make one expect. `None` entries take no part and stay.
///
/// `s_j − mean(s)`; with `standardise` divided by the sample's standard deviation and 1e-5. A lone
/// candidate keeps its score. Zhao et al. 2024, *Test-Time Adaptation with CLIP Reward*
/// (arXiv 2305.18010), §3.2, and its code's `reward_amplify`.
#[must_use]
pub fn baseline(scores: &[Option<f64>], standardise: bool) -> Vec<Option<f64>> {
    let mut present: Vec<f64> = scores.iter().flatten().copied().collect();
    if present.len() < 2 {
        return scores.to_vec();
    }
    present.sort_by(f64::total_cmp);
    let mean = stats::mean(&present);
    let divisor = if standardise { Variance::Sample.std(&present) + 1e-5 } else { 1.0 };
    scores.iter().map(|score| score.map(|score| (score - mean) / divisor)).collect()
}

/// What a pair is scored from.
#[derive(Clone, Copy, Debug)]
pub struct ClipPair<'a> {
    /// The image.
    pub image: &'a Embedding,
    /// The text; `aesthetic` needs none.
    pub text: Option<&'a Embedding>,
    /// The references' texts.
    pub references: &'a [&'a Embedding],
}

impl ClipMetric {
    /// What is put before each text unless the caller says otherwise.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Clipscore | Self::RefClipscore => "A photo depicts ",
            Self::Cosine
            | Self::Torchmetrics
            | Self::Logit
            | Self::Rlcf
            | Self::SiglipProb
            | Self::Aesthetic => "",
        }
    }

    /// Whether a text is needed.
    #[must_use]
    pub fn reads_text(self) -> bool {
        self != Self::Aesthetic
    }

    /// Whether a model can answer it.
    ///
    /// # Errors
    /// What the model lacks.
    pub fn check(self, model: &DualInfo) -> Result<(), &'static str> {
        match self {
            Self::SiglipProb if model.logit_bias.is_none() => {
                Err("the model has no `logit_bias`: it is not a SigLIP")
            }
            Self::Aesthetic if !model.aesthetic => {
                Err("the model has no aesthetic head (`aesthetic.safetensors`)")
            }
            Self::Cosine
            | Self::Clipscore
            | Self::RefClipscore
            | Self::Torchmetrics
            | Self::Logit
            | Self::Rlcf
            | Self::SiglipProb
            | Self::Aesthetic => Ok(()),
        }
    }

    /// The pair's score; for `rlcf` before the [`baseline`].
    ///
    /// # Errors
    /// `missing_field` for what the metric needs and the pair has not.
    pub fn of(self, pair: ClipPair<'_>, model: &DualInfo) -> Result<f64, Miss> {
        if self == Self::Aesthetic {
            return pair.image.aesthetic.ok_or_else(|| {
                Miss::new(MissStatus::Unsupported, "the model has no aesthetic head")
            });
        }
        let text = pair.text.ok_or_else(|| Miss::missing("text"))?;
        let cosine = pair.image.cosine(text);
        Ok(match self {
            Self::Cosine | Self::Aesthetic => cosine,
            Self::Clipscore | Self::Rlcf => clipscore(cosine),
            Self::Torchmetrics => 100.0 * cosine,
            Self::Logit => model.logit_scale * cosine,
            Self::SiglipProb => {
                stats::logistic(model.logit_scale * cosine + model.logit_bias.unwrap_or(0.0))
            }
            Self::RefClipscore if pair.references.is_empty() => {
                return Err(Miss::missing("references"));
            }
            Self::RefClipscore => {
                let references = pair.references.iter().map(|reference| reference.cosine(text));
                ref_clipscore(clipscore(cosine), references)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ModelInfo;

    fn unit(values: &[f64]) -> Embedding {
        let length = values.iter().map(|x| x * x).sum::<f64>().sqrt();
        #[expect(clippy::cast_possible_truncation, reason = "a test")]
        let vector = values.iter().map(|x| (x / length) as f32).collect();
        Embedding { vector, aesthetic: Some(5.5), tokens: 1, truncated: false, cached: false }
    }

    fn model() -> DualInfo {
        let text = String::new;
        let model =
            ModelInfo { sha256: text(), dtype: text(), template: text(), calibration: None };
        DualInfo { model, width: 3, logit_scale: 10.0, logit_bias: Some(-8.0), aesthetic: true }
    }

    fn close(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() < 1e-6 * expected.abs().max(1.0),
            "{found} for {expected}"
        );
    }

    /// RLCF's own vector: t = [1, 2, 2], v = [2, 1, 2] have cosine 8/9.
    #[test]
    fn every_convention_by_hand() {
        let (image, text) = (unit(&[2.0, 1.0, 2.0]), unit(&[1.0, 2.0, 2.0]));
        let reference = unit(&[2.0, 2.0, 1.0]);
        let (references, model) = ([&reference], model());
        let pair = ClipPair { image: &image, text: Some(&text), references: &references };
        let of = |metric: ClipMetric| metric.of(pair, &model).unwrap();
        close(of(ClipMetric::Cosine), 8.0 / 9.0);
        close(of(ClipMetric::Clipscore), 2.222_222_2);
        close(of(ClipMetric::Rlcf), 2.222_222_2);
        close(of(ClipMetric::Torchmetrics), 88.888_889);
        close(of(ClipMetric::Logit), 8.888_888_9);
        // σ(80/9 − 8) = σ(0.8888889)
        close(of(ClipMetric::SiglipProb), 0.708_660_8);
        // 2 · (20/9) · (8/9) / (28/9)
        close(of(ClipMetric::RefClipscore), 1.269_841_3);
        close(of(ClipMetric::Aesthetic), 5.5);
    }

    #[test]
    fn a_negative_cosine_is_clamped_where_the_convention_says_so() {
        let (image, text) = (unit(&[1.0, 0.0]), unit(&[-1.0, 3.0]));
        let model = model();
        let pair = ClipPair { image: &image, text: Some(&text), references: &[&text] };
        let of = |metric: ClipMetric| metric.of(pair, &model).unwrap();
        close(of(ClipMetric::Cosine), -0.316_227_8);
        close(of(ClipMetric::Torchmetrics), -31.622_777);
        for metric in [ClipMetric::Clipscore, ClipMetric::RefClipscore, ClipMetric::Rlcf] {
            close(of(metric), 0.0);
        }
    }

    #[test]
    fn what_is_lacking_is_said() {
        let image = unit(&[1.0, 0.0]);
        let mut model = model();
        let pair = ClipPair { image: &image, text: None, references: &[] };
        assert_eq!(ClipMetric::Cosine.of(pair, &model).unwrap_err(), Miss::missing("text"));
        let pair = ClipPair { text: Some(&image), ..pair };
        let miss = ClipMetric::RefClipscore.of(pair, &model).unwrap_err();
        assert_eq!(miss, Miss::missing("references"));
        (model.logit_bias, model.aesthetic) = (None, false);
        assert!(ClipMetric::SiglipProb.check(&model).is_err());
        assert!(ClipMetric::Aesthetic.check(&model).is_err());
        assert!(ClipMetric::Logit.check(&model).is_ok());
    }

    #[test]
    fn harmonic_means() {
        close(ref_clipscore(0.75, [0.2, 0.5, -1.0]), 0.6);
        close(ref_clipscore(0.75, [-0.5]), 0.0);
        close(ref_clipscore(0.0, [0.5]), 0.0);
    }

    #[test]
    fn rlcf_has_the_papers_numbers() {
        let scores = [0.30, 0.25, 0.20].map(|cos| Some(clipscore(cos)));
        let plain = baseline(&scores, false);
        let standard = baseline(&scores, true);
        for (at, expected) in [0.125, 0.0, -0.125].into_iter().enumerate() {
            close(plain[at].unwrap(), expected);
            close(standard[at].unwrap(), expected / (0.125 + 1e-5));
        }
        assert_eq!(baseline(&[Some(0.75), None], true), [Some(0.75), None]);
        close(baseline(&[Some(1.0), None, Some(3.0)], false)[2].unwrap(), 1.0);
    }

    #[test]
    fn candidates_share_probability_and_have_ranks() {
        let cosines = [0.2, 0.3, 0.1];
        let shares = softmax(2_f64.ln() / 0.1, &cosines);
        for (share, expected) in shares.into_iter().zip([2.0 / 7.0, 4.0 / 7.0, 1.0 / 7.0]) {
            close(share, expected);
        }
        assert_eq!([0, 1, 2].map(|at| rank(&cosines, at)), [2, 1, 3]);
        assert_eq!([0, 1].map(|at| rank(&[0.5, 0.5], at)), [1, 2]);
    }

    #[test]
    fn prompts_are_averaged_and_normalised_again() {
        let (x, y) = (unit(&[1.0, 0.0]), unit(&[0.0, 1.0]));
        let centre_of = |embeddings: &[&Embedding]| centre(embeddings);
        let middle = centre_of(&[&x, &y]).unwrap();
        close(f64::from(middle.vector[0]), 0.5_f64.sqrt());
        assert!(centre_of(&[&x, &unit(&[-1.0, 0.0])]).is_none());
        assert!(centre_of(&[]).is_none());
    }
}
