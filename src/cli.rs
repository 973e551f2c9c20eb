//! The command line: parse, start what is asked for, say what happened.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it talks to its user")]

mod bench;
mod catalog;
mod eval;
mod health;
mod lab;
mod output;
mod score;
mod scorer;
mod serve;
mod startup;
mod threads;
mod train;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use startup::{Setup, start};

/// Wrong usage or configuration (BSD's EX_USAGE).
const EX_USAGE: u8 = 64;

/// An HTTP service that answers one question: what reward does this completion deserve?
#[derive(Debug, Parser)]
#[command(name = "assay", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve rewards over HTTP; without arguments, the shipped models on loopback
    Serve(Box<serve::Args>),
    /// Ask whether a service is ready: exit code 0 if it is
    Health(health::Args),
    /// Score samples from JSON lines
    Score(Box<score::Args>),
    /// Judge reward models by preference pairs: accuracy, calibration, correlation
    Eval(Box<eval::Args>),
    /// Measure how fast models read: tokens per second, latency, load time, memory
    Bench(Box<bench::Args>),
    /// Train models, and make the data that the shipped ones are trained on
    Train(train::Args),
    /// Run an experiment: over-optimisation, shaping, verifiable rewards, best-of-n
    Lab(Box<lab::Args>),
    /// List the kinds of nodes that pipelines are made of
    Nodes(catalog::NodesArgs),
    /// List the configured models
    Models(catalog::ModelsArgs),
    /// Print the OpenAPI document
    Openapi,
    /// Runs programs for the code verifier; started by the service itself
    #[command(hide = true)]
    SandboxRunner {
        /// What it is to be.
        role: String,
    },
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(said) => {
            // A standard error that is closed is nobody to tell.
            let _ = said.print();
            return if said.use_stderr() { ExitCode::from(EX_USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let result = match cli.command {
        Command::Serve(args) => serve::run(&args),
        Command::Health(args) => health::run(&args),
        Command::Score(args) => score::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Lab(args) => lab::run(&args),
        Command::Nodes(args) => catalog::nodes(&args),
        Command::Models(args) => catalog::models(&args),
        Command::Openapi => catalog::openapi(),
        Command::SandboxRunner { role } => {
            crate::verify::code::runner_main(&role).map_err(Into::into)
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("assay: {error:#}");
            let usage = error.downcast_ref::<crate::config::ConfigError>().is_some()
                || error.downcast_ref::<startup::Usage>().is_some();
            if usage { ExitCode::from(EX_USAGE) } else { ExitCode::FAILURE }
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        super::Cli::command().debug_assert();
    }
}
