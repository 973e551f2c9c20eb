//! Reward models: the raw score of each, as one column per model.
//!
//! Raw means what the head says: no sigmoid, no normalisation. `calibrated` subtracts each model's mean
//! on a reference set and divides by its standard deviation there, so that members share a scale: an
//! ensemble of members with different offsets is meaningless under `wco` and `uwo`.
//! With `detail: full` a column's side data holds what a score was made from, for models that say so: the
//! steps of a process reward, the objectives of a mixture, the labels of a classifier.
//! Bradley–Terry reward models: Christiano et al. 2017; ensembles: Coste et al. 2023 (arXiv 2310.02743).

use std::{collections::BTreeMap, time::Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Scored, Source, Usage, World};
use crate::domain::{
    Batch, BoxFuture, Cell, Column, Judged, Miss, ModelInfo, ParamError, Scope, Score, Scores,
};
use crate::nodes::{Family, Kind};

/// Parameters of `reward_models`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RewardModels {
    /// Names of loaded models, at least one, each at most once: the columns, in this order.
    #[schema(min_items = 1)]
    models: Vec<String>,
    /// Standardise each score by the model's `calibration`. Default: false.
    #[serde(default)]
    #[schema(default = false)]
    calibrated: bool,
}

impl Kind for RewardModels {
    const NAME: &'static str = "reward_models";
    const FAMILY: Family = Family::Source;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "raw scores of one or more reward models, a column each";
    const EQUATION: &'static str = "R_i(prompt, completion); (R_i − mean_i) / std_i if calibrated";
    const PAPER: &'static str = "Christiano et al. 2017, Learning from Human Preferences, §2.2.3";

    fn example() -> Value {
        json!({"models": ["tiny-rm-0", "tiny-rm-1"], "calibrated": true})
    }

    fn validate(&self) -> Result<(), ParamError> {
        if self.models.is_empty() {
            return Err(ParamError::at("/models", "name at least one model"));
        }
        for (index, model) in self.models.iter().enumerate() {
            if self.models[..index].contains(model) {
                let twice = format!("`{model}` is named twice");
                return Err(ParamError::at(format!("/models/{index}"), twice));
            }
        }
        Ok(())
    }
}

impl Source for RewardModels {
    fn columns(&self) -> Vec<String> {
        self.models.clone()
    }

    fn models(&self) -> &[String] {
        &self.models
    }

    fn check(&self, world: &World) -> Result<(), ParamError> {
        for (index, model) in self.models.iter().enumerate() {
            let at = |message: String| ParamError::at(format!("/models/{index}"), message);
            let info =
                world.scorers.info(model).ok_or_else(|| at(format!("no model `{model}`")))?;
            if self.calibrated && info.calibration.is_none() {
                let none =
                    format!("`{model}` has no calibration: `assay eval --calibrate` finds it");
                return Err(at(none));
            }
        }
        Ok(())
    }

    fn score<'a>(
        &'a self,
        batch: Batch,
        world: &'a World,
        deadline: Instant,
    ) -> BoxFuture<'a, Scored> {
        Box::pin(async move {
            let mut usage = vec![Usage::default(); batch.len()];
            let mut models = BTreeMap::new();
            let mut columns = Vec::with_capacity(self.models.len());
            let scored = world.scorers.score(&self.models, batch, deadline).await;
            for (model, Judged { info, scores }) in self.models.iter().zip(scored) {
                spend(&mut usage, &scores);
                columns.push(self.column(&scores, info.as_ref()));
                models.extend(info.map(|info| (model.clone(), info)));
            }
            Scored { columns, usage, models }
        })
    }
}

impl RewardModels {
    fn column(&self, scores: &Scores, info: Option<&ModelInfo>) -> Column {
        let [mean, std] = match info.and_then(|info| info.calibration) {
            Some(calibration) if self.calibrated => calibration,
            _ => [0.0, 1.0],
        };
        let standard = |score: &Score| (score.value - mean) / std;
        let column = Column::new(
            scores
                .iter()
                .map(|score| -> Cell { score.as_ref().map(standard).map_err(Clone::clone) }),
        );
        let parts = |score: &Result<Score, Miss>| score.as_ref().ok()?.parts.clone();
        if scores.iter().all(|score| parts(score).is_none()) {
            return column;
        }
        let details = scores.iter().map(|score| serde_json::to_value(parts(score).as_deref()));
        column.with_details(details.map(Result::unwrap_or_default).collect())
    }
}

