//! The doors: JSON over HTTP in front of [`Service`](crate::service::Service).
//!
//! A handler parses, calls and responds. Every failure leaves as a [`Problem`]. The only place that
//! knows axum, status codes and OpenAPI.

mod app;
mod auth;
mod catalog;
mod clip;
mod doors;
mod extract;
mod health;
mod idempotency;
mod models;
mod observe;
mod openapi;
mod page;
mod pipelines;
mod problem;
mod references;
mod router;
mod score;
mod serve;
mod state;
mod telemetry;
mod upload;
mod verbs;
mod verify;

pub use app::{App, HttpConfig, Limits};
pub use auth::{Key, KeyError, Keys};
pub use doors::{DOORS, DoorError, Doors, OpenRlhf, SourceTemplate};
pub use openapi::document;
pub use problem::{Code, Problem};
pub use router::router;
pub use serve::{BACKLOG, serve};
