//! `assay lab overopt`.

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
        overopt::{Regime, grid, short},
        proxies::{Base, write_service_config},
    },
    policy::PolicyConfig,
};

pub(super) fn run(options: &Options) -> Result<()> {
    let begun = Instant::now();
    let (root, world) = (options.root("overopt"), options.world("overopt"));
    std::fs::create_dir_all(&root)?;
    let sizes = options.sizes();
    let base = Base::prepare(&world, &sizes)?;
    let gold = runs::gold(&base);
    let seeds = options.seeds(3, 5);
    let (mut sections, mut plots) = (Vec::new(), Vec::new());
    for regime in options.regimes() {
        let ensembles = runs::ensembles(&base, &world, (regime, &sizes), &seeds, options)?;
        let arms_of = |names: &[String]| -> Vec<Arm> {
            if options.full {
                grid(names, options.beta)
            } else {
                short(regime, names, options.beta)
            }
        };
        let mut pipelines = Vec::new();
        for (seed, ensemble) in seeds.iter().zip(&ensembles) {
            let arms = arms_of(&runs::names(ensemble));
            pipelines.extend(arms.into_iter().map(|arm| (format!("s{seed}-"), arm)));
        }
        let members: Vec<_> = ensembles.iter().flat_map(|one| one.members.clone()).collect();
        let config = world.join(format!("overopt-{}.toml", regime.name()));
        write_service_config(&config, &members, &pipelines)?;
        let service = Service::of(options, Some(&config))?;
        let mut common =
            runs::common(&base, &root, regime.name(), &service, |_| serde_json::json!({}))?;
        options.adjust(&mut common);
        let jobs = jobs(&seeds, &pipelines, &common);
        let (curves, share) = runs::all(&jobs, options, Some(&gold))?;
        let said = match regime {
            Regime::Variance => "Variance regime: each member on its own noisy pairs",
            Regime::Bias => "Bias regime: all members on the same noisy pairs",
        };
        sections.push((format!("{said}. Members:"), runs::described(&ensembles)));
        let head = format!(
            "Gold in standard deviations of the base policy, over {} seeds, ± standard error:",
            seeds.len()
        );
        sections.push((head, format!("{}\n\n{share}", runs::gold_table(&curves))));
        plots.push(runs::against_kl(&format!("gold, {}", regime.name()), "eval/gold", &curves));
        plots.push(runs::against_kl(&format!("proxy, {}", regime.name()), "eval/reward", &curves));
    }
    sections.push(("Wall time:".to_owned(), format!("{:.0} s", begun.elapsed().as_secs_f64())));
    runs::publish(&root, "Over-optimisation", &sections, &plots)
}

/// Every arm with every seed; seeds of an arm follow each other.
fn jobs(seeds: &[u64], pipelines: &[(String, Arm)], common: &PolicyConfig) -> Vec<Job> {
    let arms = pipelines.len() / seeds.len().max(1);
    let at = |arm: usize, seed: usize| {
        let (prefix, one) = &pipelines[seed * arms + arm];
        Job { arm: one.name.clone(), config: one.run(common, prefix, seeds[seed]) }
    };
    (0..arms)
        .flat_map(|arm| (0..seeds.len()).map(move |seed| (arm, seed)))
        .map(|(a, s)| at(a, s))
        .collect()
}
