//! The reward less what its group makes one expect.
//!
//! `grpo`: `(r_i − mean) / (std + ε)`, by the standard deviation of the group, of all rewards of the
//! request (`scale = "batch"`, then its scope is the batch), or undivided (`scale = "none"`, which does
//! not favour prompts of little spread). `rloo`: `r_i − mean of the others`. A group of one, or of equal
//! rewards, has advantage 0 exactly: rounding is never amplified.
//!
//! Shao et al. 2024, *DeepSeekMath* (arXiv 2402.03300), Eq. 3 and §4.1; undivided: Liu et al. 2025,
//! *Understanding R1-Zero-Like Training* (arXiv 2503.20783); leave-one-out: Ahmadian et al. 2024, *Back
//! to Basics* (arXiv 2402.14740). Trainers differ in the convention and in ε: theirs is usually the
//! sample's deviation (PyTorch's), the default here.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::within;
use crate::domain::{
    Column, ParamError, Scope,
    stats::{self, Variance},
};
use crate::nodes::{Context, Family, Kind, Op};

/// Parameters of `advantage`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Advantage {
    /// What a reward is compared with. Default: `grpo`.
    #[serde(default)]
    #[schema(inline, default = "grpo")]
    method: Method,
    /// For `grpo`: what the difference is divided by. Default: `group`.
    #[serde(default)]
    #[schema(inline)]
    scale: Option<Scale>,
    /// For `grpo`: what the variance is divided by. Default: `sample`.
    #[serde(default = "sample")]
    #[schema(inline, default = "sample")]
    std: Variance,
    /// For `grpo`: added to the standard deviation, in reward units. At least 0. Default: 1e-8.
    #[serde(default = "tiny")]
    #[schema(default = 1e-8, minimum = 0.0)]
    epsilon: f64,
}

/// What a reward is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Method {
    /// The group's mean.
    #[default]
    Grpo,
    /// The mean of the group's other members.
    Rloo,
}

/// What a difference from the group's mean is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Scale {
    /// The group's standard deviation.
    Group,
    /// The standard deviation of all rewards of the request.
    Batch,
    /// Nothing.
    None,
}

impl Kind for Advantage {
    const NAME: &'static str = "advantage";
    const FAMILY: Family = Family::Group;
    const SCOPE: Scope = Scope::Group;
    const SUMMARY: &'static str = "advantage within the group: GRPO or leave-one-out";
    const EQUATION: &'static str = "(r_i − mean) / (std + ε), or r_i − mean of the others";
    const PAPER: &'static str = "Shao et al. 2024, DeepSeekMath (arXiv 2402.03300); Ahmadian et al. 2024 (arXiv 2402.14740)";

    fn example() -> Value {
        json!({"method": "grpo", "scale": "group"})
    }

    fn validate(&self) -> Result<(), ParamError> {
        if self.epsilon.is_nan() || self.epsilon < 0.0 {
            return Err(ParamError::at("/epsilon", "must be at least 0"));
        }
        if self.method == Method::Rloo && !matches!(self.scale, None | Some(Scale::None)) {
            return Err(ParamError::at("/scale", "`rloo` does not divide"));
        }
        Ok(())
    }
}

impl Op for Advantage {
    fn scope(&self) -> Scope {
        if self.scale == Some(Scale::Batch) { Scope::Batch } else { Scope::Group }
    }

    fn apply(&self, inputs: &[Column], cx: &Context<'_>) -> Column {
        let batch_std = (self.scale == Some(Scale::Batch)).then(|| self.batch_std(&inputs[0]));
        within(&inputs[0], cx.batch.groups(), |values| match (values.first(), values.last()) {
            (Some(least), Some(greatest)) if least < greatest => self.of_group(values, batch_std),
            _ => vec![0.0; values.len()],
        })
    }
}

impl Advantage {
    /// The advantages of rewards that are not all equal.
    fn of_group(&self, values: &[f64], batch_std: Option<f64>) -> Vec<f64> {
        if self.method == Method::Rloo {
            let (sum, others) = (values.iter().sum::<f64>(), (values.len() - 1) as f64);
            return values.iter().map(|value| value - (sum - value) / others).collect();
        }
        let mean = stats::mean(values);
        let divisor = match self.scale.unwrap_or(Scale::Group) {
            Scale::None => 1.0,
            Scale::Batch => batch_std.unwrap_or(0.0) + self.epsilon,
            Scale::Group => self.std.std(values) + self.epsilon,
        };
        values.iter().map(|value| (value - mean) / divisor).collect()
    }

