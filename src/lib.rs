//! assay: an HTTP service that answers one question — what reward does this completion deserve?

pub mod cli;
pub mod domain;
pub mod model;
pub mod nodes;
pub mod train;
