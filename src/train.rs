//! The trainer: reward models from preference pairs, and what that needs.
//!
//! `nn` holds differentiable layers, `optim` the optimiser, `loss` the preference losses, `synthetic` the
//! generator of the shipped models' data, `tokenizer` the training of their tokenizer, `language_model`
//! pre-training, `reward_model` a resumable run, `shipped` the recipe of the reward models in `models/`, `clip` that of the shipped CLIP, `evaluate` the pure analyses of score
//! arrays. A run is a function of its configuration and data: repeated on the same kind of machine it
//! gives the same bytes.

mod batches;
mod checkpoint;
pub mod clip;
pub mod credit;
mod error;
pub mod evaluate;
mod export;
pub mod lab;
pub mod language_model;
pub mod loss;
pub mod nn;
pub mod objective;
pub mod optim;
pub mod policy;
mod progress;
pub mod report;
pub mod reward_model;
pub mod shipped;
pub mod synthetic;
pub mod tokenizer;

pub use error::TrainError;
