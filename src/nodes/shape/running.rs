//! Running moments, value by value.

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::domain::{Cell, Column, Miss, MissStatus};

/// Count, mean and summed squared deviation (Welford 1962). Always finite, so that it survives JSON:
/// squares that overflow saturate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Moments {
    /// How many values were seen.
    pub(crate) count: u64,
    /// Their mean.
    pub(crate) mean: f64,
    /// Their summed squared deviation from the mean.
    #[serde(deserialize_with = "at_least_zero")]
    pub(crate) m2: f64,
}

impl Moments {
    /// Takes the column's values in; misses are left out.
    pub(crate) fn observe(&mut self, column: &Column) {
        for value in column.values() {
            self.count += 1;
            let count = self.count as f64;
            let delta = value - self.mean;
            self.mean +=
                if delta.is_finite() { delta / count } else { value / count - self.mean / count };
            self.m2 = (self.m2 + delta * (value - self.mean)).min(f64::MAX);
        }
    }

    /// Population standard deviation; 0 before anything was seen. `None` once squares overflowed: it
    /// is not known any more.
    #[must_use]
    pub(crate) fn std(&self) -> Option<f64> {
        match self.count {
            0 => Some(0.0),
            count => (self.m2 < f64::MAX).then(|| (self.m2 / count as f64).sqrt()),
        }
    }
}

/// What becomes of rewards when the standard deviation is not known.
pub(super) fn unknown(rewards: &Column) -> Column {
    let message = "the rewards seen so far are too large for their standard deviation";
    let miss = |cell: &Cell| {
        Err(cell.clone().err().unwrap_or_else(|| Miss::new(MissStatus::InvalidInput, message)))
    };
    Column::new(rewards.cells().iter().map(miss))
}

fn at_least_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if number >= 0.0 { Ok(number) } else { Err(D::Error::custom("`m2` must be at least 0")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::nodes::testing::{assert_close, column};

    #[test]
    fn the_moments_of_the_papers_two_batches() {
        let mut moments = Moments::default();
        moments.observe(&column(&[1.0, 2.0, 3.0]));
        assert_close(moments.mean, 2.0, 1e-12);
        assert_close(moments.std().unwrap(), 0.816497, 1e-6);
        moments.observe(&column(&[4.0, 8.0]));
        assert_close(moments.mean, 3.6, 1e-12);
        assert_close(moments.std().unwrap(), 2.416609, 1e-6);
    }

    #[test]
    fn the_largest_values_leave_it_finite() {
        let mut moments = Moments::default();
        moments.observe(&column(&[f64::MAX, f64::MIN, f64::MAX, 1e300]));
        assert!(moments.mean.is_finite() && moments.m2.is_finite());
        assert_eq!(moments.std(), None);
    }

    #[test]
    fn an_impossible_state_is_refused() {
        let state = json!({"count": 2, "mean": 0.0, "m2": -1.0});
        assert!(serde_json::from_value::<Moments>(state).is_err());
    }
}
