//! `assay lab`: experiments against a service, with seeds, errors and a report.

mod bon;
mod jobs;
mod loopback;
mod overopt;
mod rlvr;
mod runs;
mod shaping;

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};

use super::{output::log, threads::Threads};
use crate::train::{
    lab::{overopt::Regime, proxies::Sizes},
    policy::PolicyConfig,
};

/// Run an experiment.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    threads: Threads,
    #[command(subcommand)]
    experiment: Experiment,
}

#[derive(Debug, Subcommand)]
enum Experiment {
    /// Policies against reward models: gold against divergence, by aggregation and penalty
    Overopt(Options),
    /// Reward shapers side by side at matched divergence
    Shaping(Options),
    /// Sums and small programs, rewarded by verifiers
    Rlvr(Options),
    /// Best-of-n by reward models and their aggregations
    Bon(Options),
}

/// What every experiment takes.
#[derive(Clone, Debug, clap::Args)]
struct Options {
    /// Where runs, table.txt and report.html are written [default: lab/EXPERIMENT]; the models of the toy
    /// world are in `world` beside it. What is there already is kept
    #[arg(long)]
    output: Option<PathBuf>,
    /// Take rewards from this service instead of starting one on a loopback port
    #[arg(long)]
    url: Option<String>,
    /// Key for that service
    #[arg(long, env = "ASSAY_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// Seeds: each has its own data, reward models and runs
    #[arg(long)]
    seeds: Option<u64>,
    /// Steps of a run
    #[arg(long)]
    steps: Option<usize>,
    /// Learning rate of a run [default: the experiment's]
    #[arg(long)]
    learning_rate: Option<f64>,
    /// Times that a reward model sees its pairs [default: 10 times its own, 3 times shared ones]
    #[arg(long)]
    member_epochs: Option<usize>,
    /// Solutions that the base policy of a verifiable task imitates [default: the task's]
    #[arg(long)]
    imitated: Option<usize>,
    /// What the reward models learned from
    #[arg(long, value_enum, default_value = "variance")]
    regime: RegimeName,
    /// Weight of the divergence where there is one
    #[arg(long, default_value_t = 0.2)]
    beta: f64,
    /// The whole grid: both regimes, every arm, more seeds
    #[arg(long)]
    full: bool,
    /// Runs at the same time [default: one per core]
    #[arg(long)]
    jobs: Option<usize>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RegimeName {
    /// Each on its own
    Variance,
    /// All on the same
    Bias,
}

impl Options {
    fn root(&self, name: &str) -> PathBuf {
        self.output.clone().unwrap_or_else(|| PathBuf::from("lab").join(name))
    }

    /// Where the base policy and the reward models of the toy world are, for all experiments beside each
    /// other.
    fn world(&self, name: &str) -> PathBuf {
        self.root(name).parent().map_or_else(PathBuf::new, Path::to_path_buf).join("world")
    }

    fn sizes(&self) -> Sizes {
        let sizes = Sizes::default();
        let epochs = |usual| self.member_epochs.unwrap_or(usual);
        Sizes {
            own_epochs: epochs(sizes.own_epochs),
            shared_epochs: epochs(sizes.shared_epochs),
            ..sizes
        }
    }

    /// What of a run can be said on the command line.
    fn adjust(&self, common: &mut PolicyConfig) {
        common.steps = self.steps.unwrap_or(common.steps);
        common.learning_rate = self.learning_rate.unwrap_or(common.learning_rate);
    }

    fn regimes(&self) -> Vec<Regime> {
        match (self.full, self.regime) {
            (true, _) => vec![Regime::Variance, Regime::Bias],
            (false, RegimeName::Variance) => vec![Regime::Variance],
            (false, RegimeName::Bias) => vec![Regime::Bias],
        }
    }

    fn seeds(&self, few: u64, many: u64) -> Vec<u64> {
        (1..=self.seeds.unwrap_or(if self.full { many } else { few })).collect()
    }

    fn jobs(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.jobs.unwrap_or_else(cores)
    }
}

/// Runs the experiment.
///
/// # Errors
/// When it cannot be done; the message says what to change.
pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    args.threads.settle()?;
    log()?;
    match &args.experiment {
        Experiment::Overopt(options) => overopt::run(options),
        Experiment::Shaping(options) => shaping::run(options),
        Experiment::Rlvr(options) => rlvr::run(options),
        Experiment::Bon(options) => bon::run(options),
    }
}
