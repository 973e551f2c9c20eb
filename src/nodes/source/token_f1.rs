//! F1 of the answer's words with those of the best gold.
//!
//! Lower case, without punctuation and articles, as SQuAD v1.1 compares them:
//! [`crate::verify::text::overlap`].

use serde_json::{Value, json};

use super::golds::{completion, golds, unscored};
use crate::domain::{Cell, Sample, Scope};
use crate::nodes::{Family, Kind, SampleSource};
use crate::verify::text::overlap::TokenF1;

impl Kind for TokenF1 {
    const NAME: &'static str = "token_f1";
    const FAMILY: Family = Family::Source;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "F1 of the answer's words with those of the best gold";
    const EQUATION: &'static str = "max over golds of 2PR / (P + R), P and R over common words";
    const PAPER: &'static str = "Rajpurkar et al. 2016, SQuAD (arXiv 1606.05250), section 6.1";

    fn example() -> Value {
        json!({"extract": "answer_tag"})
    }
}

impl SampleSource for TokenF1 {
    fn value(&self, sample: &Sample) -> Cell {
        let (completion, golds) = (completion(sample)?, golds(sample)?);
        self.grade(&completion, &golds).map_err(|reason| unscored(&reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{MissStatus, parse};
    use crate::nodes::{source::golds::judged, testing::rejects};

    fn value(completion: &str, golds: &[&str]) -> Cell {
        parse::<TokenF1>(TokenF1::example()).unwrap().value(&judged(completion, golds))
    }

    #[test]
    fn the_example() {
        assert_eq!(value("Paris, <answer>the Eiffel Tower!</answer>", &["eiffel tower"]), Ok(1.0));
        // P = 1/3, R = 1.
        assert_eq!(value("<answer>x y z</answer>", &["x"]), Ok(0.5));
        assert_eq!(value("x", &["x"]), Ok(0.0), "no tag");
    }

    #[test]
    fn without_a_gold_it_is_a_miss() {
        assert_eq!(value("x", &[]).unwrap_err().status, MissStatus::MissingField);
    }

    #[test]
    fn an_unknown_part_is_refused_with_its_place() {
        assert_eq!(rejects("token_f1", json!({"extract": "middle"})), "/extract");
    }
}
