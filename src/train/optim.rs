//! Optimisation: AdamW whose state can be saved, clipping by global norm, learning-rate schedules.

mod adamw;
mod clip;
mod schedule;

pub use adamw::{AdamW, AdamWConfig};
pub use clip::{clip_global_norm, gradients};
pub use schedule::{Decay, Schedule};
