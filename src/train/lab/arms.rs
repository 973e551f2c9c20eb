//! What is compared: an arm is a pipeline and a way to train on it.

use serde_json::{Value, json};

use crate::train::{
    credit::{Bound, Constraint},
    policy::PolicyConfig,
};

/// One line of a comparison.
#[derive(Clone, Debug)]
pub struct Arm {
    /// Its name in tables and plots.
    pub name: String,
    /// Its pipeline's name at the service.
    pub pipeline: String,
    /// The pipeline's nodes and output, as a configuration has them.
    pub spec: Value,
    /// Weight of the divergence in the reward.
    pub beta: f64,
    /// Where the output is to be brought to by a multiplier, instead of as high as it goes.
    pub threshold: Option<f64>,
}

impl Arm {
    /// An arm whose pipeline is named after it.
    #[must_use]
    pub fn new(name: &str, spec: Value, beta: f64) -> Self {
        Self { name: name.to_owned(), pipeline: name.to_owned(), spec, beta, threshold: None }
    }

    /// The same pipeline under another weight of the divergence.
    #[must_use]
    pub fn with_beta(&self, beta: f64) -> Self {
        let name = format!("{} β={beta}", self.pipeline);
        Self { name, beta, ..self.clone() }
    }

    /// The same pipeline, its output constrained to a threshold (arXiv 2310.04373).
    #[must_use]
    pub fn held_at(&self, threshold: f64) -> Self {
        let name = format!("{} ={threshold}", self.pipeline);
        Self { name, threshold: Some(threshold), ..self.clone() }
    }

    /// The run of this arm with a seed, from common settings.
    #[must_use]
    pub fn run(&self, common: &PolicyConfig, prefix: &str, seed: u64) -> PolicyConfig {
        let constraint = |threshold| Constraint {
            component: self.spec["output"].as_str().unwrap_or_default().to_owned(),
            threshold,
            bound: Bound::Equal,
        };
        PolicyConfig {
            constraints: self.threshold.map(constraint).into_iter().collect(),
            multiplier_rate: 0.3,
            pipeline: format!("{prefix}{}", self.pipeline),
            beta: self.beta,
            seed,
            output: common.output.join(format!("{}-seed{seed}", self.name.replace(' ', "-"))),
            ..common.clone()
        }
    }
}

/// The calibrated scores of the given reward models.
#[must_use]
pub fn members(models: &[String]) -> Value {
    json!({"kind": "reward_models", "models": models, "calibrated": true})
}

/// What is known of an ensemble's members put together in a way.
#[must_use]
pub fn combined(kind: &str, models: &[String], mut params: Value) -> Value {
    params["kind"] = kind.into();
    params["inputs"] = json!(["rm"]);
    json!({"output": kind, "nodes": {"rm": members(models), kind: params}})
}
