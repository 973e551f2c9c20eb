//! Images: from what a caller sent to the very pixels that a vision model's own processor makes of it.
//!
//! `decode` reads files within limits that are checked before any pixel is allocated, `resize` is
//! Pillow's resampling to the bit, `processor` holds the rules of a model's `preprocessor_config.json`.

mod decode;
mod jpeg;
mod patches;
mod processor;
mod resize;
#[cfg(test)]
mod tests;

pub use decode::{ImageLimits, Picture, decode};
pub use patches::patches;
pub(super) use processor::{CLIP, Defaults, SIGLIP};
pub use processor::{Pixels, Preprocess, Processor};
pub use resize::{Filter, Window, resize};
