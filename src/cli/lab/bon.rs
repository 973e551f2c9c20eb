//! `assay lab bon`.

use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{Options, jobs, loopback::Service, runs};
use crate::train::{
    lab::{
        bon::{Curve, advantage, averaged, curve},
        language,
        overopt::aggregations,
        proxies::{Base, write_service_config},
        summary::{Estimate, table},
    },
    policy::{HttpRewards, RewardSource},
    report::{Plot, Series},
};

/// Numbers of draws in the table.
const N: [usize; 6] = [1, 4, 16, 64, 256, 1024];
/// Completions of one request.
const REQUEST: usize = 1024;
/// Proxies, in the order of the table; `single` is the average over the members by themselves.
const PROXIES: [&str; 5] = ["single", "mean", "wco", "uwo", "entropic"];

pub(super) fn run(options: &Options) -> Result<()> {
    let begun = Instant::now();
    let (root, world) = (options.root("bon"), options.world("bon"));
    std::fs::create_dir_all(&root)?;
    let sizes = options.sizes();
    let base = Base::prepare(&world, &sizes)?;
    let seeds = options.seeds(5, 10);
    let (prompts, pool) = if options.full { (16, 4096) } else { (8, 2048) };
    let (mut sections, mut plots) = (Vec::new(), Vec::new());
    for regime in options.regimes() {
        let ensembles = runs::ensembles(&base, &world, (regime, &sizes), &seeds, options)?;
        let mut pipelines = Vec::new();
        for (seed, ensemble) in seeds.iter().zip(&ensembles) {
            let arms = aggregations(&runs::names(ensemble));
            pipelines.extend(arms.into_iter().map(|arm| (format!("s{seed}-"), arm)));
        }
        let members: Vec<_> = ensembles.iter().flat_map(|one| one.members.clone()).collect();
        let config = world.join(format!("bon-{}.toml", regime.name()));
        write_service_config(&config, &members, &pipelines)?;
        let service = Service::of(options, Some(&config))?;
        let all = jobs::all(&seeds, options.jobs(), "pools", |seed| {
            curves(&base, &service, options, *seed, (prompts, pool))
        })?;
        // By proxy, then by seed.
        let by_proxy: Vec<Vec<Curve>> = (0..=PROXIES.len())
            .map(|proxy| all.iter().map(|curves| curves[proxy].clone()).collect())
            .collect();
        sections.push((format!("{} regime. Members:", regime.name()), runs::described(&ensembles)));
        let head = format!(
            "Gold of the best of n, in standard deviations of the base policy ({prompts} prompts, pools of {pool}, {} seeds, ± standard error):",
            seeds.len()
        );
        sections.push((head, gold_table(&by_proxy)));
        sections.push((
            "Lead over the average single member at n = 1024, seed by seed:".to_owned(),
            leads(&by_proxy),
        ));
        plots.push(plot(regime.name(), &by_proxy));
    }
    sections.push(("Wall time:".to_owned(), format!("{:.0} s", begun.elapsed().as_secs_f64())));
    runs::publish(&root, "Best of n", &sections, &plots)
}

