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

/// The four arms of the short comparison: single, mean, UWO, and single with a penalty.
#[must_use]
pub fn short(models: &[String], beta: f64) -> Vec<Arm> {
    let all = aggregations(models);
    let named = |name: &str| all.iter().find(|arm| arm.name == name).cloned();
    let mut arms: Vec<Arm> = ["single", "mean", "uwo"].into_iter().filter_map(named).collect();
    arms.push(all[0].with_beta(beta));
    arms
}

/// The grid: every aggregation without and with a penalty, and PAR with half of it.
#[must_use]
pub fn grid(models: &[String], beta: f64) -> Vec<Arm> {
    let all = aggregations(models);
    let held: Vec<Arm> = all.iter().map(|arm| arm.with_beta(beta)).collect();
    let mut arms: Vec<Arm> = all.into_iter().chain(held).collect();
    arms.push(par(models).with_beta(beta / 2.0));
    arms
}
