//! A reward model from preference pairs: a resumable run that ends in a Hugging Face layout.

mod batches;
mod checkpoint;
mod config;
mod export;
mod progress;
mod run;
mod scorer;

pub use config::{RewardModelConfig, Storage};
pub use run::{RunOptions, Summary, train};
pub use scorer::Scorer;
