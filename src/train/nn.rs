//! Differentiable layers on candle tensors.
//!
//! candle's fused norms, softmax and rotary embeddings return tensors without history: a loss built on
//! them trains nothing upstream, silently. Every layer here is therefore composed of operations that have
//! a gradient, and the tests check each parameter's gradient against finite differences. Parameters live
//! in one ordered store ([`Params`]) and are drawn from a seeded generator, so that a run can be repeated
//! bit for bit.

mod attention;
mod causal_lm;
mod classifier;
mod clip;
mod decoder;
mod layers;
mod mask;
mod params;
mod rope;

pub use attention::{Attention, KvCache};
pub use causal_lm::CausalLm;
pub use classifier::SequenceClassifier;
pub(super) use clip::EPS;
pub use clip::{Clip, ClipConfig, TowerConfig};
pub use decoder::{Decoder, DecoderConfig};
pub use layers::{Embedding, LayerNorm, Linear, RmsNorm, SwiGlu, log_softmax, softmax, softplus};
pub use mask::{causal, key_padding};
pub use params::Params;
pub(crate) use params::standard_normal;
pub use rope::Rope;
