//! A reward model from preference pairs: a resumable run that ends in a Hugging Face layout.

mod config;
mod export;
mod pairs;
mod run;
mod scorer;

pub use config::{RewardModelConfig, Storage};
pub use run::{RunOptions, Summary, train};
pub use scorer::Scorer;
