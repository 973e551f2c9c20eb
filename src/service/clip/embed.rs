//! Images and texts → unit vectors.

use std::num::NonZeroU32;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Inputs, ItemStatus, Parts, input::ImageInput};
use crate::{
    domain::{DualInfo, Embedding, Miss},
    service::{Service, ServiceError},
};

/// How vectors are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// A list of numbers.
    #[default]
    Float,
    /// Base64 of little-endian f32 values: a third of the bytes.
    Base64,
}

/// Images and texts to embed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmbedRequest {
    /// A CLIP or SigLIP model.
    #[schema(example = "tiny-clip")]
    pub model: String,
    /// Images. May be empty.
    #[serde(default)]
    pub images: Vec<ImageInput>,
    /// Texts. May be empty.
    #[serde(default)]
    pub texts: Vec<String>,
    /// How vectors are written. Default: `float`.
    #[serde(default)]
    pub encoding: Encoding,
    /// Milliseconds after which what is ready is answered and the rest are `timeout` misses.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 4_294_967_295u32, example = 30_000)]
    pub deadline_ms: Option<NonZeroU32>,
}

/// A vector of length 1.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Vector {
    /// Its numbers.
    Numbers(Vec<f32>),
    /// Base64 of them.
    Base64(String),
}

/// What became of one image or text.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Embedded {
    /// The vector, of length 1; null where there is none.
    pub embedding: Option<Vector>,
    /// The aesthetic score of an image, where the model has that head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aesthetic: Option<f64>,
    /// Why there is none, or `ok`.
    #[serde(flatten)]
    pub outcome: ItemStatus,
}

/// Embeddings, in the order of the request.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EmbedResponse {
    /// The images'.
    pub images: Vec<Embedded>,
    /// The texts'.
    pub texts: Vec<Embedded>,
    /// What they come from.
    pub model: DualInfo,
}

impl Service {
    /// Embeds images and texts.
    ///
    /// # Errors
    /// No such model, or more than one request takes.
    pub async fn clip_embed(
        &self,
        request: EmbedRequest,
        parts: &Parts,
    ) -> Result<EmbedResponse, ServiceError> {
        let model = self.dual(&request.model)?;
        self.check_images(request.images.len(), "/images")?;
        self.check_addresses(&request.images, ["/images", ""])?;
        self.check_bounds(request.texts.len(), "/texts")?;
        let images = request.images.len();
        let mut inputs = Inputs::default();
        for image in request.images {
            inputs.image(image, parts);
        }
        for text in request.texts {
            inputs.text(text);
        }
        let embedded = self.embed(&request.model, inputs, request.deadline_ms).await;
        let mut embedded: Vec<_> =
            embedded.iter().map(|outcome| shown(outcome, request.encoding)).collect();
        let texts = embedded.split_off(images);
        Ok(EmbedResponse { images: embedded, texts, model })
    }
}

fn shown(outcome: &Result<Embedding, Miss>, encoding: Encoding) -> Embedded {
    let embedding = outcome.as_ref().ok().map(|embedding| match encoding {
        Encoding::Float => Vector::Numbers(embedding.vector.to_vec()),
        Encoding::Base64 => {
            let bytes: Vec<u8> =
                embedding.vector.iter().flat_map(|value| value.to_le_bytes()).collect();
            Vector::Base64(STANDARD.encode(bytes))
        }
    });
    let aesthetic = outcome.as_ref().ok().and_then(|embedding| embedding.aesthetic);
    Embedded { embedding, aesthetic, outcome: ItemStatus::of_embedding(outcome) }
}
