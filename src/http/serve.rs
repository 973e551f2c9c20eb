//! The life of the server: accept, drain, end.

use std::{
    io,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::Router;
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::{App, Limits, router};

/// How long connections are still accepted after the signal to stop. Who was told of this server a moment
/// ago comes yet, and a connection is closed unanswered if it is asked to end before its first byte was read.
const LINGER: Duration = Duration::from_millis(500);

/// Connections that may wait to be accepted: a rollout phase opens thousands at once.
pub const BACKLOG: u32 = 4096;

/// Serves on `listener` until `shutdown` resolves, then drains: readiness turns false, after a moment no
/// new connection is accepted, and what was accepted has `grace` to end.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    app: App,
    shutdown: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) -> io::Result<()> {
    let server = Server::new(&app);
    tokio::select! {
        never = server.accept(&listener) => match never {},
        () = shutdown => {}
    }
    tracing::info!("draining");
    app.drain();
    // The listener stays open that long: what is in its backlog is taken, not reset.
    let _ = timeout(LINGER, server.accept(&listener)).await;
    server.take_waiting(&listener).await;
    drop(listener);
    app.tasks().close();
    let drained = async {
        server.drain().await;
        app.tasks().wait().await;
    };
    if timeout(grace, drained).await.is_err() {
        let grace_s = grace.as_secs();
        tracing::warn!(grace_s, "requests were still open when the grace ended");
    }
    Ok(())
}

/// Whether a connection has brought a request.
#[derive(Default)]
struct Asked {
    noted: AtomicBool,
    first: Notify,
}

impl Asked {
    fn note(&self) {
        if !self.noted.swap(true, Relaxed) {
            self.first.notify_one();
        }
    }

    /// Resolves with the first request.
    async fn noted(&self) {
        self.first.notified().await;
    }
}

/// Connections, and how each is served.
struct Server {
    router: Router,
    limits: Limits,
    builder: Builder<TokioExecutor>,
    places: Arc<Semaphore>,
    graceful: GracefulShutdown,
    connections: TaskTracker,
}

/// What never is.
enum Never {}

impl Server {
    fn new(app: &App) -> Self {
        let limits = app.config().limits;
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_buf_size(limits.header_bytes);
        if limits.headers != Limits::default().headers {
            // hyper's own bound, told explicitly, costs memory cleared for every request.
            builder.http1().max_headers(limits.headers);
        }
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
            .keep_alive_interval(limits.header_timeout)
            .keep_alive_timeout(limits.header_timeout);
        Self {
            router: router(app.clone()),
            limits,
            builder,
            places: Arc::new(Semaphore::new(limits.connections)),
            graceful: GracefulShutdown::new(),
            connections: TaskTracker::new(),
        }
    }

    /// Takes connections as they come, as long as there is a place; others wait in the backlog.
    async fn accept(&self, listener: &TcpListener) -> Never {
        loop {
            // Never closed: an error would mean no bound, not no service.
            let place = Arc::clone(&self.places).acquire_owned().await.ok();
            match listener.accept().await {
                Ok((stream, _)) => self.connect(stream, place),
                Err(error) if is_the_peers(&error) => {}
                Err(error) => {
                    // No file is left, most likely: one is freed when a connection ends.
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    /// Takes the connections that wait in the backlog now.
    async fn take_waiting(&self, listener: &TcpListener) {
        const AT_ONCE: Duration = Duration::from_millis(1);
        // Bounded: those that come while these are taken may be as many again.
        for _ in 0..BACKLOG {
            let Ok(Ok((stream, _))) = timeout(AT_ONCE, listener.accept()).await else { return };
            self.connect(stream, None);
        }
    }

    fn connect(&self, stream: TcpStream, place: Option<OwnedSemaphorePermit>) {
        // Answers are small and complete: waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let (router, asked) = (self.router.clone(), Arc::new(Asked::default()));
        let asks = Arc::clone(&asked);
        let service = service_fn(move |request: Request<Incoming>| {
            asks.note();
            router.clone().oneshot(request)
        });
        let mut stream = Box::pin(TimeoutWriter::new(stream));
        // Whoever asks and does not read holds no place either.
        stream.as_mut().set_timeout_pinned(Some(self.limits.write_timeout));
        let connection = self.builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = self.graceful.watch(connection);
        let patience = self.limits.header_timeout;
        self.connections.spawn(async move {
            let mut connection = pin!(connection);
            let open = tokio::select! {
                // A connection that breaks is its peer's affair.
                _ = &mut connection => false,
                // Whoever connects and asks nothing, in whatever protocol, holds no place.
                asked = timeout(patience, asked.noted()) => asked.is_ok(),
            };
            if open {
                let _ = connection.await;
            }
            drop(place);
        });
    }

    /// Lets open requests end, and closes connections without one.
    async fn drain(self) {
        self.graceful.shutdown().await;
        self.connections.close();
        self.connections.wait().await;
    }
}

/// Whether a connection was gone before it was accepted.
fn is_the_peers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
