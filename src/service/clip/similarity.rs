//! Images × images → cosines.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    ClipResult, ClipResults, Inputs, ItemStatus, MAX_CELLS, Parts, Scores, input::ImageInput,
};
use crate::{
    domain::{DualInfo, Embeddings, Miss},
    service::{FieldError, Service, ServiceError},
};

/// Two images to compare.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImagePair {
    /// The caller's own identifier, echoed in the result.
    #[serde(default)]
    pub id: Option<String>,
    /// The image under judgement.
    pub image: ImageInput,
    /// The one it should resemble.
    pub reference: ImageInput,
}

/// Pairs (`items`), or every image with every reference (`images` and `references`).
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageSimilarityRequest {
    /// A CLIP or SigLIP model.
    #[schema(example = "tiny-clip")]
    pub model: String,
    /// Pairs, in the order of the reply. Excludes `images` and `references`.
    #[serde(default)]
    pub items: Option<Vec<ImagePair>>,
    /// Images: the rows of the reply's matrix.
    #[serde(default)]
    pub images: Option<Vec<ImageInput>>,
    /// References: its columns.
    #[serde(default)]
    pub references: Option<Vec<ImageInput>>,
    /// Milliseconds after which what is ready is answered and the rest are `timeout` misses.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 4_294_967_295u32, example = 30_000)]
    pub deadline_ms: Option<NonZeroU32>,
}

/// Cosines, in the order of the request.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ImageSimilarityResponse {
    /// Cosines, in `[−1, 1]` (`image_image`).
    pub scores: Scores,
    /// The pairs, one by one; for a matrix its images.
    pub results: ClipResults,
    /// For a matrix: its references.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub references: Option<Vec<ItemStatus>>,
    /// What they come from.
    pub model: DualInfo,
}

impl Service {
    /// Compares images with images.
    ///
    /// # Errors
    /// No such model, a request that contradicts itself, or more than one request takes.
    pub async fn clip_image_similarity(
        &self,
        request: ImageSimilarityRequest,
        parts: &Parts,
    ) -> Result<ImageSimilarityResponse, ServiceError> {
        let model = self.dual(&request.model)?;
        match (request.items, request.images, request.references) {
            (Some(items), None, None) => {
                self.check_images(items.len().saturating_mul(2), "/items")?;
                let images = items.iter().map(|item| &item.image);
                self.check_addresses(images, ["/items", "/image"])?;
                let references = items.iter().map(|item| &item.reference);
                self.check_addresses(references, ["/items", "/reference"])?;
                let (mut inputs, mut ids) = (Inputs::default(), Vec::new());
                for item in items {
                    inputs.image(item.image, parts);
                    inputs.image(item.reference, parts);
                    ids.push(item.id);
                }
                let embedded = self.embed(&request.model, inputs, request.deadline_ms).await;
                let cosines: Vec<Result<f64, Miss>> =
                    (0..ids.len()).map(|at| cosine(&embedded, 2 * at, 2 * at + 1)).collect();
                let scores = cosines.iter().map(|cosine| cosine.as_ref().ok().copied()).collect();
                let results = ids.into_iter().zip(&cosines).map(|(id, cosine)| {
                    let score = cosine.as_ref().ok().copied();
                    ClipResult { id, score, cosine: score, outcome: ItemStatus::of(cosine, false) }
                });
                let results = ClipResults::Pairs(results.collect());
                let scores = Scores::Pairs(scores);
                Ok(ImageSimilarityResponse { scores, results, references: None, model })
            }
            (None, Some(images), Some(references)) => {
                let (rows, columns) = (images.len(), references.len());
                self.check_images(rows + columns, "/references")?;
                self.check_addresses(&images, ["/images", ""])?;
                self.check_addresses(&references, ["/references", ""])?;
                if rows * columns > MAX_CELLS {
                    return Err(ServiceError::invalid("/references", "the matrix is too large"));
                }
                let mut inputs = Inputs::default();
                for image in images.into_iter().chain(references) {
                    inputs.image(image, parts);
                }
                let embedded = self.embed(&request.model, inputs, request.deadline_ms).await;
                let row = |image| {
                    (0..columns).map(|at| cosine(&embedded, image, rows + at).ok()).collect()
                };
                let scores = Scores::Matrix((0..rows).map(row).collect());
                let status = embedded.iter().map(ItemStatus::of_embedding);
                let mut status: Vec<ItemStatus> = status.collect();
                let references = Some(status.split_off(rows));
                let results = ClipResults::Images(status);
                Ok(ImageSimilarityResponse { scores, results, references, model })
            }
            _ => {
                let detail = "give `items`, or both `images` and `references`";
                Err(ServiceError::Invalid(vec![FieldError::at("", detail)]))
            }
        }
    }
}

fn cosine(embedded: &Embeddings, left: usize, right: usize) -> Result<f64, Miss> {
    let of = |place: usize| embedded[place].as_ref().map_err(Clone::clone);
    Ok(of(left)?.cosine(of(right)?))
}
