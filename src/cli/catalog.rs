//! `assay nodes`, `assay models` and `assay openapi`: what there is.

use anyhow::bail;
use serde_json::Value;

use super::{
    output::print,
    startup::{Setup, start},
};
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
            let line = |entry: &Entry| {
                format!("{:<16} {:<8} {}\n", entry.name, family(entry), entry.summary)
            };
            print(&KINDS.iter().map(line).collect::<String>())
        }
        Some(name) => match nodes::kind(name) {
            Some(entry) => print(&described(entry)),
            None => bail!("there is no kind `{name}`; `assay nodes` lists them"),
        },
    }
}

fn family(entry: &Entry) -> String {
    format!("{:?}", entry.family).to_lowercase()
}

fn described(entry: &Entry) -> String {
    let schema = (entry.schema)();
    let properties = schema["properties"].as_object();
    let parameters: String = properties
        .into_iter()
        .flatten()
        .map(|(name, property)| {
            let text = property["description"].as_str().unwrap_or("").replace('\n', " ");
            format!("  {name:<16} {text}{}\n", choices(property))
        })
        .collect();
    format!(
        "{} ({}, scope {:?})\n  {}\n  {}\n  {}\n\nparameters:\n{parameters}\nexample:\n  {}\n",
        entry.name,
        family(entry),
        entry.scope,
        entry.summary,
        entry.equation,
        entry.paper,
        (entry.example)()
    )
}

/// The words that a parameter may be, wherever its schema lists them.
fn choices(schema: &Value) -> String {
    let mut words = Vec::new();
    listed(schema, &mut words);
    if words.is_empty() { String::new() } else { format!(" One of {}.", words.join(", ")) }
}

fn listed(schema: &Value, words: &mut Vec<String>) {
    for key in ["enum", "allOf", "anyOf", "oneOf"] {
        for part in schema[key].as_array().into_iter().flatten() {
            match part.as_str() {
                Some(word) => words.push(format!("`{word}`")),
                None => listed(part, words),
            }
        }
    }
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
    print(&format!("{}\n", serde_json::to_string_pretty(&document())?))
}
