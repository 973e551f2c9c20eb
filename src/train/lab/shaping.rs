//! Shapers side by side, at matched divergence.
//!
//! A shaper changes the scale of the reward, and so what the same β costs: PAR's slope is at most ¼. At
//! equal β a shaper is compared with a penalty. So each arm here aims at the same divergence by an
//! adaptive β, advantages are not divided by a deviation (which would undo every affine shaper), and gold
//! is read at the divergence that all arms reach.

use serde_json::{Value, json};

use super::arms::{Arm, members};

/// The shapers, each over the mean of the members; `vanilla` is none. `references` are rewards of the
/// base policy's completions.
#[must_use]
pub fn shapers(models: &[String], references: &[f64]) -> Vec<Arm> {
    let over = |name: &str, shaper: Option<Value>| {
        let mut nodes = json!({
            "rm": members(models),
            "mean": {"kind": "mean", "inputs": ["rm"]},
        });
        let output = if shaper.is_some() { "shaped" } else { "mean" };
        if let Some(mut shaper) = shaper {
            shaper["inputs"] = json!(["mean"]);
            nodes["shaped"] = shaper;
        }
        Arm::new(name, json!({"output": output, "nodes": nodes}), 0.05)
    };
    let centre = references.iter().sum::<f64>() / references.len().max(1) as f64;
    vec![
        over("vanilla", None),
        over("par", Some(json!({"kind": "par", "fallback": centre}))),
        over("minmax", Some(json!({"kind": "minmax"}))),
        over("meanstd", Some(json!({"kind": "meanstd"}))),
        over("clip", Some(json!({"kind": "clip_range"}))),
        over("lsc", Some(json!({"kind": "lsc"}))),
        over("tanh", Some(json!({"kind": "par", "function": "tanh", "relative": false}))),
    ]
}
