//! Text to tokens.
//!
//! The reader takes TeX and plain ASCII notation alike. Every character either becomes a token or makes
//! the lexer fail: nothing that might carry a meaning is dropped.

mod commands;
mod number;
pub(super) mod unicode;

use commands::Meaning;
pub(super) use number::{digits_value, rational_bits};

use super::ast::{Bracket, Constant, Function, NamedSet, Number, Relation};

/// Greatest number of tokens of one expression.
pub(super) const MAX_TOKENS: usize = 4096;

/// Why a text could not be cut into tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum LexError {
    /// More than [`MAX_TOKENS`].
    #[error("too many tokens")]
    TooMany,
    /// A literal beyond the size of numbers.
    #[error("a number is too long")]
    Number,
    /// A character or a command without a meaning here, at this byte.
    #[error("unknown token at byte {0}")]
    Unknown(usize),
}

/// Which side of an expression a bar stands on, where the source tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Either,
    Open,
    Close,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind<'a> {
    Number(Number),
    Letter(char),
    Symbol(&'a str),
    Constant(Constant),
    Set(NamedSet),
    Function(Function),
    Word(&'a str),
    Text(&'a str),
    Fraction,
    Radical,
    Binomial,
    Over,
    Choose,
    Operator(&'a str),
    Begin(&'a str),
    End(&'a str),
    Ampersand,
    Row,
    GroupOpen,
    GroupClose,
    Open(Bracket),
    Close(Bracket),
    StepOpen(Function),
    StepClose(Function),
    Bar(Side),
    Mid,
    Norm,
    Plus,
    Minus,
    PlusMinus(bool),
    Times,
    Divide,
    Caret,
    Underscore,
    Bang,
    Comma,
    Semicolon,
    Colon,
    Prime,
    Percent,
    Degree,
    Currency(&'static str),
    Relation(Relation),
    Union,
    Intersection,
    Without,
    And,
    Or,
    Modulo,
    Overline,
    Ellipsis,
}

/// A token with its place in the source.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) start: usize,
    pub(super) end: usize,
    /// White space stands before it.
    pub(super) spaced: bool,
}

/// The tokens of a text.
#[derive(Debug)]
pub(super) struct Lexed<'a> {
    pub(super) tokens: Vec<Token<'a>>,
    /// A comma was read as a separator of thousands; it could have separated a list.
    pub(super) grouped: bool,
}

/// Cuts `source`, already folded to TeX, into tokens. With `grouping`, `1,234` outside brackets is one
/// number.
///
/// # Errors
/// A character or command that means nothing here, and texts beyond the caps.
pub(super) fn lex(source: &str, grouping: bool) -> Result<Lexed<'_>, LexError> {
    let mut lexer = Lexer {
        source,
        at: 0,
        spaced: false,
        side: Side::Either,
        brackets: 0,
        grouping,
        out: Lexed { tokens: Vec::with_capacity(16), grouped: false },
    };
    while lexer.at < source.len() {
        lexer.step()?;
        if lexer.out.tokens.len() > MAX_TOKENS {
            return Err(LexError::TooMany);
        }
    }
    Ok(lexer.out)
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    spaced: bool,
    side: Side,
    brackets: u32,
    grouping: bool,
    out: Lexed<'a>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn push(&mut self, kind: Kind<'a>, start: usize, end: usize) {
        match kind {
            Kind::Open(_) => self.brackets += 1,
            Kind::Close(_) => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
        self.out.tokens.push(Token { kind, start, end, spaced: self.spaced });
        self.at = end;
        self.spaced = false;
        self.side = Side::Either;
    }

    fn step(&mut self) -> Result<(), LexError> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let first = bytes[0];
        match first {
            b' ' | b'\n' | b'\t' | b'\r' | b'~' => {
                self.at += 1;
                self.spaced = true;
                Ok(())
            }
            b'$' => {
                self.at += 1;
                Ok(())
            }
            b'\\' => self.command(),
            b'0'..=b'9' => self.number(),
            b'.' if bytes.get(1).is_some_and(u8::is_ascii_digit) => self.number(),
            b'.' => self.full_stop(),
            b'a'..=b'z' | b'A'..=b'Z' => {
                self.letters();
                Ok(())
            }
            _ => self.sign(),
        }
    }

    /// A full stop that ends the text or follows `\left`, or an ellipsis.
    fn full_stop(&mut self) -> Result<(), LexError> {
        let rest = self.rest();
        if rest.starts_with("...") {
            self.push(Kind::Ellipsis, self.at, self.at + 3);
            return Ok(());
        }
        if self.side != Side::Either || rest[1..].bytes().all(|b| b" $.".contains(&b)) {
            self.at += 1;
            self.side = Side::Either;
            return Ok(());
        }
        Err(LexError::Unknown(self.at))
    }

    fn number(&mut self) -> Result<(), LexError> {
        let grouping = self.grouping && self.brackets == 0;
        let read = number::read(self.rest(), grouping)?;
        self.out.grouped |= read.commas;
        let (start, end) = (self.at, self.at + read.length);
        self.push(Kind::Number(read.number), start, end);
        Ok(())
    }

    fn letters(&mut self) {
        let rest = self.rest();
        let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (start, run) = (self.at, &rest[..length]);
        if length > 1 {
            if let Some(kind) = commands::word(run) {
                return self.push(kind, start, start + length);
            }
            if let Some(currency) = commands::currency(run) {
                let point = usize::from(rest[length..].starts_with('.'));
                self.at += length + point;
                if self.precedes_number() {
                    return self.push(Kind::Currency(currency), start, start + length + point);
                }
                self.at = start;
            }
            // `sinx`, `cosx`, `lnx`: a function that was not set apart from its argument.
            for name in ["sin", "cos", "tan", "ln", "log"] {
                if let (Some(tail), Some(function)) =
                    (run.strip_prefix(name), commands::function(name))
                    && tail.len() == 1
                {
                    return self.push(Kind::Function(function), start, start + name.len());
                }
            }
            if !commands::is_product(run, rest.as_bytes().get(length).copied()) {
                return self.push(Kind::Word(run), start, start + length);
            }
        }
        for (index, byte) in run.bytes().enumerate() {
            let kind = letter(char::from(byte));
            self.push(kind, start + index, start + index + 1);
        }
    }

    fn sign(&mut self) -> Result<(), LexError> {
        let rest = self.rest();
        let pairs: [(&str, Kind<'a>); 9] = [
            ("**", Kind::Caret),
            ("<=", Kind::Relation(Relation::LessEqual)),
            (">=", Kind::Relation(Relation::GreaterEqual)),
            ("!=", Kind::Relation(Relation::NotEqual)),
            ("==", Kind::Relation(Relation::Equal)),
            ("->", Kind::Relation(Relation::Other("to"))),
            ("=>", Kind::Relation(Relation::Other("implies"))),
            ("+-", Kind::PlusMinus(false)),
            ("||", Kind::Norm),
        ];
        if rest.starts_with("||") && !self.is_norm() {
            self.push(Kind::Bar(self.side), self.at, self.at + 1);
            return Ok(());
        }
        if let Some((text, kind)) = [("{:}", Kind::Colon), ("{,}", Kind::Comma)]
            .into_iter()
            .find(|(text, _)| rest.starts_with(text))
        {
            self.push(kind, self.at, self.at + text.len());
            return Ok(());
        }
        if let Some((text, kind)) = pairs.into_iter().find(|(text, _)| rest.starts_with(text)) {
            let length = text.len();
            self.push(kind, self.at, self.at + length);
            return Ok(());
        }
        let kind = match rest.as_bytes()[0] {
            b'{' => Kind::GroupOpen,
            b'}' => Kind::GroupClose,
            b'(' => Kind::Open(Bracket::Round),
            b')' => Kind::Close(Bracket::Round),
            b'[' => Kind::Open(Bracket::Square),
            b']' => Kind::Close(Bracket::Square),
            b'<' if self.side == Side::Open => Kind::Open(Bracket::Angle),
            b'>' if self.side == Side::Close => Kind::Close(Bracket::Angle),
            b'<' => Kind::Relation(Relation::Less),
            b'>' => Kind::Relation(Relation::Greater),
            b'=' => Kind::Relation(Relation::Equal),
            b'|' => Kind::Bar(self.side),
            b'+' => Kind::Plus,
            b'-' => Kind::Minus,
            b'*' => Kind::Times,
            b'/' => Kind::Divide,
            b'^' => Kind::Caret,
            b'_' => Kind::Underscore,
            b'!' => Kind::Bang,
            b',' => Kind::Comma,
            b';' => Kind::Semicolon,
            b':' => Kind::Colon,
            b'\'' => Kind::Prime,
            b'%' => Kind::Percent,
            b'&' => Kind::Ampersand,
            _ => return self.other(),
        };
        self.push(kind, self.at, self.at + 1);
        Ok(())
    }

    /// Two bars are a norm if the next bar is double too, or closes a norm that is open; else they end one
    /// absolute value and start another.
    fn is_norm(&self) -> bool {
        let double = |kind: &Kind<'_>| *kind == Kind::Norm;
        if self.out.tokens.iter().filter(|token| double(&token.kind)).count() % 2 == 1 {
            return true;
        }
        let after = &self.rest()[2..];
        after.find('|').is_some_and(|at| after[at..].starts_with("||"))
            && !self.out.tokens.iter().any(|token| matches!(token.kind, Kind::Bar(_)))
    }

    /// A character outside ASCII that [`unicode::fold`] left alone.
    fn other(&mut self) -> Result<(), LexError> {
        let first = self.rest().chars().next().unwrap_or(' ');
        let kind = match first {
            '\u{20ac}' => Kind::Currency("euro"),
            '\u{a3}' => Kind::Currency("pound"),
            '\u{a5}' => Kind::Currency("yen"),
            '\u{20b9}' => Kind::Currency("rupee"),
            _ => return Err(LexError::Unknown(self.at)),
        };
        self.push(kind, self.at, self.at + first.len_utf8());
        Ok(())
    }

    fn command(&mut self) -> Result<(), LexError> {
        let (start, rest) = (self.at, self.rest());
        let name = command_name(rest);
        let end = start + 1 + name.len();
        let Some(meaning) = commands::command(name) else {
            return Err(LexError::Unknown(start));
        };
        match meaning {
            Meaning::Token(kind) => self.push(kind, start, end),
            Meaning::Symbol => self.push(Kind::Symbol(name), start, end),
            Meaning::Operator => self.push(Kind::Operator(name), start, end),
            Meaning::Space => {
                self.at = end;
                self.spaced = true;
            }
            Meaning::Skip => self.at = end,
            Meaning::SkipArgument => {
                self.at = end;
                self.argument().ok_or(LexError::Unknown(start))?;
            }
            Meaning::Delimiter(side) => {
                self.at = end;
                self.side = side;
            }
            Meaning::Environment(opens) => {
                self.at = end;
                let name = self.argument().ok_or(LexError::Unknown(start))?;
                let kind = if opens { Kind::Begin(name) } else { Kind::End(name) };
                self.push(kind, start, self.at);
            }
            Meaning::Text | Meaning::Upright | Meaning::Blackboard => {
                self.at = end;
                return self.upright(start, &meaning);
            }
        }
        Ok(())
    }

    /// The content of the braces that follow, which are consumed.
    fn argument(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let open = rest.len() - rest.trim_start().len();
        if rest.as_bytes().get(open) != Some(&b'{') {
            return None;
        }
        let mut depth = 0usize;
        let bytes = rest.as_bytes();
        let mut index = open;
        while index < bytes.len() {
            match bytes[index] {
                b'\\' => index += 1,
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.at += index + 1;
                return Some(&rest[open + 1..index]);
            }
            index += 1;
        }
        None
    }

    fn upright(&mut self, start: usize, meaning: &Meaning) -> Result<(), LexError> {
        if *meaning == Meaning::Blackboard
            && let Some(set) = self.rest().trim_start().get(..1).and_then(named_set)
        {
            let end = self.source.len() - self.rest().trim_start().len() + 1;
            self.push(Kind::Set(set), start, end);
            return Ok(());
        }
        let Some(content) = self.argument() else {
            // `\mathrm e`: the next token alone, which needs no telling apart.
            return if self.rest().trim_start().is_empty() {
                Err(LexError::Unknown(start))
            } else {
                Ok(())
            };
        };
        let end = self.at;
        let name = content.trim();
        if *meaning == Meaning::Blackboard {
            let kind = named_set(name).map_or(Kind::Text(name), Kind::Set);
            self.push(kind, start, end);
            return Ok(());
        }
        if name.is_empty() {
            self.spaced = true;
            return Ok(());
        }
        let mut letters = name.chars();
        let single = (letters.next(), letters.next());
        let currency = commands::currency(name).filter(|_| self.precedes_number());
        let kind = match single {
            _ if currency.is_some() => Kind::Currency(currency.unwrap_or("")),
            (Some(one), None) if one.is_ascii_alphabetic() && *meaning == Meaning::Upright => {
                letter(one)
            }
            _ if is_unit(name) => Kind::Text(name),
            _ if name.bytes().any(|b| b.is_ascii_digit() || b == b'\\' || b == b'{') => {
                // Mathematics set upright: read it where it stands.
                self.at = end - 1 - content.len();
                return self.nested(end);
            }
            _ => match name {
                "and" | "And" => Kind::And,
                "or" | "Or" => Kind::Or,
                _ => commands::word(name)
                    .filter(|_| *meaning == Meaning::Upright)
                    .unwrap_or(Kind::Text(name)),
            },
        };
        self.push(kind, start, end);
        Ok(())
    }

    /// A digit is the next thing that is printed.
    fn precedes_number(&self) -> bool {
        let rest = self.rest().trim_start_matches(['~', ' ', '\\', ',', ';', ':']);
        rest.starts_with(|c: char| c.is_ascii_digit())
    }

    /// Reads tokens up to the closing brace before `end`, which is dropped.
    fn nested(&mut self, end: usize) -> Result<(), LexError> {
        let inner = lex(&self.source[self.at..end - 1], self.grouping && self.brackets == 0)?;
        let offset = self.at;
        self.out.grouped |= inner.grouped;
        for mut token in inner.tokens {
            token.start += offset;
            token.end += offset;
            self.out.tokens.push(token);
        }
        self.at = end;
        self.spaced = false;
        Ok(())
    }
}

/// The name after a backslash: letters (with a star), or one character.
fn command_name(rest: &str) -> &str {
    let letters = rest[1..].bytes().take_while(u8::is_ascii_alphabetic).count();
    if letters > 0 {
        let starred = usize::from(
            rest.as_bytes().get(1 + letters) == Some(&b'*')
                && matches!(&rest[1..=letters], "operatorname" | "hspace" | "vspace"),
        );
        return &rest[1..1 + letters + starred];
    }
    let length = rest[1..].chars().next().map_or(0, char::len_utf8);
    &rest[1..1 + length]
}

/// A unit with a power or a divisor: `m^2`, `km/h`, `g/cm^{3}`.
fn is_unit(name: &str) -> bool {
    let name = &name.replace("\\,", " ").replace("\\cdot", " ");
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"^/{}- ".contains(&b);
    let known = name.split(|c: char| !c.is_ascii_alphabetic()).next().is_some_and(|word| {
        !matches!(word, "" | "e" | "i" | "x" | "y" | "n" | "d") && super::units::is_known(word)
    });
    known && name.bytes().all(plain)
}

fn letter(c: char) -> Kind<'static> {
    match c {
        'e' => Kind::Constant(Constant::E),
        'i' => Kind::Constant(Constant::I),
        _ => Kind::Letter(c),
    }
}

fn named_set(name: &str) -> Option<NamedSet> {
    Some(match name {
        "N" => NamedSet::Naturals,
        "Z" => NamedSet::Integers,
        "Q" => NamedSet::Rationals,
        "R" => NamedSet::Reals,
        "C" => NamedSet::Complexes,
        _ => return None,
    })
}
