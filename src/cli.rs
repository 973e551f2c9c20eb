//! The command line.

pub mod train;
