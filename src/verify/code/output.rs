//! Whether a program's output is the expected one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How outputs are compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OutputRule {
    /// What counts. Default: `lines_trimmed`.
    pub kind: OutputKind,
    /// `tokens_float`: the absolute difference that numbers may have. Default: 1e-6.
    pub abs: f64,
    /// `tokens_float`: the difference relative to the expected number. Default: 1e-6.
    pub rel: f64,
    /// Whether letters differ by case. Default: they do.
    pub ignore_case: bool,
}

impl Default for OutputRule {
    fn default() -> Self {
        Self { kind: OutputKind::LinesTrimmed, abs: 1e-6, rel: 1e-6, ignore_case: false }
    }
}

/// What of an output counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutputKind {
    /// Lines, without blanks at their ends and without empty lines at the end.
    #[default]
    LinesTrimmed,
    /// Every byte.
    Exact,
    /// Words between blanks.
    Tokens,
    /// Words; where a number with a fraction or an exponent is expected, its value within a margin.
    /// Integers are compared as written, at any size.
    TokensFloat,
}

impl OutputRule {
    /// Where `got` first differs from `expected`: a line, from 1. `None` when they agree.
    pub(super) fn difference(&self, expected: &str, got: &str) -> Option<usize> {
        let same = |one: &str, other: &str| self.same(one, other);
        match self.kind {
            OutputKind::Exact => {
                let (ours, theirs) = (expected.split_inclusive('\n'), got.split_inclusive('\n'));
                first_difference(ours, theirs, same)
            }
            OutputKind::LinesTrimmed => first_difference(trimmed(expected), trimmed(got), same),
            OutputKind::Tokens => tokens(expected, got, same),
            OutputKind::TokensFloat => {
                tokens(expected, got, |one, other| same(one, other) || self.near(one, other))
            }
        }
    }

    fn same(&self, one: &str, other: &str) -> bool {
        one == other || self.ignore_case && one.to_lowercase() == other.to_lowercase()
    }

    fn near(&self, expected: &str, got: &str) -> bool {
        if !expected.contains(['.', 'e', 'E']) {
            return false;
        }
        let (Some(expected), Some(got)) = (finite(expected), finite(got)) else { return false };
        (expected - got).abs() <= self.abs + self.rel * expected.abs()
    }
}

fn finite(text: &str) -> Option<f64> {
    // Not "inf", "nan" or "infinity", which are words.
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|value: &f64| numeric && value.is_finite())
}

/// Lines without blanks at their ends, up to the last that is not empty.
fn trimmed(text: &str) -> impl Iterator<Item = &str> {
    text.trim_end().split('\n').map(str::trim_end)
}

fn first_difference<'a>(
    mut expected: impl Iterator<Item = &'a str>,
    mut got: impl Iterator<Item = &'a str>,
    same: impl Fn(&str, &str) -> bool,
) -> Option<usize> {
    for line in 1.. {
        match (expected.next(), got.next()) {
            (None, None) => break,
            (Some(one), Some(other)) if same(one, other) => {}
            _ => return Some(line),
        }
    }
    None
}

/// Like [`first_difference`], over words; says the line of what was got.
fn tokens(expected: &str, got: &str, same: impl Fn(&str, &str) -> bool) -> Option<usize> {
    let mut expected = expected.split_whitespace();
    let mut line = 1;
    for text in got.split('\n') {
        for word in text.split_whitespace() {
            match expected.next() {
                Some(one) if same(one, word) => {}
                _ => return Some(line),
            }
        }
        line += 1;
    }
    expected.next().map(|_| line - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agree(kind: OutputKind, expected: &str, got: &str) -> bool {
        OutputRule { kind, ..OutputRule::default() }.difference(expected, got).is_none()
    }

    #[test]
    fn trailing_blanks_do_not_count_and_all_else_does() {
        let agree = |expected, got| agree(OutputKind::LinesTrimmed, expected, got);
        assert!(agree("1 2\n3\n", "1 2  \n3") && agree("", "\n\n") && agree("a\r\nb", "a\nb\n"));
        assert!(!agree("1 2", "1  2") && !agree("1\n2", "1\n\n2") && !agree("a", " a"));
        assert!(!agree("1", "1.0") && !agree("Yes", "yes") && !agree("1", ""));
        let rule = OutputRule { ignore_case: true, ..OutputRule::default() };
        assert_eq!(rule.difference("Yes", "YES"), None);
    }

    #[test]
    fn tokens_ignore_blanks() {
        assert!(agree(OutputKind::Tokens, "1 2\n3", "1\n2 3\n"));
        assert!(
            !agree(OutputKind::Tokens, "1 2 3", "1 2") && !agree(OutputKind::Tokens, "1", "1 1")
        );
        assert!(!agree(OutputKind::Tokens, "1", "01"));
    }

    #[test]
    fn only_an_expected_fraction_has_a_margin() {
        let agree = |expected, got| agree(OutputKind::TokensFloat, expected, got);
        assert!(agree("0.5", "0.50000001") && agree("1e3", "1000") && agree("2.0", "2"));
        assert!(!agree("12345678901234567890", "12345678901234567891"));
        assert!(!agree("3", "3.0") && !agree("0.5", "0.6") && !agree("0.5", "nan"));
        assert!(!agree("nan", "0.5") && !agree("1.5", "inf"));
    }

    #[test]
    fn exact_is_every_byte() {
        assert!(agree(OutputKind::Exact, "a\n", "a\n") && !agree(OutputKind::Exact, "a\n", "a"));
    }

    #[test]
    fn the_line_is_named() {
        let rule = OutputRule::default();
        assert_eq!(rule.difference("1\n2\n3", "1\n2\n4"), Some(3));
        assert_eq!(rule.difference("1\n2\n3", "1"), Some(2));
    }
}
