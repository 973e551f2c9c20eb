//! `assay lab shaping`.

use std::{collections::BTreeMap, time::Instant};

use anyhow::Result;
use serde_json::json;

use super::{
    Options,
    loopback::Service,
    runs::{self, Job},
};
use crate::train::{
    credit::Scale,
    lab::{
        arms::{Arm, combined},
        language::prompts,
        overopt::Regime,
        proxies::{Base, write_service_config},
        shaping::shapers,
    },
    policy::{HttpRewards, PolicyConfig, RewardSource},
};

/// Reference completions per prompt.
const REFERENCES: usize = 10;
/// Divergence that all arms aim at, in nats per completion, and completions over which β settles.
const KL: (f64, f64) = (4.0, 400.0);

pub(super) fn run(options: &Options) -> Result<()> {
    let begun = Instant::now();
    let (root, world) = (options.root("shaping"), options.world("shaping"));
    std::fs::create_dir_all(&root)?;
    let sizes = options.sizes();
    let base = Base::prepare(&world, &sizes)?;
    let gold = runs::gold(&base);
    let seeds = options.seeds(3, 5);
    // Shapers are for what an ensemble cannot mend.
    let ensembles = runs::ensembles(&base, &world, (Regime::Bias, &sizes), &seeds, options)?;
    let mut pipelines = Vec::new();
    let short = ["vanilla", "par", "minmax", "clip"];
    for (seed, ensemble) in seeds.iter().zip(&ensembles) {
        let names = runs::names(ensemble);
        let mut arms = shapers(&names, &[]);
        arms.retain(|arm| options.full || short.contains(&arm.name.as_str()));
        pipelines.extend(arms.into_iter().map(|arm| (format!("s{seed}-"), arm)));
        let mean = combined("mean", &names, json!({}));
        let plain = Arm::new("references", mean, 0.0);
        pipelines.push((format!("s{seed}-"), plain));
    }
    let members: Vec<_> = ensembles.iter().flat_map(|one| one.members.clone()).collect();
    let config = world.join("shaping.toml");
    write_service_config(&config, &members, &pipelines)?;
    let service = Service::of(options, Some(&config))?;
    let mut jobs = Vec::new();
    for seed in &seeds {
        let references = references(&base, &service, options, *seed)?;
        let fields = |prompt: &str| json!({"reference_rewards": references[prompt]});
        let mut common = runs::common(&base, &root, &format!("shaping-s{seed}"), &service, fields)?;
        options.adjust(&mut common);
        let prefix = format!("s{seed}-");
        let mine = pipelines.iter().filter(|(p, arm)| *p == prefix && arm.name != "references");
        jobs.extend(mine.map(|(prefix, arm)| Job {
            arm: arm.name.clone(),
            config: PolicyConfig {
                scale_rewards: Scale::None,
                kl_target: Some(KL.0),
                kl_horizon: KL.1,
                ..arm.run(&common, prefix, *seed)
            },
        }));
    }
    let (curves, share) = runs::all(&jobs, options, Some(&gold))?;
    let sections = [
        ("Members, all on the same noisy pairs:".to_owned(), runs::described(&ensembles)),
        (
            format!(
                "Gold in standard deviations of the base policy, every arm held at {} nats, {} seeds, ± standard error (proxy columns are on each shaper's own scale):",
                KL.0,
                seeds.len()
            ),
            runs::gold_table(&curves),
        ),
        ("Wall time:".to_owned(), format!("{:.0} s; {share}", begun.elapsed().as_secs_f64())),
    ];
    let plots = [runs::against_kl("gold by shaper", "eval/gold", &curves)];
    runs::publish(&root, "Reward shaping at matched divergence", &sections, &plots)
}

/// Rewards of the base policy's completions to each prompt, before shaping.
fn references(
    base: &Base,
    service: &Service,
    options: &Options,
    seed: u64,
) -> Result<BTreeMap<String, Vec<f64>>> {
    let asked: Vec<String> =
        prompts().into_iter().flat_map(|prompt| vec![prompt; REFERENCES]).collect();
    let sampled = base.completed(asked, 5000 + seed)?;
    let samples: Vec<_> = sampled
        .texts
        .iter()
        .map(|(prompt, completion)| json!({"prompt": prompt, "completion": completion}))
        .collect();
    let pipeline = format!("s{seed}-references");
    let key = options.api_key.clone();
    let mut rewards = HttpRewards::connect(&service.url, &pipeline, key, "references")?;
    let scored = rewards.score(&seed.to_string(), &samples)?;
    let mut by_prompt: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for ((prompt, _), reward) in sampled.texts.iter().zip(scored.rewards) {
        by_prompt.entry(prompt.clone()).or_default().extend(reward);
    }
    Ok(by_prompt)
}
