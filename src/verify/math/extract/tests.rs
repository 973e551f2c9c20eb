use super::*;

fn found(completion: &str) -> Option<String> {
    match extract(&Policy::default(), completion) {
        Extraction::Found(text) => Some(text.into_owned()),
        _ => None,
    }
}

#[test]
fn stated_answers() {
    for (completion, answer) in [
        ("so\n#### 46", "46"),
        ("#### 4,600", "4,600"),
        ("Answer: $46$", "$46$"),
        ("**Final Answer: 46**", "46"),
        ("**Answer:** 46", "46"),
        ("The final answer is 46. I hope it is correct.", "46"),
        ("46 was my guess. The answer is 64.", "64"),
        ("The answer is $\\frac{1}{2}$.", "$\\frac{1}{2}$"),
        ("<answer>46</answer>", "46"),
        ("<answer>It is \\boxed{46}</answer>", "46"),
        ("So 23*2 = 46 apples remain.", "46"),
        ("So 23*2 = 46, minus 1 is 45.", "45"),
        ("the result is -5.", "-5"),
        ("The answer is $18.", "$18"),
        ("it costs $1,234.50 today", "1,234.50"),
    ] {
        assert_eq!(found(completion).as_deref(), Some(answer), "{completion}");
    }
}

#[test]
fn no_answer_is_made_up() {
    for completion in [
        "",
        "I cannot tell.",
        "therefore $x=\\frac{3}{4}$",
        "so x^2 = y_1",
        "see Q3",
        "\\boxed{}",
        "write \\boxed{ANSWER}",
        "between 3/4",
    ] {
        assert_eq!(extract(&Policy::default(), completion), Extraction::NoAnswer, "{completion}");
    }
}

#[test]
fn thoughts_are_not_answers() {
    assert_eq!(found(r"<think>\boxed{8}</think> \boxed{9}").as_deref(), Some("9"));
    assert_eq!(found(r"hm</think>\boxed{9}").as_deref(), Some("9"));
    assert_eq!(extract(&Policy::default(), r"<think>so \boxed{9}"), Extraction::Truncated);
    assert_eq!(extract(&Policy::default(), r"<think>\boxed{9}</think> done"), Extraction::NoAnswer);
}
