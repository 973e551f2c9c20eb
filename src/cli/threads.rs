//! How many threads a small model is trained on.

use std::{os::unix::process::CommandExt, process::Command};

use anyhow::{Context, Result};

/// The variable that candle and its matrix products read, once, at their first use.
const VARIABLE: &str = "RAYON_NUM_THREADS";

/// Threads of one matrix product.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Threads {
    /// Threads of one matrix product. One is best for small models: threads would wait for each other
    /// most of the time, and the bits of a sum depend on their number
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

impl Threads {
    /// Begins the program anew with so many threads; comes back where the variable was set already.
    ///
    /// # Errors
    /// When the program cannot be begun again.
    pub(super) fn settle(self) -> Result<()> {
        if std::env::var_os(VARIABLE).is_some() {
            return Ok(());
        }
        let program = std::env::current_exe().context("the program's own file")?;
        let mut again = Command::new(program);
        again.args(std::env::args_os().skip(1)).env(VARIABLE, self.threads.max(1).to_string());
        // The same process goes on under the same number: who waits for it, or kills it, notices nothing.
        Err(again.exec()).context("the program cannot be begun again")
    }
}
