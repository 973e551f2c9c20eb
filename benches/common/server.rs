//! The service in this process, on a loopback port.

use std::{net::SocketAddr, time::Duration};

use assay::{
    cli::start,
    config::Settings,
    http::{App, HttpConfig, serve},
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinSet};

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    tasks: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start(settings: &Settings, config: HttpConfig) -> Self {
        let app = App::new(start(settings).unwrap(), config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let mut tasks = JoinSet::new();
        let shutdown = async move { drop(stopped.await) };
        tasks.spawn(async move {
            serve(listener, app, shutdown, Duration::from_secs(5)).await.unwrap();
        });
        Self { address, stop, tasks }
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.tasks.join_all().await;
    }
}
