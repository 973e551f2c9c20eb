//! `assay bench`: how fast models read sequences of given shapes, through the engine as requests go.

mod report;
mod shape;
mod subject;

use anyhow::bail;

use super::{
    output::progress,
    startup::{Setup, Usage},
};
use report::{Measurement, Model, Report};
use shape::Shape;
use subject::{Mode, Pass, Subject};

/// Arguments of `assay bench`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Names of configured models, or directories in Hugging Face layout [default: all configured]
    models: Vec<String>,
    /// What to send: `8x128` (sequences of tokens), `8x256+256` (completions on one prompt), `64xmix`
    /// (log-normal lengths of 20 to 510 tokens)
    #[arg(long, value_delimiter = ',', default_values = ["1x128", "8x128", "32x128"])]
    shapes: Vec<Shape>,
    /// How to compute them
    #[arg(long, value_delimiter = ',', value_enum, default_values = ["packed", "deterministic"])]
    modes: Vec<Mode>,
    /// Passes over each shape, after one that is not counted; all models take turns
    #[arg(long, default_value_t = 5)]
    rounds: u64,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    setup: Setup,
}

pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    if args.rounds == 0 {
        return Err(Usage("--rounds must be at least 1".to_owned()).into());
    }
    let report = measure(args, &load(args)?)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        report.lines().iter().for_each(|line| println!("{line}"));
    }
    Ok(())
}

fn load(args: &Args) -> anyhow::Result<Vec<Subject>> {
    let mut settings = args.setup.settings()?;
    // What is sent again must be computed again.
    settings.lanes.cache_entries = 0;
    let names = match args.models.as_slice() {
        [] => settings.models.keys().cloned().collect(),
        names => names.to_vec(),
    };
    let modes = |name| args.modes.iter().map(move |mode| (name, *mode));
    let all: Vec<_> = names.iter().flat_map(modes).collect();
    let bar = progress(all.len() as u64, "models");
    let loaded = all
        .into_iter()
        .map(|(name, mode)| {
            let subject = Subject::load(&settings, name, mode)?;
            bar.inc(1);
            check(&subject, &args.shapes)?;
            Ok(subject)
        })
        .collect();
    bar.finish_and_clear();
    loaded
}

fn check(subject: &Subject, shapes: &[Shape]) -> anyhow::Result<()> {
    let most = subject.lane.text().max_tokens();
    for shape in shapes {
        if shape.lengths().into_iter().any(|length| length > most) {
            bail!("{shape}: `{}` takes at most {most} tokens", subject.name);
        }
    }
    Ok(())
}

fn measure(args: &Args, subjects: &[Subject]) -> anyhow::Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let passes = args.shapes.len() * subjects.len();
    let bar = progress((args.rounds + 1) * passes as u64, "passes");
    let mut measurements = Vec::with_capacity(passes);
    for shape in &args.shapes {
        let mut taken: Vec<Vec<Pass>> = subjects.iter().map(|_| Vec::new()).collect();
        for round in 0..=args.rounds {
            for (subject, taken) in subjects.iter().zip(&mut taken) {
                let sequences = shape.sequences(subject.lane.text().vocabulary(), round);
                let pass = subject.pass(&runtime, sequences)?;
                // The first round warms caches and clocks up.
                if round > 0 {
                    taken.push(pass);
                }
                bar.inc(1);
            }
        }
        for (subject, taken) in subjects.iter().zip(&taken) {
            let lengths = shape.lengths();
            measurements.push(Measurement::of(subject, shape.to_string(), lengths, taken));
        }
    }
    bar.finish_and_clear();
    let models = subjects.iter().map(Model::of).collect();
    Ok(Report { models, measurements }.compared())
}
