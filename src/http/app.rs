//! What every handler may reach.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use tokio_util::task::TaskTracker;

use super::{auth::Keys, idempotency::Replies, telemetry::Telemetry};
use crate::service::{ScoreResponse, Service};

/// Bounds and keys of the doors.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Bytes of a body.
    pub body_limit: usize,
    /// Replies remembered for retries with an `Idempotency-Key`.
    pub idempotent_replies: usize,
    /// Who may call.
    pub keys: Keys,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { body_limit: 64 << 20, idempotent_replies: 1024, keys: Keys::default() }
    }
}

/// The service behind its doors. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    service: Service,
    config: HttpConfig,
    draining: AtomicBool,
    pub(super) telemetry: Telemetry,
    pub(super) replies: Replies<ScoreResponse>,
    /// Work that must end even when its caller leaves; shutdown waits for it.
    pub(super) tasks: TaskTracker,
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// The doors of `service`.
    #[must_use]
    pub fn new(service: Service, config: HttpConfig) -> Self {
        let telemetry = Telemetry::new(&service.engine);
        let replies = Replies::new(config.idempotent_replies);
        let (draining, tasks) = (AtomicBool::new(false), TaskTracker::new());
        Self(Arc::new(Inner { service, config, draining, telemetry, replies, tasks }))
    }
}

impl Inner {
    pub(super) fn service(&self) -> &Service {
        &self.service
    }

    pub(super) fn config(&self) -> &HttpConfig {
        &self.config
    }

    /// Whether the service is stopping: not ready, but still answering.
    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Relaxed)
    }

    pub(super) fn drain(&self) {
        self.draining.store(true, Relaxed);
    }
}
