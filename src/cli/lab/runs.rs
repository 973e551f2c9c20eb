//! Arms times seeds.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use super::{Options, jobs, loopback::Service};
use crate::domain::stats::quantile;
use crate::train::{
    TrainError,
    credit::Scale,
    lab::{
        language::{MAX_WORDS, prompts},
        overopt::Regime,
        proxies::{Base, Ensemble, Member, Sizes, ensemble},
        summary::{Curves, table},
    },
    objective::LossType,
    policy::{
        self, Gold, HttpRewards, PolicyConfig, Prompt, Record, RunOptions, read_records, run_name,
    },
    report::{Page, Plot, Series},
};

/// One run of an arm.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) arm: String,
    pub(super) config: PolicyConfig,
}

/// The records of a run: those on disk if it has ended before, else it is done now.
pub(super) fn one(job: &Job, options: &Options, gold: Option<Gold<'_>>) -> Result<Vec<Record>> {
    let config = &job.config;
    if config.output.join("policy/config.json").exists() {
        return Ok(read_records(&config.output.join("metrics.jsonl"))?);
    }
    let run = run_name(&config.output, true)?;
    let key = options.api_key.clone();
    let mut rewards = HttpRewards::connect(&config.reward_url, &config.pipeline, key, &run)?;
    let run_options = RunOptions { resume: true, gold, ..RunOptions::default() };
    match policy::train(config, &mut rewards, run_options) {
        Ok(summary) => Ok(summary.records),
        // A run that went out of bounds is a result: what it was until then.
        Err(TrainError::Diverged(step)) => {
            tracing::warn!(arm = job.arm, seed = config.seed, step, "diverged");
            Ok(read_records(&config.output.join("metrics.jsonl"))?)
        }
        Err(error) => Err(error.into()),
    }
}

/// All runs, as curves in the order in which arms first come, and what the service cost them.
pub(super) fn all(
    jobs: &[Job],
    options: &Options,
    gold: Option<Gold<'_>>,
) -> Result<(Vec<Curves>, String)> {
    let records = jobs::all(jobs, options.jobs(), "runs", |job| one(job, options, gold))?;
    let mut names: Vec<&str> = Vec::new();
    for job in jobs {
        if !names.contains(&job.arm.as_str()) {
            names.push(&job.arm);
        }
    }
    let share = service_share(&records);
    let of = |name: &&str| {
        let mine = jobs.iter().zip(&records).filter(|(job, _)| job.arm == **name);
        Curves::new(name, &mine.map(|(_, records)| records.clone()).collect::<Vec<_>>())
    };
    Ok((names.iter().map(of).collect(), share))
}

/// Says how much of the wall time was spent waiting for the service, and how long its calls took.
fn service_share(runs: &[Vec<Record>]) -> String {
    let sum = |name: &str| -> f64 { runs.iter().flatten().filter_map(|r| r.get(name)).sum() };
    let total = sum("time/generate") + sum("time/reward") + sum("time/update");
    let mut calls: Vec<f64> =
        runs.iter().flatten().filter_map(|record| record.get("time/reward_call_max")).collect();
    calls.sort_by(f64::total_cmp);
    format!(
        "{:.0} % of the training time in the service; a call of one step's rewards: median {:.0} ms, p95 {:.0} ms",
        100.0 * sum("time/reward") / total,
        1e3 * quantile(&calls, 0.5),
        1e3 * quantile(&calls, 0.95)
    )
}

/// The ensembles of some seeds.
pub(super) fn ensembles(
    base: &Base,
    root: &Path,
    (regime, sizes): (Regime, &Sizes),
    seeds: &[u64],
    options: &Options,
) -> Result<Vec<Ensemble>> {
    jobs::all(seeds, options.jobs(), "ensembles", |seed| {
        Ok(ensemble(base, root, regime, sizes, *seed)?)
    })
}

/// Their members' names, seed by seed.
pub(super) fn names(ensemble: &Ensemble) -> Vec<String> {
    ensemble.members.iter().map(|Member { name, .. }| name.clone()).collect()
}

/// What the ensembles are worth, a line per seed.
pub(super) fn described(ensembles: &[Ensemble]) -> String {
    let row = |(index, one): (usize, &Ensemble)| {
        let figures = [one.accuracy, one.with_gold, one.with_each_other];
        let cells = figures.map(|figure| format!("{figure:.3}"));
        [vec![(index + 1).to_string()], cells.to_vec()].concat()
    };
    let rows: Vec<Vec<String>> = ensembles.iter().enumerate().map(row).collect();
    table(&["seed", "accuracy", "corr(member, gold)", "corr(member, member)"], &rows)
}

/// Gold of the lab's language.
pub(super) fn gold(base: &Base) -> impl Fn(&Prompt, &str) -> f64 + Sync + use<> {
    let gold = base.gold;
    move |prompt: &Prompt, text: &str| gold.of(&prompt.text, text)
}

/// Writes all prompts, each with the fields that `fields` gives, and returns common settings of runs.
pub(super) fn common(
    base: &Base,
    root: &Path,
    name: &str,
    service: &Service,
    fields: impl Fn(&str) -> serde_json::Value,
) -> Result<PolicyConfig> {
    let path = root.join(format!("{name}.jsonl"));
    let line = |prompt: String| {
        let mut line = fields(&prompt);
        line["prompt"] = json!(prompt);
        format!("{line}\n")
    };
    std::fs::write(&path, prompts().into_iter().map(line).collect::<String>())?;
    Ok(PolicyConfig {
        base: base.directory.clone(),
        prompts: path,
        output: root.join("runs").join(name),
        reward_url: service.url.clone(),
        steps: 100,
        prompts_per_step: 8,
        num_generations: 8,
        max_completion_length: MAX_WORDS,
        loss_type: LossType::DrGrpo,
        scale_rewards: Scale::Batch,
        learning_rate: 2.5e-4,
        eval_every: 5,
        eval_generations: 8,
        checkpoint_every: 0,
        report_every: 0,
        ..PolicyConfig::default()
    })
}

