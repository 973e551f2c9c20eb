//! What outlives a request: the states of run-scoped nodes, and reference completions by prompt.

mod memory;
mod references;
mod store;

pub use memory::MemoryStore;
pub use references::{Prompt, Reference, ReferenceStore, StoreFull};
pub use store::{Kept, StateStore, Step, StoreError};
