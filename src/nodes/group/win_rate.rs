//! Each completion's share of wins against the others of its group.
//!
//! `(1/(n−1)) Σ_{j≠i} P(y_i ≻ y_j)`. From rewards, `P = σ(r_i − r_j)` (Bradley–Terry), or 1, ½, 0 by
//! comparison (`hard`). In [0, 1], and the group's mean is always ½: its own baseline. A group of one
//! has nothing to compare with: ½. The completion itself is no opponent.
//! Swamy et al. 2024, *A Minimaximalist Approach to RLHF* (arXiv 2401.04056), SPO.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::within;
use crate::domain::{Column, Scope, stats};
use crate::nodes::{Context, Family, Kind, Op};

/// Parameters of `win_rate`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WinRate {
    /// How two rewards become a probability of winning. Default: `sigmoid`.
    #[serde(default)]
    #[schema(inline, default = "sigmoid")]
    preference: Preference,
}

/// How two rewards become a probability of winning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Preference {
    /// `σ(r_i − r_j)`.
    #[default]
    Sigmoid,
    /// 1 for the greater, 0 for the less, ½ each for equals.
    Hard,
}

impl Preference {
    fn of(self, first: f64, second: f64) -> f64 {
        match self {
            Self::Sigmoid => stats::logistic(first - second),
            Self::Hard if first == second => 0.5,
            Self::Hard => f64::from(first > second),
        }
    }
}

impl Kind for WinRate {
    const NAME: &'static str = "win_rate";
    const FAMILY: Family = Family::Group;
    const SCOPE: Scope = Scope::Group;
    const SUMMARY: &'static str = "share of wins against the other completions of the group";
    const EQUATION: &'static str = "(1/(n−1)) Σ_{j≠i} σ(r_i − r_j)";
    const PAPER: &'static str =
        "Swamy et al. 2024, A Minimaximalist Approach to RLHF (arXiv 2401.04056)";

    fn example() -> Value {
        json!({"preference": "sigmoid"})
    }
}

impl Op for WinRate {
    fn scope(&self) -> Scope {
        Scope::Group
    }

    fn apply(&self, inputs: &[Column], cx: &Context<'_>) -> Column {
        within(&inputs[0], cx.batch.groups(), |values| {
            win_rates(values.len(), |i, j| self.preference.of(values[i], values[j]))
        })
    }
}

/// Each player's mean probability of winning against the others; ½ for a single player.
fn win_rates(players: usize, wins: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    if players == 1 {
        return vec![0.5];
    }
    (0..players)
        .map(|i| {
            let sum: f64 = (0..players).filter(|j| *j != i).map(|j| wins(i, j)).sum();
            sum / (players - 1) as f64
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::nodes::testing::{assert_all_close, in_group};

    #[test]
    fn the_win_rates_of_a_preference_matrix() {
        let p = [
            [0.5, 0.9, 0.6, 0.3],
            [0.1, 0.5, 0.8, 0.4],
            [0.4, 0.2, 0.5, 0.7],
            [0.7, 0.6, 0.3, 0.5],
        ];
        let rates = win_rates(4, |i, j| p[i][j]);
        assert_all_close(&rates, &[0.6, 0.433333333, 0.433333333, 0.533333333], 1e-9);
        let advantages: Vec<f64> = rates.iter().map(|rate| rate - 0.5).collect();
        assert_all_close(&advantages, &[0.1, -0.066666667, -0.066666667, 0.033333333], 1e-9);
    }

    #[test]
    fn rock_paper_scissors_is_even() {
        let beats = |i: usize, j: usize| f64::from((i + 1) % 3 == j);
        assert_eq!(win_rates(3, beats), [0.5; 3]);
    }

    #[test]
    fn rewards_through_the_sigmoid() {
        let rates = in_group("win_rate", Value::Null, &[3.0, 0.0, 1.0]);
        // (σ(3) + σ(2)) / 2, (σ(−3) + σ(−1)) / 2, (σ(1) + σ(−2)) / 2.
        assert_all_close(&rates, &[0.9166856024, 0.1581836473, 0.4251307503], 1e-10);
    }

    #[test]
    fn hard_wins_count_ties_as_half() {
        let rates = in_group("win_rate", json!({"preference": "hard"}), &[2.0, 1.0, 2.0, 3.0, 0.0]);
        assert_eq!(rates, [0.625, 0.25, 0.625, 1.0, 0.0]);
    }

    #[test]
    fn alone_is_half() {
        for preference in ["sigmoid", "hard"] {
            assert_eq!(in_group("win_rate", json!({"preference": preference}), &[7.0]), [0.5]);
        }
    }

    proptest! {
        #[test]
        fn the_groups_mean_is_half(
            rewards in prop::collection::vec(-100.0..100.0, 1..12),
            hard in any::<bool>(),
        ) {
            let params = json!({"preference": if hard { "hard" } else { "sigmoid" }});
            let rates = in_group("win_rate", params, &rewards);
            prop_assert!((stats::mean(&rates) - 0.5).abs() < 1e-12);
        }
    }
}
