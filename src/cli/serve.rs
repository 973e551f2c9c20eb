//! `assay serve`.

use std::{io::IsTerminal, net::SocketAddr, time::Duration};

use anyhow::Context;
use clap::ValueEnum;
use tokio::{net::TcpSocket, signal};
use tracing_subscriber::{EnvFilter, fmt};

use super::startup::{Setup, Usage, start};
use crate::{
    config::Settings,
    http::{App, HttpConfig, Key, Keys, serve},
};

/// Connections that may wait to be accepted: a rollout phase opens thousands at once.
const BACKLOG: u32 = 4096;

/// How logs are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Arguments of `assay serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    setup: Setup,
    /// Address and port [default: 127.0.0.1:8080, or the configuration's]
    #[arg(long, short, env = "ASSAY_LISTEN")]
    listen: Option<SocketAddr>,
    /// Keys that callers send as bearer tokens, separated by commas
    #[arg(long, env = "ASSAY_API_KEYS", value_delimiter = ',', hide_env_values = true)]
    api_keys: Vec<String>,
    /// The key that may also change what is served
    #[arg(long, env = "ASSAY_ADMIN_KEY", hide_env_values = true)]
    admin_key: Option<String>,
    /// Listen beyond loopback without any key
    #[arg(long, env = "ASSAY_ALLOW_OPEN_NETWORK")]
    allow_open_network: bool,
    /// Seconds that open requests have to end when the service stops
    #[arg(long, env = "ASSAY_GRACE_S")]
    grace_s: Option<u64>,
    /// How logs are written
    #[arg(long, env = "ASSAY_LOG_FORMAT", value_enum, default_value = "text")]
    log_format: LogFormat,
    /// What is logged, as `level` or `target=level,…`
    #[arg(long, env = "ASSAY_LOG", default_value = "warn,assay=info")]
    log: String,
}

/// Serves until the process is asked to stop.
pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let settings = args.setup.settings()?;
    let listen = args.listen.unwrap_or(settings.listen);
    let keys = keys(args);
    if keys.callers.is_empty() && !listen.ip().is_loopback() && !args.allow_open_network {
        let message = format!(
            "{listen} can be reached from outside and no key is set: set --api-keys, or say \
             --allow-open-network"
        );
        return Err(Usage(message).into());
    }
    log(args)?;
    let service = start(&settings)?;
    let config = HttpConfig { body_limit: settings.body_limit, keys, ..HttpConfig::default() };
    let app = App::new(service, config);
    let grace = args.grace_s.map_or(settings.grace, Duration::from_secs);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no async runtime")?;
    runtime.block_on(async {
        let listener = bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
        let address = listener.local_addr()?;
        greet(&settings, address);
        serve(listener, app, stopped()?, grace).await?;
        anyhow::Ok(())
    })
}

fn keys(args: &Args) -> Keys {
    let callers = args.api_keys.iter().filter(|key| !key.is_empty());
    Keys {
        callers: callers.map(|key| Key::new(key)).collect(),
        admin: args.admin_key.as_deref().filter(|key| !key.is_empty()).map(Key::new),
    }
}

fn log(args: &Args) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&args.log)
        .map_err(|error| Usage(format!("--log `{}`: {error}", args.log)))?;
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let installed = match args.log_format {
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    installed.map_err(|error| anyhow::anyhow!("logs: {error}"))
}

fn bind(address: SocketAddr) -> std::io::Result<tokio::net::TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Resolves when the process is asked to stop: SIGTERM or Ctrl-C.
fn stopped() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = signal::ctrl_c() => {}
        }
    })
}

/// What is served, and a line to try it.
fn greet(settings: &Settings, address: SocketAddr) {
    let names =
        |names: Vec<&String>| names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    println!("assay {} on http://{address}", env!("CARGO_PKG_VERSION"));
    println!("  models     {}", names(settings.models.keys().collect()));
    println!("  pipelines  {}", names(settings.pipelines.keys().collect()));
    println!("  docs       http://{address}/docs/");
    let mut pipelines = settings.pipelines.keys();
    let usual = pipelines.find(|name| *name == "helpful").or(settings.pipelines.keys().next());
    let Some(pipeline) = usual else { return };
    println!("\nTry it:\n");
    println!("  curl -s http://{address}/v1/score -H 'content-type: application/json' -d '");
    println!("    {{\"pipeline\": \"{pipeline}\", \"detail\": \"components\", \"samples\": [");
    println!("      {{\"prompt\": \"What is 17 + 25?\", \"completion\": \"17 + 25 = 42.\"}}]}}'\n");
}
