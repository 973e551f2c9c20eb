//! The first input that has a value.
//!
//! A fallback for misses: the verifier's verdict, else a reward model's opinion, else a constant. Where
//! every input is a miss, so is the value, with the first cause. The inputs should share a scale, or
//! which of them answered leaks into the reward.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::{Column, Scope};
use crate::nodes::{Arity, Context, Family, Kind, Op};

/// Parameters of `coalesce`: none.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Coalesce {}

impl Kind for Coalesce {
    const NAME: &'static str = "coalesce";
    const FAMILY: Family = Family::Combine;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "first input that is no miss";
    const EQUATION: &'static str = "R_i for the least i that has a value";
    const PAPER: &'static str = "none: a fallback";

    fn example() -> Value {
        json!({})
    }
}

impl Op for Coalesce {
    fn arity(&self) -> Arity {
        Arity::AtLeast(1)
    }

    fn forgives(&self) -> bool {
        true
    }

    fn apply(&self, inputs: &[Column], _: &Context<'_>) -> Column {
        let first = inputs[0].cells();
        Column::new(first.iter().enumerate().map(|(sample, cell)| {
            let present =
                inputs.iter().map(|input| &input.cells()[sample]).find(|cell| cell.is_ok());
            present.unwrap_or(cell).clone()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MissStatus;
    use crate::nodes::testing::{cells, miss};

    #[test]
    fn the_first_value_or_the_first_cause() {
        let first =
            Column::new([Ok(1.0), miss(MissStatus::Undecided), miss(MissStatus::Undecided)]);
        let second = Column::new([Ok(2.0), Ok(2.0), miss(MissStatus::Timeout)]);
        assert_eq!(
            cells("coalesce", Value::Null, &[first, second]),
            [Ok(1.0), Ok(2.0), miss(MissStatus::Undecided)]
        );
    }
}
