//! What every handler may reach.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use tokio_util::task::TaskTracker;

use super::{auth::Keys, idempotency::Replies, telemetry::Telemetry};
use crate::service::Service;

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
struct Inner {
    service: Service,
    config: HttpConfig,
    draining: AtomicBool,
    telemetry: Telemetry,
    replies: Replies,
    tasks: TaskTracker,
}

impl App {
    /// The doors of `service`.
    #[must_use]
    pub fn new(service: Service, config: HttpConfig) -> Self {
        let telemetry = Telemetry::new(&service.engine, &service.world().code);
        let replies = Replies::new(config.idempotent_replies);
        let (draining, tasks) = (AtomicBool::new(false), TaskTracker::new());
        Self(Arc::new(Inner { service, config, draining, telemetry, replies, tasks }))
    }

    /// What the doors lead to.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.0.service
    }

    pub(super) fn config(&self) -> &HttpConfig {
        &self.0.config
    }

    pub(super) fn telemetry(&self) -> &Telemetry {
        &self.0.telemetry
    }

    pub(super) fn replies(&self) -> &Replies {
        &self.0.replies
    }

    /// Work that must end even when its caller leaves; shutdown waits for it.
    pub(super) fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// Whether the service is stopping: not ready, but still answering.
    pub(super) fn is_draining(&self) -> bool {
        self.0.draining.load(Relaxed)
    }

    pub(super) fn drain(&self) {
        self.0.draining.store(true, Relaxed);
    }
}
