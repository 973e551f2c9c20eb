//! `assay lab rlvr`.

use std::time::Instant;

use anyhow::Result;

use super::{
    Options,
    loopback::Service,
    runs::{self, Job},
};
use crate::train::{
    lab::{
        arms::Arm,
        rlvr::{Change, Task, arms},
        summary::{Curves, Estimate, table},
    },
    policy::HttpRewards,
    report::{Plot, Series},
};

/// Solutions that the base policy of each task imitates.
const IMITATED: [(Task, usize); 2] = [(Task::Arithmetic, 10_240), (Task::Programs, 8_320)];

pub(super) fn run(options: &Options) -> Result<()> {
    let root = options.root("rlvr");
    std::fs::create_dir_all(&root)?;
    let service = Service::of(options, None)?;
    let seeds = options.seeds(3, 5);
    let (mut sections, mut plots) = (Vec::new(), Vec::new());
    for (task, texts) in IMITATED {
        let begun = Instant::now();
        if !options.full && task != Task::Arithmetic {
            continue;
        }
        let key = options.api_key.clone();
        if let Err(error) = HttpRewards::connect(&service.url, task.pipeline(), key, "probe") {
            let said = format!("left out: {error}");
            sections.push((format!("{}:", task.name()), said));
            continue;
        }
        let root = root.join(task.name());
        task.prepare(&root, options.imitated.unwrap_or(texts))?;
        let mut common = task.common(&root, &service.url, options.steps.unwrap_or(200));
        options.adjust(&mut common);
        let job = |(arm, change): &(Arm, Change), seed: u64| Job {
            arm: arm.name.clone(),
            config: change(arm.run(&common, "", seed)),
        };
        let arms = arms(task);
        let jobs: Vec<Job> = arms
            .iter()
            .flat_map(|arm| seeds.iter().map(move |seed| (arm, *seed)))
            .map(|(a, s)| job(a, s))
            .collect();
        let (curves, share) = runs::all(&jobs, options, None)?;
        let head = format!(
            "{}: greedy accuracy on 500 problems and entropy in nats per token, {} seeds, ± standard error ({:.0} s):",
            task.name(),
            seeds.len(),
            begun.elapsed().as_secs_f64()
        );
        sections.push((head, format!("{}\n\n{share}", accuracy_table(&curves))));
        plots.push(against_steps(
            &format!("greedy accuracy, {}", task.name()),
            "eval/reward",
            &curves,
        ));
        plots.push(against_steps(&format!("entropy, {}", task.name()), "eval/entropy", &curves));
    }
    runs::publish(&root, "Verifiable rewards", &sections, &plots)
}

fn accuracy_table(curves: &[Curves]) -> String {
    let row = |curve: &Curves| {
        let end = |name: &str| {
            let ends: Vec<f64> =
                curve.figure(name).iter().filter_map(|run| run.last().copied()).collect();
            Estimate::of(&ends).to_string()
        };
        vec![
            curve.name.clone(),
            curve.first("eval/reward").to_string(),
            end("eval/reward"),
            curve.first("eval/entropy").to_string(),
            end("eval/entropy"),
        ]
    };
    let rows: Vec<Vec<String>> = curves.iter().map(row).collect();
    table(&["arm", "accuracy before", "after", "entropy before", "after"], &rows)
}

fn against_steps(title: &str, figure: &str, curves: &[Curves]) -> Plot {
    let band = |(index, curve): (usize, &Curves)| {
        let runs: Vec<Vec<(f64, f64)>> = curve
            .seeds
            .iter()
            .map(|run| run.iter().filter_map(|r| Some((r.step() as f64, r.get(figure)?))).collect())
            .collect();
        Series { colour: index + 1, ..Series::band(&curve.name, &runs) }
    };
    Plot {
        title: title.to_owned(),
        x: "step".to_owned(),
        y: figure.trim_start_matches("eval/").to_owned(),
        series: curves.iter().enumerate().map(band).collect(),
    }
}
