//! The over-optimisation curve of best-of-n, without sampling n at a time.
//!
//! From N ≥ n scored completions of a prompt, the expected gold reward of the completion that the proxy
//! would pick out of n drawn without replacement, over all `C(N, n)` draws:
//! `Σ_{i=n..N} C(i−1, n−1) / C(N, n) · gold(S_i)`, completions in ascending order of proxy score; the
//! same weights give the proxy's own curve. Averaged over prompts. Where gold falls while proxy rises,
//! the proxy is over-optimised. Among equal proxy scores the completion given first is picked.
//!
//! `kl` is `ln n − (n−1)/n`, an upper bound of the divergence of best-of-n from the policy.
//! Coste et al. 2023, *Reward Model Ensembles Help Mitigate Overoptimization* (arXiv 2310.02743);
//! the estimator is that of Nakano et al. 2021, *WebGPT* (arXiv 2112.09332), appendix I.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Metric, check_work};
use crate::domain::ParamError;

/// Input of `best_of_n`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BestOfN {
    /// The scored completions, by prompt. At least one prompt; required.
    #[schema(inline)]
    prompts: Vec<Prompt>,
    /// The numbers of draws to answer, each from 1 to the number of completions of every prompt. Absent
    /// (the default): powers of two, and the greatest number there is.
    #[serde(default)]
    ns: Option<Vec<usize>>,
}

/// The scored completions of one prompt.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Prompt {
    /// Scores of the reward model that picks. At least one.
    #[schema(example = json!([-1.0, 2.0, 0.0, 1.0]))]
    proxy: Vec<f64>,
    /// Scores of the reward that is really wanted, as many as `proxy`; of every prompt, or of none.
    #[serde(default)]
    #[schema(example = json!([0.1, 0.2, 0.4, 0.9]))]
    gold: Option<Vec<f64>>,
}

/// The curve.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct Curve {
    /// One point per number of draws, in the order asked for.
    #[schema(inline)]
    points: Vec<Point>,
}

/// What is expected of the best of n.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
struct Point {
    /// Completions drawn.
    n: usize,
    /// Upper bound of the divergence from the policy, in nats.
    kl: f64,
    /// Expected proxy score of the completion picked.
    proxy: f64,
    /// Its expected gold score, when gold scores were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    gold: Option<f64>,
}

impl Metric for BestOfN {
    const NAME: &'static str = "best_of_n";
    const SUMMARY: &'static str = "expected proxy and gold reward of best-of-n, with its KL bound";
    const EQUATION: &'static str = "Σ_{i=n..N} C(i−1, n−1) / C(N, n) · gold(S_i); ln n − (n−1)/n";
    const PAPER: &'static str =
        "Coste et al. 2023, Reward Model Ensembles (arXiv 2310.02743); Nakano et al. 2021 (WebGPT)";

    type Output = Curve;

    fn example() -> Value {
        json!({
            "prompts": [{"proxy": [-1.0, 2.0, 0.0, 1.0], "gold": [0.1, 0.2, 0.4, 0.9]}],
            "ns": [1, 2, 3, 4],
        })
    }

    fn compute(&self) -> Result<Curve, ParamError> {
        let shortest = self.shortest()?;
        let ns = self.ns.clone().unwrap_or_else(|| powers_of_two(shortest));
        if let Some(index) = ns.iter().position(|n| !(1..=shortest).contains(n)) {
            let message = format!("must be from 1 to {shortest}, the completions of each prompt");
            return Err(ParamError::at(format!("/ns/{index}"), message));
        }
        let completions: usize = self.prompts.iter().map(|prompt| prompt.proxy.len()).sum();
        check_work(completions as u64 * ns.len() as u64)?;
        let ranked: Vec<Ranked> = self.prompts.iter().map(Prompt::ranked).collect();
        Ok(Curve { points: ns.into_iter().map(|n| point(&ranked, n)).collect() })
    }
}

impl BestOfN {
    /// The least number of completions of a prompt, once all prompts are known to be usable.
    fn shortest(&self) -> Result<usize, ParamError> {
        let with_gold = self.prompts.first().is_some_and(|prompt| prompt.gold.is_some());
        for (index, prompt) in self.prompts.iter().enumerate() {
            if prompt.proxy.is_empty() {
                let pointer = format!("/prompts/{index}/proxy");
                return Err(ParamError::at(pointer, "must have at least one score"));
            }
            let fits = prompt
                .gold
                .as_ref()
                .map_or(!with_gold, |gold| with_gold && gold.len() == prompt.proxy.len());
            if !fits {
                let message = "must be given for every prompt or for none, as many as `proxy`";
                return Err(ParamError::at(format!("/prompts/{index}/gold"), message));
            }
        }
        self.prompts
            .iter()
            .map(|prompt| prompt.proxy.len())
            .min()
            .ok_or_else(|| ParamError::at("/prompts", "must have at least one prompt"))
    }
}

