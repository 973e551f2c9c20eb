//! A value that counts only where a condition holds.
//!
//! Two inputs: the value, then the condition. Where the condition compares with the threshold as asked,
//! the value; elsewhere `otherwise`. A format that must hold before correctness counts, a completion
//! short enough to deserve its reward.
//!
//! Misses: a condition that is a miss is a miss (nothing is known). Where the condition fails, a value
//! that is a miss does not matter: the answer is `otherwise` all the same.
//! Format-gated rewards: DeepSeek-AI 2025, *DeepSeek-R1* (arXiv 2501.12948), §2.2.2.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::{Column, Scope};
use crate::nodes::{Arity, Context, Family, Kind, Op};

/// Parameters of `gate`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gate {
    /// What the condition is compared with, in the condition's unit. Default: 0.5.
    #[serde(default = "half")]
    #[schema(default = 0.5)]
    threshold: f64,
    /// How the condition compares with the threshold where the gate is open. Default: `at_least`.
    #[serde(default)]
    #[schema(inline, default = "at_least")]
    comparison: Comparison,
    /// The reward where the gate is closed. Default: 0.
    #[serde(default)]
    #[schema(default = 0.0)]
    otherwise: f64,
}

/// How a condition compares with a threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Comparison {
    /// `condition ≥ threshold`.
    #[default]
    AtLeast,
    /// `condition > threshold`.
    Above,
    /// `condition ≤ threshold`.
    AtMost,
    /// `condition < threshold`.
    Below,
}

impl Kind for Gate {
    const NAME: &'static str = "gate";
    const FAMILY: Family = Family::Combine;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str =
        "first input where the second passes a threshold, else a constant";
    const EQUATION: &'static str = "value if condition ≥ threshold, else otherwise";
    const PAPER: &'static str = "DeepSeek-AI 2025, DeepSeek-R1 (arXiv 2501.12948), format reward";

    fn example() -> Value {
        json!({"threshold": 0.5, "otherwise": 0.0})
    }
}

impl Op for Gate {
    fn arity(&self) -> Arity {
        Arity::Exactly(2)
    }

    fn forgives(&self) -> bool {
        true
    }

    fn apply(&self, inputs: &[Column], _: &Context<'_>) -> Column {
        let (values, conditions) = (inputs[0].cells(), inputs[1].cells());
        Column::new(values.iter().zip(conditions).map(|(value, condition)| match condition {
            Ok(condition) if self.opens(*condition) => value.clone(),
            Ok(_) => Ok(self.otherwise),
            Err(miss) => Err(miss.clone()),
        }))
    }
}

impl Gate {
    fn opens(&self, condition: f64) -> bool {
        match self.comparison {
            Comparison::AtLeast => condition >= self.threshold,
            Comparison::Above => condition > self.threshold,
            Comparison::AtMost => condition <= self.threshold,
            Comparison::Below => condition < self.threshold,
        }
    }
}

fn half() -> f64 {
    0.5
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MissStatus;
    use crate::nodes::testing::{cells, column, miss};

    #[test]
    fn each_comparison_at_and_around_the_threshold() {
        let cases = [
            ("at_least", [0.0, 7.0, 7.0]),
            ("above", [0.0, 0.0, 7.0]),
            ("at_most", [7.0, 7.0, 0.0]),
            ("below", [7.0, 0.0, 0.0]),
        ];
        for (comparison, expected) in cases {
            let params = json!({"threshold": 2, "comparison": comparison});
            let gated = cells("gate", params, &[column(&[7.0; 3]), column(&[1.0, 2.0, 3.0])]);
            assert_eq!(gated, expected.map(Ok), "{comparison}");
        }
    }

    #[test]
    fn a_closed_gate_needs_no_value_and_an_unknown_condition_is_a_miss() {
        let value = Column::new([miss(MissStatus::Timeout), miss(MissStatus::Timeout), Ok(7.0)]);
        let condition = Column::new([Ok(0.0), Ok(1.0), miss(MissStatus::NoTests)]);
        assert_eq!(
            cells("gate", json!({"otherwise": -1}), &[value, condition]),
            [Ok(-1.0), miss(MissStatus::Timeout), miss(MissStatus::NoTests)]
        );
    }
}
