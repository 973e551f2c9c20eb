//! `assay nodes`, `assay models` and `assay openapi`: what there is.

use anyhow::bail;

use super::startup::{Setup, start};
use crate::{
    engine::AnyLane,
    http::document,
    nodes::{self, Entry, KINDS},
};

/// Arguments of `assay nodes`.
#[derive(Debug, clap::Args)]
pub(super) struct NodesArgs {
    /// Describe this kind with its parameters
    kind: Option<String>,
}

/// Arguments of `assay models`.
#[derive(Debug, clap::Args)]
pub(super) struct ModelsArgs {
    #[command(flatten)]
    setup: Setup,
}

pub(super) fn nodes(args: &NodesArgs) -> anyhow::Result<()> {
    match &args.kind {
        None => {
            for entry in KINDS {
                println!("{:<16} {:<8} {}", entry.name, family(entry), entry.summary);
            }
        }
        Some(name) => match nodes::kind(name) {
            Some(entry) => describe(entry)?,
            None => bail!("there is no kind `{name}`; `assay nodes` lists them"),
        },
    }
    Ok(())
}

fn family(entry: &Entry) -> String {
    format!("{:?}", entry.family).to_lowercase()
}

fn describe(entry: &Entry) -> anyhow::Result<()> {
    println!("{} ({}, scope {:?})", entry.name, family(entry), entry.scope);
    println!("  {}", entry.summary);
    println!("  {}", entry.equation);
    println!("  {}", entry.paper);
    println!("\nparameters:");
    let schema = (entry.schema)();
    let properties = schema["properties"].as_object();
    for (name, property) in properties.into_iter().flatten() {
        println!("  {name:<16} {}", property["description"].as_str().unwrap_or(""));
    }
    println!("\nexample:\n  {}", serde_json::to_string(&(entry.example)())?);
    Ok(())
}

pub(super) fn models(args: &ModelsArgs) -> anyhow::Result<()> {
    let service = start(&args.setup.settings()?)?;
    for lane in service.engine.all() {
        let (device, tokens) = match &lane {
            AnyLane::Reward(lane) => (lane.device(), lane.text().max_tokens()),
            AnyLane::Dual(lane) => (lane.device(), lane.max_tokens()),
        };
        let info = lane.info();
        println!(
            "{:<16} {device} {} max {tokens} tokens, template {}, weights sha256:{}",
            lane.name(),
            info.dtype,
            info.template,
            info.sha256
        );
    }
    Ok(())
}

pub(super) fn openapi() -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(&document())?);
    Ok(())
}
