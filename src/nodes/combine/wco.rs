//! Worst-case optimisation: the least of the members.
//!
//! `min_i R_i`, without a parameter of its own. An over-estimating member never decides, but one that
//! is too low always does: members must share a scale (`calibrated = true` on `reward_models`).
//! Coste et al. 2023, *Reward Model Ensembles Help Mitigate Overoptimization* (arXiv 2310.02743), Eq. 4.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{check_min_members, rows};
use crate::domain::{Column, ParamError, Scope};
use crate::nodes::{Arity, Context, Family, Kind, Op};

/// Parameters of `wco`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wco {
    /// Combine from the members that answered when at least this many did, from 1 to the number of
    /// inputs. Absent (the default): all must.
    #[serde(default)]
    #[schema(minimum = 1)]
    min_members: Option<usize>,
}

impl Kind for Wco {
    const NAME: &'static str = "wco";
    const FAMILY: Family = Family::Combine;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "worst case of an ensemble: the least of the members";
    const EQUATION: &'static str = "min_i R_i";
    const PAPER: &'static str =
        "Coste et al. 2023, Reward Model Ensembles (arXiv 2310.02743), Eq. 4";

    fn example() -> Value {
        json!({})
    }
}

impl Op for Wco {
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
        rows(inputs, self.min_members, |values| {
            values.iter().copied().fold(f64::INFINITY, f64::min)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::nodes::testing::combine;

    fn wco(members: &[f64]) -> f64 {
        combine("wco", Value::Null, members)
    }

    #[test]
    fn the_papers_members() {
        assert_eq!(wco(&[1.0, 2.0, 4.0, 3.0, 0.0]), 0.0);
        assert_eq!(wco(&[1.0, 2.0, 4.0, 5.0, 3.0]), 1.0);
    }

    #[test]
    fn disagreement_loses_where_the_mean_prefers_it() {
        assert_eq!(wco(&[3.0, 3.0, 3.0]), 3.0);
        assert_eq!(wco(&[5.0, 5.0, -0.5]), -0.5);
    }

    proptest! {
        #[test]
        fn never_above_the_mean_and_monotone_in_every_member(
            members in prop::collection::vec(-100.0..100.0, 1..6),
            index in any::<prop::sample::Index>(),
            raise in 0.0..100.0,
        ) {
            let least = wco(&members);
            prop_assert!(least <= combine("mean", Value::Null, &members) + 1e-12);
            let mut raised = members.clone();
            raised[index.index(members.len())] += raise;
            prop_assert!(wco(&raised) >= least);
        }
    }
}
