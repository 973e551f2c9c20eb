//! Images → one of the labels.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Inputs, ItemStatus, MAX_CELLS, Parts, input::ImageInput};
use crate::{
    domain::{
        DualInfo, Embedding, Miss, MissStatus,
        similarity::{centre, softmax},
    },
    service::{Service, ServiceError},
};

/// Images to classify.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ZeroShotRequest {
    /// A CLIP or SigLIP model.
    #[schema(example = "tiny-clip")]
    pub model: String,
    /// Images, in the order of the reply.
    pub images: Vec<ImageInput>,
    /// The classes; at least one.
    #[schema(min_items = 1)]
    pub labels: Vec<String>,
    /// Prompts in which `{}` stands for the label; a label's vectors are averaged and normalised again.
    /// Default: the label alone.
    #[serde(default = "bare")]
    #[schema(min_items = 1)]
    pub templates: Vec<String>,
    /// Milliseconds after which what is ready is answered and the rest are `timeout` misses.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 4_294_967_295u32, example = 30_000)]
    pub deadline_ms: Option<NonZeroU32>,
}

fn bare() -> Vec<String> {
    vec!["{}".to_owned()]
}

/// What became of one image.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Classified {
    /// The likeliest label; null where there is none.
    pub label: Option<String>,
    /// Softmax of the logits, by label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probabilities: Option<Vec<f64>>,
    /// `exp(logit_scale) · cos`, by label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logits: Option<Vec<f64>>,
    /// Why there is none, or `ok`.
    #[serde(flatten)]
    pub outcome: ItemStatus,
}

/// Classes, in the order of the request.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ZeroShotResponse {
    /// The labels, in the order of probabilities and logits.
    pub labels: Vec<String>,
    /// The images.
    pub results: Vec<Classified>,
    /// What they come from.
    pub model: DualInfo,
}

impl Service {
    /// Classifies images.
    ///
    /// # Errors
    /// No such model, no labels, or more than one request takes.
    pub async fn clip_zero_shot(
        &self,
        request: ZeroShotRequest,
        parts: &Parts,
    ) -> Result<ZeroShotResponse, ServiceError> {
        let model = self.dual(&request.model)?;
        let ZeroShotRequest { images, labels, templates, .. } = request;
        self.check_images(images.len(), "/images")?;
        self.check_addresses(&images, ["/images", ""])?;
        let prompts = labels.len().saturating_mul(templates.len());
        self.check_bounds(prompts, "/labels")?;
        if prompts == 0 {
            let missing = if labels.is_empty() { "/labels" } else { "/templates" };
            return Err(ServiceError::invalid(missing, "name at least one"));
        }
        if images.len().saturating_mul(labels.len()) > MAX_CELLS {
            return Err(ServiceError::invalid("/labels", "too many labels for so many images"));
        }
        let count = images.len();
        let mut inputs = Inputs::default();
        for image in images {
            inputs.image(image, parts);
        }
        for label in &labels {
            for template in &templates {
                inputs.text(template.replace("{}", label));
            }
        }
        let embedded = self.embed(&request.model, inputs, request.deadline_ms).await;
        let (of_images, of_prompts) = embedded.split_at(count);
        let classes: Result<Vec<Embedding>, Miss> =
            of_prompts.chunks(templates.len()).map(class).collect();
        let results = of_images.iter().map(|image| {
            let cosines = image.as_ref().map_err(Clone::clone).and_then(|image| {
                let classes = classes.as_ref().map_err(Clone::clone)?;
                Ok(classes.iter().map(|class| image.cosine(class)).collect::<Vec<_>>())
            });
            classified(cosines, &labels, model.logit_scale)
        });
        Ok(ZeroShotResponse { results: results.collect(), labels, model })
    }
}

/// A label's prompts as one vector.
fn class(prompts: &[Result<Embedding, Miss>]) -> Result<Embedding, Miss> {
    let prompts: Vec<&Embedding> = prompts
        .iter()
        .map(|prompt| prompt.as_ref().map_err(Clone::clone))
        .collect::<Result<_, _>>()?;
    centre(&prompts)
        .ok_or_else(|| Miss::new(MissStatus::InvalidInput, "a label's prompts cancel out"))
}

fn classified(cosines: Result<Vec<f64>, Miss>, labels: &[String], scale: f64) -> Classified {
    let outcome = ItemStatus::of(&cosines, false);
    let Ok(cosines) = cosines else {
        return Classified { label: None, probabilities: None, logits: None, outcome };
    };
    let best = (0..labels.len()).max_by(|a, b| cosines[*a].total_cmp(&cosines[*b]).then(b.cmp(a)));
    Classified {
        label: best.map(|best| labels[best].clone()),
        probabilities: Some(softmax(scale, &cosines)),
        logits: Some(cosines.iter().map(|cosine| scale * cosine).collect()),
        outcome,
    }
}
