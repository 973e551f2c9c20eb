//! Running moments, value by value.

use serde::{Deserialize, Serialize};

use crate::domain::{Column, Miss, MissStatus};

/// The largest size of a value that is taken in: more of them than can be counted have squares that add up.
const LARGEST: f64 = 1e140;

/// Count, mean and summed squared deviation (Welford 1962). Always finite, so that it survives JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Told")]
pub(crate) struct Moments {
    /// How many values were seen.
    pub(crate) count: u64,
    /// Their mean.
    pub(crate) mean: f64,
    /// Their summed squared deviation from the mean.
    pub(crate) m2: f64,
}

/// Moments as they are told, which need not be possible.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    count: u64,
    mean: f64,
    m2: f64,
}

impl TryFrom<Told> for Moments {
    type Error = &'static str;

    fn try_from(Told { count, mean, m2 }: Told) -> Result<Self, &'static str> {
        if m2 < 0.0 {
            return Err("`m2` must be at least 0");
        }
        if mean.abs() > LARGEST || m2 > count as f64 * (4.0 * LARGEST * LARGEST) {
            return Err("`mean` and `m2` must be those of `count` values of at most 1e140");
        }
        if count == 0 && mean != 0.0 {
            return Err("without values the mean is 0");
        }
        Ok(Self { count, mean, m2 })
    }
}

impl Moments {
    /// Takes the values in; misses are left out, and so is what [`fit`] makes one.
    pub(crate) fn observe(&mut self, column: &Column) {
        for value in fit(column).values() {
            self.count = self.count.saturating_add(1);
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

/// The column, without values whose squares would spoil everybody's standard deviation: each is a miss.
pub(super) fn fit(rewards: &Column) -> Column {
    let cells = rewards.cells().iter().map(|cell| match cell {
        Ok(value) if value.abs() > LARGEST => Err(Miss::new(
            MissStatus::InvalidInput,
            format!("{value:e} is too large for a running standard deviation"),
        )),
        cell => cell.clone(),
    });
    Column::new(cells)
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
        assert_close(moments.std(), 0.816497, 1e-6);
        moments.observe(&column(&[4.0, 8.0]));
        assert_close(moments.mean, 3.6, 1e-12);
        assert_close(moments.std(), 2.416609, 1e-6);
    }

    #[test]
    fn the_largest_values_are_misses_and_touch_nothing() {
        let mut moments = Moments::default();
        let wild = column(&[f64::MAX, 1.0, f64::MIN, 3.0, 1e141]);
        moments.observe(&wild);
        assert_eq!((moments.count, moments.mean, moments.std()), (2, 2.0, 1.0));
        let cells = fit(&wild);
        let lost: Vec<_> = cells.cells().iter().map(Result::is_err).collect();
        assert_eq!(lost, [true, false, true, false, true]);
        moments.observe(&column(&[LARGEST, -LARGEST]));
        assert!(moments.std().is_finite());
    }

    #[test]
    fn counts_beyond_counting_stay_finite() {
        let state = json!({"count": u64::MAX, "mean": 2.0, "m2": 9.0});
        let mut moments: Moments = serde_json::from_value(state).unwrap();
        moments.observe(&column(&[3.0]));
        assert_eq!((moments.count, moments.mean), (u64::MAX, 2.0));
    }

    #[test]
    fn an_impossible_state_is_refused() {
        for state in [
            json!({"count": 2, "mean": 0.0, "m2": -1.0}),
            json!({"count": 0, "mean": 1.0, "m2": 0.0}),
            json!({"count": 0, "mean": 0.0, "m2": 4.0}),
            json!({"count": 2, "mean": 1e200, "m2": 4.0}),
            json!({"count": 2, "mean": 0.0, "m2": 1e300}),
            json!({"count": 2, "mean": 0.0, "m2": 1.0, "n": 3}),
        ] {
            assert!(serde_json::from_value::<Moments>(state.clone()).is_err(), "{state}");
        }
    }
}
