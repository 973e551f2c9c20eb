//! The chance that one of k attempts is right.
//!
//! From n attempts at a problem of which c were right, the unbiased estimate
//! `1 − C(n−c, k) / C(n, k)`, averaged over problems. The obvious `1 − (1 − c/n)^k` is biased. Computed
//! as a sum of logarithms over min(c, k) factors: no binomial is formed, and nothing overflows.
//! Chen et al. 2021, *Evaluating Large Language Models Trained on Code* (arXiv 2107.03374), Eq. 1.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Metric, check_work};
use crate::domain::ParamError;

/// Input of `pass_at_k`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PassAtK {
    /// The problems. At least one; required.
    #[schema(inline)]
    problems: Vec<Problem>,
    /// The numbers of attempts to answer, each from 1 to the attempts at every problem. Required.
    #[schema(example = json!([1, 5, 10]))]
    ks: Vec<u64>,
}

/// The attempts at one problem.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Problem {
    /// Attempts that were judged. Leave out those that could not be.
    #[schema(example = 10)]
    total: u64,
    /// How many of them were right.
    #[schema(example = 3)]
    correct: u64,
}

/// The estimates.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Estimates {
    /// One per number of attempts, in the order asked for.
    #[schema(inline)]
    points: Vec<Point>,
}

/// The estimate for one number of attempts.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
struct Point {
    /// Attempts.
    k: u64,
    /// Mean over the problems, in [0, 1].
    pass: f64,
    /// Each problem's own, in order.
    per_problem: Vec<f64>,
}

impl Metric for PassAtK {
    const NAME: &'static str = "pass_at_k";
    const SUMMARY: &'static str = "unbiased chance that one of k attempts is right";
    const EQUATION: &'static str = "1 − C(n−c, k) / C(n, k)";
    const PAPER: &'static str =
        "Chen et al. 2021, Evaluating Large Language Models Trained on Code (arXiv 2107.03374)";

    type Output = Estimates;

    fn example() -> Value {
        json!({"problems": [{"total": 10, "correct": 3}], "ks": [1, 5]})
    }

    fn compute(&self) -> Result<Estimates, ParamError> {
        self.check()?;
        let point = |&k: &u64| {
            let per_problem: Vec<f64> =
                self.problems.iter().map(|problem| pass(*problem, k)).collect();
            let pass = per_problem.iter().sum::<f64>() / per_problem.len() as f64;
            Point { k, pass, per_problem }
        };
        Ok(Estimates { points: self.ks.iter().map(point).collect() })
    }
}

impl PassAtK {
    fn check(&self) -> Result<(), ParamError> {
        for (index, problem) in self.problems.iter().enumerate() {
            if problem.correct > problem.total {
                let pointer = format!("/problems/{index}/correct");
                return Err(ParamError::at(pointer, "is more than `total`"));
            }
        }
        let Some(fewest) = self.problems.iter().map(|problem| problem.total).min() else {
            return Err(ParamError::at("/problems", "must have at least one problem"));
        };
        if let Some(index) = self.ks.iter().position(|k| !(1..=fewest).contains(k)) {
            let message = format!("must be from 1 to {fewest}, the attempts at every problem");
            return Err(ParamError::at(format!("/ks/{index}"), message));
        }
        let factors = |k: &u64| self.problems.iter().map(|p| p.correct.min(*k)).fold(0, add);
        check_work(self.ks.iter().map(factors).fold(0, add))
    }
}

fn add(left: u64, right: u64) -> u64 {
    left.saturating_add(right)
}

fn pass(Problem { total, correct }: Problem, k: u64) -> f64 {
    if total - correct < k {
        return 1.0;
    }
    // C(n−c, k) / C(n, k) = Π_{j<k} (1 − c/(n−j)), and the same with c and k exchanged.
    let (fewer, more) = (correct.min(k), correct.max(k) as f64);
    let log_fail: f64 = (0..fewer).map(|j| (-more / (total - j) as f64).ln_1p()).sum();
    // `0 −`, so that no right answer gives 0 and not −0.
    0.0 - log_fail.exp_m1()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::parse;

    #[track_caller]
    fn close(actual: f64, expected: f64) {
        assert!((actual - expected).abs() < 1e-6, "{actual} is not {expected}");
    }

    fn refused(input: Value) -> String {
        parse::<PassAtK>(input).unwrap().compute().unwrap_err().pointer
    }

    fn of(total: u64, correct: u64, k: u64) -> f64 {
        pass(Problem { total, correct }, k)
    }

    #[test]
    fn small_cases() {
        close(of(10, 3, 1), 0.3);
        close(of(10, 3, 5), 0.916667);
        close(of(8, 1, 4), 0.5);
        assert_eq!(of(10, 0, 5).to_bits(), 0.0_f64.to_bits());
        assert_eq!(of(4, 2, 3), 1.0);
        assert_eq!(of(4, 4, 1), 1.0);
    }

    #[test]
    fn many_attempts_stay_accurate() {
        // One right of n: exactly k / n.
        close(of(16_384, 1, 4096), 0.25);
        assert!((of(1_000_000, 1, 1) * 1e6 - 1.0).abs() < 1e-12);
        close(of(16_384, 8192, 8192), 1.0);
    }

    #[test]
    fn problems_are_averaged() {
        let problems = json!([{"total": 10, "correct": 3}, {"total": 4, "correct": 4}]);
        let input = parse::<PassAtK>(json!({"problems": problems, "ks": [1]})).unwrap();
        let points = input.compute().unwrap().points;
        close(points[0].pass, 0.65);
        close(points[0].per_problem[1], 1.0);
    }

    #[test]
    fn unusable_input_is_refused_with_its_place() {
        let problems = json!([{"total": 10, "correct": 3}, {"total": 4, "correct": 0}]);
        for k in [0, 5] {
            assert_eq!(refused(json!({"problems": problems, "ks": [1, k]})), "/ks/1");
        }
        let wrong = json!([{"total": 1, "correct": 0}, {"total": 1, "correct": 2}]);
        assert_eq!(refused(json!({"problems": wrong, "ks": [1]})), "/problems/1/correct");
        assert_eq!(refused(json!({"problems": [], "ks": [1]})), "/problems");
        let vast = json!([{"total": u64::MAX, "correct": u64::MAX / 2}]);
        assert_eq!(refused(json!({"problems": vast, "ks": [1_000_000_000]})), "");
    }

    proptest! {
        #[test]
        fn it_is_the_share_of_draws_with_a_right_one(total in 1..12u64, correct in 0..12u64, k in 1..12u64) {
            let (correct, k) = (correct.min(total), k.min(total));
            let right = (1_u32 << correct) - 1;
            let draws = (0_u32..1 << total).filter(|set| u64::from(set.count_ones()) == k);
            let (hits, all) = draws.fold((0, 0), |(hits, all), set| {
                (hits + u32::from(set & right != 0), all + 1)
            });
            prop_assert!((of(total, correct, k) - f64::from(hits) / f64::from(all)).abs() < 1e-12);
        }

        #[test]
        fn more_attempts_never_hurt(total in 2..2000u64, share in 0.0..1.0, k in 1..2000u64) {
            let correct = (share * total as f64) as u64;
            let k = k.min(total - 1);
            prop_assert!(of(total, correct, k) <= of(total, correct, k + 1) + 1e-12);
        }
    }
}
