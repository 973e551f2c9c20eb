//! Properties that hold for any expression.

use proptest::prelude::*;

use super::super::{Grader, Policy, Verdict};

fn verdict(gold: &str, answer: &str) -> Verdict {
    let completion = format!("It follows that \\boxed{{{answer}}}.");
    Grader::new(4).grade(&Policy::default(), &[gold], &completion).verdict
}

/// Expressions over a few symbols, as LaTeX.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (0u32..2000).prop_map(|n| n.to_string()),
        (0u32..100, 1u32..1000).prop_map(|(a, b)| format!("{a}.{b:03}")),
        prop::sample::select(vec!["x", "y", "n", "\\pi", "e", "i", "\\alpha", "a_1"])
            .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}+{b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}-{b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}\\cdot {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("\\frac{{{a}}}{{{b}}}")),
            (inner.clone(), 2u32..5).prop_map(|(a, n)| format!("\\left({a}\\right)^{{{n}}}")),
            inner.clone().prop_map(|a| format!("\\sqrt{{{a}}}")),
            inner.clone().prop_map(|a| format!("\\sin\\left({a}\\right)")),
            inner.clone().prop_map(|a| format!("\\ln\\left({a}\\right)")),
            inner.prop_map(|a| format!("\\left|{a}\\right|")),
        ]
    })
}

fn answer() -> impl Strategy<Value = String> {
    prop_oneof![
        expression(),
        (expression(), expression()).prop_map(|(a, b)| format!("\\left({a}, {b}\\right)")),
        (expression(), expression()).prop_map(|(a, b)| format!("\\{{{a}, {b}\\}}")),
        (1i32..50, 51i32..99).prop_map(|(a, b)| format!("[{a}, {b})")),
        (expression(), expression()).prop_map(|(a, b)| {
            format!("\\begin{{pmatrix}} {a} & 0 \\\\ 1 & {b} \\end{{pmatrix}}")
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..Default::default() })]

    #[test]
    fn an_answer_equals_itself(a in answer()) {
        prop_assert_eq!(verdict(&a, &a), Verdict::Correct);
    }

    #[test]
    fn equality_has_no_direction(a in expression(), b in expression()) {
        prop_assert_eq!(verdict(&a, &b), verdict(&b, &a));
    }

    #[test]
    fn layout_means_nothing(a in answer()) {
        let spaced = a.replace('+', " + ").replace(',', " ,\\; ");
        for other in [
            a.replace("\\left", "").replace("\\right", ""),
            a.replace("\\frac", "\\dfrac"),
            a.replace("\\frac", "\\tfrac"),
            format!("${a}$"),
            format!("$ {spaced} $"),
            format!("\\displaystyle {a}"),
        ] {
            prop_assert_eq!(verdict(&a, &other), Verdict::Correct, "{} <- {}", a, other);
            prop_assert_eq!(verdict(&other, &a), Verdict::Correct, "{} <- {}", other, a);
        }
    }

    #[test]
    fn the_canonical_form_reads_back(a in answer()) {
        let grade = Grader::new(1).grade(&Policy::default(), &[&a], &format!("\\boxed{{{a}}}"));
        let canonical = grade.gold_canonical.unwrap();
        let back = verdict(&a, &canonical);
        // A value that does not exist (a division by nought) equals nothing but its own text.
        let undefined = verdict(&a, &format!("({a})+0")) != Verdict::Correct;
        prop_assert!(back == Verdict::Correct || undefined, "{} -> {}: {:?}", a, canonical, back);
    }

    #[test]
    fn lists_have_no_order(mut items in prop::collection::vec(0i32..500, 2..7), seed in 0usize..100) {
        items.dedup();
        let gold: Vec<String> = items.iter().map(i32::to_string).collect();
        let by = seed % items.len();
        items.rotate_left(by);
        let given: Vec<String> = items.iter().map(|n| format!("\\frac{{{}}}{{2}}", 2 * n)).collect();
        prop_assert_eq!(verdict(&gold.join(", "), &given.join(", ")), Verdict::Correct);
        let set = format!("\\{{{}\\}}", given.join(","));
        prop_assert_eq!(verdict(&format!("\\{{{}\\}}", gold.join(", ")), &set), Verdict::Correct);
    }

    #[test]
    fn a_changed_digit_is_wrong(number in "[1-9][0-9]{0,24}(\\.[0-9]{1,12})?", at in 0usize..40, by in 1u8..10) {
        let mut bytes = number.clone().into_bytes();
        let digits: Vec<usize> =
            (0..bytes.len()).filter(|&i| bytes[i].is_ascii_digit()).collect();
        let place = digits[at % digits.len()];
        bytes[place] = b'0' + (bytes[place] - b'0' + by) % 10;
        let changed = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(verdict(&number, &changed), Verdict::Incorrect);
        prop_assert_eq!(verdict(&format!("\\sqrt{{{number}}}"), &format!("\\sqrt{{{changed}}}")), Verdict::Incorrect);
        prop_assert_eq!(verdict(&format!("x^2+{number}"), &format!("x^2+{changed}")), Verdict::Incorrect);
        prop_assert_eq!(verdict(&format!("\\frac{{{number}}}{{7}}"), &format!("\\frac{{{changed}}}{{7}}")), Verdict::Incorrect);
    }

    #[test]
    fn any_text_is_graded(gold in ".{0,60}", completion in ".{0,120}") {
        let grader = Grader::new(1);
        let _ = grader.grade(&Policy::default(), &[&gold], &completion);
        let _ = grader.grade(&Policy::default(), &[&gold], &format!("\\boxed{{{completion}}}"));
    }

    #[test]
    fn any_formula_is_graded(parts in prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..25)) {
        let text = parts.concat();
        let _ = verdict(&text, "12");
        let _ = verdict("12", &text);
        let _ = verdict(&text, &format!("{text} "));
    }
}

const PARTS: &[&str] = &[
    "1",
    "23",
    "x",
    "y",
    "+",
    "-",
    "*",
    "/",
    "^",
    "_",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "|",
    ",",
    ";",
    ":",
    "=",
    "<",
    "\\le ",
    "\\frac",
    "\\sqrt",
    "\\sin",
    "\\log",
    "\\pi ",
    "\\infty ",
    "\\pm ",
    "\\cup ",
    "!",
    "%",
    "\\text{",
    "\\begin{cases}",
    "\\end{cases}",
    "&",
    "\\\\",
    "\\{",
    "\\}",
    "\\left",
    "\\right",
    " ",
    "\\in ",
    "\\mathbb{R}",
    "kg",
    "and",
    "or",
    "\\circ",
    "'",
    "0.5",
    "e",
    "i",
    "\\overline{",
    "\\mid ",
];
