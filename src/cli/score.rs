//! `assay score`: JSON lines in, JSON lines out.

use std::{io::Write, path::PathBuf, time::Duration};

use anyhow::{Context, bail};
use serde_json::{Map, Value, json};

use super::{
    output::{progress, reader, writer},
    startup::{Setup, Usage, start},
};
use crate::{
    domain::Scope,
    service::{ScoreRequest, Service},
};

/// Arguments of `assay score`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Samples, one JSON object a line; `-` for the standard input
    #[arg(default_value = "-")]
    input: PathBuf,
    /// The pipeline
    #[arg(long, short)]
    pipeline: String,
    /// Where results go, one JSON object a line [default: the standard output]
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// Score by a running service instead of loading the models here
    #[arg(long)]
    url: Option<String>,
    /// Key for the running service
    #[arg(long, env = "ASSAY_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// How much each result says: none, components or full
    #[arg(long, default_value = "components")]
    detail: String,
    /// Samples of one request
    #[arg(long, default_value_t = 256)]
    batch: usize,
    #[command(flatten)]
    setup: Setup,
}

/// Who scores.
enum Scorer {
    Here { service: Box<Service>, runtime: tokio::runtime::Runtime },
    There { agent: ureq::Agent, url: String, key: Option<String> },
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    if args.batch == 0 {
        return Err(Usage("--batch must be at least 1".to_owned()).into());
    }
    let samples = read(args)?;
    let scorer = Scorer::new(args)?;
    let cuts = cuts(&samples, scorer.scope(&args.pipeline)?, args.batch);
    let mut out = writer(args.output.as_ref())?;
    let bar = progress(samples.len() as u64, "samples");
    for cut in cuts {
        let part = &samples[cut];
        for result in scorer.score(args, part)? {
            serde_json::to_writer(&mut out, &result)?;
            out.write_all(b"\n")?;
        }
        bar.inc(part.len() as u64);
    }
    out.flush()?;
    bar.finish_and_clear();
    Ok(())
}

fn read(args: &Args) -> anyhow::Result<Vec<Value>> {
    let lines = std::io::BufRead::lines(reader(&args.input)?);
    let mut samples = Vec::new();
    for (index, line) in lines.enumerate() {
        let line = line.with_context(|| format!("{}:{}", args.input.display(), index + 1))?;
        if line.trim().is_empty() {
            continue;
        }
        let sample: Map<String, Value> = serde_json::from_str(&line).with_context(|| {
            format!("{}:{}: not a JSON object", args.input.display(), index + 1)
        })?;
        samples.push(Value::Object(sample));
    }
    Ok(samples)
}

/// Where the samples may be cut into requests: anywhere, between groups, or nowhere.
fn cuts(samples: &[Value], scope: Scope, batch: usize) -> Vec<std::ops::Range<usize>> {
    let group = |sample: &Value| match sample.get("group") {
        Some(group) if !group.is_null() => group.clone(),
        _ => json!([sample.get("prompt"), sample.get("messages"), sample.get("images")]),
    };
    let mut cuts = Vec::new();
    let mut start = 0;
    for end in 1..=samples.len() {
        let full = end - start >= batch;
        let may_cut = match scope {
            Scope::Sample | Scope::Run => true,
            Scope::Group => {
                samples.get(end).is_none_or(|next| group(next) != group(&samples[end - 1]))
            }
            Scope::Batch => false,
        };
        if end == samples.len() || (full && may_cut) {
            cuts.push(start..end);
            start = end;
        }
    }
    cuts
}

impl Scorer {
    fn new(args: &Args) -> anyhow::Result<Self> {
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

    fn scope(&self, pipeline: &str) -> anyhow::Result<Scope> {
        match self {
            Self::Here { service, .. } => Ok(service.pipelines.get(pipeline)?.plan.scope()),
            Self::There { .. } => {
                let entry = self.call("GET", &format!("/v1/pipelines/{pipeline}"), None)?;
                Ok(serde_json::from_value(entry["scope"].clone())?)
            }
        }
    }

    /// The results of one request, in order.
    fn score(&self, args: &Args, samples: &[Value]) -> anyhow::Result<Vec<Value>> {
        let request = json!({"pipeline": args.pipeline, "detail": args.detail, "samples": samples});
        let response = match self {
            Self::Here { service, runtime } => {
                let request: ScoreRequest = serde_path_to_error::deserialize(request)?;
                serde_json::to_value(runtime.block_on(service.score(request))?)?
            }
            Self::There { .. } => self.call("POST", "/v1/score", Some(&request))?,
        };
        match response {
            Value::Object(mut fields) => match fields.remove("results") {
                Some(Value::Array(results)) => Ok(results),
                _ => bail!("the answer has no results"),
            },
            _ => bail!("the answer is not an object"),
        }
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let Self::There { agent, url, key } = self else { bail!("no service to call") };
        let target = format!("{url}{path}");
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(&target)
            .header("accept", "application/json");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_cut_where_the_scope_allows() {
        let samples: Vec<_> = "aabbbcc".chars().map(|p| json!({"prompt": p.to_string()})).collect();
        assert_eq!(cuts(&samples, Scope::Sample, 3), [0..3, 3..6, 6..7]);
        assert_eq!(cuts(&samples, Scope::Group, 3), [0..5, 5..7]);
        assert_eq!(cuts(&samples, Scope::Batch, 3), [0..7]);
        assert!(cuts(&[], Scope::Batch, 3).is_empty());
    }
}
