//! `assay train policy` and `assay train language-model`.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::{given, settings};
use crate::cli::threads::Threads;
use crate::train::{
    language_model::LanguageModelConfig,
    policy::{self, Algorithm, HttpRewards, PolicyConfig, RunOptions, Summary},
    report,
};

/// Arguments of `assay train policy`.
#[derive(Debug, clap::Args)]
pub(super) struct PolicyArgs {
    /// Settings in TOML, under TRL's names; other options win.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Directory of the policy to begin with (LlamaForCausalLM).
    #[arg(long)]
    base: Option<PathBuf>,
    /// JSONL file of prompts: {"prompt", and further fields of a sample}.
    #[arg(long)]
    prompts: Option<PathBuf>,
    /// JSONL file of preferences, for dpo, simpo and kto.
    #[arg(long)]
    preferences: Option<PathBuf>,
    /// The service that rewards come from, http://host:port.
    #[arg(long)]
    reward_url: Option<String>,
    /// Its pipeline.
    #[arg(long)]
    pipeline: Option<String>,
    /// Key for the service.
    #[arg(long, env = "ASSAY_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// grpo, rloo, ppo, best_of_n, expert_iteration, dpo, simpo or kto.
    #[arg(long, value_parser = algorithm)]
    algorithm: Option<Algorithm>,
    /// Steps.
    #[arg(long)]
    steps: Option<usize>,
    /// Weight of the divergence from the base.
    #[arg(long)]
    beta: Option<f64>,
    /// Highest learning rate.
    #[arg(long)]
    learning_rate: Option<f64>,
    /// Decides the order of prompts and every draw.
    #[arg(long)]
    seed: Option<u64>,
    /// Where the run writes: policy, checkpoints, metrics.jsonl, report.html.
    #[arg(long)]
    output: PathBuf,
    /// Continue from the newest checkpoint in the output directory.
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    threads: Threads,
}

/// Arguments of `assay train language-model`.
#[derive(Debug, clap::Args)]
pub(super) struct LanguageModelArgs {
    /// Settings in TOML; other options win.
    #[arg(long)]
    config: Option<PathBuf>,
    /// JSONL file of pairs, of which prompts with their chosen completions are imitated.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Directory with tokenizer.json and tokenizer_config.json.
    #[arg(long)]
    tokenizer: Option<PathBuf>,
    /// Where the model is written.
    #[arg(long)]
    output: PathBuf,
    /// Decides the initial weights and the order of the data.
    #[arg(long)]
    seed: Option<u64>,
    /// Passes over the data.
    #[arg(long)]
    epochs: Option<usize>,
    #[command(flatten)]
    threads: Threads,
}

fn algorithm(name: &str) -> Result<Algorithm, String> {
    serde_json::from_value(name.into()).map_err(|error| error.to_string())
}

pub(super) fn language_model(args: &LanguageModelArgs) -> Result<()> {
    args.threads.settle()?;
    let mut config: LanguageModelConfig = settings(args.config.as_ref())?;
    config.data = given(args.data.as_ref(), config.data, "data")?;
    config.tokenizer = given(args.tokenizer.as_ref(), config.tokenizer, "tokenizer")?;
    config.seed = args.seed.unwrap_or(config.seed);
    config.epochs = args.epochs.unwrap_or(config.epochs);
    let loss = policy::pretrain(&config, &args.output)?;
    tracing::info!(loss, model = %args.output.display(), "trained");
    Ok(())
}

pub(super) fn policy(args: &PolicyArgs) -> Result<()> {
    args.threads.settle()?;
    let config = configured(args)?;
    let options = RunOptions { resume: args.resume, ..RunOptions::default() };
    let summary = if config.algorithm.is_offline() {
        policy::train_offline(&config, options)?
    } else {
        if config.pipeline.is_empty() {
            bail!("--pipeline is needed");
        }
        let run = policy::run_name(&config.output, args.resume)?;
        let (url, key) = (&config.reward_url, args.api_key.clone());
        let mut rewards = HttpRewards::connect(url, &config.pipeline, key, &run)?;
        policy::train(&config, &mut rewards, options)?
    };
    let title = format!("{} · seed {}", name(&config), config.seed);
    report::write_run(&config.output.join("report.html"), &title, &summary.records)?;
    said(&config, &summary);
    Ok(())
}

fn configured(args: &PolicyArgs) -> Result<PolicyConfig> {
    let mut config: PolicyConfig = settings(args.config.as_ref())?;
    config.algorithm = args.algorithm.unwrap_or(config.algorithm);
    config.base = given(args.base.as_ref(), config.base, "base")?;
    if config.algorithm.is_offline() {
        let file = args.preferences.as_ref();
        config.preferences = given(file, config.preferences, "preferences")?;
    } else {
        config.prompts = given(args.prompts.as_ref(), config.prompts, "prompts")?;
    }
    config.reward_url = args.reward_url.clone().unwrap_or(config.reward_url);
    config.pipeline = args.pipeline.clone().unwrap_or(config.pipeline);
    config.steps = args.steps.unwrap_or(config.steps);
    config.beta = args.beta.unwrap_or(config.beta);
    config.learning_rate = args.learning_rate.unwrap_or(config.learning_rate);
    config.seed = args.seed.unwrap_or(config.seed);
    config.output.clone_from(&args.output);
    Ok(config)
}

fn name(config: &PolicyConfig) -> String {
    let value = serde_json::to_value(config.algorithm).unwrap_or_default();
    format!("{} {}", value.as_str().unwrap_or("policy"), config.pipeline)
}

fn said(config: &PolicyConfig, summary: &Summary) {
    let last = |name: &str| summary.records.iter().rev().find_map(|record| record.get(name));
    tracing::info!(
        steps = summary.steps,
        loss = last("loss"),
        reward = last("eval/reward"),
        kl = last("eval/kl"),
        report = %config.output.join("report.html").display(),
        "trained"
    );
}
