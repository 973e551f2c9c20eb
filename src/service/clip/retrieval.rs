//! Does an image find its text among the others', and the text its image?

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Inputs, ItemStatus, MAX_CELLS, Parts, input::ImageInput};
use crate::{
    domain::{
        DualInfo, Embedding, Miss,
        similarity::{rank, softmax},
    },
    service::{Service, ServiceError},
};

/// A pair that belongs together.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetrievalItem {
    /// The caller's own identifier, echoed in the result.
    #[serde(default)]
    pub id: Option<String>,
    /// The image.
    pub image: ImageInput,
    /// Its text.
    #[schema(example = "a red circle")]
    pub text: String,
}

/// Pairs, each of which has the others as negatives.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetrievalRequest {
    /// A CLIP or SigLIP model.
    #[schema(example = "tiny-clip")]
    pub model: String,
    /// The pairs, in the order of the reply.
    pub items: Vec<RetrievalItem>,
    /// Texts that belong to none of the images.
    #[serde(default)]
    pub negatives: Vec<String>,
    /// Milliseconds after which what is ready is answered and the rest are `timeout` misses.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 4_294_967_295u32, example = 30_000)]
    pub deadline_ms: Option<NonZeroU32>,
}

/// Where the right one stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Neighbour {
    /// Its place among the candidates, from 1.
    pub rank: usize,
    /// 1 over the rank: a reward.
    pub reciprocal_rank: f64,
    /// Its share of the softmax over all candidates.
    pub probability: f64,
}

/// What became of one pair.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RetrievalResult {
    /// As in the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The text, sought by the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_to_text: Option<Neighbour>,
    /// The image, sought by the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_to_image: Option<Neighbour>,
    /// Why there is neither, or `ok`.
    #[serde(flatten)]
    pub outcome: ItemStatus,
}

/// Means over the pairs that could be looked for; null without any.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct RetrievalSummary {
    /// Share of images whose text comes first.
    pub image_to_text_recall_at_1: Option<f64>,
    /// Share of texts whose image comes first.
    pub text_to_image_recall_at_1: Option<f64>,
}

/// Neighbours, in the order of the request.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RetrievalResponse {
    /// The pairs.
    pub results: Vec<RetrievalResult>,
    /// Over all of them.
    pub summary: RetrievalSummary,
    /// What they come from.
    pub model: DualInfo,
}

impl Service {
    /// Looks for each pair's other half among all pairs'. A half that could not be embedded is nobody's
    /// candidate.
    ///
    /// # Errors
    /// No such model, or more than one request takes.
    pub async fn clip_retrieval(
        &self,
        request: RetrievalRequest,
        parts: &Parts,
    ) -> Result<RetrievalResponse, ServiceError> {
        let model = self.dual(&request.model)?;
        let count = request.items.len();
        self.check_images(count, "/items")?;
        let images = request.items.iter().map(|item| &item.image);
        self.check_addresses(images, ["/items", "/image"])?;
        self.check_bounds(count + request.negatives.len(), "/negatives")?;
        if count.saturating_mul(count + request.negatives.len()) > MAX_CELLS {
            return Err(ServiceError::invalid("/negatives", "the matrix is too large"));
        }
        let mut inputs = Inputs::default();
        let (mut ids, mut texts) = (Vec::new(), Vec::new());
        for item in request.items {
            inputs.image(item.image, parts);
            ids.push(item.id);
            texts.push(item.text);
        }
        for text in texts.into_iter().chain(request.negatives) {
            inputs.text(text);
        }
        let embedded = self.embed(&request.model, inputs, request.deadline_ms).await;
        let (images, texts) = embedded.split_at(count);
        let scale = model.logit_scale;
        let results: Vec<RetrievalResult> = ids
            .into_iter()
            .enumerate()
            .map(|(at, id)| {
                let both = images[at].as_ref().and(texts[at].as_ref()).map_err(Clone::clone);
                let truncated = both.as_ref().is_ok_and(|text| text.truncated);
                RetrievalResult {
                    id,
                    image_to_text: both
                        .is_ok()
                        .then(|| sought(&images[at], texts, at, scale))
                        .flatten(),
                    text_to_image: both
                        .is_ok()
                        .then(|| sought(&texts[at], images, at, scale))
                        .flatten(),
                    outcome: ItemStatus::of(&both, truncated),
                }
            })
            .collect();
        let summary = RetrievalSummary {
            image_to_text_recall_at_1: first(results.iter().map(|result| result.image_to_text)),
            text_to_image_recall_at_1: first(results.iter().map(|result| result.text_to_image)),
        };
        Ok(RetrievalResponse { results, summary, model })
    }
}

/// Where the candidate at `right` stands for the one who seeks it.
fn sought(
    seeker: &Result<Embedding, Miss>,
    candidates: &[Result<Embedding, Miss>],
    right: usize,
    scale: f64,
) -> Option<Neighbour> {
    let seeker = seeker.as_ref().ok()?;
    let present =
        candidates.iter().enumerate().filter_map(|(at, one)| Some((at, one.as_ref().ok()?)));
    let (places, cosines): (Vec<usize>, Vec<f64>) =
        present.map(|(at, candidate)| (at, seeker.cosine(candidate))).unzip();
    let own = places.iter().position(|at| *at == right)?;
    let rank = rank(&cosines, own);
    let probability = softmax(scale, &cosines)[own];
    Some(Neighbour { rank, reciprocal_rank: (rank as f64).recip(), probability })
}

fn first(neighbours: impl Iterator<Item = Option<Neighbour>>) -> Option<f64> {
    let ranks: Vec<usize> = neighbours.flatten().map(|neighbour| neighbour.rank).collect();
    let firsts = ranks.iter().filter(|rank| **rank == 1).count();
    (!ranks.is_empty()).then(|| firsts as f64 / ranks.len() as f64)
}
