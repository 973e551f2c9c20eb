//! Progress: a bar on a terminal, log lines elsewhere.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

/// Figures of one step.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepFigures {
    pub(super) loss: f64,
    pub(super) gradient_norm: f64,
    pub(super) rate: f64,
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
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(steps as u64).with_position(done as u64);
            let style = ProgressStyle::with_template("{bar:32} {pos}/{len} {eta} {msg}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar, steps, report_every, smooth_loss: None }
    }

    /// After step `step`, counted from 1.
    pub(super) fn step(&mut self, step: usize, figures: StepFigures) {
        let smooth =
            self.smooth_loss.map_or(figures.loss, |before| 0.98 * before + 0.02 * figures.loss);
        self.smooth_loss = Some(smooth);
        let StepFigures { gradient_norm, rate, .. } = figures;
        match &self.bar {
            Some(bar) => {
                bar.set_message(format!("loss {smooth:.4}"));
                bar.inc(1);
            }
            None if self.reports(step) => {
                tracing::info!(
                    step,
                    of = self.steps,
                    loss = smooth,
                    gradient_norm,
                    rate,
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
