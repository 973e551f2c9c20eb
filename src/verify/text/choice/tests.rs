use serde_json::json;

use super::{Chosen::*, *};

fn grade(completion: &str, gold: &str) -> Chosen {
    Choice::default().grade(completion, &[gold]).unwrap()
}

#[track_caller]
fn chooses(gold: &str, completions: &[&str]) {
    for completion in completions {
        assert_eq!(grade(completion, gold), Right, "{gold} from {completion:?}");
        // The letter matters, not merely that there is one.
        let other = if gold == "B" { "D" } else { "B" };
        assert_eq!(grade(completion, other), Wrong, "{other} from {completion:?}");
    }
}

#[test]
fn the_usual_forms() {
    chooses(
        "C",
        &[
            "C",
            "(C)",
            "C.",
            "C)",
            "[C]",
            "C) 19",
            "(C) 19",
            "C. Paris",
            "C: Paris",
            "**C**",
            "**(C)**",
            "c",
            "(c)",
            "option C",
            "Option (C)",
            "choice C",
            "The answer is C.",
            "The answer is (C).",
            "the answer is: C",
            "The correct answer is C because A is too small.",
            "Answer: C",
            "**Answer:** C",
            "**Answer: C**",
            "ANSWER: (C) 19",
            "Final Answer: **C**",
            "The answer is $\\boxed{C}$.",
            "\\boxed{\\textbf{(C)}~19}",
            "\\boxed{\\text{C}}",
            "$\\mathrm{C}$",
            "<answer>C</answer>",
            "<answer>\nC. Paris\n</answer>",
            "The answer is\n\n(C) 19",
            "The correct option is C.",
            "The correct choice is (C) 19.",
            "We compute 19.\n(C) 19",
            "We compute 19, so (C) is correct.",
            "Option C is correct.",
        ],
    );
}

#[test]
fn the_last_word_counts() {
    chooses(
        "D",
        &[
            "The answer is A. No: the answer is D.",
            "\\boxed{A} was wrong. Thus \\boxed{D}",
            "<think>The answer is A.</think> The answer is D.",
            "<answer>A</answer> wait <answer>D</answer>",
            "The answer is A.\n\\boxed{D}",
            "Option A is wrong. Option D",
            "The answer is (D). Option A is wrong because it is small.",
            "The answer is D. Option A is wrong.",
            "\\boxed{19}\nThe answer is D.",
        ],
    );
}

#[test]
fn a_hedge_is_not_an_answer() {
    for completion in [
        "A or C",
        "The answer is A or C.",
        "(A) or (C)",
        "either A or C",
        "A/C",
        "\\boxed{A \\text{ or } C}",
        "\\boxed{A} or \\boxed{C}",
        "The answer is C) 19 or A) 18",
        "Answer: C or maybe A",
        "The answer is A, or the answer is C",
    ] {
        assert_eq!(grade(completion, "C"), Hedged, "{completion}");
        assert_eq!(grade(completion, "A"), Hedged, "{completion}");
    }
}

#[test]
fn a_list_of_letters_is_another_set() {
    for completion in [
        "A, B, C, D, E",
        "The answer is A, B, C, D, E",
        "ABCDE",
        "\\boxed{A}, \\boxed{C}",
        "A and C",
    ] {
        assert_eq!(grade(completion, "C"), Wrong, "{completion}");
    }
}

#[test]
fn a_letter_in_a_sentence_is_a_word() {
    for completion in [
        "A quick check shows D.",
        "A is the midpoint of BC.",
        "I think so.",
        "The answer is a prime number.",
        "The answer is not C.",
        "Let B = 3.",
        "C = 2 * pi * r",
        "the answers island",
        "",
        "19",
        "Plan B works, as vitamin C does",
        "Option A is tempting, and so is option C",
    ] {
        for gold in ["A", "B", "C", "I"] {
            assert_eq!(grade(completion, gold), Nothing, "{gold} from {completion:?}");
        }
    }
}

#[test]
fn several_right_letters() {
    for gold in ["A,D", "{A, D}", "AD", "(A) and (D)"] {
        for completion in [
            "D and A",
            "A, D",
            "AD",
            "(A), (D)",
            "The answers are A and D.",
            "\\boxed{A, D}",
            "\\boxed{A} and \\boxed{D}",
        ] {
            assert_eq!(grade(completion, gold), Right, "{gold} from {completion:?}");
        }
        for completion in ["A", "D", "A, B, D", "A and C"] {
            assert_eq!(grade(completion, gold), Wrong, "{gold} from {completion:?}");
        }
        assert_eq!(grade("A or D", gold), Hedged);
    }
}

#[test]
fn any_gold_will_do_and_golds_must_be_letters() {
    let choice = Choice::default();
    assert_eq!(choice.grade("B", &["A", "B"]), Ok(Right));
    assert_eq!(choice.grade("B", &[]), Err(Unscored::NoGold));
    for gold in ["19", "", "K", "A or B"] {
        assert_eq!(choice.grade("B", &[gold]), Err(Unscored::GoldUnparsable(gold.to_owned())));
    }
}

#[test]
fn the_range_is_configurable() {
    let choice = |last: &str| serde_json::from_value::<Choice>(json!({"last": last}));
    assert_eq!(choice("D").unwrap().grade("The answer is E.", &["D"]), Ok(Nothing));
    assert_eq!(choice("Z").unwrap().grade("The answer is Q.", &["Q"]), Ok(Right));
    for last in ["A", "d", "", "AB", "1"] {
        assert!(choice(last).is_err(), "{last}");
    }
}

#[test]
fn hostile_text_ends() {
    for unit in [
        "\\boxed{",
        "\\boxed{A}",
        "answer is ",
        "the answer is A or ",
        "(",
        "A ",
        "\\",
        "option A ",
        "é",
    ] {
        let text = unit.repeat((1 << 19) / unit.len());
        let _ = grade(&text, "C");
    }
    let nested = format!("{}A{}", "\\boxed{".repeat(60_000), "}".repeat(60_000));
    assert_eq!(grade(&nested, "A"), Right);
}