/// Gold, its peak and fall, proxy and divergence of every arm.
pub(super) fn gold_table(curves: &[Curves]) -> String {
    let row = |curve: &Curves| {
        vec![
            curve.name.clone(),
            curve.peak("eval/gold").to_string(),
            curve.last("eval/gold").to_string(),
            curve.fall("eval/gold").to_string(),
            curve.last("eval/kl").to_string(),
            curve.first("eval/reward").to_string(),
            curve.last("eval/reward").to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = curves.iter().map(row).collect();
    let head =
        ["arm", "peak gold", "final gold", "fall", "final KL", "proxy before", "proxy after"];
    table(&head, &rows)
}

/// A figure against the root of the divergence, a band per arm.
pub(super) fn against_kl(title: &str, figure: &str, curves: &[Curves]) -> Plot {
    let band = |(index, curve): (usize, &Curves)| {
        let runs: Vec<Vec<(f64, f64)>> = curve
            .figure("eval/kl")
            .iter()
            .zip(curve.figure(figure))
            .map(|(kl, y)| kl.iter().map(|kl| kl.max(0.0).sqrt()).zip(y).collect())
            .collect();
        Series { colour: index + 1, ..Series::band(&curve.name, &runs) }
    };
    Plot {
        title: title.to_owned(),
        x: "√KL, √nats".to_owned(),
        y: figure.trim_start_matches("eval/").to_owned(),
        series: curves.iter().enumerate().map(band).collect(),
    }
}

/// Prints what was found and writes it beside the runs.
pub(super) fn publish(
    root: &Path,
    title: &str,
    sections: &[(String, String)],
    plots: &[Plot],
) -> Result<()> {
    let mut page = Page::new(title);
    let mut text = String::new();
    for (head, body) in sections {
        page.text(head);
        page.table(body);
        text += &format!("{head}\n\n{body}\n\n");
    }
    plots.iter().for_each(|plot| page.plot(plot));
    page.write(&root.join("report.html"))?;
    std::fs::write(root.join("table.txt"), &text)?;
    println!("{text}{}", root.join("report.html").display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::lab::RegimeName,
        train::lab::{overopt::short, proxies::write_service_config},
    };

    const SIZES: Sizes = Sizes {
        texts: 128,
        policy_width: 8,
        members: 2,
        member_width: 8,
        own_pairs: 32,
        shared_pairs: 32,
        own_epochs: 1,
        shared_epochs: 1,
        label_noise: 0.25,
        calibration: 40,
    };

    fn options() -> Options {
        Options {
            output: None,
            url: None,
            api_key: None,
            seeds: None,
            steps: None,
            learning_rate: None,
            member_epochs: None,
            imitated: None,
            regime: RegimeName::Variance,
            beta: 0.1,
            full: false,
            jobs: Some(2),
        }
    }

    /// From nothing to a report: base policy, reward models, service, runs, tables.
    #[test]
    fn a_tiny_world_goes_all_the_way() {
        let directory = tempfile::tempdir().unwrap();
        let (root, options) = (directory.path(), options());
        let base = Base::prepare(root, &SIZES).unwrap();
        let gold = gold(&base);
        let sizes = (Regime::Variance, &SIZES);
        let ensembles = ensembles(&base, root, sizes, &[1], &options).unwrap();
        assert_eq!(ensembles[0].members.len(), 2);
        assert!(described(&ensembles).contains("corr(member, gold)"));
        let mut arms = short(Regime::Variance, &names(&ensembles[0]), options.beta);
        arms.push(arms[1].held_at(0.5));
        let pipelines: Vec<_> = arms.iter().map(|arm| ("s1-".to_owned(), arm.clone())).collect();
        let config = root.join("assay.toml");
        write_service_config(&config, &ensembles[0].members, &pipelines).unwrap();
        let service = Service::of(&options, Some(&config)).unwrap();
        let common = common(&base, root, "runs", &service, |_| json!({})).unwrap();
        let common = PolicyConfig { steps: 2, eval_every: 1, eval_generations: 1, ..common };
        let job = |arm: &crate::train::lab::arms::Arm| Job {
            arm: arm.name.clone(),
            config: arm.run(&common, "s1-", 1),
        };
        let jobs: Vec<Job> = arms.iter().map(job).collect();
        let (curves, share) = all(&jobs, &options, Some(&gold)).unwrap();
        assert!(share.contains("% of the training time in the service"), "{share}");
        let names: Vec<&str> = curves.iter().map(|curve| curve.name.as_str()).collect();
        assert_eq!(names, ["single", "mean", "uwo", "single β=0.1", "mean =0.5"]);
        assert!(curves.iter().all(|curve| curve.figure("eval/gold")[0].len() == 3));
        // What is on disk is not done again.
        drop(service);
        let (again, _) = all(&jobs, &options, Some(&gold)).unwrap();
        assert_eq!(again[0].seeds, curves[0].seeds);
        let plots = [against_kl("gold", "eval/gold", &curves)];
        publish(root, "tiny", &[("gold".to_owned(), gold_table(&curves))], &plots).unwrap();
        let html = std::fs::read_to_string(root.join("report.html")).unwrap();
        assert!(html.contains("single β=0.1") && html.contains("<svg"));
    }
}
