//! Dual encoders: images and texts to vectors in one space.

use candle_core::Tensor;

use super::Computed;
use crate::model::{LoadError, PackedBatch, Weights, image};

/// Two towers that meet in one space.
///
/// Contract: a row depends on its own image or text only, up to the rounding of matrix products whose
/// shape depends on the batch.
pub trait DualEncoder: Send + Sync + std::fmt::Debug {
    /// `[images, width]` in f32, not normalised, of patches `[images · patches, 3 · patch²]`.
    ///
    /// # Errors
    /// When the device fails.
    fn images(&self, patches: &Tensor) -> Computed;

    /// `[texts, width]` in f32, not normalised.
    ///
    /// # Errors
    /// When the device fails.
    fn texts(&self, batch: &PackedBatch) -> Computed;

    /// What the towers read and write.
    fn shape(&self) -> DualShape;
}

/// What a dual encoder reads and writes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DualShape {
    /// Width and height of an image.
    pub image_size: usize,
    /// Width and height of a patch.
    pub patch_size: usize,
    /// Numbers of an embedding.
    pub width: usize,
    /// Number of token embeddings.
    pub vocabulary: usize,
    /// Longest text, in tokens.
    pub max_tokens: usize,
    /// The token that every text is padded with to `max_tokens` (SigLIP); `None`: texts are not padded.
    pub pad: Option<u32>,
    /// `exp(logit_scale)`: the inverse temperature of logits.
    pub logit_scale: f64,
    /// What is added to logits (SigLIP).
    pub logit_bias: Option<f64>,
}

impl DualShape {
    /// Patches of an image.
    #[must_use]
    pub fn patches(&self) -> usize {
        (self.image_size / self.patch_size).pow(2)
    }
}

type Build = fn(&serde_json::Value, &Weights) -> Result<Box<dyn DualEncoder>, LoadError>;

/// What can be loaded, by the name in `architectures` of `config.json`, with the family's image
/// processor.
pub(in crate::model) const DUAL_ENCODERS: &[(&str, Build, image::Defaults)] = &[
    ("CLIPModel", super::clip::build, image::CLIP),
    ("SiglipModel", super::siglip::build, image::SIGLIP),
];

/// The number of one element of a scalar or of a list of one.
pub(super) fn scalar(weights: &Weights, name: &str) -> Result<f64, LoadError> {
    let shape = weights.shape(name).map_or(Vec::new(), <[usize]>::to_vec);
    let values = weights.get_f32(name, &shape)?.flatten_all()?.to_vec1::<f32>()?;
    match values[..] {
        [value] => Ok(f64::from(value)),
        _ => Err(super::invalid(format!("`{name}` holds {} numbers, not one", values.len()))),
    }
}
