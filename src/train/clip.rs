//! A CLIP from pictures of shapes with captions: a resumable run that ends in a Hugging Face layout.
//!
//! The loss is InfoNCE with several right answers: captions that say little are true of many pictures of
//! a batch, and each picture shares its probability evenly among the captions that fit it, and the other
//! way round.

mod config;
mod export;
mod figures;
mod run;
mod words;

pub use config::ClipTraining;
pub use figures::ClipFigures;
pub use run::{ClipOptions, train};
