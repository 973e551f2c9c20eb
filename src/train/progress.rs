//! Progress: a bar on a terminal, log lines elsewhere.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

/// Figures of one step.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepFigures {
    pub(super) loss: f64,
    pub(super) gradient_norm: f64,
    pub(super) rate: f64,
    /// Mean reward, of runs that have one.
    pub(super) reward: Option<f64>,
}

/// Where a run is.
#[derive(Debug)]
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    steps: usize,
    report_every: usize,
    smooth_loss: Option<f64>,
}

impl Progress {
    pub(super) fn new(steps: usize, done: usize, report_every: usize) -> Self {
        let shown = report_every > 0 && std::io::stderr().is_terminal();
        let bar = shown.then(|| {
            let bar = ProgressBar::new(steps as u64).with_position(done as u64);
            let style = ProgressStyle::with_template("{bar:32} {pos}/{len} {eta} {msg}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar, steps, report_every, smooth_loss: None }
    }

    /// After step `step`, counted from 1.
    pub(super) fn step(&mut self, step: usize, figures: StepFigures) {
        let StepFigures { loss, gradient_norm, rate, reward } = figures;
        // A step without an update has no loss.
        let before = self.smooth_loss.filter(|before| before.is_finite());
        let now = if loss.is_nan() { before.unwrap_or(loss) } else { loss };
        let smooth = before.map_or(now, |before| 0.98 * before + 0.02 * now);
        self.smooth_loss = Some(smooth);
        match &self.bar {
            Some(bar) => {
                let reward = reward.map_or(String::new(), |reward| format!(" reward {reward:.3}"));
                bar.set_message(format!("loss {smooth:.4}{reward}"));
                bar.inc(1);
            }
            None if self.reports(step) => {
                tracing::info!(
                    step,
                    of = self.steps,
                    loss = smooth,
                    gradient_norm,
                    rate,
                    reward,
                    "training"
                );
            }
            None => {}
        }
    }

    pub(super) fn reports(&self, step: usize) -> bool {
        self.report_every > 0 && step.is_multiple_of(self.report_every)
    }

    pub(super) fn validated(&self, step: usize, accuracy: f64) {
        match &self.bar {
            Some(bar) => bar.println(format!("step {step}: validation accuracy {accuracy:.4}")),
            None => tracing::info!(step, accuracy, "validation"),
        }
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish();
        }
    }
}
