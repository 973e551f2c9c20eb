//! The integration tests: one binary.

mod goldens;
