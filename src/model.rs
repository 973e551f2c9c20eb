//! Reward models and dual encoders: files to a function from token sequences to raw scores, and from
//! images and texts to vectors.
//!
//! Knows candle and tokenizers; knows no threads of its own, no queue, no clock and no network.
//! `layout` finds the files, `weights` reads them strictly, `text` turns samples into tokens, `arch`
//! holds one file per family, `kernels` the few loops that candle has no good form of, `load` puts a
//! [`RewardModel`] together, `clip` a [`ClipModel`], whose images come from `image`.

pub mod arch;
mod clip;
pub mod image;
mod kernels;
mod layout;
mod load;
mod options;
mod packed;
mod template;
mod text;
mod weights;

pub use clip::{ClipModel, ClipText, Embedded};
pub use layout::{Bytes, Layout};
pub use load::{LoadError, RewardModel};
pub use options::{Calibration, DType, DeviceChoice, Format, ModelOptions, ScoreText, Truncate};
pub use packed::PackedBatch;
pub use template::{ChatTemplate, TemplateError};
pub use text::{Encoded, TextEncoder};
pub use weights::{Weights, WeightsError};
