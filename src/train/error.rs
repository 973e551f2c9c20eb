//! Why training cannot go on.

use std::{io, path::Path};

/// An error of the trainer.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A tensor operation failed.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
    /// The configuration is impossible, or not that of the run to be resumed.
    #[error("{0}")]
    Config(String),
    /// A data file does not hold what it should.
    #[error("{0}")]
    Data(String),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The tokenizer could not be trained, read or applied.
    #[error("tokenizer: {0}")]
    Tokenizer(String),
    /// There are no rewards.
    #[error(transparent)]
    Reward(#[from] super::policy::RewardError),
    /// The loss is no longer a number.
    #[error("the loss is not finite at step {0}")]
    Diverged(usize),
}

impl TrainError {
    /// An adapter for `map_err` that names the file.
    pub fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::File { path, source }
    }
}
