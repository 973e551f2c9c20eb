//! Worst-case optimisation: the least of the members.
//!
//! `min_i R_i`, without a parameter of its own. An over-estimating member never decides, but one that
//! is too low always does: members must share a scale (`calibrated = true` on `reward_models`).
//! Coste et al. 2023, *Reward Model Ensembles Help Mitigate Overoptimization* (arXiv 2310.02743), Eq. 4.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::rows;
use crate::domain::{Column, Scope};
use crate::nodes::{Arity, Context, Family, Kind, Op};

/// Parameters of `wco`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wco {
    /// Combine from the members that answered when at least this many did. Absent: all must.
    #[serde(default)]
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

    fn apply(&self, inputs: &[Column], _: &Context<'_>) -> Column {
        rows(inputs, self.min_members, |values| {
            values.iter().copied().fold(f64::INFINITY, f64::min)
        })
    }
}
