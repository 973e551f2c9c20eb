//! The peers' doors: their own routes and shapes, onto a pipeline of ours.
//!
//! One file each: what its section of the configuration says, its routes, its request and reply. A door is
//! open when its section is there; a closed one answers 404. Joining: the file, a field of [`Doors`], and a
//! line in [`all`], [`open`] and [`Doors::check`].

mod openrlhf;
mod source_template;

use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;

pub use openrlhf::OpenRlhf;
pub use source_template::SourceTemplate;

use super::App;
use crate::service::{Pipeline, Pipelines};

/// Which doors are open, and onto what: `[doors]` of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Doors {
    /// OpenRLHF's `POST /get_reward`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openrlhf: Option<OpenRlhf>,
}

/// A door that cannot be opened onto its pipeline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DoorError {
    /// JSON pointer into [`Doors`].
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

impl DoorError {
    fn at(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into() }
    }
}

/// The names of all doors.
pub const DOORS: [&str; 1] = ["openrlhf"];

impl Doors {
    /// Closes a door.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn close(&mut self, door: &str) -> Result<(), DoorError> {
        match door {
            "openrlhf" => self.openrlhf = None,
            _ => {
                let message = format!("there is no door `{door}`; there is {}", DOORS.join(", "));
                return Err(DoorError::at("", message));
            }
        }
        Ok(())
    }

    /// Checks that each open door's pipeline is there and fits it.
    ///
    /// # Errors
    /// At the first one that does not.
    pub fn check(&self, pipelines: &Pipelines) -> Result<(), DoorError> {
        for (door, pipeline) in self.mapped() {
            let found = pipelines
                .get(pipeline)
                .map_err(|error| DoorError::at(format!("/{door}/pipeline"), error.to_string()))?;
            self.check_one(&found)?;
        }
        Ok(())
    }

    /// Checks that `pipeline` fits the doors that are mapped to its name.
    ///
    /// # Errors
    /// At the first one that it does not fit.
    pub fn check_one(&self, pipeline: &Pipeline) -> Result<(), DoorError> {
        match &self.openrlhf {
            Some(door) if door.pipeline == pipeline.name => door.check(pipeline),
            _ => Ok(()),
        }
    }

    /// The open doors with their pipelines.
    pub fn mapped(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let openrlhf = self.openrlhf.as_ref().map(|door| ("openrlhf", door.pipeline.as_str()));
        openrlhf.into_iter()
    }
}

/// A door through which samples come one at a time: their reward may depend on nothing but themselves.
fn check_scope(door: &str, pipeline: &Pipeline) -> Result<(), DoorError> {
    if !pipeline.plan.needs_company() {
        return Ok(());
    }
    let message = format!(
        "the reward of `{}` depends on the other samples of a request, and this door sees one at a \
         time: map it to a pipeline without group or batch nodes",
        pipeline.name
    );
    Err(DoorError::at(format!("/{door}/pipeline"), message))
}

/// Every door's routes, for the document.
pub(super) fn all() -> OpenApiRouter<App> {
    openrlhf::routes()
}

/// The open doors' routes.
pub(super) fn open(doors: &Doors) -> OpenApiRouter<App> {
    let mut routes = OpenApiRouter::new();
    if doors.openrlhf.is_some() {
        routes = routes.merge(openrlhf::routes());
    }
    routes
}
