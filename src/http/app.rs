//! What every handler may reach.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio_util::task::TaskTracker;

use super::{
    Code, Problem, auth::Keys, doors::Doors, idempotency::Replies, observe::RequestIds,
    telemetry::Telemetry,
};
use crate::service::Service;

/// Bounds of connections: what a peer may take without having asked anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections open at once; more wait in the listener's backlog.
    pub connections: usize,
    /// How long a request's head may take, an idle connection included.
    pub header_timeout: Duration,
    /// How long its body may take.
    pub body_timeout: Duration,
    /// How long an answer may wait for its reader to take more of it.
    pub write_timeout: Duration,
    /// Bytes of its head; at least 8192.
    pub header_bytes: usize,
    /// Headers of its head.
    pub headers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 16_384,
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(30),
            header_bytes: 64 << 10,
            headers: 100,
        }
    }
}

/// Bounds and keys of the doors.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Bounds of connections.
    pub limits: Limits,
    /// Bytes of a body.
    pub body_limit: usize,
    /// Replies remembered for retries with an `Idempotency-Key`.
    pub idempotent_replies: usize,
    /// Who may call.
    pub keys: Keys,
    /// Which peers' doors are open, and onto what.
    pub doors: Doors,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            body_limit: 64 << 20,
            idempotent_replies: 1024,
            keys: Keys::default(),
            doors: Doors::default(),
        }
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
    request_ids: RequestIds,
    replies: Replies,
    tasks: TaskTracker,
}

impl App {
    /// The doors of `service`.
    #[must_use]
    pub fn new(service: Service, config: HttpConfig) -> Self {
        let telemetry = Telemetry::new(&service.engine, &service.world().code);
        let replies = Replies::new(config.idempotent_replies);
        Self(Arc::new(Inner {
            service,
            config,
            draining: AtomicBool::new(false),
            telemetry,
            request_ids: RequestIds::new(),
            replies,
            tasks: TaskTracker::new(),
        }))
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

    pub(super) fn request_ids(&self) -> &RequestIds {
        &self.0.request_ids
    }

    pub(super) fn replies(&self) -> &Replies {
        &self.0.replies
    }

    /// Work that must end even when its caller leaves; shutdown waits for it.
    pub(super) fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// Makes a change to what is served, off the async threads. It is made whole even if its caller leaves.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Self) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let app = self.clone();
        let changed = self.0.tasks.spawn_blocking(move || change(&app)).await;
        changed.map_err(|_| Problem::new(Code::Internal).detail("the change failed"))?
    }

    /// Whether the service is stopping: not ready, but still answering.
    pub(super) fn is_draining(&self) -> bool {
        self.0.draining.load(Relaxed)
    }

    pub(super) fn drain(&self) {
        self.0.draining.store(true, Relaxed);
    }
}
