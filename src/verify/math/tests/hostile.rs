//! Hostile inputs end by fuel or by caps, and are never credited.

use super::super::fuel::GRADE;
use super::super::{Grade, Grader, Policy, Verdict};

fn grade(gold: &str, completion: &str) -> Grade {
    Grader::new(16).grade(&Policy::default(), &[gold], completion)
}

fn boxed(gold: &str, answer: &str) -> Grade {
    grade(gold, &format!("\\boxed{{{answer}}}"))
}

#[test]
fn floods_end() {
    assert_eq!(grade("12", &"\\boxed{".repeat(20_000)).verdict, Verdict::Truncated);
    assert_eq!(grade("12", &"$".repeat(1 << 20)).verdict, Verdict::NoAnswer);
    assert_eq!(grade("12", &"<think>".repeat(100_000)).verdict, Verdict::Truncated);
    assert_ne!(grade("12", &"answer ".repeat(100_000)).verdict, Verdict::Correct);
    assert_ne!(grade("12", &"\\boxed{1}, ".repeat(50_000)).verdict, Verdict::Correct);
    assert_ne!(boxed("12", &"{".repeat(100_000)).verdict, Verdict::Correct);
    let before = |flood: &str| grade("12", &format!("{}12", flood.repeat(100_000))).verdict;
    for tied in ["\u{221a}", "1:", "(1, ", "1 and "] {
        assert_ne!(before(tied), Verdict::Correct, "{tied}");
    }
    for markup in ["* ", "$(", "\\(", "- "] {
        assert_eq!(before(markup), Verdict::Correct, "{markup}");
    }
}

#[test]
fn honest_prose_of_a_megabyte_is_read() {
    let line = "We compute $x_1 + 3$ and then see that it is 7, as expected.\n";
    let mut text = line.repeat((1 << 20) / line.len() - 1);
    text.push_str("So it is \\boxed{12}");
    assert_eq!(grade("12", &text).verdict, Verdict::Correct);
    let formulas = "$ a $ ".repeat((1 << 20) / 6 - 4);
    assert_eq!(grade("12", &(formulas + "\\boxed{12}")).verdict, Verdict::Correct);
}

#[test]
fn what_is_compared_as_a_set_or_cleared_of_divisors_ends() {
    let letters = "abcdfghjklmnopqrstuvwxyz";
    let quotients = |above: &str| {
        letters.chars().map(|c| format!("\\frac{{{above}}}{{{c}-1}}")).collect::<Vec<_>>().join("+")
    };
    let family = |step: usize| {
        let class = |n: usize| format!("x=\\frac{{{n}\\pi}}{{{step}}}+2k\\pi");
        (0..300).map(class).collect::<Vec<_>>().join(", ") + ", k\\in\\mathbb{Z}"
    };
    let matrices = format!("{}^{{-1}}", vec!["A B"; 1500].join(" "));
    for (gold, answer) in [
        (format!("y={}", quotients("1")), format!("y={}", quotients("2"))),
        (format!("{}=1", quotients("x")), format!("{}=2", quotients("y"))),
        (family(7), family(11)),
        ("x=k\\pi, k\\in\\mathbb{Z}".to_owned(), family(300)),
        (matrices.clone(), format!("2{matrices}")),
        ("\\frac{1}{".to_owned(), "\\mathrm{a}".repeat(5000)),
        ("\\mathrm{CO}_2 \\& 1".to_owned(), "\\mathrm{".repeat(5000)),
    ] {
        let found = boxed(&gold, &answer);
        assert_ne!(found.verdict, Verdict::Correct, "{gold}");
        assert!(found.fuel <= GRADE);
    }
}

#[test]
fn deep_nesting_ends() {
    for (open, close) in [
        ("(", ")"),
        ("{", "}"),
        ("[", "]"),
        ("|", "|"),
        ("\\frac{1}{", "}"),
        ("\\sqrt{", "}"),
        ("\\sin ", ""),
        ("-", ""),
        ("x^", ""),
        ("\\{", "\\}"),
        ("\\text{", "}"),
        ("\\left(", "\\right)"),
        ("f(", ")"),
        ("\\begin{pmatrix}", "\\end{pmatrix}"),
        ("1+", ""),
        ("\\pm", ""),
        ("2/", ""),
        ("\\cup", ""),
        ("x,", ""),
    ] {
        for count in [150, 250, 10_000, 100_000] {
            let answer = format!("{}12{}", open.repeat(count), close.repeat(count));
            // As many brackets as one likes around 12 are 12, if they are read at all.
            let grouping = matches!(open, "(" | "{" | "[" | "|" | "\\left(") && count < 200;
            let text = open == "\\text{" || open == "\\{";
            let verdict = boxed("12", &answer).verdict;
            assert!(grouping || text || verdict != Verdict::Correct, "{count} {open}: {verdict:?}");
        }
        let postfix = format!("12{}", "!".repeat(50_000));
        assert_ne!(boxed("12", &postfix).verdict, Verdict::Correct);
    }
}

