//! assay: an HTTP service that answers one question — what reward does this completion deserve?

pub mod cli;
pub mod config;
pub mod domain;
pub mod engine;
pub mod http;
pub mod metrics;
pub mod model;
pub mod nodes;
pub mod pipeline;
pub mod service;
pub mod state;
pub mod train;
pub mod verify;

/// Inference allocates and frees tensors of megabytes all the time: the system's allocator returns each to the
/// kernel and pays for its pages again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
