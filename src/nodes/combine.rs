//! Several columns to one, sample by sample.

pub(super) mod wco;

use crate::domain::{Cell, Column, Miss, MissStatus};

/// Combines sample by sample. A miss in any input is a miss, with the first cause: a lost member can
/// never raise a worst case. With `min_members`, a sample is combined from the values it has, if they
/// are at least that many.
pub(super) fn rows(
    inputs: &[Column],
    min_members: Option<usize>,
    combine: impl Fn(&[f64]) -> f64,
) -> Column {
    let samples = inputs.first().map_or(0, Column::len);
    Column::new((0..samples).map(|sample| {
        let cells = inputs.iter().map(|column| &column.cells()[sample]);
        present(cells, min_members).map(|values| combine(&values))
    }))
}

fn present<'a>(
    cells: impl Iterator<Item = &'a Cell>,
    min_members: Option<usize>,
) -> Result<Vec<f64>, Miss> {
    let mut values = Vec::new();
    let mut first_miss = None;
    for cell in cells {
        match cell {
            Ok(value) => values.push(*value),
            Err(miss) => first_miss = first_miss.or(Some(miss)),
        }
    }
    match (first_miss, min_members) {
        (Some(_), Some(least)) if values.len() >= least.max(1) => Ok(values),
        (Some(miss), _) => Err(miss.clone()),
        (None, _) if values.is_empty() => {
            Err(Miss::new(MissStatus::MissingField, "there is nothing to combine"))
        }
        (None, _) => Ok(values),
    }
}