#[test]
fn costly_values_end() {
    let digits = "9".repeat(100_000);
    let power = format!("({}+x)^{{500}}", vec!["y"; 1000].join("+"));
    let product = vec!["(x+y+\\sqrt{z})"; 1000].join("");
    let sum = (0..2000).map(|n| format!("\\sin({n}x^2)")).collect::<Vec<_>>().join("+");
    let radicals = vec!["\\sqrt{1+x"; 90].join("") + &"}".repeat(90);
    let list = (0..4000).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    let fractions = (1..900).map(|n| format!("\\frac{{1}}{{{n}^{{60}}}}")).collect::<Vec<_>>();
    for answer in [
        "10^{10^{10}}",
        "2^{(\\cos 2)^{10^{10}}}",
        "2^{10^9\\cdot(\\cos 2^{\\cos 5-1})^{10^{10}}}",
        "e^{-e^{20}}+\\pi",
        "\\sin(e^{-e^{20}})+1",
        "10^{10^{10^{10}}}",
        "(10^9)!",
        "((50!)!)!",
        "1000000!",
        "\\binom{10^6}{5\\cdot 10^5}",
        "\\binom{2000}{1000}",
        "2^{10^7}",
        "(1+x)^{500}",
        "9^{9^{9}}-9^{9^{9}}+13",
        "(10^9)^{(10^9)}",
        "0.1^{60000}",
        "\\sqrt[1000000]{2}",
        "\\sum_{k=1}^{10^9} 1/(k^2+1)",
        "1e9999",
        "\\log_{2}(3^{10^9})",
        &digits,
        &power,
        &product,
        &sum,
        &radicals,
        &list,
        &fractions.join("+"),
    ] {
        let grade = boxed("12", answer);
        assert_ne!(grade.verdict, Verdict::Correct, "{:.60}", answer);
        assert!(grade.fuel <= GRADE);
        // Against itself, whatever comes out, it ends.
        let _ = boxed(answer, &format!("{answer}+0"));
    }
}

#[test]
fn bytes_of_any_kind_are_no_panic() {
    for text in [
        "\\boxed{\\}",
        "\\boxed{\u{0}}",
        "\\boxed{^}",
        "\\boxed{_}",
        "\\boxed{\\frac}",
        "\\boxed{\\left}",
        "\\boxed{\\begin{}\\end{}}",
        "\\boxed{\\begin{array}}",
        "\\boxed{1_}",
        "\\boxed{\\sqrt[}",
        "\\boxed{é^{ü}}",
        "\\boxed{\u{202e}}",
        "####",
        "#### ",
        "Answer:",
        "<answer>",
        "<answer></answer>",
        "\\boxed",
        "\\fbox{",
        "box",
        "\\box{",
        "answer is",
        "$",
        "$$",
        "-",
        "1-",
        "--1",
        "\u{221a}",
        "\u{b2}",
        "\\boxed{\\text{}}",
        "\\boxed{||}",
        "\\boxed{\\mathbb}",
        "\\boxed{\\mathbb é}",
        "\\boxed{.}",
        "\\boxed{..}",
        "\\boxed{1.}",
        "\\boxed{1..2}",
        "\\boxed{\\mathrm é}",
        "the answer is\u{a0}é.",
        "é-5",
        "$é",
    ] {
        for gold in ["12", "", "\\", "\\frac", "x", "\\text{", "()", "{}", "[]", "é"] {
            let grade = grade(gold, text);
            assert!(
                grade.verdict != Verdict::Correct || (!gold.is_empty() && text.contains(gold)),
                "{gold} <- {text}"
            );
        }
    }
}

#[test]
fn unreadable_golds_are_errors() {
    for gold in ["", "\\frac{1}{", "x +", "\\unknowncommand{3}", "((("] {
        assert_eq!(boxed(gold, "12").verdict, Verdict::GoldUnparsable, "{gold:?}");
        assert_eq!(grade(gold, "no idea").verdict, Verdict::GoldUnparsable, "{gold:?}");
    }
    let none: [&str; 0] = [];
    let grade = Grader::new(1).grade(&Policy::default(), &none, "\\boxed{12}");
    assert_eq!(grade.verdict, Verdict::GoldUnparsable);
    // One readable gold answer among several is enough.
    let several = Grader::new(1).grade(&Policy::default(), &["(((", "12"], "\\boxed{12}");
    assert_eq!(several.verdict, Verdict::Correct);
}
