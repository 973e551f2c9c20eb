//! The port through which image–text rewards reach whatever runs the dual encoders.

use std::{sync::Arc, time::Instant};

use serde::Serialize;
use utoipa::ToSchema;

use super::{BoxFuture, Image, Miss, ModelInfo};

/// What is embedded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Embeddable {
    /// An image.
    Image(Image),
    /// A text.
    Text(String),
}

/// An image or a text in a dual encoder's space.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    /// The vector, of length 1.
    pub vector: Arc<[f32]>,
    /// The aesthetic score of an image, where the model has that head.
    pub aesthetic: Option<f64>,
    /// Tokens of a text, patches of an image.
    pub tokens: usize,
    /// Whether the end of a text was cut.
    pub truncated: bool,
    /// Whether it came from the cache.
    pub cached: bool,
}

impl Embedding {
    /// The cosine of the angle to another embedding of the same model, in `[−1, 1]`.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> f64 {
        let products = self.vector.iter().zip(other.vector.iter());
        products.map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>().clamp(-1.0, 1.0)
    }
}

/// What a dual encoder's scores come from.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DualInfo {
    /// Weights and type; the template is the image processor's.
    #[serde(flatten)]
    pub model: ModelInfo,
    /// Numbers of an embedding.
    pub width: usize,
    /// `exp(logit_scale)`: the inverse temperature.
    pub logit_scale: f64,
    /// What is added to logits (SigLIP).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logit_bias: Option<f64>,
    /// Whether images have an aesthetic score.
    pub aesthetic: bool,
}

/// An embedding or a miss for each input, in order.
pub type Embeddings = Vec<Result<Embedding, Miss>>;

/// The dual encoders that are ready, by name.
pub trait Embedders: Send + Sync {
    /// What a model's embeddings come from; `None` when there is no such model now.
    fn dual_info(&self, model: &str) -> Option<DualInfo>;

    /// Whether images are fetched by their address.
    fn fetches(&self) -> bool {
        false
    }

    /// Embeds the inputs, equal ones once. By `deadline` whatever is not ready is a `timeout` miss.
    /// Dropping the future abandons the work.
    fn embed<'a>(
        &'a self,
        model: &'a str,
        inputs: Vec<Embeddable>,
        deadline: Instant,
    ) -> BoxFuture<'a, Embeddings>;
}

/// No models at all.
impl Embedders for () {
    fn dual_info(&self, _: &str) -> Option<DualInfo> {
        None
    }

    fn embed<'a>(
        &'a self,
        model: &'a str,
        inputs: Vec<Embeddable>,
        _: Instant,
    ) -> BoxFuture<'a, Embeddings> {
        let gone = Miss::not_loaded(model);
        Box::pin(std::future::ready(vec![Err(gone); inputs.len()]))
    }
}
