//! References stored by prompt.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Service, ServiceError};
use crate::{
    domain::{Message, Sample},
    state::{Prompt, Reference},
};

/// One prompt's references.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceItem {
    /// The prompt as one string. Excludes `messages`.
    #[serde(default)]
    #[schema(example = "Why is the sky blue?")]
    pub prompt: Option<String>,
    /// The prompt as chat messages.
    #[serde(default)]
    pub messages: Option<Vec<Message>>,
    /// Rewards of reference completions, used as they are.
    #[serde(default)]
    #[schema(example = json!([0.1, -0.2]))]
    pub rewards: Vec<f64>,
    /// Reference completions, scored when first needed. Not used when there are `rewards`.
    #[serde(default)]
    pub completions: Vec<String>,
}

/// References to store.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferencesRequest {
    /// By prompt; those of a known prompt are replaced.
    pub items: Vec<ReferenceItem>,
}

/// What is stored for a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReferencesResponse {
    /// The pipeline.
    pub pipeline: String,
    /// Prompts with references.
    pub prompts: usize,
}

impl Service {
    /// Stores references for prompts of a pipeline.
    ///
    /// # Errors
    /// An unknown pipeline, an item without prompt or references, or a full store.
    pub fn put_references(
        &self,
        pipeline: &str,
        request: ReferencesRequest,
    ) -> Result<ReferencesResponse, ServiceError> {
        self.pipelines.get(pipeline)?;
        let items = request.items.into_iter().enumerate();
        let items =
            items.map(|(index, item)| stored(index, item)).collect::<Result<Vec<_>, _>>()?;
        let prompts = self.services.references.put(pipeline, items).map_err(ServiceError::Full)?;
        Ok(ReferencesResponse { pipeline: pipeline.to_owned(), prompts })
    }

    /// How many prompts of a pipeline have references.
    ///
    /// # Errors
    /// An unknown pipeline.
    pub fn get_references(&self, pipeline: &str) -> Result<ReferencesResponse, ServiceError> {
        self.pipelines.get(pipeline)?;
        let prompts = self.services.references.count(pipeline);
        Ok(ReferencesResponse { pipeline: pipeline.to_owned(), prompts })
    }

    /// Forgets a pipeline's references; says how many there were.
    ///
    /// # Errors
    /// An unknown pipeline.
    pub fn delete_references(&self, pipeline: &str) -> Result<ReferencesResponse, ServiceError> {
        self.pipelines.get(pipeline)?;
        let prompts = self.services.references.clear(pipeline);
        Ok(ReferencesResponse { pipeline: pipeline.to_owned(), prompts })
    }
}

fn stored(index: usize, item: ReferenceItem) -> Result<(Prompt, Reference), ServiceError> {
    let at = |field: &str, message: &str| {
        ServiceError::invalid(format!("/items/{index}{field}"), message)
    };
    let ReferenceItem { prompt, messages, rewards, completions } = item;
    if prompt.is_some() && messages.is_some() {
        return Err(at("/messages", "`prompt` and `messages` exclude one another"));
    }
    if rewards.is_empty() && completions.is_empty() {
        return Err(at("", "give `rewards` or `completions`"));
    }
    let sample = Sample { prompt, messages, ..Sample::default() };
    let prompt = Prompt::of(&sample).ok_or_else(|| at("", "give `prompt` or `messages`"))?;
    Ok((prompt, Reference { rewards, completions }))
}
