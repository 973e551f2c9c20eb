//! One value per sample: the currency that nodes exchange.

use std::sync::Arc;

use serde_json::Value;

use super::{Miss, MissStatus};

/// A finite reward, or why there is none.
pub type Cell = Result<f64, Miss>;

/// One [`Cell`] per sample, in batch order.
///
/// Invariant: no value is NaN or infinite. The constructors are the gate: a non-finite value becomes
/// an [`MissStatus::InvalidInput`], never a number.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    cells: Arc<[Cell]>,
    details: Option<Arc<[Value]>>,
}

impl Column {
    /// A column of the given cells; a non-finite value becomes a miss.
    pub fn new(cells: impl IntoIterator<Item = Cell>) -> Self {
        let cells = cells.into_iter().map(|cell| cell.and_then(finite)).collect();
        Self { cells, details: None }
    }

    /// A column without misses.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        Self::new(values.into_iter().map(Ok))
    }

    /// The same miss for each of `len` samples.
    #[must_use]
    pub fn missing(len: usize, miss: &Miss) -> Self {
        Self::new((0..len).map(|_| Err(miss.clone())))
    }

    /// The column with per-sample side data (steps of a process reward, a verdict's evidence), which
    /// only detail output reads.
    ///
    /// # Panics
    /// When there is not exactly one detail per sample.
    #[must_use]
    pub fn with_details(mut self, details: Vec<Value>) -> Self {
        assert_eq!(details.len(), self.cells.len(), "one detail per sample");
        self.details = Some(details.into());
        self
    }

    /// The cells, in batch order.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The side data, one per sample, if the node gave any.
    #[must_use]
    pub fn details(&self) -> Option<&[Value]> {
        self.details.as_deref()
    }

    /// The number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there is no sample at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The values that are there, in order, misses left out.
    pub fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.cells.iter().filter_map(|cell| cell.as_ref().ok().copied())
    }

    /// Each value through `f`; misses stay.
    #[must_use]
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self::new(self.cells.iter().map(|cell| cell.clone().map(&f)))
    }
}

fn finite(value: f64) -> Cell {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Miss::new(MissStatus::InvalidInput, format!("the value is not finite ({value})")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_non_finite_value_is_a_miss() {
        let column = Column::of([1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
        assert_eq!(column.cells()[0], Ok(1.0));
        for cell in &column.cells()[1..] {
            assert_eq!(cell.as_ref().unwrap_err().status, MissStatus::InvalidInput);
        }
    }

    #[test]
    fn mapping_to_a_non_finite_value_is_a_miss_too() {
        assert!(Column::of([0.0]).map(|x| 1.0 / x).cells()[0].is_err());
    }
}
