//! The entropic risk measure of the members: between the worst case and the mean.
//!
//! `−β · log (1/k) Σ_i e^(−R_i/β)`: the least member as β → 0, the mean as β → ∞, and to second order
//! `uwo` with λ = 1/(2β). Unlike `uwo` it never leaves the members' range and is monotone in every
//! member. β is in reward units. Computed from differences to the least member with `expm1`/`ln_1p`, so
//! that neither a small β overflows nor a large one cancels.
//! Föllmer and Schied 2002, *Convex measures of risk and trading constraints*.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{check_min_members, rows};
use crate::domain::{Column, ParamError, Scope};
use crate::nodes::{Arity, Context, Family, Kind, Op};

/// Parameters of `entropic`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entropic {
    /// Temperature, in reward units: small is pessimistic, large is the mean. Above 0. Default: 1.
    #[serde(default = "one")]
    #[schema(default = 1.0, exclusive_minimum = 0.0)]
    beta: f64,
    /// Combine from the members that answered when at least this many did, from 1 to the number of
    /// inputs. Absent (the default): all must.
    #[serde(default)]
    #[schema(minimum = 1)]
    min_members: Option<usize>,
}

impl Kind for Entropic {
    const NAME: &'static str = "entropic";
    const FAMILY: Family = Family::Combine;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "soft minimum of an ensemble: between the least and the mean";
    const EQUATION: &'static str = "−β log((1/k) Σ_i exp(−R_i/β))";
    const PAPER: &'static str = "Föllmer and Schied 2002, Convex measures of risk";

    fn example() -> Value {
        json!({"beta": 1.0})
    }

    fn validate(&self) -> Result<(), ParamError> {
        if self.beta > 0.0 && self.beta.is_finite() {
            return Ok(());
        }
        Err(ParamError::at("/beta", "must be a finite number above 0"))
    }
}

impl Op for Entropic {
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
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let fall: f64 = values.iter().map(|value| ((least - value) / self.beta).exp_m1()).sum();
            least - self.beta * (fall / values.len() as f64).ln_1p()
        })
    }
}

fn one() -> f64 {
    1.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::nodes::testing::{assert_close, combine, rejects};

    const MEMBERS: [f64; 5] = [1.0, 2.0, 4.0, 3.0, 0.0];

    fn entropic(beta: f64, members: &[f64]) -> f64 {
        combine("entropic", json!({"beta": beta}), members)
    }

    #[test]
    fn the_members_of_the_ensemble_paper() {
        assert_close(entropic(0.01, &MEMBERS), 0.016094, 1e-6);
        assert_close(entropic(1.0, &MEMBERS), 1.157524, 1e-6);
        assert_close(entropic(10.0, &MEMBERS), 1.900216, 1e-6);
    }

    #[test]
    fn its_limits_are_the_least_member_and_the_mean() {
        assert_close(entropic(1e-300, &MEMBERS), 0.0, 1e-299);
        assert_close(entropic(1e12, &MEMBERS), 2.0, 1e-11);
    }

    #[test]
    fn to_second_order_it_is_uwo() {
        let uwo = combine("uwo", json!({"lambda": 1.0 / (2.0 * 1000.0)}), &MEMBERS);
        assert_close(entropic(1000.0, &MEMBERS), uwo, 1e-6);
    }

    #[test]
    fn members_far_apart_do_not_overflow() {
        assert_close(entropic(1.0, &[-1e6, 1e6]), -1e6 + std::f64::consts::LN_2, 1e-9);
    }

    #[test]
    fn a_temperature_that_is_not_positive_is_refused() {
        assert_eq!(rejects("entropic", json!({"beta": 0})), "/beta");
    }

    proptest! {
        #[test]
        fn within_the_members_range_and_monotone(
            members in prop::collection::vec(-50.0..50.0, 1..6),
            beta in 0.01..100.0,
            index in any::<prop::sample::Index>(),
            raise in 0.0..10.0,
        ) {
            let value = entropic(beta, &members);
            prop_assert!(value >= combine("wco", Value::Null, &members) - 1e-9);
            prop_assert!(value <= combine("mean", Value::Null, &members) + 1e-9);
            let mut raised = members.clone();
            raised[index.index(members.len())] += raise;
            prop_assert!(entropic(beta, &raised) >= value - 1e-9);
        }
    }
}
