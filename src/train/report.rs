//! Reports: one HTML file with tables and plots, without scripts, fonts or anything from another host.

mod page;
mod svg;

use std::path::Path;

use super::{TrainError, checkpoint::write_synced, policy::Record};

pub use page::Page;
pub use svg::{Plot, Series};

/// Writes the report of one run: what it was paid, how far it went, how it learned.
///
/// # Errors
/// When the file cannot be written.
pub fn write_run(path: &Path, title: &str, records: &[Record]) -> Result<(), TrainError> {
    let mut page = Page::new(title);
    let groups: [(&str, &[&str]); 8] = [
        ("reward", &["reward/mean", "gold/mean", "eval/reward", "eval/gold"]),
        ("divergence, nats per completion", &["kl/k1", "kl/k3", "eval/kl"]),
        ("entropy, nats per token", &["entropy", "eval/entropy"]),
        (
            "share",
            &["frac_zero_std_groups", "trunc_frac", "ratio/clip_frac", "preference/accuracy"],
        ),
        ("tokens per completion", &["len/mean", "eval/length"]),
        ("loss", &["loss"]),
        ("gradient norm", &["grad_norm"]),
        ("seconds", &["time/generate", "time/reward", "time/update"]),
    ];
    for (label, names) in groups {
        let of = |name: &&str| {
            let points =
                records.iter().filter_map(|record| Some((record.step() as f64, record.get(name)?)));
            Series::line(name, points.collect())
        };
        let series: Vec<Series> =
            names.iter().map(of).filter(|series| !series.points.is_empty()).collect();
        if !series.is_empty() {
            page.plot(&Plot {
                title: label.to_owned(),
                x: "step".to_owned(),
                y: label.to_owned(),
                series,
            });
        }
    }
    page.write(path)
}

impl Page {
    /// Writes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), TrainError> {
        write_synced(path, self.html().as_bytes())
    }
}
