//! The canonical form of an answer says what the answer says.

use super::super::{Grade, Grader, Policy};

fn canonical(answer: &str) -> Option<String> {
    let grade: Grade =
        Grader::new(1).grade(&Policy::default(), &["0"], &format!("\\boxed{{{answer}}}"));
    grade.answer_canonical
}

#[test]
fn quantities_are_in_base_units() {
    for (answer, expected) in [
        (r"\text{90 minutes}", r"5400\text{ s}"),
        (r"90\text{ minutes}", r"5400\text{ s}"),
        (r"9\text{ feet}", r"\frac{3429}{1250}\text{ m}"),
        (r"-2\text{ km}", r"-2000\text{ m}"),
        (r"18\text{ km/h}", r"5\text{ m s^-1}"),
        (r"2\sqrt{3}\text{ cm}", r"\frac{1}{100} \cdot (2 \cdot \sqrt{3})\text{ m}"),
        (r"5\text{ m}", r"5\text{ m}"),
        (r"7\text{ apples}", r"7\text{ apple}"),
    ] {
        assert_eq!(canonical(answer).as_deref(), Some(expected), "{answer}");
    }
}

#[test]
fn remainders_and_classes_keep_their_sign() {
    for (answer, expected) in [
        (r"26 \bmod 7", r"26 \bmod 7"),
        (r"x\equiv 5\ (\text{mod } 7)", r"x \equiv 5 \pmod 7"),
        (r"\overrightarrow{AB}", r"\vec{AB}"),
    ] {
        assert_eq!(canonical(answer).as_deref(), Some(expected), "{answer}");
    }
}
