//! Where results go, and how long work shows its progress.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::domain::from_objects_at;

/// A file's lines, or the standard input's for `-`.
fn reader(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}

/// Text on the standard output. Who has read enough of it is no error.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// The JSON objects in a file's lines, each of them a `T`; empty lines are left out.
pub(super) fn json_lines<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<Value>> {
    let mut objects = Vec::new();
    for (index, line) in reader(path)?.lines().enumerate() {
        let place = || format!("{}:{}", path.display(), index + 1);
        let line = line.with_context(place)?;
        if line.trim().is_empty() {
            continue;
        }
        let object: Map<String, Value> = serde_json::from_str(&line)
            .with_context(|| format!("{}: not a JSON object", place()))?;
        let object = Value::Object(object);
        from_objects_at::<T, _>(&object)
            .map_err(|(pointer, error)| anyhow!("{}: {pointer}: {error}", place()))?;
        objects.push(object);
    }
    Ok(objects)
}

/// A file, or the standard output.
pub(super) fn writer(path: Option<&PathBuf>) -> anyhow::Result<Box<dyn Write>> {
    match path {
        None => Ok(Box::new(BufWriter::new(io::stdout()))),
        Some(path) => {
            let file =
                File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            Ok(Box::new(BufWriter::new(file)))
        }
    }
}

/// A bar on a terminal; nothing elsewhere.
pub(super) fn progress(total: u64, unit: &str) -> ProgressBar {
    let target = if io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let template =
        format!("{{bar:30}} {{pos}}/{{len}} {unit} · {{per_sec}} · {{eta}} left {{msg}}");
    let style = ProgressStyle::with_template(&template).unwrap_or(ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(total), target).with_style(style)
}

/// Notes of long work, as plain lines on the standard error.
pub(super) fn log() -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new("warn,assay::train=info,assay::cli=info")?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let builder = builder.with_target(false).with_ansi(io::stderr().is_terminal());
    builder.try_init().map_err(|error| anyhow::anyhow!("logs: {error}"))
}
