//! One column to one, by comparison within a group.

pub(super) mod advantage;
pub(super) mod rank;
pub(super) mod rlcf;
pub(super) mod win_rate;

use crate::domain::{Column, Groups};

/// Gives each value its value within its group. `f` sees the values of one group, ascending, and answers
/// as many in the same order. Misses are left out, and stay.
///
/// Ascending, so that sums do not depend on the order of the samples; equal values must get equal
/// answers.
fn within(input: &Column, groups: &Groups, f: impl Fn(&[f64]) -> Vec<f64>) -> Column {
    let mut cells = input.cells().to_vec();
    for members in groups.members() {
        let mut present: Vec<(f64, usize)> = members
            .iter()
            .filter_map(|&sample| Some((*input.cells()[sample].as_ref().ok()?, sample)))
            .collect();
        present.sort_by(|a, b| a.0.total_cmp(&b.0));
        let values: Vec<f64> = present.iter().map(|(value, _)| *value).collect();
        for ((_, sample), value) in present.into_iter().zip(f(&values)) {
            cells[sample] = Ok(value);
        }
    }
    Column::new(cells)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{
        domain::MissStatus,
        nodes::testing::{apply, grouped, in_group, miss},
    };

    #[test]
    fn groups_are_apart_and_misses_are_left_out() {
        let input = Column::new([Ok(3.0), Ok(9.0), miss(MissStatus::Timeout), Ok(1.0)]);
        let groups = Groups::by_label(["a", "b", "a", "a"]);
        let sums = within(&input, &groups, |values| vec![values.iter().sum(); values.len()]);
        assert_eq!(sums.cells(), [Ok(4.0), Ok(9.0), miss(MissStatus::Timeout), Ok(4.0)]);
    }

    #[test]
    fn a_miss_changes_nothing_for_the_others() {
        let batch = grouped(&["a", "a", "a", "a"]);
        let input = Column::new([Ok(1.0), miss(MissStatus::TooLong), Ok(2.0), Ok(4.0)]);
        for name in ["win_rate", "rank", "advantage"] {
            let cells = apply(name, Value::Null, std::slice::from_ref(&input), &batch, &[]);
            let alone = in_group(name, Value::Null, &[1.0, 2.0, 4.0]);
            let expected = [Ok(alone[0]), miss(MissStatus::TooLong), Ok(alone[1]), Ok(alone[2])];
            assert_eq!(cells, expected, "{name}");
        }
    }
}
