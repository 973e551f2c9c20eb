//! The mean of the members.
//!
//! `(1/k) Σ_i R_i`. Averages the members' noise away but is not conservative: one member that
//! over-estimates leaks through, and under label noise the mean over-optimises where `wco` and `uwo` do
//! not. Coste et al. 2023, *Reward Model Ensembles Help Mitigate Overoptimization*
//! (arXiv 2310.02743), mean objective.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{check_min_members, rows};
use crate::domain::{Column, ParamError, Scope, stats};
use crate::nodes::{Arity, Context, Family, Kind, Op};

/// Parameters of `mean`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mean {
    /// Combine from the members that answered when at least this many did, from 1 to the number of
    /// inputs. Absent (the default): all must.
    #[serde(default)]
    #[schema(minimum = 1)]
    min_members: Option<usize>,
}

impl Kind for Mean {
    const NAME: &'static str = "mean";
    const FAMILY: Family = Family::Combine;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "mean of an ensemble's members";
    const EQUATION: &'static str = "(1/k) Σ_i R_i";
    const PAPER: &'static str =
        "Coste et al. 2023, Reward Model Ensembles (arXiv 2310.02743), mean";

    fn example() -> Value {
        json!({})
    }
}

impl Op for Mean {
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
        rows(inputs, self.min_members, stats::mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{assert_close, combine};

    #[test]
    fn the_papers_members() {
        assert_eq!(combine("mean", Value::Null, &[1.0, 2.0, 4.0, 3.0, 0.0]), 2.0);
        assert_eq!(combine("mean", Value::Null, &[7.5]), 7.5);
    }

    #[test]
    fn one_over_estimating_member_leaks_through() {
        let agreed = combine("mean", Value::Null, &[3.0, 3.0, 3.0]);
        let disputed = combine("mean", Value::Null, &[5.0, 5.0, -0.5]);
        assert_eq!(agreed, 3.0);
        assert_close(disputed, 3.166667, 1e-6);
    }
}
