//! The part of a completion that answers: what follows the thoughts.

use std::borrow::Cow;

use memchr::memchr_iter;
use memchr::memmem;

use super::{Extraction, boxes, phrases};

/// What follows the thoughts.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Zone<'a> {
    Text(&'a str),
    /// Thoughts were opened and not closed.
    Truncated,
}

/// Finds what follows the last closing delimiter. A missing opening one is normal: it is in the prompt.
pub(super) fn answer_zone<'a>(think: &[(String, String)], text: &'a str) -> Zone<'a> {
    let mut start = 0;
    let mut open = false;
    for at in memchr_iter(b'<', text.as_bytes()) {
        let rest = &text.as_bytes()[at..];
        for (opening, closing) in think {
            if rest.starts_with(closing.as_bytes()) {
                start = at + closing.len();
                open = false;
            } else if rest.starts_with(opening.as_bytes()) {
                open = true;
            }
        }
    }
    if open { Zone::Truncated } else { Zone::Text(&text[start..]) }
}

/// The content of the last `<answer>`; a box inside it is the answer.
pub(super) fn tagged(zone: &str) -> Extraction<'_> {
    const OPEN: &str = "<answer>";
    const CLOSE: &str = "</answer>";
    let Some(at) = memmem::find_iter(zone.as_bytes(), OPEN).last() else {
        return Extraction::NoAnswer;
    };
    let content = &zone[at + OPEN.len()..];
    let Some(end) = memmem::find(content.as_bytes(), CLOSE.as_bytes()) else {
        return Extraction::Truncated;
    };
    let content = content[..end].trim();
    match boxes::last_answer(content) {
        Extraction::NoAnswer if boxes::is_placeholder(content) => Extraction::NoAnswer,
        // `<answer>The answer is 5</answer>`
        Extraction::NoAnswer => {
            Extraction::Found(Cow::Borrowed(phrases::stated(content).unwrap_or(content)))
        }
        found => found,
    }
}
