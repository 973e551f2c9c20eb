//! Reward models: files to a function from token sequences to raw scores.
//!
//! Knows candle and tokenizers; knows no threads of its own, no queue, no clock and no network.

mod template;

pub use template::{ChatTemplate, TemplateError};

/// Bytes in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
