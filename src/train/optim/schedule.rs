//! The learning rate over a run.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// What follows the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decay {
    /// The peak, unchanged.
    Constant,
    /// A straight line to the floor.
    Linear,
    /// Half a cosine to the floor (Loshchilov and Hutter 2017).
    #[default]
    Cosine,
}

/// Linear warm-up to a peak, then decay to a floor.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Highest rate.
    pub peak: f64,
    /// Steps of warm-up: step `i` (from 0) has `(i + 1) / warmup` of the peak.
    pub warmup: usize,
    /// Steps of the whole run.
    pub total: usize,
    /// Shape of the decay.
    pub decay: Decay,
    /// Share of the peak that remains at the end.
    pub floor: f64,
}

impl Schedule {
    /// The rate of step `step`, counted from 0.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "step counts are far below 2^52")]
    pub fn rate(&self, step: usize) -> f64 {
        if step < self.warmup {
            return self.peak * (step + 1) as f64 / self.warmup as f64;
        }
        let length = self.total.saturating_sub(self.warmup).max(1) as f64;
        let done = ((step - self.warmup) as f64 / length).min(1.0);
        let share = match self.decay {
            Decay::Constant => return self.peak,
            Decay::Linear => 1.0 - done,
            Decay::Cosine => 0.5 * (1.0 + (PI * done).cos()),
        };
        self.peak * (self.floor + (1.0 - self.floor) * share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(decay: Decay, floor: f64) -> Vec<f64> {
        let schedule = Schedule { peak: 2.0, warmup: 2, total: 6, decay, floor };
        [0, 1, 2, 4, 6, 9].map(|step| schedule.rate(step)).to_vec()
    }

    fn close(got: &[f64], expected: [f64; 6]) {
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-12, "{got} {expected}");
        }
    }

    #[test]
    fn rates_warm_up_then_decay_to_the_floor() {
        close(&rates(Decay::Constant, 0.0), [1.0, 2.0, 2.0, 2.0, 2.0, 2.0]);
        close(&rates(Decay::Linear, 0.0), [1.0, 2.0, 2.0, 1.0, 0.0, 0.0]);
        // Half way down: floor 0.1 leaves 2 · (0.1 + 0.9 · 0.5) = 1.1.
        close(&rates(Decay::Cosine, 0.1), [1.0, 2.0, 2.0, 1.1, 0.2, 0.2]);
    }

    #[test]
    fn no_warm_up_begins_at_the_peak() {
        let schedule =
            Schedule { peak: 1.0, warmup: 0, total: 10, decay: Decay::Cosine, floor: 0.0 };
        assert!((schedule.rate(0) - 1.0).abs() < 1e-12);
    }
}
