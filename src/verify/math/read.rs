//! A text as an answer: unwrapping, the readings it allows, prose.

use std::borrow::Cow;

use super::answer::{Answer, classify};
use super::ast::{Ast, Id, NamedSet, Node, Number};
use super::compare::Side;
use super::fuel::Fuel;
use super::lex::Sense;
use super::lex::unicode::fold;
use super::parse::{ParseError, parse};
use super::prose::{self, Phrase};
use super::render;

/// Longest answer that is read, in bytes.
pub(super) const MAX_LENGTH: usize = 64 * 1024;

/// Greatest number of readings beside the usual one.
const MAX_SENSES: usize = 3;

/// One way to understand a text.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) sense: Sense,
    pub(super) ast: Ast,
    pub(super) root: Option<Id>,
    pub(super) answer: Answer,
}

/// A text with its readings, the most likely first.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// The text without wrappers, blanks and full stop.
    pub(super) text: String,
    /// Empty if the text is neither an expression nor prose.
    pub(super) readings: Vec<Reading>,
    /// The choice letters that the text names, if it names nothing else.
    pub(super) choices: Option<Vec<char>>,
    /// What stands behind the mark of the choice, if anything does.
    pub(super) choice_text: String,
}

/// Reads an answer.
pub(super) fn read(source: &str, fuel: &mut Fuel) -> Read {
    let text = unwrapped(source);
    if text.len() > MAX_LENGTH {
        return Read::default();
    }
    let folded = fold(text);
    let mut readings = Vec::new();
    let (first, senses) = reading(&folded, Sense::Usual, fuel);
    let parsed = match first {
        Ok(reading) => {
            let words = |root: Id| matches!(reading.ast.node(root), Node::Text(_));
            let prosaic = reading.root.is_some_and(words);
            if !prosaic {
                readings.push(reading);
            }
            !prosaic
        }
        Err(_) => false,
    };
    let others = senses.into_iter().filter_map(|sense| reading(&folded, sense, fuel).0.ok());
    readings.extend(others.take(MAX_SENSES));
    if !parsed {
        readings.extend(prosaic(&folded, fuel));
    }
    let lettered = text.len() < 200 && text.bytes().any(|b| b.is_ascii_alphabetic());
    let choices = if lettered { prose::choices(text) } else { None };
    let choice_text = if choices.is_some() { prose::choice_text(text) } else { String::new() };
    if choices.is_some()
        && let Some(rest) = prose::behind_mark(&folded)
        && let Ok(own) = reading(rest, Sense::Choice, fuel).0
    {
        readings.push(own);
    }
    Read { text: compact(&folded), readings, choices, choice_text }
}

/// The text without blanks and sizing commands: what two spellings of one formula share.
fn compact(folded: &str) -> String {
    let mut out = String::with_capacity(folded.len());
    let mut rest = folded;
    while let Some(c) = rest.chars().next() {
        let dropped = ["\\left", "\\right", "\\displaystyle", "\\!", "\\,", "\\;", "\\:", "\\ "]
            .iter()
            .find(|command| {
                c == '\\' && rest.starts_with(**command) && {
                    let next = rest[command.len()..].chars().next();
                    !command.ends_with('t') || !next.is_some_and(|c| c.is_ascii_alphabetic())
                }
            });
        if let Some(command) = dropped {
            rest = &rest[command.len()..];
            continue;
        }
        if c == '\\' && (rest.starts_with("\\dfrac") || rest.starts_with("\\tfrac")) {
            out.push_str("\\frac");
            rest = &rest[6..];
            continue;
        }
        if !c.is_whitespace() && c != '$' {
            out.push(c);
        } else if out.ends_with(|c: char| c.is_ascii_alphanumeric())
            && rest.trim_start().starts_with(|c: char| c.is_ascii_alphanumeric())
        {
            // Between letters and digits a blank means something.
            out.push(' ');
        }
        rest = &rest[c.len_utf8()..];
    }
    out
}

fn reading(
    source: &str,
    sense: Sense,
    fuel: &mut Fuel,
) -> (Result<Reading, Option<ParseError>>, Vec<Sense>) {
    let mut parsed = match parse(source, sense) {
        Ok(parsed) => parsed,
        Err(error) => return (Err(Some(error)), Vec::new()),
    };
    if fuel.spend(20 * parsed.tokens as u64).is_err() {
        return (Err(None), Vec::new());
    }
    let result = match classify(&mut parsed.ast, parsed.root, fuel) {
        Ok(answer) => Ok(Reading { sense, ast: parsed.ast, root: Some(parsed.root), answer }),
        Err(_) => Err(None),
    };
    (result, parsed.senses)
}

