//! The median of the members.
//!
//! The middle value, or the midpoint of the two middle ones. Half the members may be arbitrarily wrong
//! in either direction before the median follows them; unlike `wco` it is not pessimistic, and unlike
//! `uwo` it is monotone in every member.
//! The robust centre of Huber 1981, *Robust Statistics*.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{check_min_members, rows};
use crate::domain::{Column, ParamError, Scope, stats};
use crate::nodes::{Arity, Context, Family, Kind, Op};

/// Parameters of `median`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Median {
    /// Combine from the members that answered when at least this many did, from 1 to the number of
    /// inputs. Absent (the default): all must.
    #[serde(default)]
    #[schema(minimum = 1)]
    min_members: Option<usize>,
}

impl Kind for Median {
    const NAME: &'static str = "median";
    const FAMILY: Family = Family::Combine;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "middle value of an ensemble's members";
    const EQUATION: &'static str = "median_i R_i";
    const PAPER: &'static str = "Huber 1981, Robust Statistics";

    fn example() -> Value {
        json!({})
    }
}

impl Op for Median {
    fn arity(&self) -> Arity {
        Arity::AtLeast(1)
    }

    fn is_ensemble(&self) -> bool {
        true
    }

    fn forgives(&self) -> bool {
        self.min_members.is_some()
    }

    fn check(&self, inputs: &[String]) -> Result<(), ParamError> {
        check_min_members(self.min_members, inputs.len())
    }

    fn apply(&self, inputs: &[Column], _: &Context<'_>) -> Column {
        rows(inputs, self.min_members, stats::median)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::combine;

    #[test]
    fn odd_and_even_numbers_of_members() {
        assert_eq!(combine("median", Value::Null, &[1.0, 2.0, 4.0, 3.0, 0.0]), 2.0);
        assert_eq!(combine("median", Value::Null, &[4.0, 1.0, 3.0, 2.0]), 2.5);
    }

    #[test]
    fn one_wild_member_does_not_move_it() {
        assert_eq!(combine("median", Value::Null, &[1.0, 2.0, 1e300]), 2.0);
        assert_eq!(combine("median", Value::Null, &[1.0, 2.0, -1e300]), 1.0);
    }
}
