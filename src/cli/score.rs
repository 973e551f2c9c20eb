//! `assay score`: JSON lines in, JSON lines out.

use std::{io::Write, path::PathBuf};

use serde_json::{Value, json};

use super::{
    output::{json_lines, progress, writer},
    scorer::{self, Scorer},
    startup::Usage,
};
use crate::domain::{Sample, Scope};

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
    /// How much each result says: none, components or full
    #[arg(long, default_value = "components")]
    detail: String,
    /// Samples of one request
    #[arg(long, default_value_t = 256)]
    batch: usize,
    #[command(flatten)]
    scorer: scorer::Args,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    if args.batch == 0 {
        return Err(Usage("--batch must be at least 1".to_owned()).into());
    }
    let samples = json_lines::<Sample>(&args.input)?;
    let scorer = Scorer::new(&args.scorer)?;
    let cuts = cuts(&samples, scorer.scope(&args.pipeline)?, args.batch);
    let mut out = writer(args.output.as_ref())?;
    let bar = progress(samples.len() as u64, "samples");
    for cut in cuts {
        let part = &samples[cut];
        let request = json!({"pipeline": args.pipeline, "detail": args.detail, "samples": part});
        for result in scorer.score(request)? {
            serde_json::to_writer(&mut out, &result)?;
            out.write_all(b"\n")?;
        }
        bar.inc(part.len() as u64);
    }
    out.flush()?;
    bar.finish_and_clear();
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_cut_where_the_scope_allows() {
        let samples: Vec<_> = "aabbbcc".chars().map(|p| json!({"prompt": p.to_string()})).collect();
        assert_eq!(cuts(&samples, Scope::Sample, 3), [0..3, 3..6, 6..7]);
        assert_eq!(cuts(&samples, Scope::Group, 3), [0..5, 5..7]);
        assert_eq!(cuts(&samples, Scope::Batch, 3), vec![0..7]);
        assert!(cuts(&[], Scope::Batch, 3).is_empty());
    }
}