/// Prose: a phrase with a meaning, a number in words, a time, or text.
fn prosaic(folded: &str, fuel: &mut Fuel) -> Option<Reading> {
    let normal = prose::normal(folded);
    let mut ast = Ast::default();
    if let Some(phrase) = prose::phrase(&normal) {
        let (node, answer) = match phrase {
            Phrase::Empty => (Node::Set(NamedSet::Empty), Answer::Named(NamedSet::Empty)),
            Phrase::Reals => {
                let root = ast.add(Node::Set(NamedSet::Reals)).ok()?;
                let answer = classify(&mut ast, root, fuel).ok()?;
                return Some(Reading { sense: Sense::Usual, ast, root: Some(root), answer });
            }
            Phrase::Integers => (Node::Set(NamedSet::Integers), Answer::Named(NamedSet::Integers)),
            Phrase::Positives => {
                (Node::Set(NamedSet::Positives), Answer::Named(NamedSet::Positives))
            }
            Phrase::Infinity { negative } => {
                let infinity = Node::Constant(super::ast::Constant::Infinity);
                (infinity, Answer::Infinite { negative })
            }
            Phrase::DoesNotExist => {
                let name = ast.name("does not exist");
                (Node::Text(name), Answer::Text("does not exist".to_owned()))
            }
        };
        let root = ast.add(node).ok()?;
        return Some(Reading { sense: Sense::Usual, ast, root: Some(root), answer });
    }
    if let Some(set) = prose::set(&normal) {
        return reading(&set, Sense::Listed, fuel).0.ok();
    }
    if let Some(value) = prose::number(&normal) {
        let root = ast.add(Node::Number(Number { value, decimal: None })).ok()?;
        let answer = classify(&mut ast, root, fuel).ok()?;
        return Some(Reading { sense: Sense::Usual, ast, root: Some(root), answer });
    }
    if let Some(duration) = prose::duration(&normal) {
        return reading(&duration, Sense::Usual, fuel).0.ok();
    }
    let text = prose::time(&normal).unwrap_or_else(|| folded.to_owned());
    if !is_prose(&normal) {
        return None;
    }
    Some(Reading { sense: Sense::Usual, ast, root: None, answer: Answer::Text(text) })
}

/// Words and numbers with simple punctuation: text that can be compared as it stands.
fn is_prose(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || c.is_whitespace() || ",.:;'()/-&%?!\"".contains(c);
    text.chars().any(char::is_alphabetic) && text.chars().all(plain)
}

/// The text inside dollar signs, `\(…\)`, `\boxed{…}`, markdown, and without a full stop.
pub(super) fn unwrapped(source: &str) -> &str {
    let mut text = source.trim();
    loop {
        let before = text;
        for (open, close) in
            [("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`")]
        {
            if let Some(inner) = text.strip_prefix(open).and_then(|t| t.strip_suffix(close))
                && (open == "**" || !inner.contains('$'))
            {
                text = inner.trim();
            }
        }
        for command in ["\\boxed{", "\\fbox{"] {
            if let Some(inner) = text.strip_prefix(command).and_then(|t| t.strip_suffix('}'))
                && balanced(inner)
            {
                text = inner.trim();
            }
        }
        for command in ["\\displaystyle", "\\textstyle"] {
            text = text.strip_prefix(command).unwrap_or(text).trim_start();
        }
        if let Some(inner) = text.strip_suffix('.')
            && !inner.ends_with('.')
            && !inner.ends_with("\\right")
            && !inner.ends_with(".m")
        {
            text = inner.trim_end();
        }
        // A control space cut short, and a sentence around the value.
        text = text.strip_suffix('\\').filter(|t| !t.ends_with('\\')).unwrap_or(text).trim_end();
        text = text.strip_prefix("\\ ").unwrap_or(text);
        text = without_lead(text);
        if text.len() == before.len() {
            return text;
        }
    }
}

/// The value after `\text{The answer is }` and the like.
fn without_lead(text: &str) -> &str {
    let Some(inner) = text.strip_prefix("\\text{") else { return text };
    let Some(end) = inner.find('}') else { return text };
    let (lead, rest) = (inner[..end].trim_end(), inner[end + 1..].trim_start());
    let introduces = ["is", "are", ":", "=", "equals"].iter().any(|word| lead.ends_with(word));
    if introduces && !rest.is_empty() { rest } else { text }
}

/// Whether every brace is closed and none closes what was not opened.
fn balanced(text: &str) -> bool {
    let mut depth = 0i64;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

impl Read {
    /// The reading in that sense, if there is one.
    pub(super) fn in_sense(&self, sense: Sense) -> Option<&Reading> {
        self.readings.iter().find(|reading| reading.sense == sense)
    }

    /// Whether the text names just these choices; a single letter may be small where `small` is set.
    pub(super) fn names_choices(&self, letters: &[char], small: bool) -> bool {
        match (&self.choices, letters) {
            (Some(own), _) => own == letters,
            (None, [letter]) if small => {
                let bare = self.text.strip_prefix("\\text{").and_then(|t| t.strip_suffix('}'));
                bare.unwrap_or(&self.text) == letter.to_ascii_lowercase().to_string()
            }
            _ => false,
        }
    }
}

impl Reading {
    /// What is compared.
    pub(super) fn side(&self) -> Side<'_> {
        Side { ast: &self.ast, answer: &self.answer, root: self.root }
    }

    /// Canonical LaTeX.
    pub(super) fn canonical(&self) -> String {
        if let Answer::Scalar(item) = &self.answer
            && let Ok(value) = &item.exact
            && super::lex::rational_bits(value) <= 4096
        {
            return render::rational(value);
        }
        match (self.root, &self.answer) {
            (Some(root), _) => render::render(&self.ast, root),
            (None, Answer::Text(text)) => format!("\\text{{{}}}", prose::normal(text)),
            _ => String::new(),
        }
    }
}

/// A plain integer of at most 18 digits, as it is most often written.
pub(super) fn plain_integer(text: &str) -> Option<i64> {
    let text: Cow<'_, str> = text.trim().into();
    let digits = text.strip_prefix('-').unwrap_or(&text);
    if digits.is_empty() || digits.len() > 18 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}
