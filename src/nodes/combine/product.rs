//! The product of the inputs.
//!
//! `Π_i R_i`: a conjunction of rewards in [0, 1], where one zero (a wrong answer, a broken format)
//! zeroes the whole. Outside [0, 1] mind the signs: two negative rewards make a positive one.
//! The product t-norm, Hájek 1998, *Metamathematics of Fuzzy Logic*.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::rows;
use crate::domain::{Column, Scope};
use crate::nodes::{Arity, Context, Family, Kind, Op};

/// Parameters of `product`: none.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Product {}

impl Kind for Product {
    const NAME: &'static str = "product";
    const FAMILY: Family = Family::Combine;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "product of the inputs: all must be good";
    const EQUATION: &'static str = "Π_i R_i";
    const PAPER: &'static str = "Hájek 1998, Metamathematics of Fuzzy Logic: product t-norm";

    fn example() -> Value {
        json!({})
    }
}

impl Op for Product {
    fn arity(&self) -> Arity {
        Arity::AtLeast(1)
    }

    fn apply(&self, inputs: &[Column], _: &Context<'_>) -> Column {
        rows(inputs, None, |values| values.iter().product())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nodes::testing::{cells, column, combine};

    #[test]
    fn one_zero_zeroes_the_whole() {
        assert_eq!(combine("product", Value::Null, &[0.5, 0.5, 4.0]), 1.0);
        assert_eq!(combine("product", Value::Null, &[0.9, 0.0]), 0.0);
    }

    #[test]
    fn a_product_that_overflows_is_a_miss() {
        assert!(cells("product", Value::Null, &[column(&[1e300]), column(&[1e300])])[0].is_err());
    }
}
