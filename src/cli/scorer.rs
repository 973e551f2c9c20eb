//! Who scores for a command: models loaded here, or a running service.

use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;

use super::startup::{Setup, start};
use crate::{
    domain::Scope,
    engine::AnyLane,
    service::{ScoreRequest, Service},
};

/// Where scores come from.
#[derive(Debug, clap::Args)]
#[group(id = "scorer")]
pub(super) struct Args {
    /// Score by a running service instead of loading the models here
    #[arg(long)]
    url: Option<String>,
    /// Key for the running service
    #[arg(long, env = "ASSAY_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    #[command(flatten)]
    setup: Setup,
}

/// Answers score requests.
pub(super) enum Scorer {
    Here { service: Box<Service>, runtime: tokio::runtime::Runtime },
    There { agent: ureq::Agent, url: String, key: Option<String> },
}

impl Scorer {
    pub(super) fn new(args: &Args) -> anyhow::Result<Self> {
        if let Some(url) = &args.url {
            let agent = ureq::Agent::config_builder()
                .timeout_global(Some(Duration::from_secs(900)))
                .http_status_as_error(false)
                .build()
                .new_agent();
            let url = url.trim_end_matches('/').to_owned();
            return Ok(Self::There { agent, url, key: args.api_key.clone() });
        }
        let service = Box::new(start(&args.setup.settings()?)?);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        Ok(Self::Here { service, runtime })
    }

    /// What the pipeline's reward depends on.
    pub(super) fn scope(&self, pipeline: &str) -> anyhow::Result<Scope> {
        match self {
            Self::Here { service, .. } => Ok(service.pipelines.get(pipeline)?.plan.scope()),
            Self::There { .. } => {
                let entry = self.call("GET", &format!("/v1/pipelines/{pipeline}"), None)?;
                Ok(serde_json::from_value(entry["scope"].clone())?)
            }
        }
    }

    /// The names of all models.
    pub(super) fn models(&self) -> anyhow::Result<Vec<String>> {
        match self {
            Self::Here { service, .. } => Ok(service
                .engine
                .all()
                .iter()
                .filter(|lane| matches!(lane, AnyLane::Reward(_)))
                .map(|lane| lane.name().to_owned())
                .collect()),
            Self::There { .. } => {
                let list = self.call("GET", "/v1/models", None)?;
                let entries = list["data"].as_array().into_iter().flatten();
                Ok(entries.filter_map(|entry| entry["id"].as_str().map(str::to_owned)).collect())
            }
        }
    }

    /// The results of one request, in order.
    pub(super) fn score(&self, request: Value) -> anyhow::Result<Vec<Value>> {
        let response = match self {
            Self::Here { service, runtime } => {
                let request: ScoreRequest = serde_path_to_error::deserialize(request)?;
                serde_json::to_value(runtime.block_on(service.score(request))?)?
            }
            Self::There { .. } => self.call("POST", "/v1/score", Some(&request))?,
        };
        match response.get("results") {
            Some(Value::Array(results)) => Ok(results.clone()),
            _ => bail!("the answer has no results"),
        }
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let Self::There { agent, url, key } = self else { bail!("no service to call") };
        let target = format!("{url}{path}");
        let mut request = ureq::http::Request::builder().method(method).uri(&target);
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let mut response = match body {
            Some(body) => {
                let request = request.header("content-type", "application/json");
                agent.run(request.body(serde_json::to_vec(body)?)?)?
            }
            None => agent.run(request.body(())?)?,
        };
        let status = response.status();
        let answer: Value = response
            .body_mut()
            .with_config()
            .limit(1 << 30)
            .read_json()
            .with_context(|| format!("{target} answered {status} without JSON"))?;
        if !status.is_success() {
            bail!("{target} answered {status}: {}: {}", answer["title"], answer["detail"]);
        }
        Ok(answer)
    }
}
