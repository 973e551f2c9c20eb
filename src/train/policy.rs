//! A policy trained by rewards that come over HTTP.
//!
//! Each step: completions are sampled ([`mod@sample`]), scored by a running service ([`reward`]), turned into
//! advantages (`credit`), and learned from (`objective`, `update`). A completion without a reward is left
//! out. Everything drawn at random follows from the seed and the step, so that a run resumed from a
//! checkpoint gives the bytes of one that was never stopped. Preference files are learned from by the
//! same objectives without any reward ([`offline`](offline::train)).

mod config;
mod evaluation;
mod lesson;
mod model;
mod offline;
mod plan;
mod prompts;
mod record;
mod reward;
mod rollout;
mod run;
mod sample;
#[cfg(test)]
mod tests;
mod tokens;
mod update;

pub use config::{Algorithm, KlPlace, PolicyConfig, PolicyLoss};
pub use model::{Policy, Reference, pretrain};
pub use offline::train as train_offline;
pub use prompts::{Prompt, read_prompts};
pub use record::{Record, read_records};
pub use reward::{HttpRewards, RewardError, RewardSource, Scored};
pub use run::{Gold, RunOptions, Summary, run_name, train};
pub use sample::{Completion, Sampling, sample};
