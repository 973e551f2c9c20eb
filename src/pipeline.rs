//! Pipelines: named graphs of nodes, as plain data, compiled once and run per request.
//!
//! `spec` is the data, `compile` finds every mistake and yields a [`Plan`] that cannot be unsound,
//! `run` evaluates it. Knows no web framework and no tensor.

mod compile;
mod demand;
mod plan;
mod reference;
mod run;
mod spec;

pub use compile::compile;
pub use plan::{Plan, Step};
pub use reference::ReferenceCache;
pub use run::{Outcome, RunError, Services, States, run, state_key};
pub use spec::{NodeSpec, PipelineSpec, SpecError, version_of};