/// The curves of each proxy, then that of gold itself, for one seed's pool.
fn curves(
    base: &Base,
    service: &Service,
    options: &Options,
    seed: u64,
    (prompts, pool): (usize, usize),
) -> Result<Vec<Curve>> {
    let asked = language::prompts();
    let stride = asked.len() / prompts;
    let chosen: Vec<String> = asked.into_iter().step_by(stride).take(prompts).collect();
    let repeated = chosen.iter().flat_map(|prompt| vec![prompt.clone(); pool]).collect();
    let sampled = base.completed(repeated, 9000 + seed)?;
    let samples: Vec<Value> = sampled
        .texts
        .iter()
        .map(|(prompt, completion)| json!({"prompt": prompt, "completion": completion}))
        .collect();
    let by_prompt =
        |values: &[f64]| -> Vec<Vec<f64>> { values.chunks(pool).map(<[f64]>::to_vec).collect() };
    let golds: Vec<f64> = sampled.texts.iter().map(|(p, c)| base.gold.of(p, c)).collect();
    let gold = by_prompt(&golds);
    let (mut single, mut combined) = (Vec::new(), Vec::new());
    for proxy in &PROXIES[1..] {
        let pipeline = format!("s{seed}-{proxy}");
        let key = options.api_key.clone();
        let mut rewards = HttpRewards::connect(&service.url, &pipeline, key, "bon")?;
        let (mut scores, mut members) = (Vec::new(), Vec::<Vec<f64>>::new());
        for (index, part) in samples.chunks(REQUEST).enumerate() {
            let scored = rewards.score(&format!("{pipeline}-{index}"), part)?;
            let known: Option<Vec<f64>> = scored.rewards.into_iter().collect();
            scores.extend(known.context("a completion of the pool has no reward")?);
            let columns = scored.components.into_iter().filter(|(name, _)| name.starts_with("rm."));
            for (member, (_, column)) in columns.enumerate() {
                members.resize(members.len().max(member + 1), Vec::new());
                members[member].extend(column.into_iter().flatten());
            }
        }
        combined.push(curve(&by_prompt(&scores), &gold, &N)?);
        if single.is_empty() {
            for member in members {
                single.push(curve(&by_prompt(&member), &gold, &N)?);
            }
        }
    }
    let mut all = vec![averaged(&single)];
    all.extend(combined);
    all.push(curve(&gold, &gold, &N)?);
    Ok(all)
}

fn gold_table(by_proxy: &[Vec<Curve>]) -> String {
    let row = |(index, curves): (usize, &Vec<Curve>)| {
        let name = PROXIES.get(index).copied().unwrap_or("gold itself");
        let at = |n| Estimate::of(&curves.iter().map(|curve| curve.gold[n]).collect::<Vec<_>>());
        let cells = (0..N.len()).map(|n| at(n).to_string());
        std::iter::once(name.to_owned()).chain(cells).collect()
    };
    let rows: Vec<Vec<String>> = by_proxy.iter().enumerate().map(row).collect();
    let heads: Vec<String> = N.iter().map(|n| format!("n = {n}")).collect();
    let heads: Vec<&str> =
        ["picked by"].into_iter().chain(heads.iter().map(String::as_str)).collect();
    table(&heads, &rows)
}

fn leads(by_proxy: &[Vec<Curve>]) -> String {
    let at = N.len() - 1;
    let row = |(index, name): (usize, &&str)| {
        let curves = &by_proxy[index];
        let each: Vec<String> = curves
            .iter()
            .zip(&by_proxy[0])
            .map(|(of, over)| format!("{:+.2}", of.gold[at] - over.gold[at]))
            .collect();
        let lead = advantage(curves, &by_proxy[0], at);
        let sigmas = format!("{:.1}", lead.mean / lead.error);
        vec![(*name).to_owned(), each.join(" "), lead.to_string(), sigmas]
    };
    let rows: Vec<Vec<String>> = PROXIES.iter().enumerate().skip(1).map(row).collect();
    table(&["proxy", "by seed", "mean", "in standard errors"], &rows)
}

fn plot(regime: &str, by_proxy: &[Vec<Curve>]) -> Plot {
    let series = |(index, name): (usize, &&str)| {
        let runs: Vec<Vec<(f64, f64)>> = by_proxy[index]
            .iter()
            .map(|curve| curve.kl.iter().map(|kl| kl.sqrt()).zip(curve.gold.clone()).collect())
            .collect();
        Series { colour: index + 1, ..Series::band(name, &runs) }
    };
    Plot {
        title: format!("gold of best-of-n, {regime}"),
        x: "√KL upper bound, √nats".to_owned(),
        y: "gold".to_owned(),
        series: PROXIES.iter().enumerate().map(series).collect(),
    }
}
