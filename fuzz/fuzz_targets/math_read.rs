//! Reads any text as a gold answer: lexer, parser, kinds of answer, canonical form. A panic aborts, even
//! where the service would catch it.
#![no_main]

use assay::verify::math::{Grader, Policy, Verdict};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let grade = Grader::new(1).grade(&Policy::default(), &[text], "nothing is said");
    assert!(matches!(grade.verdict, Verdict::NoAnswer | Verdict::GoldUnparsable));
});
