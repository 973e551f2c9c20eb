//! Grades any completion against any gold; the two are parted by the first NUL. What is said must not
//! depend on how often it is asked, and a plain integer is right only if it is the gold.
#![no_main]

use assay::verify::math::{Grader, Policy, Verdict};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (gold, completion) = text.split_once('\0').unwrap_or((text, text));
    let grader = Grader::new(4);
    let grade = grader.grade(&Policy::default(), &[gold], completion);
    let again = grader.grade(&Policy::default(), &[gold], completion);
    assert_eq!(grade, again);
    if let (Ok(a), Some(b)) = (gold.parse::<i64>(), grade.extracted)
        && let Ok(b) = b.parse::<i64>()
    {
        assert_eq!(grade.verdict == Verdict::Correct, a == b, "{gold} <- {b}");
    }
});
