//! A service of this process, on a port of its own.

use std::{path::Path, sync::mpsc, thread::JoinHandle, time::Duration};

use anyhow::Context;
use tokio::{net::TcpListener, sync::oneshot};

use super::Options;
use crate::{
    cli::startup::start,
    config::Settings,
    http::{App, HttpConfig, serve},
};

/// A service to ask: one started here, which ends with this value, or another.
pub(super) struct Service {
    pub(super) url: String,
    stop: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Service {
    /// The service at `--url`, or one started here with a configuration file, or with the embedded one.
    pub(super) fn of(options: &Options, config: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(url) = &options.url {
            if let Some(config) = config {
                let config = config.display();
                tracing::info!(url, "the service must run with: assay serve --config {config}");
            }
            return Ok(Self { url: url.clone(), stop: None });
        }
        let settings = match config {
            Some(path) => Settings::read(path, None)?,
            None => Settings::embedded()?,
        };
        let service = start(&settings)?;
        // Before the async runtime: runners are processes.
        service.world().code.start();
        let app = App::new(service, HttpConfig::default());
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = mpsc::channel();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .context("no async runtime")?;
        let thread = std::thread::Builder::new().name("service".to_owned()).spawn(move || {
            runtime.block_on(async {
                let bound = TcpListener::bind(("127.0.0.1", 0)).await;
                let listener = match bound.and_then(|one| Ok((one.local_addr()?, one))) {
                    Ok((address, listener)) => {
                        let _ = tell.send(Ok(address));
                        listener
                    }
                    Err(error) => {
                        let _ = tell.send(Err(error));
                        return;
                    }
                };
                let until = async {
                    let _ = stopped.await;
                };
                if let Err(error) = serve(listener, app, until, Duration::from_secs(5)).await {
                    tracing::error!(%error, "the service ended");
                }
            });
        })?;
        let address = told.recv().context("the service did not start")??;
        Ok(Self { url: format!("http://{address}"), stop: Some((stop, thread)) })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.stop.take() {
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}
