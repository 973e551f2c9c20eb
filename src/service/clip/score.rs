//! Images × texts → scores.

use std::{collections::BTreeMap, num::NonZeroU32};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Inputs, ItemStatus, MAX_CELLS, Parts, input::ImageInput};
use crate::{
    domain::{
        DualInfo, Embedding, Embeddings, Groups, Miss,
        similarity::{ClipMetric, ClipPair, baseline},
    },
    service::{FieldError, Service, ServiceError},
};

/// A pair to score.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClipItem {
    /// The caller's own identifier, echoed in the result.
    #[serde(default)]
    pub id: Option<String>,
    /// The image.
    pub image: ImageInput,
    /// The text; `aesthetic` needs none.
    #[serde(default)]
    #[schema(example = "a red circle")]
    pub text: Option<String>,
    /// Reference texts, for `ref_clipscore`.
    #[serde(default)]
    pub references: Vec<String>,
    /// For `rlcf`: whose candidates these are. Default: items with equal images.
    #[serde(default)]
    pub group: Option<String>,
}

/// Pairs (`items`), or every image with every text (`images` and `texts`).
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClipScoreRequest {
    /// A CLIP or SigLIP model.
    #[schema(example = "tiny-clip")]
    pub model: String,
    /// Pairs, in the order of the reply. Excludes `images` and `texts`.
    #[serde(default)]
    pub items: Option<Vec<ClipItem>>,
    /// Images: the rows of the reply's matrix.
    #[serde(default)]
    pub images: Option<Vec<ImageInput>>,
    /// Texts: its columns.
    #[serde(default)]
    pub texts: Option<Vec<String>>,
    /// What a cosine is worth. Default: `cosine`.
    #[serde(default)]
    pub metric: ClipMetric,
    /// Put before each text. Default: the metric's own.
    #[serde(default)]
    pub prefix: Option<String>,
    /// For `rlcf`: divide by the candidates' sample standard deviation and 1e-5. Default: false.
    #[serde(default)]
    pub standardise: bool,
    /// Milliseconds after which what is ready is answered and the rest are `timeout` misses.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 4_294_967_295u32, example = 30_000)]
    pub deadline_ms: Option<NonZeroU32>,
}

/// A list for pairs, a matrix otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Scores {
    /// One per pair; null where it could not be scored.
    Pairs(Vec<Option<f64>>),
    /// One row per image, one column per text.
    Matrix(Vec<Vec<Option<f64>>>),
}

/// What became of one pair.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ClipResult {
    /// As in the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The score; null where there is none.
    pub score: Option<f64>,
    /// The cosine of image and text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cosine: Option<f64>,
    /// Why there is none, or `ok`.
    #[serde(flatten)]
    pub outcome: ItemStatus,
}

/// A result per pair, or for a matrix the status of each image.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ClipResults {
    /// The pairs.
    Pairs(Vec<ClipResult>),
    /// The images: the matrix's rows.
    Images(Vec<ItemStatus>),
}

/// Scores, in the order of the request.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ClipScoreResponse {
    /// The convention that was used.
    pub metric: ClipMetric,
    /// The scores.
    pub scores: Scores,
    /// The mean of those that are there; for `torchmetrics` at least 0. Null without any.
    pub mean: Option<f64>,
    /// The pairs, one by one; for a matrix its images.
    pub results: ClipResults,
    /// For a matrix: its texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub texts: Option<Vec<ItemStatus>>,
    /// What the scores come from.
    pub provenance: BTreeMap<String, DualInfo>,
}

/// Where one pair's embeddings are.
struct Places {
    image: usize,
    text: Option<usize>,
    references: Vec<usize>,
}

type Scored = Result<f64, Miss>;

impl Service {
    /// Scores pairs, or every image with every text.
    ///
    /// # Errors
    /// No such model, a metric that the model cannot answer, or a request that contradicts itself or
    /// the bounds.
    pub async fn clip_score(
        &self,
        request: ClipScoreRequest,
        parts: &Parts,
    ) -> Result<ClipScoreResponse, ServiceError> {
        let info = self.dual(&request.model)?;
        request.metric.check(&info).map_err(|lacks| ServiceError::invalid("/metric", lacks))?;
        match (&request.items, &request.images, &request.texts) {
            (Some(_), None, None) => self.clip_pairs(request, parts, info).await,
            (None, Some(_), Some(_)) => self.clip_matrix(request, parts, info).await,
            _ => {
                let detail = "give `items`, or both `images` and `texts`";
                Err(ServiceError::Invalid(vec![FieldError::at("", detail)]))
            }
        }
    }

