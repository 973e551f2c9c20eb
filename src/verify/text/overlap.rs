//! Agreement with a gold in words: exact match and token F1.
//!
//! After SQuAD v1.1's normalisation (lower case, no ASCII punctuation, no articles, single spaces); of
//! several golds the best counts. Exact match is 1 where the words are the same in the same order; a gold
//! without any words, such as the letter `A`, is compared as it stands: SQuAD's own script would find it equal to
//! an empty answer.
//! F1 = 2PR/(P + R) over the multiset of common words: P of the answer's, R of the gold's; 0 where
//! nothing is common, so also where both are empty. Rajpurkar et al. 2016 (arXiv 1606.05250), §6.1.

use std::collections::HashMap;

use serde::Deserialize;
use utoipa::ToSchema;

use super::{Extract, Unscored, normalise::words};

/// Parameters of `exact_match`.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExactMatch {
    /// Which part of the completion is the answer. Default: `whole`.
    #[serde(default)]
    #[schema(inline, default = "whole")]
    pub extract: Extract,
}

impl ExactMatch {
    /// 1 where the answer has the words of a gold, else 0; 0 where the completion holds no answer.
    ///
    /// # Errors
    /// Without a gold.
    pub fn grade(&self, completion: &str, golds: &[&str]) -> Result<f64, Unscored> {
        let same = |answer: &str, gold: &str| {
            let (said, wanted) = (words(answer), words(gold));
            let same =
                if wanted.is_empty() { answer.trim() == gold.trim() } else { said == wanted };
            f64::from(u8::from(same))
        };
        best(self.extract, completion, golds, same)
    }
}

/// Parameters of `token_f1`.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenF1 {
    /// Which part of the completion is the answer. Default: `whole`.
    #[serde(default)]
    #[schema(inline, default = "whole")]
    pub extract: Extract,
}

impl TokenF1 {
    /// The F1 of the answer's words with those of the best gold, from 0 to 1; 0 where the completion
    /// holds no answer.
    ///
    /// # Errors
    /// Without a gold.
    pub fn grade(&self, completion: &str, golds: &[&str]) -> Result<f64, Unscored> {
        best(self.extract, completion, golds, |answer, gold| f1(&words(answer), &words(gold)))
    }
}

fn best(
    extract: Extract,
    completion: &str,
    golds: &[&str],
    score: impl Fn(&str, &str) -> f64,
) -> Result<f64, Unscored> {
    if golds.is_empty() {
        return Err(Unscored::NoGold);
    }
    let Some(answer) = extract.of(completion) else { return Ok(0.0) };
    Ok(golds.iter().map(|gold| score(answer, gold)).fold(0.0, f64::max))
}

#[expect(clippy::cast_precision_loss, reason = "a completion has fewer than 2^52 words")]
fn f1(answer: &[String], gold: &[String]) -> f64 {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for word in gold {
        *left.entry(word).or_default() += 1;
    }
    let mut common = 0;
    for word in answer {
        if let Some(count) = left.get_mut(word.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    if common == 0 {
        return 0.0;
    }
    let precision = common as f64 / answer.len() as f64;
    let recall = common as f64 / gold.len() as f64;
    2.0 * precision * recall / (precision + recall)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn exact(completion: &str, golds: &[&str]) -> f64 {
        ExactMatch::default().grade(completion, golds).unwrap()
    }

    fn f1(completion: &str, golds: &[&str]) -> f64 {
        TokenF1::default().grade(completion, golds).unwrap()
    }

    #[test]
    fn exact_match_ignores_case_articles_and_punctuation_only() {
        assert_eq!(exact("The Eiffel Tower.", &["eiffel tower"]), 1.0);
        assert_eq!(exact("tower Eiffel", &["eiffel tower"]), 0.0);
        assert_eq!(exact("Eiffel", &["paris", "EIFFEL!"]), 1.0);
        // Nothing is left of the gold: then it is compared as it stands, or silence would be right.
        assert_eq!(exact("A", &["A"]), 1.0);
        assert_eq!(exact("the", &["A"]), 0.0);
        assert_eq!(exact("", &["A"]), 0.0);
    }

    #[test]
    fn f1_by_hand() {
        // 2 of 3 answer words and 2 of 4 gold words are common: P = 2/3, R = 1/2, F1 = 4/7.
        assert!((f1("big red dog", &["red dog runs home"]) - 4.0 / 7.0).abs() < 1e-15);
        // "x" is common once only: P = 1/3, R = 1, F1 = 1/2.
        assert_eq!(f1("x x x", &["x"]), 0.5);
        assert_eq!(f1("x y", &["z", "y x"]), 1.0);
        assert_eq!(f1("x", &["y"]), 0.0);
    }

    #[test]
    fn nothing_overlaps_with_nothing() {
        assert_eq!(exact("", &["the"]), 0.0);
        assert_eq!(f1("", &["the"]), 0.0);
    }

    #[test]
    fn the_extracted_part_alone_counts() {
        let tag = ExactMatch { extract: Extract::AnswerTag };
        let text = "<think>Rome</think> It is <answer>Paris</answer>";
        assert_eq!(tag.grade(text, &["paris"]), Ok(1.0));
        assert_eq!(tag.grade("Paris", &["Paris"]), Ok(0.0));
        let line = TokenF1 { extract: Extract::LastLine };
        assert_eq!(line.grade("I thought so.\nParis\n", &["Paris"]), Ok(1.0));
    }

    #[test]
    fn without_a_gold_there_is_no_score() {
        assert_eq!(ExactMatch::default().grade("x", &[]), Err(Unscored::NoGold));
        assert_eq!(TokenF1::default().grade("x", &[]), Err(Unscored::NoGold));
    }

    #[test]
    fn unknown_parameters_are_refused() {
        assert!(serde_json::from_value::<ExactMatch>(json!({"extract": "middle"})).is_err());
        assert!(serde_json::from_value::<TokenF1>(json!({"extrct": "whole"})).is_err());
    }

    #[test]
    fn the_golden_of_the_published_formula() {
        let golden: Value =
            serde_json::from_str(include_str!("../../../tests/golden/text/squad.json")).unwrap();
        let cases = golden["cases"].as_array().unwrap();
        assert!(cases.len() >= 200);
        for case in cases {
            let answer = case["answer"].as_str().unwrap();
            let golds: Vec<&str> =
                case["golds"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            // Of a gold without words the published script says that silence matches it.
            let silence = words(answer).is_empty()
                && golds.iter().any(|gold| words(gold).is_empty())
                && !golds.iter().any(|gold| gold.trim() == answer.trim());
            let published = case["exact_match"].as_f64().unwrap();
            assert_eq!(exact(answer, &golds), if silence { 0.0 } else { published }, "{case}");
            let error = (f1(answer, &golds) - case["f1"].as_f64().unwrap()).abs();
            assert!(error <= 1e-15, "{case}: off by {error}");
        }
    }
}
