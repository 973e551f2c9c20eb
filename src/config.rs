//! Settings: a TOML file, flags and the environment, resolved and checked before anything is bound.
//!
//! Imported by the command line only; each layer defines its own small configuration, and this one puts
//! them together.

mod embedded;
mod file;
mod hub;
mod keys;
mod place;
mod print;
mod root;
mod settings;

pub use embedded::{EMBEDDED, EMBEDDED_MODELS};
pub use keys::{read_key, read_keys};
pub use root::ModelsRoot;
pub use settings::{ConfigError, Settings};
