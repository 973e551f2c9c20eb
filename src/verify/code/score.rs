//! From verdicts to a number.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::verdict::Verdict;

/// What the verdicts on a program's tests are worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scoring {
    /// The share of tests that passed.
    #[default]
    Fraction,
    /// 1 if all passed, else 0.
    All,
    /// 1 if all passed, -0.3 if a test failed, -0.6 if a run ended in an error or at a limit, -1 if the
    /// program does not compile (Le et al. 2022, *CodeRL*, arXiv 2207.01780, §3.2; Yu et al. 2023,
    /// *B-Coder*, arXiv 2310.03173).
    Graded,
}

impl Scoring {
    /// The score of a program with these verdicts; none where one is the sandbox's fault, or there is none.
    #[must_use]
    pub fn score(self, verdicts: &[Verdict]) -> Option<f64> {
        let worst = *verdicts.iter().max()?;
        if worst == Verdict::Ie {
            return None;
        }
        let passed = verdicts.iter().filter(|verdict| **verdict == Verdict::Ok).count();
        let all = passed == verdicts.len();
        Some(match self {
            Self::Fraction => passed as f64 / verdicts.len() as f64,
            Self::All => f64::from(u8::from(all)),
            Self::Graded => match worst {
                Verdict::Ok => 1.0,
                Verdict::Ce => -1.0,
                Verdict::Re | Verdict::Mle | Verdict::Tle | Verdict::Ole => -0.6,
                Verdict::Skipped | Verdict::Wa | Verdict::Ie => -0.3,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Verdict::{Ce, Ie, Ok, Re, Skipped, Tle, Wa},
        *,
    };

    #[test]
    fn scores_are_as_published() {
        let table = [
            (vec![Ok, Ok], 1.0, 1.0, 1.0),
            (vec![Ok, Wa, Ok, Ok], 0.75, 0.0, -0.3),
            (vec![Wa, Skipped], 0.0, 0.0, -0.3),
            (vec![Ok, Re], 0.5, 0.0, -0.6),
            (vec![Wa, Tle], 0.0, 0.0, -0.6),
            (vec![Ce, Ce], 0.0, 0.0, -1.0),
        ];
        for (verdicts, fraction, all, graded) in table {
            assert_eq!(Scoring::Fraction.score(&verdicts), Some(fraction), "{verdicts:?}");
            assert_eq!(Scoring::All.score(&verdicts), Some(all), "{verdicts:?}");
            assert_eq!(Scoring::Graded.score(&verdicts), Some(graded), "{verdicts:?}");
        }
    }

    #[test]
    fn a_fault_of_the_sandbox_is_no_score() {
        for scoring in [Scoring::Fraction, Scoring::All, Scoring::Graded] {
            assert_eq!(scoring.score(&[Ok, Ie]), None);
            assert_eq!(scoring.score(&[]), None);
        }
    }
}
