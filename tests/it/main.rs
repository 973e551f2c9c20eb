//! The integration tests: one binary.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

mod admin;
mod app;
mod checkpoints;
mod clip;
mod clip_goldens;
mod code;
mod doors;
mod engine;
mod fetch;
mod goldens;
mod gpu;
mod hostile;
mod layers;
mod openapi;
mod readme;
mod score;
mod security;
mod telemetry;
mod templates;
mod train;
