//! The letters that a short span of text names.

use super::token::{Token, tokens};

/// Words that may stand before a letter.
const LEAD: &[&str] = &[
    "both", "either", "the", "correct", "best", "right", "final", "option", "options", "choice",
    "choices", "answer", "answers", "letter", "letters", "is", "are",
];
/// Words that show that the capital before them was a letter, not an article or a pronoun.
const AFTER: &[&str] = &["is", "are", "because", "since", "as", "with", "and", "or"];
/// Words at which a remark on the choice begins.
const REMARK: &[&str] =
    &["because", "since", "as", "not", "while", "whereas", "but", "rather", "so", "is", "are"];

/// A set of letters: bit 0 is A.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Letters(u32);

impl Letters {
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn count(self) -> u32 {
        self.0.count_ones()
    }

    fn of(letter: char) -> Self {
        Self(1 << (u32::from(letter.to_ascii_uppercase()) - u32::from('A')))
    }
}

/// The letters of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) letters: Letters,
    /// Whether an "or" stands between two of them.
    pub(super) hedged: bool,
}

/// How a letter is set off from the words around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `(C)`, `[C]`, `C)`.
    Enclosed,
    /// `C` before a mark or the end.
    Bare,
    /// `C` before a word.
    InText,
}

/// The letters that the span names, if it begins with one.
pub(super) fn read(span: &str, last: char) -> Option<Named> {
    let tokens = tokens(span);
    joined(&tokens, last).or_else(|| listed(&tokens, last, Form::InText))
}

/// As [`read`], for a line that may be a sentence: its first letter must be set off.
pub(super) fn read_line(line: &str, last: char) -> Option<Named> {
    let tokens = tokens(line);
    joined(&tokens, last).or_else(|| listed(&tokens, last, Form::Bare))
}

/// A letter at the start of the tokens, its form, and how many tokens it takes.
pub(super) fn label(tokens: &[Token], last: char) -> Option<(Letters, Form, usize)> {
    use Token::{Mark, Word};
    let within = |word: &str| {
        let mut letters = word.chars();
        let letter = letters.next().filter(|_| letters.next().is_none())?;
        ('A'..=last).contains(&letter.to_ascii_uppercase()).then_some(letter)
    };
    match tokens {
        [Mark('('), Word(word), Mark(')'), ..] | [Mark('['), Word(word), Mark(']'), ..] => {
            within(word).map(|letter| (Letters::of(letter), Form::Enclosed, 3))
        }
        [Word(word), Mark(')' | ']'), ..] => {
            within(word).map(|letter| (Letters::of(letter), Form::Enclosed, 2))
        }
        [Word(word), rest @ ..] => {
            let letter = within(word).filter(char::is_ascii_uppercase)?;
            let form = match rest {
                []
                | [Mark('.' | ',' | ';' | ':' | '!' | '?' | '-' | '–' | '—' | '/' | '&'), ..] => {
                    Form::Bare
                }
                [next, ..] if next.is_word(&["and", "or"]) => Form::Bare,
                [next, ..] if next.is_word(AFTER) => Form::InText,
                [Word(_), ..] if !matches!(letter, 'A' | 'I') => Form::InText,
                _ => return None,
            };
            Some((Letters::of(letter), form, 1))
        }
        _ => None,
    }
}

/// A span that is nothing but letters: `c`, `AD`.
fn joined(tokens: &[Token], last: char) -> Option<Named> {
    let [Token::Word(word)] = tokens else { return None };
    let within = |letter: &char| ('A'..=last).contains(&letter.to_ascii_uppercase());
    let ascending = word.chars().zip(word.chars().skip(1)).all(|(left, right)| left < right);
    let one_case = word.len() == 1 || word.chars().all(|letter| letter.is_ascii_uppercase());
    if word.is_empty() || !word.chars().all(|letter| within(&letter)) || !ascending || !one_case {
        return None;
    }
    let letters = word.chars().fold(Letters::default(), |all, letter| all.and(Letters::of(letter)));
    Some(Named { letters, hedged: false })
}

/// Letters with dividers between them, and whatever others are named before a remark begins.
fn listed(tokens: &[Token], last: char, weakest: Form) -> Option<Named> {
    let lead = |token: &Token| {
        token.is_word(LEAD) || matches!(token, Token::Mark(':' | '=' | '-' | '>' | '.' | '→' | '⇒'))
    };
    let mut rest = &tokens[tokens.iter().take_while(|token| lead(token)).count()..];
    let (mut letters, form, length) = label(rest, last)?;
    if form == Form::InText && weakest != Form::InText {
        return None;
    }
    rest = &rest[length..];
    // Whether an "or" came, and whether the text of an option stands between.
    let (mut or, mut apart) = (false, false);
    loop {
        let (between, after) =
            rest.split_at(rest.iter().take_while(|token| divides(token)).count());
        or |= between.iter().any(is_or);
        match label(after, last) {
            // In an option's text only an enclosed letter is one, but not after an "or".
            Some((more, form, length)) if form == Form::Enclosed || or || !apart => {
                letters = letters.and(more);
                (rest, apart) = (&after[length..], false);
            }
            _ => match after.split_first() {
                Some((token, after)) if !begins_remark(token) => (rest, apart) = (after, true),
                _ => break,
            },
        }
    }
    Some(Named { letters, hedged: or && letters.count() > 1 })
}

fn is_or(token: &Token) -> bool {
    token.is_word(&["or"]) || *token == Token::Mark('/')
}

fn divides(token: &Token) -> bool {
    is_or(token)
        || token.is_word(&["and", "option", "choice"])
        || matches!(token, Token::Mark(',' | ';' | '&'))
}

fn begins_remark(token: &Token) -> bool {
    token.is_word(REMARK) || matches!(token, Token::Mark('.' | '!' | '?'))
}
