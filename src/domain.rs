//! The words of the field as types: what is judged, what a judgement is, and why one may be absent.
//!
//! Nothing here does I/O, knows a clock, a web framework or a tensor.

mod batch;
mod beside;
mod column;
mod digest;
mod json;
mod miss;
mod param;
mod sample;
mod schema;
mod scope;
mod scorer;
pub(crate) mod stats;

pub use batch::{Batch, BatchError, Groups};
pub(crate) use beside::{Fields, beside, set};
pub use column::{Cell, Column};
pub(crate) use digest::hex;
pub use json::RawJson;
pub use miss::{Miss, MissStatus};
pub use param::ParamError;
pub(crate) use param::{parse, pointer_of, step as param_step};
pub use sample::{Completion, Message, Sample};
pub(crate) use schema::{mend_schema, schema_of};
pub use scope::Scope;
pub use scorer::{BoxFuture, Judged, ModelInfo, Parts, Score, Scorers, Scores};