/// A prompt's scores in ascending order of proxy score.
struct Ranked {
    proxy: Vec<f64>,
    gold: Option<Vec<f64>>,
}

impl Prompt {
    fn ranked(&self) -> Ranked {
        let mut order: Vec<usize> = (0..self.proxy.len()).collect();
        // Of equals the one given first comes last: it is the one picked.
        order.sort_by(|&a, &b| self.proxy[a].total_cmp(&self.proxy[b]).then(b.cmp(&a)));
        let sorted = |scores: &[f64]| order.iter().map(|&index| scores[index]).collect();
        Ranked { proxy: sorted(&self.proxy), gold: self.gold.as_deref().map(sorted) }
    }
}

fn point(prompts: &[Ranked], n: usize) -> Point {
    let share = 1.0 / prompts.len() as f64;
    let proxy = prompts.iter().map(|prompt| share * expected(&prompt.proxy, n)).sum();
    let gold: Option<Vec<f64>> =
        prompts.iter().map(|prompt| Some(share * expected(prompt.gold.as_ref()?, n))).collect();
    Point { n, kl: kl_upper_bound(n), proxy, gold: gold.map(|terms| terms.iter().sum()) }
}

/// The expected score of the last of `n` draws without replacement.
fn expected(ranked: &[f64], n: usize) -> f64 {
    // From the top: the last is among n of N with probability n/N, and the weight of the one before
    // follows from C(i−2, n−1) / C(i−1, n−1) = (i−n) / (i−1). No binomial is ever formed.
    let mut weight = n as f64 / ranked.len() as f64;
    let mut sum = 0.0;
    for i in (n..=ranked.len()).rev() {
        sum += weight * ranked[i - 1];
        weight *= (i - n) as f64 / (i - 1).max(1) as f64;
    }
    sum
}

/// An upper bound, in nats, of the divergence of best-of-n from the policy: `ln n − (n−1)/n`; 0 for
/// `n` of 0 or 1. (Beirami et al. 2024, arXiv 2401.01879: it is a bound, not the value.)
#[must_use]
pub fn kl_upper_bound(n: usize) -> f64 {
    let n = n.max(1) as f64;
    n.ln() - (n - 1.0) / n
}

