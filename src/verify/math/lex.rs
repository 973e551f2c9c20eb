//! Text to tokens.
//!
//! The reader takes TeX and plain ASCII notation alike. Every character either becomes a token or makes
//! the lexer fail: nothing that might carry a meaning is dropped.

mod commands;
mod markup;
mod number;
pub(super) mod unicode;

pub(super) use number::{digits_value, rational_bits};

use super::ast::{Bracket, Constant, Function, NamedSet, Number, Relation};
use super::units;

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
    /// It is set as a vector or a matrix: bold or under an arrow.
    pub(super) vector: bool,
}

/// How a text that has more than one meaning is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sense {
    /// The most likely: `1,234` outside brackets is one number, `3e-7` is `3e - 7`, `\log` is natural.
    Usual,
    /// Commas separate the members of a list.
    Listed,
    /// `3e-7` is a number in the notation of programs.
    Scientific,
    /// `\log` without a base is decimal.
    Decimal,
    /// `(C) 20` is the 20 behind the mark of a choice.
    Choice,
}

/// The tokens of a text.
#[derive(Debug)]
pub(super) struct Lexed<'a> {
    pub(super) tokens: Vec<Token<'a>>,
    /// Senses in which the text would have been read differently.
    pub(super) senses: Vec<Sense>,
}

impl Lexed<'_> {
    fn notes(&mut self, sense: Sense) {
        if !self.senses.contains(&sense) {
            self.senses.push(sense);
        }
    }
}

/// Cuts `source`, already folded to TeX, into tokens.
///
/// # Errors
/// A character or command that means nothing here, and texts beyond the caps.
pub(super) fn lex(source: &str, sense: Sense) -> Result<Lexed<'_>, LexError> {
    Lexer::new(source, sense, 0).run()
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    spaced: bool,
    side: Side,
    brackets: u32,
    sense: Sense,
    /// A command that marks vectors and matrices stands before the next letter.
    vector: bool,
    out: Lexed<'a>,
}

impl<'a> Lexer<'a> {
    /// A lexer of what stands inside that many brackets.
    fn new(source: &'a str, sense: Sense, brackets: u32) -> Self {
        Self {
            source,
            at: 0,
            spaced: false,
            side: Side::Either,
            brackets,
            sense,
            vector: false,
            out: Lexed { tokens: Vec::with_capacity(16), senses: Vec::new() },
        }
    }

    fn run(mut self) -> Result<Lexed<'a>, LexError> {
        while self.at < self.source.len() {
            self.step()?;
            if self.out.tokens.len() > MAX_TOKENS {
                return Err(LexError::TooMany);
            }
        }
        Ok(self.out)
    }

    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn push(&mut self, kind: Kind<'a>, start: usize, end: usize) {
        match kind {
            Kind::Open(_) => self.brackets += 1,
            Kind::Close(_) => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
        let letter = matches!(kind, Kind::Letter(_) | Kind::Symbol(_) | Kind::Overline);
        let vector = self.vector && letter;
        // `\mathbf{a}`: the mark reaches into the braces.
        self.vector &= kind == Kind::GroupOpen;
        self.out.tokens.push(Token { kind, start, end, spaced: self.spaced, vector });
        self.at = end;
        self.spaced = false;
        self.side = Side::Either;
    }

    fn step(&mut self) -> Result<(), LexError> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let first = bytes[0];
        if self.out.tokens.is_empty()
            && let Some(length) = number::hexadecimal(bytes)
        {
            self.push(Kind::Text(&rest[..length]), self.at, self.at + length);
            return Ok(());
        }
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
        let read = number::read(self.rest(), self.sense, self.brackets == 0)?;
        if let Some(sense) = read.otherwise {
            self.out.notes(sense);
        }
        let (start, end) = (self.at, self.at + read.length);
        self.push(Kind::Number(read.number), start, end);
        Ok(())
    }

    fn letters(&mut self) {
        let rest = self.rest();
        let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (start, run) = (self.at, &rest[..length]);
        // `nm` alone is a product, behind a number it is a unit.
        let bare = run == "nm" && self.out.tokens.is_empty();
        if length > 1 && !bare {
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
            // `5ms^{-1}`
            if units::is_run_together(run)
                && rest[length..].starts_with("^{-")
                && matches!(self.out.tokens.last(), Some(last) if matches!(last.kind, Kind::Number(_)))
            {
                return self.push(Kind::Word(run), start, start + length);
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
}

fn letter(c: char) -> Kind<'static> {
    match c {
        'e' => Kind::Constant(Constant::E),
        'i' => Kind::Constant(Constant::I),
        _ => Kind::Letter(c),
    }
}
