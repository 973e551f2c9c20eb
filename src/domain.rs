//! The words of the field as types: what is judged, what a judgement is, and why one may be absent.
//!
//! Nothing here does I/O, knows a clock, a web framework or a tensor.

mod batch;
mod beside;
mod column;
mod digest;
mod embedding;
mod image;
mod json;
mod miss;
mod objects;
mod param;
mod pointer;
mod sample;
mod schema;
mod scope;
mod scorer;
pub mod similarity;
pub(crate) mod stats;

pub use batch::{Batch, BatchError, Groups};
pub(crate) use beside::{Fields, beside, set};
pub use column::{Cell, Column};
pub(crate) use digest::hex;
pub use embedding::{DualInfo, Embeddable, Embedders, Embedding, Embeddings};
pub use image::{Data, Image};
pub use json::RawJson;
pub use miss::{Miss, MissStatus};
pub(crate) use objects::{from_objects, from_objects_at};
pub use param::ParamError;
pub(crate) use param::parse;
pub(crate) use pointer::step as pointer_step;
pub use sample::{Completion, Message, Sample};
pub(crate) use schema::{mend_schema, schema_of};
pub use scope::Scope;
pub use scorer::{BoxFuture, Judged, ModelInfo, Parts, Score, Scorers, Scores};
