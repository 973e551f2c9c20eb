//! Two expressions, parted by the first NUL, are never equal one way round and different the other. Undecided may
//! be either: a gold that is defined where the answer is not proves nothing. Left out is what has a direction by
//! policy: decimals, percentages, relations, constants of integration and words.
#![no_main]

use assay::verify::math::{Grader, Policy, Verdict};
use libfuzzer_sys::fuzz_target;

const DIRECTED: &[&str] = &[
    ".", "%", "=", "<", ">", "C", "K", "text", "mathrm", "operatorname", "box", "mod", "equiv", "approx", "\\le",
    "\\ge", "\\ne", "\\lt", "\\gt", "\\sim", "\\in", "$", ":",
];

fuzz_target!(|text: &str| {
    let Some((a, b)) = text.split_once('\0') else { return };
    if DIRECTED.iter().any(|part| text.contains(part)) || !text.is_ascii() {
        return;
    }
    let judged = |gold: &str, answer: &str| {
        let completion = format!("\\boxed{{{answer}}}");
        let grade = Grader::new(1).grade(&Policy::default(), &[gold], &completion);
        // A box in which braces do not match ends elsewhere.
        (grade.extracted.as_deref() == Some(answer)).then_some(grade.verdict)
    };
    if let (Some(there), Some(back)) = (judged(a, b), judged(b, a)) {
        let torn = |a, b| a == Verdict::Correct && b == Verdict::Incorrect;
        assert!(!torn(there, back) && !torn(back, there), "{a} and {b}");
    }
});
