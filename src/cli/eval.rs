//! `assay eval`: reward models judged by preference pairs, as RewardBench has them.

use std::path::PathBuf;

use anyhow::{Context, bail};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::{
    output::{json_lines, progress},
    scorer::{self, Scorer},
    startup::Usage,
};
use crate::train::evaluate::{
    accuracy_by_subset, correlation_matrix, log_loss, mean_std, pair_accuracy,
};

/// Arguments of `assay eval`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Pairs, one JSON object a line: prompt (or messages), chosen, rejected, subset (optional)
    input: PathBuf,
    /// The models to judge, separated by commas [default: all]
    #[arg(long, value_delimiter = ',')]
    models: Vec<String>,
    /// Also print each model's `calibration` for the configuration: mean and standard deviation here
    #[arg(long)]
    calibrate: bool,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
    /// Pairs of one request
    #[arg(long, default_value_t = 128)]
    batch: usize,
    #[command(flatten)]
    scorer: scorer::Args,
}

/// Every model's scores of every pair.
struct Scores {
    models: Vec<String>,
    subsets: Vec<String>,
    chosen: Vec<Vec<f64>>,
    rejected: Vec<Vec<f64>>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    if args.batch == 0 {
        return Err(Usage("--batch must be at least 1".to_owned()).into());
    }
    let pairs = json_lines::<IgnoredAny>(&args.input)?;
    if pairs.is_empty() {
        bail!("{} has no pairs", args.input.display());
    }
    let scorer = Scorer::new(&args.scorer)?;
    let models = if args.models.is_empty() { scorer.models()? } else { args.models.clone() };
    let scores = score(&scorer, models, &pairs, args.batch)?;
    let report = scores.report();
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        scores.print(&report);
    }
    if args.calibrate && !args.json {
        scores.print_calibration();
    }
    Ok(())
}

fn score(
    scorer: &Scorer,
    models: Vec<String>,
    pairs: &[Value],
    batch: usize,
) -> anyhow::Result<Scores> {
    let pipeline = json!({
        "output": format!("rm.{}", models.first().context("there are no models")?),
        "nodes": {"rm": {"kind": "reward_models", "models": models}}
    });
    let count = models.len();
    let (chosen, rejected) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    let mut scores = Scores { models, subsets: Vec::new(), chosen, rejected };
    let bar = progress(pairs.len() as u64, "pairs");
    for (index, part) in pairs.chunks(batch).enumerate() {
        let mut samples = Vec::with_capacity(2 * part.len());
        for (place, pair) in part.iter().enumerate() {
            let line = index * batch + place + 1;
            let side = |side: &str| sample(pair, side).with_context(|| format!("pair {line}"));
            samples.extend([side("chosen")?, side("rejected")?]);
            scores.subsets.push(pair["subset"].as_str().unwrap_or("all").to_owned());
        }
        let request = json!({"pipeline": pipeline, "samples": samples, "detail": "components"});
        for (place, result) in scorer.score(request)?.iter().enumerate() {
            let line = index * batch + place / 2 + 1;
            scores.take(place, result).with_context(|| format!("pair {line}"))?;
        }
        bar.inc(part.len() as u64);
    }
    bar.finish_and_clear();
    Ok(scores)
}

fn sample(pair: &Value, side: &str) -> anyhow::Result<Value> {
    let completion = pair.get(side).with_context(|| format!("`{side}` is missing"))?;
    let mut sample = json!({"completion": completion});
    for field in ["prompt", "messages"] {
        if let Some(value) = pair.get(field).filter(|value| !value.is_null()) {
            sample[field] = value.clone();
        }
    }
    Ok(sample)
}

impl Scores {
    fn take(&mut self, place: usize, result: &Value) -> anyhow::Result<()> {
        let side = if place.is_multiple_of(2) { &mut self.chosen } else { &mut self.rejected };
        for (index, (model, side)) in self.models.iter().zip(side).enumerate() {
            let components = &result["components"];
            // A source with one column goes by its own name.
            let value = if self.models.len() == 1 && index == 0 {
                &components["rm"]
            } else {
                &components[format!("rm.{model}")]
            };
            let why = || format!("{model} gave no score: {}", result["message"]);
            side.push(value.as_f64().with_context(why)?);
        }
        Ok(())
    }

    /// All scores of one model, chosen and rejected.
    fn all(&self, model: usize) -> Vec<f64> {
        self.chosen[model].iter().chain(&self.rejected[model]).copied().collect()
    }

    fn report(&self) -> Value {
        let subsets: Vec<&str> = self.subsets.iter().map(String::as_str).collect();
        let models: Vec<Value> = (0..self.models.len())
            .map(|model| {
                let (chosen, rejected) = (&self.chosen[model], &self.rejected[model]);
                let by_subset = accuracy_by_subset(chosen, rejected, &subsets);
                let moments = mean_std(&self.all(model)).unwrap_or_default();
                json!({
                    "model": self.models[model],
                    "accuracy": pair_accuracy(chosen, rejected),
                    "log_loss": log_loss(chosen, rejected),
                    "mean": moments.0,
                    "std": moments.1,
                    "subsets": by_subset.iter().map(|(subset, (accuracy, pairs))| {
                        json!({"subset": subset, "accuracy": accuracy, "pairs": pairs})
                    }).collect::<Vec<_>>(),
                })
            })
            .collect();
        let all: Vec<_> = (0..self.models.len()).map(|model| self.all(model)).collect();
        json!({
            "pairs": self.subsets.len(),
            "models": models,
            "correlation": correlation_matrix(&all),
        })
    }

    fn print(&self, report: &Value) {
        println!("{} pairs", report["pairs"]);
        println!("{:<24} {:>8} {:>9} {:>9} {:>9}", "model", "accuracy", "log-loss", "mean", "std");
        let models = report["models"].as_array().into_iter().flatten();
        for model in models.clone() {
            let number = |field: &str| model[field].as_f64().unwrap_or(f64::NAN);
            println!(
                "{:<24} {:>8.4} {:>9.4} {:>9.4} {:>9.4}",
                model["model"].as_str().unwrap_or(""),
                number("accuracy"),
                number("log_loss"),
                number("mean"),
                number("std")
            );
        }
        println!("\naccuracy by subset");
        for model in models {
            for subset in model["subsets"].as_array().into_iter().flatten() {
                println!(
                    "{:<24} {:<24} {:>8.4} of {}",
                    model["model"].as_str().unwrap_or(""),
                    subset["subset"].as_str().unwrap_or(""),
                    subset["accuracy"].as_f64().unwrap_or(f64::NAN),
                    subset["pairs"]
                );
            }
        }
        if self.models.len() > 1 {
            println!("\ncorrelation of scores");
            for (name, row) in
                self.models.iter().zip(report["correlation"].as_array().into_iter().flatten())
            {
                let row = row.as_array().into_iter().flatten();
                let cells = row.map(|value| format!("{:>7.3}", value.as_f64().unwrap_or(f64::NAN)));
                println!("{name:<24} {}", cells.collect::<Vec<_>>().join(" "));
            }
        }
    }

    /// Lines for the configuration.
    fn print_calibration(&self) {
        println!("\n# for the configuration");
        for (index, model) in self.models.iter().enumerate() {
            if let Some((mean, std)) = mean_std(&self.all(index)).filter(|(_, std)| *std > 0.0) {
                println!("[models.{model}]\ncalibration = {{ mean = {mean:.6}, std = {std:.6} }}");
            }
        }
    }
}