    async fn clip_pairs(
        &self,
        request: ClipScoreRequest,
        parts: &Parts,
        info: DualInfo,
    ) -> Result<ClipScoreResponse, ServiceError> {
        let items = request.items.unwrap_or_default();
        self.check_images(items.len(), "/items")?;
        self.check_addresses(items.iter().map(|item| &item.image), ["/items", "/image"])?;
        let references = items.iter().map(|item| item.references.len()).sum::<usize>();
        self.check_bounds(items.len() + references, "/items")?;
        let metric = request.metric;
        let prefix = request.prefix.unwrap_or_else(|| metric.prefix().to_owned());
        let groups = (metric == ClipMetric::Rlcf).then(|| groups(&items));
        let (mut inputs, mut places, mut ids) = (Inputs::default(), Vec::new(), Vec::new());
        for item in items {
            let text = item.text.filter(|_| metric.reads_text());
            let prefixed = |text: String| format!("{prefix}{text}");
            places.push(Places {
                image: inputs.image(item.image, parts),
                text: text.map(|text| inputs.text(prefixed(text))),
                references: if metric == ClipMetric::RefClipscore {
                    item.references.into_iter().map(|text| inputs.text(prefixed(text))).collect()
                } else {
                    Vec::new()
                },
            });
            ids.push(item.id);
        }
        let embedded = self.embed(&request.model, inputs, request.deadline_ms).await;
        let mut scored: Vec<Scored> =
            places.iter().map(|places| score(places, metric, &embedded, &info)).collect();
        for members in groups.iter().flat_map(Groups::members) {
            less_baseline(&mut scored, members, request.standardise);
        }
        let scores: Vec<_> = scored.iter().map(|score| score.as_ref().ok().copied()).collect();
        let results = ids.into_iter().zip(&places).zip(&scored);
        let results = results.map(|((id, places), scored)| result(id, places, scored, &embedded));
        Ok(ClipScoreResponse {
            metric,
            mean: mean(metric, scores.iter().flatten()),
            scores: Scores::Pairs(scores),
            results: ClipResults::Pairs(results.collect()),
            texts: None,
            provenance: BTreeMap::from([(request.model, info)]),
        })
    }

    async fn clip_matrix(
        &self,
        request: ClipScoreRequest,
        parts: &Parts,
        info: DualInfo,
    ) -> Result<ClipScoreResponse, ServiceError> {
        let (images, texts) =
            (request.images.unwrap_or_default(), request.texts.unwrap_or_default());
        self.check_images(images.len(), "/images")?;
        self.check_addresses(&images, ["/images", ""])?;
        self.check_bounds(texts.len(), "/texts")?;
        if images.len() * texts.len() > MAX_CELLS {
            return Err(ServiceError::invalid("/texts", "the matrix is too large"));
        }
        if request.metric == ClipMetric::RefClipscore {
            let detail = "`ref_clipscore` has references, which only `items` carry";
            return Err(ServiceError::invalid("/metric", detail));
        }
        let metric = request.metric;
        let prefix = request.prefix.unwrap_or_else(|| metric.prefix().to_owned());
        let (rows, columns) = (images.len(), texts.len());
        let mut inputs = Inputs::default();
        for image in images {
            inputs.image(image, parts);
        }
        for text in texts {
            inputs.text(format!("{prefix}{text}"));
        }
        let embedded = self.embed(&request.model, inputs, request.deadline_ms).await;
        let (of_images, of_texts) = embedded.split_at(rows);
        let every: Vec<usize> = (0..columns).collect();
        let matrix: Vec<Vec<Option<f64>>> = (0..rows)
            .map(|image| {
                let place =
                    |text| Places { image, text: Some(rows + text), references: Vec::new() };
                let mut row: Vec<Scored> = (0..columns)
                    .map(|text| score(&place(text), metric, &embedded, &info))
                    .collect();
                if metric == ClipMetric::Rlcf {
                    less_baseline(&mut row, &every, request.standardise);
                }
                row.into_iter().map(Result::ok).collect()
            })
            .collect();
        Ok(ClipScoreResponse {
            metric,
            mean: mean(metric, matrix.iter().flatten().flatten()),
            scores: Scores::Matrix(matrix),
            results: ClipResults::Images(statuses(of_images)),
            texts: Some(statuses(of_texts)),
            provenance: BTreeMap::from([(request.model, info)]),
        })
    }
}

/// Whose candidates the items are, by their labels, else by their images.
fn groups(items: &[ClipItem]) -> Groups {
    Groups::by_label(items.iter().map(|item| item.group.as_ref().ok_or(&item.image)))
}

fn statuses(embedded: &[Result<Embedding, Miss>]) -> Vec<ItemStatus> {
    embedded.iter().map(ItemStatus::of_embedding).collect()
}

fn score(places: &Places, metric: ClipMetric, embedded: &Embeddings, info: &DualInfo) -> Scored {
    let of = |place: usize| embedded[place].as_ref().map_err(Clone::clone);
    let image = of(places.image)?;
    let text = places.text.map(of).transpose()?;
    let references: Vec<&Embedding> =
        places.references.iter().map(|place| of(*place)).collect::<Result<_, _>>()?;
    metric.of(ClipPair { image, text, references: &references }, info)
}

/// Each member's score less the baseline of all of them.
fn less_baseline(scored: &mut [Scored], members: &[usize], standardise: bool) {
    let scores: Vec<Option<f64>> =
        members.iter().map(|at| scored[*at].as_ref().ok().copied()).collect();
    for (at, value) in members.iter().zip(baseline(&scores, standardise)) {
        if let Some(value) = value {
            scored[*at] = Ok(value);
        }
    }
}

fn result(
    id: Option<String>,
    places: &Places,
    scored: &Scored,
    embedded: &Embeddings,
) -> ClipResult {
    let text = places.text.and_then(|place| embedded[place].as_ref().ok());
    let image = embedded[places.image].as_ref().ok();
    let cosine = image.zip(text).map(|(image, text)| image.cosine(text));
    let truncated = text.is_some_and(|text| text.truncated);
    let outcome = ItemStatus::of(scored, truncated);
    ClipResult { id, score: scored.as_ref().ok().copied(), cosine, outcome }
}

/// The library that `torchmetrics` is named after clamps its mean, not its pairs.
fn mean<'a>(metric: ClipMetric, scores: impl Iterator<Item = &'a f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_u32);
    for score in scores {
        sum += score;
        count += 1;
    }
    let mean = (count > 0).then(|| sum / f64::from(count))?;
    Some(if metric == ClipMetric::Torchmetrics { mean.max(0.0) } else { mean })
}
