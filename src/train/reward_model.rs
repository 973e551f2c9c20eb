//! A reward model from preference pairs: a resumable run that ends in a Hugging Face layout.

mod config;
mod pairs;
mod run;
mod scorer;

pub use crate::train::export::Storage;
pub use config::RewardModelConfig;
pub use run::{RunOptions, Summary, train};
pub use scorer::Scorer;
