//! Runs reward models and dual encoders: one lane per model, each with a bounded queue, late-bound packed batches and an
//! OS thread per replica. Knows no web framework and no pipeline.
//!
//! Invariants: what is queued is bounded in tokens; a lane's thread never dies of a batch; identical
//! work in flight is done once; work that nobody waits for any more is not begun.

mod allowance;
mod any;
mod budget;
mod dual;
mod fetch;
mod key;
mod lane;
mod queue;
mod stats;
mod table;
mod unscored;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock, RwLockWriteGuard},
    time::Instant,
};

use futures::future::join_all;
use tokio::sync::Semaphore;

pub use any::AnyLane;
pub use dual::DualLane;
use dual::Intake;
pub use fetch::{FetchConfig, Fetcher, Host};
pub use lane::{Lane, LaneConfig};
pub use stats::Snapshot;

use crate::{
    domain::{Batch, BoxFuture, Judged, Miss, MissStatus, ModelInfo, Scorers},
    model::{ClipModel, Encoded, Layout, LoadError, ModelOptions, RewardModel, TextEncoder},
};

/// The models that are loaded, by name.
#[derive(Debug)]
pub struct Engine {
    lanes: RwLock<BTreeMap<String, AnyLane>>,
    intake: Arc<Intake>,
    tokenizing: Semaphore,
    config: LaneConfig,
}

type Tokens = Arc<Vec<Result<Encoded, Miss>>>;

impl Engine {
    /// An engine without models; each lane will have the given bounds.
    #[must_use]
    pub fn new(config: LaneConfig) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            lanes: RwLock::default(),
            intake: Arc::new(Intake::new(None)),
            tokenizing: Semaphore::new(cores),
            config,
        }
    }

    /// The same, whose images may be fetched by `fetcher`.
    #[must_use]
    pub fn with_fetcher(self, fetcher: Option<Fetcher>) -> Self {
        Self { intake: Arc::new(Intake::new(fetcher)), ..self }
    }

    /// Puts a model to work under `name`, warm: it has scored before anybody can reach it. A model
    /// that was there finishes what it has accepted.
    ///
    /// # Errors
    /// When the model fails at its first score; what was there before stays.
    pub fn insert(
        &self,
        name: &str,
        model: RewardModel,
        calibration: Option<[f64; 2]>,
    ) -> Result<(), LoadError> {
        let lane = Lane::start(name, &[Arc::new(model)], calibration, self.config)?;
        self.install(AnyLane::Reward(Arc::new(lane)));
        Ok(())
    }

    /// Loads a model and has it score once; nobody can reach it yet. Takes as long as that takes.
    ///
    /// # Errors
    /// When it cannot be loaded, or fails at its first score.
    pub fn prepare(
        &self,
        name: &str,
        layout: &Layout,
        options: &ModelOptions,
    ) -> Result<AnyLane, LoadError> {
        if ClipModel::is_one(layout) {
            let replicas = ClipModel::replicas(layout, options)?;
            let lane = DualLane::start(name, &replicas, self.config, &self.intake)?;
            return Ok(AnyLane::Dual(Arc::new(lane)));
        }
        let replicas = RewardModel::replicas(layout, options)?;
        let calibration = replicas.first().and_then(|model| model.calibration());
        let calibration = calibration.map(|known| [known.mean, known.std]);
        Ok(AnyLane::Reward(Arc::new(Lane::start(name, &replicas, calibration, self.config)?)))
    }

    /// Puts a lane to work under its name. The one that was there finishes what it has accepted.
    pub fn install(&self, lane: AnyLane) {
        let name = lane.name().to_owned();
        // Outside the lock: ending a lane takes time.
        drop(self.lanes_mut().insert(name, lane));
    }

    /// Takes the model of that name out of service; it finishes what it has accepted.
    pub fn remove(&self, name: &str) {
        let before = self.lanes_mut().remove(name);
        drop(before);
    }

    /// The bounds of each lane.
    #[must_use]
    pub fn config(&self) -> LaneConfig {
        self.config
    }

    /// The model of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<AnyLane> {
        self.lanes.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// The reward model of that name.
    #[must_use]
    pub fn lane(&self, name: &str) -> Option<Arc<Lane>> {
        match self.find(name)? {
            AnyLane::Reward(lane) => Some(lane),
            AnyLane::Dual(_) => None,
        }
    }

    /// The dual encoder of that name.
    #[must_use]
    pub fn dual_lane(&self, name: &str) -> Option<Arc<DualLane>> {
        match self.find(name)? {
            AnyLane::Dual(lane) => Some(lane),
            AnyLane::Reward(_) => None,
        }
    }

    /// All models, by name.
    #[must_use]
    pub fn all(&self) -> Vec<AnyLane> {
        self.lanes.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn lanes_mut(&self) -> RwLockWriteGuard<'_, BTreeMap<String, AnyLane>> {
        self.lanes.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The samples' tokens, off the async threads.
    async fn tokenize(&self, text: Arc<TextEncoder>, batch: Batch) -> Tokens {
        let samples = batch.len();
        // The semaphore is never closed; should it be, tokenising unbounded is still right.
        let _permit = self.tokenizing.acquire().await.ok();
        let encode = move || batch.samples().iter().map(|sample| text.encode(sample)).collect();
        let tokens = tokio::task::spawn_blocking(encode).await.unwrap_or_else(|_| {
            let miss = Miss::new(MissStatus::ModelError, "the tokenizer failed on this request");
            vec![Err(miss); samples]
        });
        Arc::new(tokens)
    }

    /// Tokens for each lane; lanes that read text alike share them.
    async fn tokens(&self, lanes: &[Option<Arc<Lane>>], batch: &Batch) -> HashMap<String, Tokens> {
        let mut texts: HashMap<String, Arc<TextEncoder>> = HashMap::new();
        for lane in lanes.iter().flatten() {
            texts.entry(lane.text().fingerprint().to_owned()).or_insert(Arc::clone(lane.text()));
        }
        let jobs = texts.into_iter().map(|(fingerprint, text)| async {
            (fingerprint, self.tokenize(text, batch.clone()).await)
        });
        join_all(jobs).await.into_iter().collect()
    }
}

impl Scorers for Engine {
    fn info(&self, model: &str) -> Option<ModelInfo> {
        self.lane(model).map(|lane| lane.info().clone())
    }

    fn score<'a>(
        &'a self,
        models: &'a [String],
        batch: Batch,
        deadline: Instant,
    ) -> BoxFuture<'a, Vec<Judged>> {
        Box::pin(async move {
            let lanes: Vec<_> = models.iter().map(|model| self.lane(model)).collect();
            let tokens = self.tokens(&lanes, &batch).await;
            let absent = |name: &str| {
                let gone = format!("model `{name}` is not loaded");
                let lost = Err(Miss::new(MissStatus::ModelError, gone));
                Judged { info: None, scores: vec![lost; batch.len()] }
            };
            join_all(models.iter().zip(&lanes).map(|(name, lane)| async {
                match lane
                    .as_ref()
                    .and_then(|lane| Some((lane, tokens.get(lane.text().fingerprint())?)))
                {
                    Some((lane, tokens)) => {
                        let scores = lane.score(tokens, deadline).await;
                        Judged { info: Some(lane.info().clone()), scores }
                    }
                    None => absent(name),
                }
            }))
            .await
        })
    }
}
