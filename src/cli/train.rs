//! `assay train`: reward models, policies, a CLIP, and their data.

mod policy;

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Subcommand, ValueEnum};

use super::output::log;
use crate::train::{
    clip::{self, ClipOptions, ClipTraining},
    reward_model::{self, RewardModelConfig, RunOptions},
    shipped::{self, Figures, Recipe},
    synthetic::{Corpus, Generator, shapes::write_shapes, write_jsonl},
};

/// Train models.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train a reward model on preference pairs.
    RewardModel(RewardModelArgs),
    /// Generate synthetic preference pairs.
    Preferences(PreferencesArgs),
    /// Train a CLIP on pictures of shapes; without settings, the one that ships with assay.
    Clip(ClipArgs),
    /// Draw pictures of shapes with captions, as PNG files.
    Shapes(ShapesArgs),
    /// Train a language model on prompts with completions: a policy to begin with.
    LanguageModel(policy::LanguageModelArgs),
    /// Train a policy by rewards of a running service, or on saved preferences.
    Policy(Box<policy::PolicyArgs>),
}

/// What can be made without further settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Preset {
    /// The models that ship with assay, their data and their tokenizer.
    Shipped,
}

#[derive(Debug, clap::Args)]
struct RewardModelArgs {
    /// Settings in TOML: those of a run, or with --preset those of the recipe. Other options win.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Make a known set of models instead of one from --data.
    #[arg(long, conflicts_with_all = ["data", "validation", "tokenizer"])]
    preset: Option<Preset>,
    /// Only this member of the preset; no figures are written then.
    #[arg(long, requires = "preset")]
    member: Option<usize>,
    /// Train nothing: measure the preset's members in --output and write their figures.
    #[arg(long, requires = "preset", conflicts_with = "member")]
    measure: bool,
    /// Where the preset keeps data and checkpoints. Default: `work` in the output directory.
    #[arg(long, requires = "preset")]
    work: Option<PathBuf>,
    /// JSONL file of pairs: {"prompt", "chosen", "rejected", "subset"?, "margin"?}.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Such a file whose accuracy is reported.
    #[arg(long)]
    validation: Option<PathBuf>,
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
    /// Continue from the newest checkpoint in the output directory. The preset always does.
    #[arg(long)]
    resume: bool,
}

#[derive(Debug, clap::Args)]
struct ClipArgs {
    /// Settings in TOML. Other options win.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Where the model is written.
    #[arg(long)]
    output: PathBuf,
    /// Decides pictures, captions, initial weights and order.
    #[arg(long)]
    seed: Option<u64>,
    /// Steps of the run.
    #[arg(long)]
    steps: Option<usize>,
    /// Continue from the newest checkpoint in the output directory.
    #[arg(long)]
    resume: bool,
}

#[derive(Debug, clap::Args)]
struct ShapesArgs {
    /// How many pictures.
    #[arg(long, default_value_t = 100)]
    count: usize,
    /// Decides all of them.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Directory for the PNG files and captions.jsonl.
    #[arg(long)]
    output: PathBuf,
}

#[derive(Debug, clap::Args)]
struct PreferencesArgs {
    /// How many pairs.
    #[arg(long, default_value_t = 10_000)]
    count: usize,
    /// Decides all of them.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Share of the labels that are flipped, up to 0.5.
    #[arg(long, default_value_t = 0.0)]
    label_noise: f64,
    /// JSONL file to write.
    #[arg(long)]
    output: PathBuf,
}

/// Runs the subcommand.
///
/// # Errors
/// When it cannot be done; the message says what to change.
pub(super) fn run(args: &Args) -> Result<()> {
    log()?;
    match &args.command {
        Command::RewardModel(args) => match args.preset {
            Some(Preset::Shipped) => make_shipped(args),
            None => train_one(args),
        },
        Command::Preferences(args) => preferences(args),
        Command::Clip(args) => train_clip(args),
        Command::Shapes(args) => {
            write_shapes(&args.output, args.count, args.seed)?;
            tracing::info!(pictures = args.count, directory = %args.output.display(), "written");
            Ok(())
        }
        Command::LanguageModel(args) => policy::language_model(args),
        Command::Policy(args) => policy::policy(args),
    }
}

fn preferences(args: &PreferencesArgs) -> Result<()> {
    if !(0.0..=0.5).contains(&args.label_noise) {
        bail!("--label-noise must be between 0 and 0.5");
    }
    let mut generator = Generator::new(Corpus::shipped(), args.seed, args.label_noise);
    write_jsonl(&args.output, &generator.take(args.count))?;
    tracing::info!(pairs = args.count, file = %args.output.display(), "written");
    Ok(())
}

fn train_clip(args: &ClipArgs) -> Result<()> {
    let mut config: ClipTraining = settings(args.config.as_ref())?;
    config.output.clone_from(&args.output);
    config.seed = args.seed.unwrap_or(config.seed);
    config.steps = args.steps.unwrap_or(config.steps);
    let figures = clip::train(&config, &ClipOptions { resume: args.resume })?;
    println!("{}", serde_json::to_string_pretty(&figures)?);
    Ok(())
}

fn train_one(args: &RewardModelArgs) -> Result<()> {
    let mut config: RewardModelConfig = settings(args.config.as_ref())?;
    config.data = given(args.data.as_ref(), config.data, "data")?;
    config.tokenizer = given(args.tokenizer.as_ref(), config.tokenizer, "tokenizer")?;
    config.validation = args.validation.clone().or(config.validation);
    config.output.clone_from(&args.output);
    config.seed = args.seed.unwrap_or(config.seed);
    config.epochs = args.epochs.unwrap_or(config.epochs);
    let options = RunOptions { resume: args.resume, stop_after: None };
    let summary = reward_model::train(&config, &options)?;
    tracing::info!(
        steps = summary.steps,
        parameters = summary.parameters,
        loss = summary.loss,
        accuracy = summary.accuracy,
        model = %config.output.display(),
        "trained"
    );
    Ok(())
}

/// The option, else the setting, which must not be empty.
fn given(option: Option<&PathBuf>, setting: PathBuf, name: &str) -> Result<PathBuf> {
    match option.cloned().unwrap_or(setting) {
        path if path.as_os_str().is_empty() => bail!("--{name} is needed"),
        path => Ok(path),
    }
}

fn make_shipped(args: &RewardModelArgs) -> Result<()> {
    let mut recipe: Recipe = settings(args.config.as_ref())?;
    recipe.seed = args.seed.unwrap_or(recipe.seed);
    recipe.run.epochs = args.epochs.unwrap_or(recipe.run.epochs);
    let work = args.work.clone().unwrap_or_else(|| args.output.join("work"));
    if args.measure {
        report(&shipped::measure(&recipe, &args.output)?);
        return Ok(());
    }
    match args.member {
        Some(index) if index >= recipe.member_seeds.len() => {
            bail!("there are {} members", recipe.member_seeds.len())
        }
        Some(index) => {
            let data = shipped::prepare(&recipe, &work)?;
            shipped::make_member(&recipe, &data, index, &args.output)?;
        }
        None => report(&shipped::make(&recipe, &args.output, &work)?),
    }
    Ok(())
}

fn report(figures: &Figures) {
    tracing::info!(accuracy = ?figures.accuracy, correlations = ?figures.correlations, "measured");
}

fn settings<T: Default + serde::de::DeserializeOwned>(path: Option<&PathBuf>) -> Result<T> {
    let Some(path) = path else { return Ok(T::default()) };
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    toml::from_str(&text).with_context(|| path.display().to_string())
}
