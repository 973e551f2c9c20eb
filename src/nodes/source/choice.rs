//! 1 if the completion chooses the gold's letter, else 0.
//!
//! Where the letter is looked for, and what is a hedge: [`crate::verify::text::choice`].

use serde_json::{Value, json};

use super::golds::{completion, golds, unscored};
use crate::domain::{Cell, Sample, Scope};
use crate::nodes::{Family, Kind, SampleSource};
use crate::verify::text::choice::{Choice, Chosen};

impl Kind for Choice {
    const NAME: &'static str = "choice";
    const FAMILY: Family = Family::Source;
    const SCOPE: Scope = Scope::Sample;
    const SUMMARY: &'static str = "1 if the multiple-choice letter is the gold's, else 0";
    const EQUATION: &'static str = "1 if the set of chosen letters equals a gold's, else 0";
    const PAPER: &'static str = "none: a comparison of letters";

    fn example() -> Value {
        json!({"last": "E"})
    }
}

impl SampleSource for Choice {
    fn value(&self, sample: &Sample) -> Cell {
        let (completion, golds) = (completion(sample)?, golds(sample)?);
        let chosen = self.grade(&completion, &golds).map_err(|reason| unscored(&reason))?;
        Ok(f64::from(u8::from(chosen == Chosen::Right)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{MissStatus, parse};
    use crate::nodes::{source::golds::judged, testing::rejects};

    fn value(completion: &str, golds: &[&str]) -> Cell {
        parse::<Choice>(Choice::example()).unwrap().value(&judged(completion, golds))
    }

    #[test]
    fn the_letter_decides() {
        assert_eq!(value("The answer is (C) 19.", &["C"]), Ok(1.0));
        assert_eq!(value("The answer is (C) 19.", &["A", "C"]), Ok(1.0));
        assert_eq!(value("The answer is (C) or (D).", &["C"]), Ok(0.0));
        assert_eq!(value("19", &["C"]), Ok(0.0));
    }

    #[test]
    fn a_gold_that_is_no_letter_is_a_miss() {
        assert_eq!(value("C", &["19"]).unwrap_err().status, MissStatus::GoldUnparsable);
        assert_eq!(value("C", &[]).unwrap_err().status, MissStatus::MissingField);
    }

    #[test]
    fn a_bad_range_is_refused_with_its_place() {
        assert_eq!(rejects("choice", json!({"last": "a"})), "/last");
    }
}
