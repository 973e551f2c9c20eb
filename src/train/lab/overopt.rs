//! Over-optimisation under several aggregations of reward models, with and without a penalty.
//!
//! Two regimes, which differ in what the members got wrong. In the *variance* regime each member has its
//! own small and noisy data, as if from its own annotators: errors differ, and an ensemble averages or
//! avoids them. In the *bias* regime all have the same data: errors are shared, the ensemble only removes
//! what is left, and what helps is a penalty, PAR or a constraint.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::arms::{Arm, combined, members};

/// What the members of an ensemble learned from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// Disjoint data: errors of their own.
    #[default]
    Variance,
    /// The same data in another order: errors in common.
    Bias,
}

impl Regime {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Variance => "variance",
            Self::Bias => "bias",
        }
    }
}

/// One member by itself, and the ways to combine all (named by their pipelines), each without a penalty.
#[must_use]
pub fn aggregations(models: &[String]) -> Vec<Arm> {
    let single = json!({"output": "rm", "nodes": {"rm": members(&models[..1])}});
    vec![
        Arm::new("single", single, 0.0),
        Arm::new("mean", combined("mean", models, json!({})), 0.0),
        Arm::new("wco", combined("wco", models, json!({})), 0.0),
        Arm::new("uwo", combined("uwo", models, uwo()), 0.0),
        Arm::new("entropic", combined("entropic", models, json!({"beta": 0.5})), 0.0),
    ]
}

/// The paper's λ for best-of-n, and its variance.
fn uwo() -> Value {
    json!({"lambda": 0.5, "variance": "population"})
}

/// PAR over the mean of all members, against the base policy's mean.
#[must_use]
pub fn par(models: &[String]) -> Arm {
    let nodes = json!({
        "rm": members(models),
        "mean": {"kind": "mean", "inputs": ["rm"]},
        "par": {"kind": "par", "inputs": ["mean"], "fallback": 0.0},
    });
    Arm::new("par", json!({"output": "par", "nodes": nodes}), 0.0)
}

/// Where a constrained arm holds the ensemble's mean: near where gold peaks, in the proxy's standard
/// deviations.
const PROXY_POINT: f64 = 0.6;

/// The four arms of the short comparison: in the variance regime a single member, mean, UWO, and the
/// single one with a penalty; in the bias regime a single member, UWO, the penalty, and PAR with half of
/// it.
#[must_use]
pub fn short(regime: Regime, models: &[String], beta: f64) -> Vec<Arm> {
    let all = aggregations(models);
    let held = all[0].with_beta(beta);
    let (named, others) = match regime {
        Regime::Variance => (["single", "mean", "uwo"].as_slice(), vec![held]),
        Regime::Bias => {
            (["single", "uwo"].as_slice(), vec![held, par(models).with_beta(beta / 2.0)])
        }
    };
    let free = all.into_iter().filter(|arm| named.contains(&arm.name.as_str()));
    free.chain(others).collect()
}

/// The grid: every aggregation without and with a penalty, PAR with half of it, and the mean held at a
/// threshold.
#[must_use]
pub fn grid(models: &[String], beta: f64) -> Vec<Arm> {
    let all = aggregations(models);
    let mean = all.iter().filter(|arm| arm.name == "mean").map(|arm| arm.held_at(PROXY_POINT));
    let mean: Vec<Arm> = mean.collect();
    let held: Vec<Arm> = all.iter().map(|arm| arm.with_beta(beta)).collect();
    let par = par(models).with_beta(beta / 2.0);
    all.into_iter().chain(held).chain([par]).chain(mean).collect()
}
