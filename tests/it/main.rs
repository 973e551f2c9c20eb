//! The integration tests: one binary.

mod app;
mod goldens;
mod hostile;
mod layers;
mod openapi;
mod score;
