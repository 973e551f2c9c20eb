//! 1 if the answer has the words of a gold, else 0.
//!
//! Lower case, without punctuation and articles, as SQuAD v1.1 compares them:
//! [`crate::verify::text::overlap`].

use serde_json::{Value, json};

use super::golds::{completion, golds, unscored};
use crate::domain::{Cell, Sample, Scope};
use crate::nodes::{Family, Kind, SampleSource};
use crate::verify::text::overlap::ExactMatch;

impl Kind for ExactMatch {
    const NAME: &'static str = "exact_match";
    const FAMILY: Family = Family::Source;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "1 if the answer has a gold's words in order, else 0";
    const EQUATION: &'static str = "max over golds of 1 if words(answer) = words(gold), else 0";
    const PAPER: &'static str = "Rajpurkar et al. 2016, SQuAD (arXiv 1606.05250), section 6.1";

    fn example() -> Value {
        json!({"extract": "answer_tag"})
    }
}

impl SampleSource for ExactMatch {
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
        parse::<ExactMatch>(ExactMatch::example()).unwrap().value(&judged(completion, golds))
    }

    #[test]
    fn the_example() {
        assert_eq!(value("Paris, <answer>the Eiffel Tower!</answer>", &["eiffel tower"]), Ok(1.0));
        assert_eq!(value("<answer>Eiffel</answer>", &["eiffel tower"]), Ok(0.0));
        assert_eq!(value("x", &["x"]), Ok(0.0), "no tag");
    }

    #[test]
    fn without_a_gold_it_is_a_miss() {
        assert_eq!(value("x", &[]).unwrap_err().status, MissStatus::MissingField);
    }

    #[test]
    fn an_unknown_part_is_refused_with_its_place() {
        assert_eq!(rejects("exact_match", json!({"extract": "middle"})), "/extract");
    }
}
