//! Variation that says nothing about which answer is good.

use rand::{Rng, RngExt};

const OPENINGS: [&str; 5] =
    ["Sure! ", "Of course. ", "Here is the answer. ", "Good question! ", "Well, "];
const ASIDES: [&str; 4] = ["I have a question. ", "Hello! ", "Please help me. ", "I am curious. "];

/// One of the items. There is at least one.
pub(super) fn pick<'a, T>(rng: &mut impl Rng, items: &'a [T]) -> &'a T {
    &items[rng.random_range(0..items.len())]
}

/// The prompt as people type it: mostly as it is, sometimes with an aside, in lower case or without
/// its final mark.
pub(super) fn typed(rng: &mut impl Rng, prompt: &str) -> String {
    match rng.random_range(0..20) {
        0 | 1 => format!("{}{prompt}", pick(rng, &ASIDES)),
        2 => format!("{prompt} Thank you!"),
        3 | 4 => prompt.to_lowercase(),
        5 => prompt.trim_end_matches(['?', '.']).to_owned(),
        _ => prompt.to_owned(),
    }
}

/// The answer, sometimes with a polite opening.
pub(super) fn opened(rng: &mut impl Rng, answer: &str) -> String {
    if rng.random_bool(0.12) {
        format!("{}{answer}", pick(rng, &OPENINGS))
    } else {
        answer.to_owned()
    }
}

/// The text with a capital first letter.
pub(super) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