fn spend(usage: &mut [Usage], scores: &Scores) {
    for (usage, score) in usage.iter_mut().zip(scores) {
        if let Ok(score) = score {
            *usage = usage.and(Usage {
                tokens: score.tokens,
                cached: usize::from(score.cached),
                truncated: score.truncated,
                queued: score.queued,
                worked: score.worked,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::Arc,
        time::{Duration, Instant},
    };

    use super::*;
    use crate::domain::{MissStatus, Parts, Sample, Scorers};
    use crate::nodes::testing::rejects;
    use crate::verify::code::SandboxConfig;

    /// Scores a sample by its first feature; `lost` always misses.
    #[derive(Debug)]
    struct Fixed;

    impl Scorers for Fixed {
        fn info(&self, model: &str) -> Option<ModelInfo> {
            let calibration = (model == "known").then_some([1.0, 2.0]);
            let text = String::new;
            (model != "absent").then(|| ModelInfo {
                sha256: text(),
                dtype: text(),
                template: text(),
                calibration,
            })
        }

        fn score<'a>(
            &'a self,
            models: &'a [String],
            batch: Batch,
            _: Instant,
        ) -> BoxFuture<'a, Vec<Judged>> {
            let score = |model: &String, sample: &Sample| match model.as_str() {
                "lost" => Err(Miss::new(MissStatus::ModelError, "lost")),
                _ => Ok(Score {
                    value: sample.features["x"],
                    parts: (model == "steps").then(|| Arc::new(Parts::Steps(vec![0.5, 0.25]))),
                    tokens: 3,
                    truncated: false,
                    cached: true,
                    queued: Duration::ZERO,
                    worked: Duration::from_millis(1),
                }),
            };
            let judged = models.iter().map(|model| Judged {
                info: self.info(model),
                scores: batch.samples().iter().map(|sample| score(model, sample)).collect(),
            });
            Box::pin(std::future::ready(judged.collect()))
        }
    }

    fn source(models: &[&str], calibrated: bool) -> (RewardModels, World) {
        let models = models.iter().map(|model| (*model).to_owned()).collect();
        (RewardModels { models, calibrated }, World::new(Arc::new(Fixed), SandboxConfig::off()))
    }

    #[test]
    fn each_model_is_a_column_with_its_own_misses_and_cost() {
        let (source, world) = source(&["known", "lost"], true);
        let sample =
            |x: f64| Sample { features: [("x".to_owned(), x)].into(), ..Sample::default() };
        let batch = Batch::new(vec![sample(5.0), sample(1.0)]).unwrap();
        let scored = futures::executor::block_on(source.score(batch, &world, Instant::now()));
        assert_eq!(scored.columns[0].cells(), [Ok(2.0), Ok(0.0)]);
        assert_eq!(scored.columns[1].values().count(), 0);
        assert_eq!((scored.usage[0].tokens, scored.usage[0].cached), (3, 1));
        assert_eq!(scored.models.len(), 2);
    }

    #[test]
    fn what_a_score_was_made_from_is_side_data() {
        let (source, world) = source(&["known", "steps"], false);
        let sample = Sample { features: [("x".to_owned(), 1.0)].into(), ..Sample::default() };
        let batch = Batch::new(vec![sample]).unwrap();
        let scored = futures::executor::block_on(source.score(batch, &world, Instant::now()));
        assert_eq!(scored.columns[0].details(), None);
        let steps = [json!({"steps": [0.5, 0.25]})];
        assert_eq!(scored.columns[1].details(), Some(steps.as_slice()));
    }

    #[test]
    fn what_the_world_lacks_is_named() {
        let check = |models: &[&str], calibrated| {
            let (source, world) = source(models, calibrated);
            source.check(&world).map_err(|error| error.pointer)
        };
        assert_eq!(check(&["known", "absent"], false), Err("/models/1".to_owned()));
        assert_eq!(check(&["known", "lost"], true), Err("/models/1".to_owned()));
        assert_eq!(check(&["known", "lost"], false), Ok(()));
        assert_eq!(rejects("reward_models", json!({"models": []})), "/models");
        assert_eq!(rejects("reward_models", json!({"models": ["a", "a"]})), "/models/1");
    }
}
