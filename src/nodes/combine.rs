//! Several columns to one, sample by sample.

pub(super) mod coalesce;
pub(super) mod entropic;
pub(super) mod gate;
pub(super) mod mean;
pub(super) mod median;
pub(super) mod product;
pub(super) mod switch;
pub(super) mod uwo;
pub(super) mod wco;
pub(super) mod weighted;

use crate::domain::{Cell, Column, Miss, MissStatus, ParamError};

/// Combines sample by sample. A miss in any input is a miss, with the first cause: a lost member can
/// never raise a worst case. With `min_members`, a sample is combined from the values it has, if they
/// are at least that many.
pub(super) fn rows(
    inputs: &[Column],
    min_members: Option<usize>,
    combine: impl Fn(&[f64]) -> f64,
) -> Column {
    rows_by_member(inputs, min_members, |_, values| combine(values))
}

/// [`rows`], with the position of each value's input beside the values.
pub(super) fn rows_by_member(
    inputs: &[Column],
    min_members: Option<usize>,
    combine: impl Fn(&[usize], &[f64]) -> f64,
) -> Column {
    let samples = inputs.first().map_or(0, Column::len);
    Column::new((0..samples).map(|sample| {
        let cells = inputs.iter().map(|column| &column.cells()[sample]);
        present(cells, min_members).map(|(members, values)| combine(&members, &values))
    }))
}

fn present<'a>(
    cells: impl Iterator<Item = &'a Cell>,
    min_members: Option<usize>,
) -> Result<(Vec<usize>, Vec<f64>), Miss> {
    let (mut members, mut values) = (Vec::new(), Vec::new());
    let mut first_miss = None;
    for (member, cell) in cells.enumerate() {
        match cell {
            Ok(value) => {
                members.push(member);
                values.push(*value);
            }
            Err(miss) => first_miss = first_miss.or(Some(miss)),
        }
    }
    match (first_miss, min_members) {
        (Some(_), Some(least)) if values.len() >= least.max(1) => Ok((members, values)),
        (Some(miss), _) => Err(miss.clone()),
        (None, _) if values.is_empty() => {
            Err(Miss::new(MissStatus::MissingField, "there is nothing to combine"))
        }
        (None, _) => Ok((members, values)),
    }
}

/// Checks that `min_members` can ever matter: at least 1, at most the number of inputs.
fn check_min_members(min_members: Option<usize>, inputs: usize) -> Result<(), ParamError> {
    match min_members {
        Some(least) if !(1..=inputs).contains(&least) => {
            Err(ParamError::at("/min_members", format!("must be from 1 to {inputs}, the inputs")))
        }
        _ => Ok(()),
    }
}

/// Checks that there is one weight per input.
fn check_weights(weights: &[f64], inputs: usize) -> Result<(), ParamError> {
    if weights.len() == inputs {
        return Ok(());
    }
    let message = format!("{} weights for {inputs} inputs", weights.len());
    Err(ParamError::at("/weights", message))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::nodes::testing::{cells, miss, names, op};

    fn members(cells: &[Cell]) -> Vec<Column> {
        cells.iter().map(|cell| Column::new([cell.clone()])).collect()
    }

    const ENSEMBLES: [&str; 5] = ["mean", "wco", "uwo", "entropic", "median"];

    #[test]
    fn a_lost_member_is_a_miss_with_the_first_cause() {
        let inputs = members(&[Ok(1.0), miss(MissStatus::Timeout), miss(MissStatus::TooLong)]);
        for name in ENSEMBLES {
            let cell = cells(name, Value::Null, &inputs).remove(0);
            assert_eq!(cell, miss(MissStatus::Timeout), "{name}");
        }
    }

    #[test]
    fn min_members_combines_those_that_answered() {
        let inputs = members(&[Ok(2.0), miss(MissStatus::Timeout), Ok(2.0)]);
        for name in ENSEMBLES {
            let with = |least| cells(name, json!({"min_members": least}), &inputs).remove(0);
            assert_eq!(with(2), Ok(2.0), "{name}");
            assert_eq!(with(3), miss(MissStatus::Timeout), "{name}");
        }
    }

    #[test]
    fn min_members_fits_the_inputs() {
        for name in ENSEMBLES {
            for least in [0, 4] {
                let error = op(name, json!({"min_members": least})).check(&names(3)).unwrap_err();
                assert_eq!(error.pointer, "/min_members", "{name}");
            }
            assert_eq!(op(name, json!({"min_members": 3})).check(&names(3)), Ok(()), "{name}");
        }
    }
}