    /// The standard deviation of all rewards, summed in ascending order.
    fn batch_std(&self, input: &Column) -> f64 {
        let mut values: Vec<f64> = input.values().collect();
        values.sort_by(f64::total_cmp);
        self.std.std(&values)
    }
}

fn sample() -> Variance {
    Variance::Sample
}

fn tiny() -> f64 {
    1e-8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MissStatus;
    use crate::nodes::testing::{
        apply, assert_all_close, column, grouped, in_group, miss, op, rejects,
    };

    fn population() -> Value {
        json!({"std": "population"})
    }

    #[test]
    fn three_right_and_one_wrong() {
        let advantages = in_group("advantage", population(), &[1.0, 1.0, 1.0, 0.0]);
        let right = 0.577350269;
        assert_all_close(&advantages, &[right, right, right, -1.732050808], 1e-7);
    }

    #[test]
    fn right_answers_of_different_lengths() {
        let rewards = [0.954579496, 0.9, 0.845420504, 0.0];
        let expected = [0.713909156, 0.574539844, 0.435170532, -1.723619532];
        assert_all_close(&in_group("advantage", population(), &rewards), &expected, 1e-7);
    }

    #[test]
    fn the_sample_deviation_is_the_default() {
        let rewards = [1.0, 2.0, 4.0, 8.0];
        // Python: (x − mean) / (statistics.stdev + 1e-8), and pstdev.
        let expected = [-0.8883301355, -0.5653009953, 0.0807572851, 1.3728738458];
        assert_all_close(&in_group("advantage", Value::Null, &rewards), &expected, 1e-9);
        let expected = [-1.0257552852, -0.6527533633, 0.0932504805, 1.5852581681];
        assert_all_close(&in_group("advantage", population(), &rewards), &expected, 1e-9);
    }

    #[test]
    fn leave_one_out() {
        let advantages = in_group("advantage", json!({"method": "rloo"}), &[1.0, 2.0, 4.0, 8.0]);
        let expected = [-11.0 / 3.0, -7.0 / 3.0, 1.0 / 3.0, 17.0 / 3.0];
        assert_all_close(&advantages, &expected, 1e-12);
        let pair = in_group("advantage", json!({"method": "rloo"}), &[3.0, 1.0]);
        assert_eq!(pair, [2.0, -2.0]);
    }

    #[test]
    fn undivided_differences() {
        let advantages = in_group("advantage", json!({"scale": "none"}), &[1.0, 2.0, 6.0]);
        assert_eq!(advantages, [-2.0, -1.0, 3.0]);
    }

    #[test]
    fn the_batchs_deviation_divides_every_group_alike() {
        let batch = grouped(&["a", "a", "b", "b", "b"]);
        let rewards = Column::new([Ok(0.0), Ok(4.0), Ok(1.0), Ok(5.0), miss(MissStatus::TooLong)]);
        let params = json!({"scale": "batch", "std": "population", "epsilon": 0});
        let cells = apply("advantage", params.clone(), &[rewards], &batch, &[]);
        // The four rewards have mean 2.5 and population variance 4.25.
        let unit = 2.0 / 4.25_f64.sqrt();
        let values: Vec<f64> = cells[..4].iter().map(|cell| cell.clone().unwrap()).collect();
        assert_all_close(&values, &[-unit, unit, -unit, unit], 1e-12);
        assert_eq!(cells[4], miss(MissStatus::TooLong));
        assert_eq!(op("advantage", params).scope(), Scope::Batch);
    }

    #[test]
    fn equal_rewards_and_single_members_have_none() {
        for params in [json!({}), json!({"method": "rloo"}), json!({"scale": "none", "epsilon": 0})]
        {
            assert_eq!(in_group("advantage", params.clone(), &[0.1; 3]), [0.0; 3]);
            assert_eq!(in_group("advantage", params, &[7.0]), [0.0]);
        }
        let cells = apply(
            "advantage",
            json!({"scale": "batch", "epsilon": 0}),
            &[column(&[0.1, 0.1])],
            &grouped(&["a", "a"]),
            &[],
        );
        assert_eq!(cells, [Ok(0.0), Ok(0.0)]);
    }

    #[test]
    fn parameters_that_do_not_fit_are_refused() {
        assert_eq!(rejects("advantage", json!({"method": "rloo", "scale": "group"})), "/scale");
        assert_eq!(rejects("advantage", json!({"epsilon": -1})), "/epsilon");
        assert_eq!(rejects("advantage", json!({"std": "biased"})), "/std");
    }
}
