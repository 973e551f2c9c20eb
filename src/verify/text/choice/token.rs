//! Words and marks of a short text, without what dresses it up.

/// A word or a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Letters and digits, with apostrophes, and points and commas between digits, inside.
    Word(&'a str),
    /// Any other character but white space.
    Mark(char),
}

impl Token<'_> {
    /// Whether this is one of the words, in any case.
    pub(super) fn is_word(self, words: &[&str]) -> bool {
        match self {
            Token::Word(word) => words.iter().any(|other| word.eq_ignore_ascii_case(other)),
            Token::Mark(_) => false,
        }
    }
}

/// The tokens of a text, in order. Commands of TeX, braces, dollar signs and the marks of Markdown are
/// dropped, but for what they hold.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphanumeric() {
            let length = word_length(rest);
            found.push(Token::Word(&rest[..length]));
            length
        } else if first == '\\' {
            let name = rest[1..].find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len() - 1);
            // `\(` and `\,` are one character long.
            1 + name.max(rest[1..].chars().next().map_or(0, char::len_utf8))
        } else {
            if !first.is_whitespace()
                && !matches!(first, '{' | '}' | '$' | '*' | '_' | '`' | '~' | '#')
            {
                found.push(Token::Mark(first));
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    found
}

/// Bytes of the word at the start of the text: a point or comma between digits is inside.
fn word_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let inside = |(at, c): (usize, char)| match c {
        '\'' | '’' => true,
        '.' | ',' => at > 0 && digit(at - 1) && digit(at + 1),
        _ => c.is_alphanumeric(),
    };
    text.char_indices().find(|&place| !inside(place)).map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::{Token::Mark, Token::Word, *};

    #[test]
    fn dress_is_dropped() {
        assert_eq!(
            tokens(r"**\textbf{(C)}~$19$.**"),
            [Mark('('), Word("C"), Mark(')'), Word("19"), Mark('.')]
        );
        assert_eq!(tokens(r"\(D\), don't"), [Word("D"), Mark(','), Word("don't")]);
        assert_eq!(tokens("1,234.5."), [Word("1,234.5"), Mark('.')]);
        assert_eq!(tokens(r"\"), []);
        assert_eq!(tokens("é→\\é"), [Word("é"), Mark('→')]);
    }
}
