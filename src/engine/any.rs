//! Whatever kind of model stands behind a name.

use std::sync::Arc;

use super::{DualLane, Lane, Snapshot};
use crate::domain::ModelInfo;

/// One model at work.
#[derive(Clone, Debug)]
pub enum AnyLane {
    /// A reward model.
    Reward(Arc<Lane>),
    /// A dual encoder of images and texts.
    Dual(Arc<DualLane>),
}

impl AnyLane {
    /// Its model's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Reward(lane) => lane.name(),
            Self::Dual(lane) => lane.name(),
        }
    }

    /// What its scores or embeddings come from.
    #[must_use]
    pub fn info(&self) -> &ModelInfo {
        match self {
            Self::Reward(lane) => lane.info(),
            Self::Dual(lane) => &lane.info().model,
        }
    }

    /// What it has done so far.
    #[must_use]
    pub fn stats(&self) -> Snapshot {
        match self {
            Self::Reward(lane) => lane.stats(),
            Self::Dual(lane) => lane.stats(),
        }
    }

    /// Whether both are of one kind.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Reward(_), Self::Reward(_)) | (Self::Dual(_), Self::Dual(_)))
    }
}
