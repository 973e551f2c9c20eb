//! Where in a completion the choice is named.

use std::ops::Range;

use super::{
    super::extract::answer_tag,
    label::{Named, label, read, read_line},
    token::{Token, tokens},
};

/// Bytes of text after an anchor that are looked at.
const WINDOW: usize = 256;

/// The letters that the text chooses.
pub(super) fn find(text: &str, last: char) -> Option<Named> {
    if let Some(named) = boxed(text).and_then(|span| read(&span, last)) {
        return Some(named);
    }
    let text = match answer_tag(text) {
        Some(answer) => match read_line(answer, last) {
            Some(named) => return Some(named),
            None => answer,
        },
        None => text,
    };
    anchored(text, last)
        .or_else(|| said_right(text, last))
        .or_else(|| read_line(text.lines().map(str::trim).rfind(|line| !line.is_empty())?, last))
}

/// What the last `\boxed{…}` holds; boxes with only a divider between them are one.
fn boxed(text: &str) -> Option<String> {
    const OPEN: &str = r"\boxed{";
    let mut boxes: Vec<Range<usize>> = Vec::new();
    for (start, _) in text.match_indices(OPEN) {
        if boxes.last().is_some_and(|outer| start < outer.end) {
            continue;
        }
        let inside = start + OPEN.len();
        // An unclosed box ends the search: what follows lies inside it.
        let Some(length) = closing(&text[inside..]) else { break };
        boxes.push(start..inside + length + 1);
    }
    let gap = |pair: &[Range<usize>]| &text[pair[0].end..pair[1].start];
    let joined = boxes.windows(2).rev().take_while(|pair| divides(gap(pair))).count();
    let first = boxes.len().checked_sub(joined + 1)?;
    let mut span = String::new();
    for (place, found) in boxes.iter().enumerate().skip(first) {
        if place > first {
            span.extend([" ", gap(&boxes[place - 1..=place]), " "]);
        }
        span.push_str(&text[found.start + OPEN.len()..found.end - 1]);
    }
    Some(span)
}

/// Bytes up to the brace that closes one already open.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Whether text between two boxes joins them to one answer.
fn divides(gap: &str) -> bool {
    gap.len() < 64
        && tokens(gap).into_iter().all(|token| {
            token.is_word(&["and", "or", "possibly", "maybe", "perhaps"])
                || matches!(token, Token::Mark(',' | ';' | '/' | '&' | '(' | ')' | '[' | ']'))
        })
}

/// What the last "answer is" or "Answer:" names. An "or" before it makes it a hedge.
fn anchored(text: &str, last: char) -> Option<Named> {
    let mut named = None;
    let lower = text.to_ascii_lowercase();
    for (start, word) in lower.match_indices("answer") {
        let window = within(text, start + word.len());
        let Some(after) = verb(window) else { continue };
        let Some(line) = after.lines().find(|line| !tokens(line).is_empty()) else { continue };
        if let Some(Named { letters, hedged }) = read(line, last) {
            let or = lower[..start].trim_end_matches(|c: char| !c.is_alphanumeric());
            let or = or.strip_suffix("the").map_or(or, str::trim_end).ends_with(" or");
            named = Some(Named { letters, hedged: hedged || (or && named.is_some()) });
        }
    }
    named
}

/// What follows the verb, colon or equals sign after "answer".
fn verb(text: &str) -> Option<&str> {
    const VERBS: [&str; 9] =
        [" would be ", " should be ", " must be ", " will be ", " is:", " is", " are", ":", "="];
    let text = text.strip_prefix(['s', 'S']).unwrap_or(text);
    let text = text.trim_start_matches(['*', '_', '}']);
    let verb = VERBS.into_iter().find(|verb| text.starts_with(verb))?;
    let after = &text[verb.len()..];
    // "answer island" is no verb.
    let whole = !verb.ends_with(char::is_alphabetic) || !after.starts_with(char::is_alphanumeric);
    whole.then_some(after)
}

/// A window of the text that starts there and ends at a boundary between characters.
fn within(text: &str, start: usize) -> &str {
    let rest = &text[start..];
    let end = (0..=WINDOW.min(rest.len())).rev().find(|&end| rest.is_char_boundary(end));
    &rest[..end.unwrap_or(0)]
}

/// The one option that is said to be right: "option C", "(C) is correct". None where several are.
fn said_right(text: &str, last: char) -> Option<Named> {
    let tokens = tokens(text);
    let mut named: Option<Named> = None;
    for at in 0..tokens.len() {
        let Some((letters, _, length)) = label(&tokens[at..], last) else { continue };
        let called = at > 0 && tokens[at - 1].is_word(&["option", "choice"]);
        let said = Said::of(&tokens[at + length..]);
        if said == Said::Wrong || (!called && said != Said::Right) {
            continue;
        }
        if named.is_some_and(|named| named.letters != letters) {
            return None;
        }
        named = Some(Named { letters, hedged: false });
    }
    named
}

/// What is said of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Right,
    Wrong,
    Nothing,
}

impl Said {
    fn of(after: &[Token]) -> Self {
        const WRONG: &[&str] = &[
            "wrong",
            "incorrect",
            "false",
            "not",
            "out",
            "invalid",
            "impossible",
            "eliminated",
            "excluded",
        ];
        match after {
            [verb, ..] if verb.is_word(&["cannot", "fails", "isn't", "isn’t", "can't"]) => {
                Self::Wrong
            }
            [verb, what, ..] if verb.is_word(&["is", "must", "can"]) && what.is_word(WRONG) => {
                Self::Wrong
            }
            [verb, what, ..] if verb.is_word(&["is"]) && what.is_word(&["correct", "right"]) => {
                Self::Right
            }
            [verb, the, what, ..]
                if verb.is_word(&["is"])
                    && the.is_word(&["the"])
                    && what.is_word(&["correct", "right", "best", "answer"]) =>
            {
                Self::Right
            }
            _ => Self::Nothing,
        }
    }
}
