//! Sums, differences and products of small numbers, bare and as stories.

use rand::{Rng, RngExt};

use super::{
    corruption::Corruption,
    exercise::Exercise,
    style::{capitalised, pick},
};

const NAMES: [&str; 8] = ["Tom", "Anna", "Ben", "Maria", "Sam", "Lucy", "Natalia", "Omar"];
const THINGS: [&str; 8] =
    ["apples", "books", "eggs", "coins", "pencils", "cookies", "marbles", "stamps"];

struct Operation {
    sign: &'static str,
    word: &'static str,
    a: i32,
    b: i32,
    result: i32,
}

/// One exercise with right and wrong results.
pub(super) fn exercise(rng: &mut impl Rng) -> Exercise {
    let operation = operation(rng);
    let wrong = wrong_result(rng, &operation);
    let story = operation.sign != "*" && rng.random_bool(0.3);
    let (prompt, good, bad) =
        if story { told(rng, &operation, wrong) } else { asked(rng, &operation, wrong) };
    Exercise {
        prompt,
        good: good.clone(),
        sentences: vec![good],
        joiner: " ",
        wrong: vec![(Corruption::Arithmetic, bad)],
    }
}

fn operation(rng: &mut impl Rng) -> Operation {
    match rng.random_range(0..10) {
        0..=4 => {
            let (a, b) = (rng.random_range(1..40), rng.random_range(1..40));
            Operation { sign: "+", word: "plus", a, b, result: a + b }
        }
        5..=7 => {
            let a = rng.random_range(5..50);
            let b = rng.random_range(1..a);
            Operation { sign: "-", word: "minus", a, b, result: a - b }
        }
        _ => {
            let (a, b) = (rng.random_range(2..11), rng.random_range(2..11));
            Operation { sign: "*", word: "times", a, b, result: a * b }
        }
    }
}

/// A plausible mistake: a slip of one to ten, another operation, or any other number of that size.
fn wrong_result(rng: &mut impl Rng, operation: &Operation) -> i32 {
    loop {
        let wrong = match rng.random_range(0..10) {
            0..=1 => operation.result + pick(rng, &[-10, -2, -1, 1, 2, 10]),
            2 => (operation.a - operation.b).abs(),
            _ => rng.random_range(1..=100.max(operation.result)),
        };
        if wrong != operation.result && wrong >= 0 {
            return wrong;
        }
    }
}

fn asked(rng: &mut impl Rng, operation: &Operation, wrong: i32) -> (String, String, String) {
    let Operation { sign, word, a, b, result } = operation;
    let prompt = match rng.random_range(0..6) {
        0 => format!("What is {a} {word} {b}?"),
        1 => format!("Calculate {a} {sign} {b}."),
        2 => format!("How much is {a} {sign} {b}?"),
        3 => format!("{a} {sign} {b} = ?"),
        _ => format!("What is {a} {sign} {b}?"),
    };
    let form = rng.random_range(0..5);
    let answer = |value: i32| match form {
        0 => format!("The answer is {value}."),
        1 => format!("{value}"),
        2 => format!("{a} {word} {b} is {value}."),
        _ => format!("{a} {sign} {b} = {value}."),
    };
    (prompt, answer(*result), answer(wrong))
}

fn told(rng: &mut impl Rng, operation: &Operation, wrong: i32) -> (String, String, String) {
    let Operation { sign, a, b, result, .. } = operation;
    let (name, things) = (pick(rng, &NAMES), pick(rng, &THINGS));
    let (event, ask) = match (*sign, rng.random_bool(0.5)) {
        ("+", true) => (format!("buys {b} more"), format!("does {name} have now")),
        ("+", false) => (format!("gets {b} from a friend"), format!("does {name} have in all")),
        (_, true) => (format!("gives away {b}"), "are left".to_owned()),
        (_, false) => (format!("loses {b}"), format!("does {name} still have")),
    };
    let prompt = format!("{name} has {a} {things} and {event}. How many {things} {ask}?");
    let form = rng.random_range(0..3);
    let answer = |value: i32| match form {
        0 => format!("{name} has {value} {things}."),
        1 => format!("{a} {sign} {b} = {value}, so the answer is {value}."),
        _ => capitalised(&format!("{value} {things}.")),
    };
    (prompt, answer(*result), answer(wrong))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn results_are_right_and_mistakes_are_wrong() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..2000 {
            let operation = operation(&mut rng);
            let Operation { sign, a, b, result, .. } = operation;
            let expected = match sign {
                "+" => a + b,
                "-" => a - b,
                _ => a * b,
            };
            assert_eq!(result, expected);
            let wrong = wrong_result(&mut rng, &operation);
            assert!(wrong != result && wrong >= 0, "{a} {sign} {b} = {wrong}");
        }
    }
}
