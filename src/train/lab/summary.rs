//! Runs of several seeds as one line of a table.

use crate::train::policy::Record;

/// Mean and standard error over seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The mean.
    pub mean: f64,
    /// Sample standard deviation over the root of the number of seeds; NaN with one seed.
    pub error: f64,
    /// Seeds.
    pub count: usize,
}

impl Estimate {
    /// Of one value per seed.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let count = values.len();
        let mean = values.iter().sum::<f64>() / count as f64;
        let square: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let variance = if count > 1 { square / (count - 1) as f64 } else { f64::NAN };
        Self { mean, error: (variance / count as f64).sqrt(), count }
    }
}

impl std::fmt::Display for Estimate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.error.is_nan() {
            return write!(f, "{:+.2}", self.mean);
        }
        write!(f, "{:+.2} ± {:.2}", self.mean, self.error)
    }
}

/// An arm's evaluations: for each seed, the records that have one.
#[derive(Clone, Debug)]
pub struct Curves {
    /// The arm.
    pub name: String,
    /// Records with an evaluation, by seed.
    pub seeds: Vec<Vec<Record>>,
}

/// Evaluations at the end that are averaged.
const TAIL: usize = 3;

impl Curves {
    /// Keeps the evaluations of runs.
    #[must_use]
    pub fn new(name: &str, runs: &[Vec<Record>]) -> Self {
        let evaluated = |run: &Vec<Record>| {
            run.iter().filter(|record| record.get("eval/reward").is_some()).cloned().collect()
        };
        Self { name: name.to_owned(), seeds: runs.iter().map(evaluated).collect() }
    }

    /// A figure of each evaluation, by seed.
    #[must_use]
    pub fn figure(&self, name: &str) -> Vec<Vec<f64>> {
        let of = |run: &Vec<Record>| run.iter().filter_map(|record| record.get(name)).collect();
        self.seeds.iter().map(of).collect()
    }

    /// Its value before training.
    #[must_use]
    pub fn first(&self, name: &str) -> Estimate {
        let values = self.figure(name);
        Estimate::of(&values.iter().filter_map(|run| run.first().copied()).collect::<Vec<_>>())
    }

    /// The mean of the last three evaluations.
    #[must_use]
    pub fn last(&self, name: &str) -> Estimate {
        Estimate::of(&self.figure(name).iter().map(|run| tail(run)).collect::<Vec<_>>())
    }

    /// The greatest moving mean of three evaluations: a single lucky evaluation is no peak.
    #[must_use]
    pub fn peak(&self, name: &str) -> Estimate {
        Estimate::of(&self.figure(name).iter().map(|run| peak(run)).collect::<Vec<_>>())
    }

    /// How far the end lies below the peak.
    #[must_use]
    pub fn fall(&self, name: &str) -> Estimate {
        let of = |run: &Vec<f64>| peak(run) - tail(run);
        Estimate::of(&self.figure(name).iter().map(of).collect::<Vec<_>>())
    }
}

fn tail(run: &[f64]) -> f64 {
    let last = &run[run.len().saturating_sub(TAIL)..];
    last.iter().sum::<f64>() / last.len() as f64
}

fn peak(run: &[f64]) -> f64 {
    let width = TAIL.min(run.len()).max(1);
    run.windows(width).map(tail).fold(f64::NEG_INFINITY, f64::max)
}

/// Rows as columns of equal width, the first to the left, the others to the right.
#[must_use]
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let all = [&head, &rule].into_iter().chain(rows);
    all.map(|cells| line(cells)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(values: &[f64]) -> Vec<Record> {
        let record = |(step, value): (usize, &f64)| {
            let mut record = Record::at(step);
            record.set("eval/reward", 0.0);
            record.set("eval/gold", *value);
            record
        };
        values.iter().enumerate().map(record).collect()
    }

    #[test]
    fn peaks_ends_and_falls_over_seeds() {
        let runs = [run(&[0.0, 1.0, 2.0, 3.0, 0.0, 0.0, 0.0]), run(&[0.0, 1.0, 1.0, 1.0, 1.0])];
        let curves = Curves::new("arm", &runs);
        // Peaks (1 + 2 + 3) / 3 = 2 and 1; ends 0 and 1; falls 2 and 0.
        let peak = curves.peak("eval/gold");
        assert_eq!((peak.mean, peak.count), (1.5, 2));
        assert!((peak.error - 0.5).abs() < 1e-12);
        assert_eq!(curves.last("eval/gold").mean, 0.5);
        assert_eq!(curves.fall("eval/gold").mean, 1.0);
        assert_eq!(curves.first("eval/gold").to_string(), "+0.00 ± 0.00");
        assert_eq!(Estimate::of(&[1.0]).to_string(), "+1.00");
    }

    #[test]
    fn tables_line_up() {
        let rows =
            [vec!["uwo".to_owned(), "+1.0".to_owned()], vec!["β=0".to_owned(), "-10.5".to_owned()]];
        assert_eq!(
            table(&["arm", "gold"], &rows),
            "arm   gold\n---  -----\nuwo   +1.0\nβ=0  -10.5"
        );
    }
}
