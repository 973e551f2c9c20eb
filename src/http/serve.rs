//! The life of the server: accept, drain, end.

use std::{io, time::Duration};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{App, router};

/// Serves on `listener` until `shutdown` resolves, then drains: readiness turns false, no new
/// connection is accepted, and what was accepted has `grace` to end.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    app: App,
    shutdown: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) -> io::Result<()> {
    let stop = CancellationToken::new();
    let service = axum::serve(listener, router(app.clone()))
        .with_graceful_shutdown(stop.clone().cancelled_owned())
        .into_future();
    tokio::pin!(service);
    tokio::select! {
        ended = &mut service => return ended,
        () = shutdown => {}
    }
    tracing::info!("draining");
    app.drain();
    stop.cancel();
    app.tasks().close();
    let drained = async {
        let ended = service.await;
        app.tasks().wait().await;
        ended
    };
    match tokio::time::timeout(grace, drained).await {
        Ok(ended) => ended,
        Err(_) => {
            tracing::warn!(
                grace_s = grace.as_secs(),
                "requests were still open when the grace ended"
            );
            Ok(())
        }
    }
}
