//! The reward's rank within its group.
//!
//! 1 for the least reward to n for the greatest, ties sharing the mean of their ranks; normalised,
//! `(rank − 1) / (n − 1)`, in [0, 1], with ½ for a group of one. Invariant to any increasing change of
//! the reward, so a model's scale and its wildest scores do not matter.
//! Rank-based fitness shaping, Wierstra et al. 2014, *Natural Evolution Strategies*, §3.1.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::within;
use crate::domain::{Column, Scope};
use crate::nodes::{Context, Family, Kind, Op};

/// Parameters of `rank`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rank {
    /// Scale ranks to [0, 1], the best being 1; otherwise they run from 1 to the group's size, the best
    /// being the greatest. Default: true.
    #[serde(default = "yes")]
    #[schema(default = true)]
    normalised: bool,
}

impl Kind for Rank {
    const NAME: &'static str = "rank";
    const FAMILY: Family = Family::Group;
    const SCOPE: Scope = Scope::Group;
    const SUMMARY: &'static str = "rank within the group, the best highest, ties averaged";
    const EQUATION: &'static str = "(rank(r_i) − 1) / (n − 1)";
    const PAPER: &'static str = "Wierstra et al. 2014, Natural Evolution Strategies, JMLR 15";

    fn example() -> Value {
        json!({"normalised": true})
    }
}

impl Op for Rank {
    fn scope(&self) -> Scope {
        Scope::Group
    }

    fn apply(&self, inputs: &[Column], cx: &Context<'_>) -> Column {
        within(&inputs[0], cx.batch.groups(), |values| {
            let ranks = ranks(values);
            match (self.normalised, values.len()) {
                (false, _) => ranks,
                (true, 1) => vec![0.5],
                (true, n) => ranks.iter().map(|rank| (rank - 1.0) / (n - 1) as f64).collect(),
            }
        })
    }
}

/// Ranks from 1 of ascending values; equal values share the mean of their ranks.
fn ranks(ascending: &[f64]) -> Vec<f64> {
    let mut ranks = Vec::with_capacity(ascending.len());
    for ties in ascending.chunk_by(|a, b| a == b) {
        let first = ranks.len() + 1;
        let last = ranks.len() + ties.len();
        ranks.extend(std::iter::repeat_n((first + last) as f64 / 2.0, ties.len()));
    }
    ranks
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::in_group;

    #[test]
    fn the_best_has_the_greatest_rank() {
        let plain = in_group("rank", json!({"normalised": false}), &[0.3, -5.0, 70.0]);
        assert_eq!(plain, [2.0, 1.0, 3.0]);
        assert_eq!(in_group("rank", Value::Null, &[0.3, -5.0, 70.0]), [0.5, 0.0, 1.0]);
    }

    #[test]
    fn ties_share_the_mean_of_their_ranks() {
        let plain = in_group("rank", json!({"normalised": false}), &[2.0, 1.0, 2.0, 2.0, 0.0]);
        assert_eq!(plain, [4.0, 2.0, 4.0, 4.0, 1.0]);
        assert_eq!(in_group("rank", Value::Null, &[3.0; 4]), [0.5; 4]);
        assert_eq!(in_group("rank", Value::Null, &[0.0, -0.0]), [0.5, 0.5]);
    }

    #[test]
    fn alone_is_the_middle() {
        assert_eq!(in_group("rank", Value::Null, &[9.0]), [0.5]);
        assert_eq!(in_group("rank", json!({"normalised": false}), &[9.0]), [1.0]);
    }
}
