//! `assay serve`.

use std::{io::IsTerminal, net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::Context;
use clap::ValueEnum;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::{net::TcpSocket, signal};
use tracing_subscriber::{EnvFilter, fmt};

use super::startup::{Setup, Usage, start};
use crate::{
    config::{Settings, read_key, read_keys},
    http::{App, BACKLOG, HttpConfig, Key, Keys, serve},
    service::Service,
};

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
    /// Keys that callers send as bearer tokens, separated by commas; each its text, or `sha256:` and its
    /// SHA-256 in hexadecimal
    #[arg(long, env = "ASSAY_API_KEYS", value_delimiter = ',', hide_env_values = true)]
    api_keys: Vec<String>,
    /// File with more of them, a line each [default: the configuration's]
    #[arg(long, env = "ASSAY_API_KEYS_FILE")]
    api_keys_file: Option<PathBuf>,
    /// The key that may also change what is served, in either form
    #[arg(long, env = "ASSAY_ADMIN_KEY", hide_env_values = true)]
    admin_key: Option<String>,
    /// File with the admin key [default: the configuration's]
    #[arg(long, env = "ASSAY_ADMIN_KEY_FILE", conflicts_with = "admin_key")]
    admin_key_file: Option<PathBuf>,
    /// Print everything that is in force, without secrets, and end
    #[arg(long)]
    print_config: bool,
    /// Listen beyond loopback without any key
    #[arg(long, env = "ASSAY_ALLOW_OPEN_NETWORK")]
    allow_open_network: bool,
    /// Peers' doors to keep closed, separated by commas: openrlhf
    #[arg(long, env = "ASSAY_CLOSE_DOORS", value_delimiter = ',')]
    close_doors: Vec<String>,
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
    let settings = settings(args)?;
    let keys = keys(args, &settings)?;
    if args.print_config {
        print!("{}", settings.print(keys.callers.len(), keys.admin.is_some()));
        return Ok(());
    }
    let listen = settings.listen;
    if keys.callers.is_empty() && !listen.ip().is_loopback() && !args.allow_open_network {
        let message = format!(
            "{listen} can be reached from outside and no key is set: set --api-keys, or say \
             --allow-open-network"
        );
        return Err(Usage(message).into());
    }
    log(args)?;
    let files = raise_file_limit();
    let service = start(&settings)?;
    // Before the async runtime: runners are processes.
    service.world().code.start();
    let doors = settings.doors.clone();
    doors
        .check(&service.pipelines)
        .map_err(|error| settings.error_at(&format!("/doors{}", error.pointer), error))?;
    let mut limits = settings.limits;
    // Each connection is a file; some more are for models, logs and the listener.
    limits.connections = limits.connections.min(files.saturating_sub(64).max(1));
    let body_limit = settings.body_limit;
    let app =
        App::new(service, HttpConfig { limits, body_limit, keys, doors, ..HttpConfig::default() });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no async runtime")?;
    runtime.block_on(async {
        let listener = bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
        let address = listener.local_addr()?;
        greet(app.service(), address);
        serve(listener, app, stopped()?, settings.grace).await?;
        anyhow::Ok(())
    })
}

/// The configuration with what the flags say.
fn settings(args: &Args) -> anyhow::Result<Settings> {
    let mut settings = args.setup.settings()?;
    for door in args.close_doors.iter().filter(|door| !door.is_empty()) {
        settings.doors.close(door).map_err(|error| Usage(format!("--close-doors: {error}")))?;
    }
    settings.listen = args.listen.unwrap_or(settings.listen);
    settings.grace = args.grace_s.map_or(settings.grace, Duration::from_secs);
    Ok(settings)
}

/// The keys of flags, environment and files.
fn keys(args: &Args, settings: &Settings) -> anyhow::Result<Keys> {
    let key = |text: &String, flag: &str| {
        text.parse::<Key>().map_err(|error| Usage(format!("{flag}: {error}")))
    };
    let told = args.api_keys.iter().filter(|text| !text.is_empty());
    let mut callers: Vec<Key> =
        told.map(|text| key(text, "--api-keys")).collect::<Result<_, _>>()?;
    if let Some(file) = args.api_keys_file.as_ref().or(settings.api_keys_file.as_ref()) {
        callers.extend(read_keys(file)?);
    }
    let admin_file = args.admin_key_file.as_ref().or(settings.admin_key_file.as_ref());
    let admin = match args.admin_key.as_ref().filter(|text| !text.is_empty()) {
        Some(text) => Some(key(text, "--admin-key")?),
        None => admin_file.map(|file| read_key(file)).transpose()?,
    };
    let keys = Keys { callers, admin };
    if keys.shared() {
        return Err(Usage("the admin key must not be one of the callers' keys".to_owned()).into());
    }
    Ok(keys)
}

/// Raises the limit of open files as far as this process may, and tells it.
fn raise_file_limit() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Some systems refuse what they call the maximum; then what there is must do.
    let _ = setrlimit(Resource::Nofile, limit);
    getrlimit(Resource::Nofile)
        .current
        .map_or(usize::MAX, |files| files.try_into().unwrap_or(usize::MAX))
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
fn greet(service: &Service, address: SocketAddr) {
    let pipelines: Vec<_> = service.pipelines.all().iter().map(|one| one.name.clone()).collect();
    let models: Vec<_> = service.engine.lanes().iter().map(|one| one.name().to_owned()).collect();
    println!("assay {} on http://{address}", env!("CARGO_PKG_VERSION"));
    println!("  models     {}", models.join(", "));
    println!("  pipelines  {}", pipelines.join(", "));
    println!("  docs       http://{address}/docs/");
    let preferred = pipelines.iter().find(|name| name.as_str() == "helpful");
    let Some(pipeline) = preferred.or_else(|| pipelines.first()) else { return };
    println!("\nTry it:\n");
    println!("  curl -s http://{address}/v1/score -H 'content-type: application/json' -d '");
    println!("    {{\"pipeline\": \"{pipeline}\", \"detail\": \"components\", \"samples\": [");
    println!("      {{\"prompt\": \"What is 17 + 25?\", \"completion\": \"17 + 25 = 42.\"}}]}}'\n");
}
