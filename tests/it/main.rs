//! The integration tests: one binary.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

mod app;
mod engine;
mod goldens;
mod hostile;
mod layers;
mod openapi;
mod readme;
mod score;
mod templates;
mod train;
