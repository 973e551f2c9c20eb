//! Images and texts in one space: scores, embeddings, classes, neighbours.

mod embed;
mod input;
mod retrieval;
mod score;
mod similarity;
mod zero_shot;

use serde::Serialize;
use utoipa::ToSchema;

pub use embed::{EmbedRequest, EmbedResponse, Embedded, Encoding, Vector};
pub use input::{Base64Image, ImageInput, PartImage, Parts, PixelType, PixelsImage, UrlImage};
pub use retrieval::{
    Neighbour, RetrievalItem, RetrievalRequest, RetrievalResponse, RetrievalResult,
    RetrievalSummary,
};
pub use score::{ClipItem, ClipResult, ClipResults, ClipScoreRequest, ClipScoreResponse, Scores};
pub use similarity::{ImagePair, ImageSimilarityRequest, ImageSimilarityResponse};
pub use zero_shot::{Classified, ZeroShotRequest, ZeroShotResponse};

use super::{Service, ServiceError};
use crate::domain::{DualInfo, Embeddable, Embedding, Embeddings, Image, Miss};

/// What became of one image, text or pair.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ItemStatus {
    /// `ok`, or why there is no result.
    #[schema(example = "ok")]
    pub status: &'static str,
    /// One line for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whether the same item may succeed when sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retryable: Option<bool>,
    /// Whether the end of a text was cut.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

impl ItemStatus {
    fn ok(truncated: bool) -> Self {
        Self { status: "ok", message: None, retryable: None, truncated }
    }

    fn of<T>(outcome: &Result<T, Miss>, truncated: bool) -> Self {
        match outcome {
            Ok(_) => Self::ok(truncated),
            Err(miss) => Self {
                status: miss.status.as_str(),
                message: Some(miss.message.to_string()),
                retryable: Some(miss.retryable()),
                truncated: false,
            },
        }
    }

    fn of_embedding(outcome: &Result<Embedding, Miss>) -> Self {
        Self::of(outcome, outcome.as_ref().is_ok_and(|embedding| embedding.truncated))
    }
}

/// Inputs that may already have failed, and where each one's embedding will be.
#[derive(Debug, Default)]
struct Inputs(Vec<Result<Embeddable, Miss>>);

impl Inputs {
    fn image(&mut self, image: ImageInput, parts: &Parts) -> usize {
        self.push(image.read(parts).map(Embeddable::Image))
    }

    fn text(&mut self, text: String) -> usize {
        self.push(Ok(Embeddable::Text(text)))
    }

    fn push(&mut self, input: Result<Embeddable, Miss>) -> usize {
        self.0.push(input);
        self.0.len() - 1
    }
}

/// Cells of a matrix that one request may ask for.
const MAX_CELLS: usize = 4096 * 4096;

impl Service {
    fn dual(&self, model: &str) -> Result<DualInfo, ServiceError> {
        self.world()
            .embedders
            .dual_info(model)
            .ok_or_else(|| ServiceError::NotFound { what: "CLIP model", name: model.to_owned() })
    }

    fn check_images(&self, images: usize, pointer: &str) -> Result<(), ServiceError> {
        let limit = self.config.max_images;
        if images <= limit {
            return Ok(());
        }
        let message = format!("{images} images; one request takes {limit}");
        Err(ServiceError::invalid(pointer, message))
    }

    /// Refuses addresses where nothing is fetched. `list` and `field` lead to an image: `/list/0/field`.
    fn check_addresses<'a>(
        &self,
        images: impl IntoIterator<Item = &'a ImageInput>,
        [list, field]: [&str; 2],
    ) -> Result<(), ServiceError> {
        if self.world().embedders.fetches() {
            return Ok(());
        }
        match images.into_iter().position(ImageInput::is_address) {
            Some(at) => {
                Err(ServiceError::invalid(format!("{list}/{at}{field}"), Image::NOT_FETCHED))
            }
            None => Ok(()),
        }
    }

    async fn embed(
        &self,
        model: &str,
        inputs: Inputs,
        deadline_ms: Option<std::num::NonZeroU32>,
    ) -> Embeddings {
        let deadline = self.deadline(deadline_ms);
        let mut results: Vec<Option<Miss>> = Vec::with_capacity(inputs.0.len());
        let mut good = Vec::with_capacity(inputs.0.len());
        for input in inputs.0 {
            match input {
                Ok(input) => {
                    good.push(input);
                    results.push(None);
                }
                Err(miss) => results.push(Some(miss)),
            }
        }
        let mut embedded = self.world().embedders.embed(model, good, deadline).await.into_iter();
        results
            .into_iter()
            .map(|lost| match lost {
                Some(miss) => Err(miss),
                None => embedded.next().unwrap_or_else(|| Err(Miss::not_loaded(model))),
            })
            .collect()
    }
}
