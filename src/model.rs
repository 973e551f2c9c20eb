//! Reward models: files to a function from token sequences to raw scores.
//!
//! Knows candle and tokenizers; knows no threads of its own, no queue, no clock and no network.
//! `layout` finds the files, `weights` reads them strictly, `text` turns samples into tokens and `marks`
//! says which of them a head reads, `arch` holds bodies and heads, `kernels` the few loops that candle has no good form of, `load` puts a
//! [`RewardModel`] together.

pub mod arch;
mod kernels;
mod layout;
mod load;
mod marks;
mod memory;
mod options;
mod packed;
mod spec;
mod template;
mod text;
mod weights;

pub use layout::{Bytes, Layout};
pub use load::{Judgement, LoadError, RewardModel};
pub use marks::{Marks, StepTags};
pub use options::{
    Calibration, DType, DeviceChoice, Format, ModelOptions, Reduce, ScoreText, StepOptions,
    Truncate,
};
pub use packed::{PackedBatch, Part, shared_beginning};
pub use spec::ModelSpec;
pub use template::{ChatTemplate, TemplateError};
pub use text::{Encoded, TextEncoder, TextFiles, TextLimits};
pub use weights::{Weights, WeightsError};
