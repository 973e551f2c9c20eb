//! CLIP's reward for test-time adaptation: a candidate's score less the mean over the candidates.
//!
//! Follow `clip_score` (or a `weighted` ensemble of it) with this; a group is one image's candidates.
//! With `top_k` only the K best candidates take part, as the policy ranks them (`rank_by`, a feature such
//! as its log-probability) or by the score itself; ties at the K-th place are all in. The others are worth
//! 0, so that they move nothing. Unlike `advantage`, a lone candidate keeps its score.
//!
//! Zhao et al. 2024, *Test-Time Adaptation with CLIP Reward for Zero-Shot Generalization in
//! Vision-Language Models* (arXiv 2305.18010), §3.2; `standardise` is its code's `reward_amplify`.

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::{Cell, Column, Miss, ParamError, Scope, similarity::baseline};
use crate::nodes::{Context, Family, Kind, Op};

/// Parameters of `rlcf`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rlcf {
    /// How many candidates of a group take part; at least 1. Default: all.
    #[serde(default)]
    #[schema(minimum = 1)]
    top_k: Option<usize>,
    /// The feature by which they are ranked, the greatest first. Default: the score.
    #[serde(default)]
    rank_by: Option<String>,
    /// Divide by the candidates' sample standard deviation and 1e-5. Default: false.
    #[serde(default)]
    #[schema(default = false)]
    standardise: bool,
}

impl Kind for Rlcf {
    const NAME: &'static str = "rlcf";
    const FAMILY: Family = Family::Group;
    const SCOPE: Scope = Scope::Group;
    const SUMMARY: &'static str =
        "CLIP reward: score less the mean over the group's top candidates";
    const EQUATION: &'static str = "s_j − mean of the top K, or that over (std + 1e-5); others 0";
    const PAPER: &'static str = "Zhao et al. 2024, RLCF (arXiv 2305.18010), §3.2";

    fn example() -> Value {
        json!({"top_k": 3, "standardise": false})
    }

    fn validate(&self) -> Result<(), ParamError> {
        if self.top_k == Some(0) {
            return Err(ParamError::at("/top_k", "must be at least 1"));
        }
        if self.rank_by.is_some() && self.top_k.is_none() {
            return Err(ParamError::at("/rank_by", "needs `top_k`"));
        }
        Ok(())
    }
}

impl Op for Rlcf {
    fn scope(&self) -> Scope {
        Scope::Group
    }

    fn apply(&self, inputs: &[Column], cx: &Context<'_>) -> Column {
        let mut cells: Vec<Cell> =
            (0..inputs[0].len()).map(|at| self.known(inputs, cx, at)).collect();
        for members in cx.batch.groups().members() {
            let scores: Vec<Option<f64>> =
                members.iter().map(|&at| cells[at].as_ref().ok().copied()).collect();
            let ranks: Vec<Option<f64>> = members
                .iter()
                .zip(&scores)
                .map(|(&at, score)| score.map(|score| self.ranked(cx, at).unwrap_or(score)))
                .collect();
            let last = self.last(&ranks);
            let within = |rank: &Option<f64>| rank.is_some_and(|rank| rank >= last);
            let chosen: Vec<Option<f64>> = scores
                .iter()
                .zip(&ranks)
                .map(|(score, rank)| score.filter(|_| within(rank)))
                .collect();
            for ((&at, score), value) in
                members.iter().zip(&scores).zip(baseline(&chosen, self.standardise))
            {
                if score.is_some() {
                    cells[at] = Ok(value.unwrap_or(0.0));
                }
            }
        }
        Column::new(cells)
    }
}

impl Rlcf {
    /// The sample's score, if what ranks it is known, too.
    fn known(&self, inputs: &[Column], cx: &Context<'_>, at: usize) -> Cell {
        let score = inputs[0].cells()[at].clone()?;
        match &self.rank_by {
            Some(name) if self.ranked(cx, at).is_none() => {
                Err(Miss::missing(&format!("features.{name}")))
            }
            _ => Ok(score),
        }
    }

    fn ranked(&self, cx: &Context<'_>, at: usize) -> Option<f64> {
        cx.batch.samples()[at].features.get(self.rank_by.as_ref()?).copied()
    }

    /// The least rank that is in.
    fn last(&self, ranks: &[Option<f64>]) -> f64 {
        let mut present: Vec<f64> = ranks.iter().flatten().copied().collect();
        present.sort_by(|a, b| b.total_cmp(a));
        let place = self.top_k.unwrap_or(usize::MAX).min(present.len());
        place.checked_sub(1).map_or(f64::NEG_INFINITY, |place| present[place])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Batch, Sample};
    use crate::nodes::testing::{apply, assert_all_close, column, in_group, rejects};

    #[test]
    fn the_papers_numbers() {
        let scores = [0.75, 0.625, 0.5];
        assert_all_close(&in_group("rlcf", Value::Null, &scores), &[0.125, 0.0, -0.125], 1e-12);
        let standard = in_group("rlcf", json!({"standardise": true}), &scores);
        assert_all_close(&standard, &[0.99992, 0.0, -0.99992], 1e-6);
        assert_eq!(in_group("rlcf", json!({"standardise": true}), &[0.75]), [0.75]);
    }

    #[test]
    fn only_the_best_take_part() {
        let values = in_group("rlcf", json!({"top_k": 2}), &[0.2, 0.8, 0.4, 0.1]);
        assert_all_close(&values, &[0.0, 0.2, -0.2, 0.0], 1e-12);
        let ties = in_group("rlcf", json!({"top_k": 1}), &[1.0, 1.0, 0.0]);
        assert_eq!(ties, [0.0, 0.0, 0.0]);
        assert_eq!(in_group("rlcf", json!({"top_k": 1}), &[0.3, 0.7]), [0.0, 0.7]);
    }

    #[test]
    fn the_policy_may_rank_them() {
        let sample = |logprob: Option<f64>| Sample {
            group: Some("a".to_owned()),
            features: logprob.map(|value| ("logprob".to_owned(), value)).into_iter().collect(),
            ..Sample::default()
        };
        let samples = [Some(-1.0), Some(-9.0), Some(-2.0), None].map(sample).to_vec();
        let batch = Batch::new(samples).unwrap();
        let params = json!({"top_k": 2, "rank_by": "logprob"});
        let cells = apply("rlcf", params, &[column(&[0.5, 0.9, 0.3, 0.1])], &batch, &[]);
        assert!((cells[0].clone().unwrap() - 0.1).abs() < 1e-12);
        assert_eq!(cells[1], Ok(0.0));
        assert!((cells[2].clone().unwrap() + 0.1).abs() < 1e-12);
        assert_eq!(cells[3], Err(Miss::missing("features.logprob")));
    }

    #[test]
    fn parameters_must_make_sense() {
        assert_eq!(rejects("rlcf", json!({"top_k": 0})), "/top_k");
        assert_eq!(rejects("rlcf", json!({"rank_by": "x"})), "/rank_by");
    }
}
