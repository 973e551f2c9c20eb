//! Changing what is served while it is served.
//!
//! A change is prepared whole (a model loaded and warm, a pipeline compiled), checked against everything
//! that depends on it, recorded, and only then made, by replacing one entry of one table: requests see what
//! was there before or what is there after. Whatever fails leaves what was there.
//!
//! These functions take as long as loading a model does: they are not for async threads.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use super::{Changes, FieldError, Pipeline, Service, ServiceError};
use crate::{
    domain::{Batch, BoxFuture, Judged, ModelInfo, Scorers},
    engine::AnyLane,
    model::{Layout, ModelSpec},
    nodes::World,
    pipeline::{PipelineSpec, compile},
};

/// Characters of a name.
const NAME: usize = 128;

/// Where models may be loaded from.
pub trait Shelf: Debug + Send + Sync {
    /// The files that `path` names.
    ///
    /// # Errors
    /// When there are none, or they are not to be reached.
    fn find(&self, path: &str) -> Result<Layout, String>;
}

/// What changing takes.
#[derive(Debug)]
pub(super) struct Admin {
    shelf: Arc<dyn Shelf>,
    changes: Changes,
    /// One change at a time: a model is not deleted while a pipeline over it is being put.
    turn: Mutex<()>,
}

impl Admin {
    pub(super) fn new(shelf: Arc<dyn Shelf>, changes: Changes) -> Self {
        Self { shelf, changes, turn: Mutex::new(()) }
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service {
    /// Loads a model and puts it in service under `name`, in place of what was there, which finishes what
    /// it has accepted.
    ///
    /// # Errors
    /// A path outside the models root, a model that cannot be loaded or used by the pipelines over this
    /// name, or a change that cannot be recorded.
    pub fn put_model(&self, name: &str, spec: ModelSpec) -> Result<AnyLane, ServiceError> {
        check_name(name)?;
        let _turn = self.admin.turn();
        let at_path = |message: String| ServiceError::invalid("/path", message);
        let layout = self.admin.shelf.find(&spec.path).map_err(at_path)?;
        let lane = self.engine.prepare(name, &layout, &spec.options).map_err(|error| {
            let field = error.field().unwrap_or("path");
            ServiceError::invalid(format!("/{field}"), error.to_string())
        })?;
        self.check_users(name, &lane)?;
        self.record(|changes| drop(changes.models.insert(name.to_owned(), Some(spec))))?;
        self.engine.install(lane.clone());
        Ok(lane)
    }

    /// Takes a model out of service.
    ///
    /// # Errors
    /// When there is none, pipelines use it, or the change cannot be recorded.
    pub fn delete_model(&self, name: &str) -> Result<(), ServiceError> {
        let _turn = self.admin.turn();
        if self.engine.find(name).is_none() {
            return Err(ServiceError::NotFound { what: "model", name: name.to_owned() });
        }
        let users: Vec<String> = self.users(name).map(|pipeline| pipeline.name.clone()).collect();
        if !users.is_empty() {
            let by = format!("pipelines: {}", users.join(", "));
            return Err(ServiceError::InUse { what: "model", name: name.to_owned(), by });
        }
        self.record(|changes| drop(changes.models.insert(name.to_owned(), None)))?;
        self.engine.remove(name);
        Ok(())
    }

    /// Compiles a pipeline and puts it in service under `name`, in place of what was there. `fits` has the
    /// last word.
    ///
    /// # Errors
    /// A specification that cannot be compiled or does not fit, or a change that cannot be recorded.
    pub fn put_pipeline(
        &self,
        name: &str,
        spec: PipelineSpec,
        fits: impl FnOnce(&Pipeline) -> Result<(), FieldError>,
    ) -> Result<Arc<Pipeline>, ServiceError> {
        check_name(name)?;
        let _turn = self.admin.turn();
        let plan = compile(&spec, self.world())
            .map_err(|error| ServiceError::invalid(error.pointer, error.message))?;
        let pipeline = Arc::new(Pipeline { name: name.to_owned(), spec, plan });
        fits(&pipeline).map_err(|error| ServiceError::Invalid(vec![error]))?;
        let spec = pipeline.spec.clone();
        self.record(|changes| drop(changes.pipelines.insert(name.to_owned(), Some(spec))))?;
        self.pipelines.install(Arc::clone(&pipeline));
        Ok(pipeline)
    }

    /// Takes a pipeline out of service.
    ///
    /// # Errors
    /// When there is none, or the change cannot be recorded.
    pub fn delete_pipeline(&self, name: &str) -> Result<(), ServiceError> {
        let _turn = self.admin.turn();
        self.pipelines.get(name)?;
        self.record(|changes| drop(changes.pipelines.insert(name.to_owned(), None)))?;
        self.pipelines.remove(name);
        Ok(())
    }

    fn record(&self, change: impl FnOnce(&mut super::Recorded)) -> Result<(), ServiceError> {
        let unkept = |error: std::io::Error| {
            ServiceError::Store(format!("the change cannot be kept, and was not made: {error}"))
        };
        self.admin.changes.record(change).map_err(unkept)
    }

    /// The pipelines over a model.
    fn users(&self, model: &str) -> impl Iterator<Item = Arc<Pipeline>> {
        let uses =
            move |pipeline: &Arc<Pipeline>| pipeline.plan.models().any(|known| known == model);
        self.pipelines.all().into_iter().filter(uses)
    }

    /// Whether the pipelines over a model compile with what is to take its place.
    fn check_users(&self, name: &str, lane: &AnyLane) -> Result<(), ServiceError> {
        let before = self.engine.find(name);
        if before.is_some_and(|before| !before.is_like(lane)) && self.users(name).next().is_some() {
            let message = format!("pipelines use `{name}` as a model of another kind");
            return Err(ServiceError::invalid("/path", message));
        }
        let scorers = Arc::clone(&self.services.world.scorers);
        let then = Arc::new(Then { name: name.to_owned(), info: lane.info().clone(), scorers });
        let world = World { scorers: then, ..self.services.world.clone() };
        for pipeline in self.users(name) {
            compile(&pipeline.spec, &world).map_err(|error| {
                let message = format!("pipeline `{}` could not use it: {error}", pipeline.name);
                ServiceError::invalid("", message)
            })?;
        }
        Ok(())
    }
}

/// The models as they would be with one of them replaced.
struct Then {
    name: String,
    info: ModelInfo,
    scorers: Arc<dyn Scorers>,
}

impl Scorers for Then {
    fn info(&self, model: &str) -> Option<ModelInfo> {
        if model == self.name { Some(self.info.clone()) } else { self.scorers.info(model) }
    }

    fn score<'a>(
        &'a self,
        models: &'a [String],
        batch: Batch,
        deadline: Instant,
    ) -> BoxFuture<'a, Vec<Judged>> {
        self.scorers.score(models, batch, deadline)
    }
}

fn check_name(name: &str) -> Result<(), ServiceError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let sound = name.len() <= NAME && name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if sound && name.chars().all(fits) {
        return Ok(());
    }
    let message = format!(
        "a name is up to {NAME} letters, digits, `.`, `_` and `-`, a letter or digit first"
    );
    Err(ServiceError::invalid("", message))
}
