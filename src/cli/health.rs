//! `assay health`: is a service ready, as an exit code. For health checks of images without curl.

use std::time::Duration;

use anyhow::{Context, bail};

/// Arguments of `assay health`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The service's address
    #[arg(long, default_value = "http://127.0.0.1:8080", env = "ASSAY_URL")]
    url: String,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let given = args.url.trim_end_matches('/');
    // As `listen` is written.
    let scheme = if given.contains("://") { "" } else { "http://" };
    let url = format!("{scheme}{given}/readyz");
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(2)))
        .http_status_as_error(false)
        .build()
        .new_agent();
    let mut answer = agent.get(&url).call().with_context(|| url.clone())?;
    let body = answer.body_mut().read_to_string().unwrap_or_default();
    if !answer.status().is_success() {
        bail!("{url} answered {}: {body}", answer.status());
    }
    println!("{body}");
    Ok(())
}
