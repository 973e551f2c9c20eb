//! Reward models and dual encoders: files to a function from token sequences to raw scores, and from
//! images and texts to vectors.
//!
//! Knows candle and tokenizers; knows no threads of its own, no queue, no clock and no network.
//! `layout` finds the files, `weights` reads them strictly, `text` turns samples into tokens and `marks`
//! says which of them a head reads, `arch` holds bodies and heads, `kernels` the few loops that candle has
//! no good form of, `lots` shares a batch among the cores, `load` puts a [`RewardModel`] together, `clip` a [`ClipModel`], whose images come from
//! `image`.

pub mod arch;
mod clip;
mod device;
pub mod image;
mod kernels;
mod layout;
mod load;
mod lots;
mod marks;
mod memory;
mod options;
mod packed;
mod spec;
mod template;
mod text;
mod weights;

pub use clip::{ClipModel, ClipText, Embedded};
pub use device::ForwardError;
pub use layout::{Bytes, Layout};
pub use load::{Judgement, LoadError, RewardModel};
pub use marks::{Marks, StepTags};
pub use memory::resident;
pub use options::{
    Calibration, DType, DeviceChoice, Format, ModelOptions, Reduce, ScoreText, StepOptions,
    Truncate,
};
pub use packed::{PackedBatch, Part, shared_beginning};
pub use spec::ModelSpec;
pub use template::{ChatTemplate, TemplateError};
pub use text::{Encoded, TextEncoder, TextFiles, TextLimits};
pub use weights::{Weights, WeightsError};
