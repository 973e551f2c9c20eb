//! Where the answer is in a completion: boxes, tags, `####`, phrases, the last number.
//!
//! Everything is one forward pass over the bytes that matter; nothing is scanned twice.

mod boxes;
mod number;
mod phrases;
mod zone;

use std::borrow::Cow;

use super::policy::Policy;
use zone::Zone;

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Extraction<'a> {
    /// The text of the answer.
    Found(Cow<'a, str>),
    /// Nothing that states an answer.
    NoAnswer,
    /// The completion breaks off within its thoughts or its answer.
    Truncated,
}

/// How much of the end of a completion is searched for phrases and numbers, in bytes.
const TAIL: usize = 16 * 1024;

/// Finds the answer of a completion.
pub(super) fn extract<'a>(policy: &Policy, completion: &'a str) -> Extraction<'a> {
    let zone = match zone::answer_zone(&policy.think, completion) {
        Zone::Text(text) => text,
        Zone::Truncated => return Extraction::Truncated,
    };
    if policy.boxes {
        match boxes::last_answer(zone) {
            Extraction::NoAnswer => {}
            found => return found,
        }
    }
    if policy.tags {
        match zone::tagged(zone) {
            Extraction::NoAnswer => {}
            found => return found,
        }
    }
    let tail = tail(zone);
    let found = policy
        .hashes
        .then(|| phrases::after_hashes(tail))
        .flatten()
        .or_else(|| policy.phrases.then(|| phrases::stated(tail)).flatten())
        .or_else(|| policy.last_letter.then(|| phrases::last_letter(tail)).flatten())
        .or_else(|| policy.last_formula.then(|| phrases::last_formula(tail)).flatten())
        .or_else(|| policy.last_number.then(|| number::last_number(tail)).flatten());
    match found {
        Some(text) if !boxes::is_placeholder(text) => Extraction::Found(Cow::Borrowed(text)),
        _ => Extraction::NoAnswer,
    }
}

fn tail(text: &str) -> &str {
    let mut start = text.len().saturating_sub(TAIL);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

#[cfg(test)]
mod tests;