fn powers_of_two(greatest: usize) -> Vec<usize> {
    let powers = std::iter::successors(Some(1_usize), |n| n.checked_mul(2));
    let mut ns: Vec<usize> = powers.take_while(|n| *n < greatest).collect();
    ns.push(greatest);
    ns
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::parse;

    fn curve(input: Value) -> Vec<Point> {
        parse::<BestOfN>(input).unwrap().compute().unwrap().points
    }

    fn refused(input: Value) -> String {
        parse::<BestOfN>(input).unwrap().compute().unwrap_err().pointer
    }

    #[track_caller]
    fn close(actual: impl IntoIterator<Item = f64>, expected: &[f64]) {
        let actual: Vec<f64> = actual.into_iter().collect();
        assert_eq!(actual.len(), expected.len());
        for (actual, expected) in actual.iter().zip(expected) {
            assert!((actual - expected).abs() < 1e-6, "{actual} is not {expected}");
        }
    }

    #[test]
    fn over_optimisation_is_visible_in_four_completions() {
        let points = curve(BestOfN::example());
        close(points.iter().map(|p| p.gold.unwrap()), &[0.4, 0.466667, 0.375, 0.2]);
        close(points.iter().map(|p| p.proxy), &[0.5, 1.333333, 1.75, 2.0]);
        close(points.iter().map(|p| p.kl), &[0.0, 0.193147, 0.431946, 0.636294]);
    }

    #[test]
    fn the_weights_are_ratios_of_binomials() {
        let weights = |n: usize| {
            (0..4).map(move |i| {
                let mut ranked = [0.0; 4];
                ranked[i] = 1.0;
                expected(&ranked, n)
            })
        };
        close(weights(1), &[0.25; 4]);
        close(weights(2), &[0.0, 1.0 / 6.0, 1.0 / 3.0, 0.5]);
        close(weights(3), &[0.0, 0.0, 0.25, 0.75]);
        close(weights(4), &[0.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn the_bound_of_the_divergence() {
        let cases = [
            (1, 0.0),
            (2, 0.193147),
            (4, 0.636294),
            (16, 1.835089),
            (128, 3.859843),
            (12500, 8.433564),
        ];
        for (n, expected) in cases {
            close([kl_upper_bound(n)], &[expected]);
        }
        assert_eq!(kl_upper_bound(0), 0.0);
    }

    #[test]
    fn prompts_are_averaged() {
        let prompts = json!([
            {"proxy": [0, 1], "gold": [0, 1]},
            {"proxy": [0, 1, 2], "gold": [3, 2, 1]},
        ]);
        let points = curve(json!({"prompts": prompts}));
        assert_eq!(points.iter().map(|point| point.n).collect::<Vec<_>>(), [1, 2]);
        // (½ + 2) / 2, and (1 + ⅓·2 + ⅔·1) / 2.
        close(points.iter().map(|point| point.gold.unwrap()), &[1.25, 7.0 / 6.0]);
    }

    #[test]
    fn the_first_of_equals_is_picked() {
        let prompts = json!([{"proxy": [1, 1, 1], "gold": [9, 0, 0]}]);
        close([curve(json!({"prompts": prompts, "ns": [3]}))[0].gold.unwrap()], &[9.0]);
    }

    #[test]
    fn gold_is_optional() {
        let point = &curve(json!({"prompts": [{"proxy": [1, 2]}], "ns": [1]}))[0];
        assert_eq!((point.proxy, point.gold), (1.5, None));
    }

    #[test]
    fn many_completions_do_not_overflow() {
        let scores: Vec<f64> = (1..=12500).map(f64::from).collect();
        let points = curve(json!({"prompts": [{"proxy": scores}], "ns": [1, 100, 12500]}));
        // The expected maximum of n of 1..N is n (N + 1) / (n + 1).
        close(points.iter().map(|p| p.proxy / 12501.0), &[0.5, 100.0 / 101.0, 12500.0 / 12501.0]);
    }

    #[test]
    fn unusable_input_is_refused_with_its_place() {
        assert_eq!(refused(json!({"prompts": []})), "/prompts");
        assert_eq!(refused(json!({"prompts": [{"proxy": []}]})), "/prompts/0/proxy");
        let prompt = json!({"proxy": [1, 2], "gold": [1, 2]});
        let other = |other: Value| refused(json!({"prompts": [prompt, other]}));
        assert_eq!(other(json!({"proxy": [1, 2], "gold": [1]})), "/prompts/1/gold");
        assert_eq!(other(json!({"proxy": [1, 2]})), "/prompts/1/gold");
        for n in [0, 3] {
            assert_eq!(refused(json!({"prompts": [prompt], "ns": [1, n]})), "/ns/1");
        }
        let many = json!({"prompts": [{"proxy": vec![0; 100_000]}], "ns": vec![1; 2001]});
        assert_eq!(refused(many), "");
    }

    /// The mean over all sets of `n` completions, by enumeration.
    fn enumerated(proxy: &[f64], gold: &[f64], n: usize) -> f64 {
        let picks: Vec<f64> = (0_u32..1 << proxy.len())
            .filter(|set| set.count_ones() as usize == n)
            .map(|set| {
                let drawn = (0..proxy.len()).filter(|index| set & (1 << index) != 0);
                let best = drawn.fold(None, |best, index| match best {
                    Some(best) if proxy[best] >= proxy[index] => Some(best),
                    _ => Some(index),
                });
                gold[best.unwrap()]
            })
            .collect();
        picks.iter().sum::<f64>() / picks.len() as f64
    }

    proptest! {
        #[test]
        fn it_is_the_mean_over_every_draw(
            rows in prop::collection::vec((0..4i32, -5.0..5.0), 1..9),
            n in any::<prop::sample::Index>(),
        ) {
            let proxy: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
            let gold: Vec<f64> = rows.iter().map(|row| row.1).collect();
            let n = n.index(rows.len()) + 1;
            let input = json!({"prompts": [{"proxy": proxy, "gold": gold}], "ns": [n]});
            let estimate = curve(input)[0].gold.unwrap();
            prop_assert!((estimate - enumerated(&proxy, &gold, n)).abs() < 1e-9);
        }
    }
}
