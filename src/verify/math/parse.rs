//! Tokens to an expression tree: recursive descent with a depth counter.
//!
//! Precedence, loosest first: list, chain of relations, unit, set operation, ratio, sum, product, power.

mod arguments;
mod atom;
mod order;
mod sets;
mod structure;
mod suffix;

use super::ast::{Ast, Bracket, Id, Join, Node, Relation, TooBig};
use super::lex::{Kind, LexError, Sense, Token, lex};

/// Greatest nesting of the source.
const MAX_DEPTH: u16 = 200;

/// Why a text is not an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ParseError {
    /// It could not be cut into tokens.
    #[error(transparent)]
    Lex(#[from] LexError),
    /// The tree would exceed the caps.
    #[error(transparent)]
    TooBig(#[from] TooBig),
    /// The source is nested too deeply.
    #[error("nested too deeply")]
    Depth,
    /// The token at this byte does not belong there.
    #[error("unexpected token at byte {0}")]
    Unexpected(usize),
}

type Result<T> = std::result::Result<T, ParseError>;

/// A text read as an expression.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) ast: Ast,
    pub(super) root: Id,
    /// Senses in which the text would have been read differently.
    pub(super) senses: Vec<Sense>,
    /// Number of tokens, for the accounting of fuel.
    pub(super) tokens: usize,
}

/// Reads `source`, already folded to TeX, as one expression or a bare list.
///
/// # Errors
/// When the text is no expression, or is beyond the caps.
pub(super) fn parse(source: &str, sense: Sense) -> Result<Parsed> {
    let lexed = lex(source, sense)?;
    let tokens = lexed.tokens.len();
    let mut parser = Parser {
        source,
        tokens: lexed.tokens,
        at: 0,
        ast: Ast::default(),
        depth: 0,
        bars: 0,
        builder: false,
        sense,
        senses: lexed.senses,
    };
    let operator = |token: &Token<'_>| matches!(token.kind, Kind::Operator(_));
    let last = parser.tokens.iter().rposition(operator);
    if let Some(last) = last {
        parser.skip_to_value(last);
    }
    let root = if last.is_some() && parser.at == 0 {
        let name = parser.ast.name(source.trim());
        parser.ast.add(Node::Unevaluated(name))?
    } else {
        let root = parser.list()?;
        parser.end()?;
        root
    };
    Ok(Parsed { ast: parser.ast, root, senses: parser.senses, tokens })
}

struct Parser<'a> {
    source: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
    ast: Ast,
    depth: u16,
    /// Open bars of absolute values.
    bars: u32,
    /// Inside the braces of a set, where a bar or a colon starts the condition.
    builder: bool,
    sense: Sense,
    senses: Vec<Sense>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&Kind<'a>> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Option<&Kind<'a>> {
        self.tokens.get(self.at + ahead).map(|token| &token.kind)
    }

    fn spaced(&self) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.spaced)
    }

    fn unexpected(&self) -> ParseError {
        let place = self.tokens.get(self.at).map_or(self.source.len(), |token| token.start);
        ParseError::Unexpected(place)
    }

    fn eat(&mut self, kind: &Kind<'_>) -> bool {
        let found = self.peek() == Some(kind);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, kind: &Kind<'_>) -> Result<()> {
        if self.eat(kind) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn end(&self) -> Result<()> {
        if self.at == self.tokens.len() { Ok(()) } else { Err(self.unexpected()) }
    }

    fn add(&mut self, node: Node) -> Result<Id> {
        Ok(self.ast.add(node)?)
    }

    fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_DEPTH {
            return Err(ParseError::Depth);
        }
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        result
    }

    /// Goes behind the last equals sign after the operator at `last`, if one stands outside of all brackets: a
    /// sum that is followed by its value.
    fn skip_to_value(&mut self, last: usize) {
        // Nothing else may be said: no relation but equality, no words.
        if !matches!(self.tokens[0].kind, Kind::Operator(_)) {
            return;
        }
        let (mut depth, mut behind) = (0i32, 0);
        for (at, token) in self.tokens.iter().enumerate() {
            match token.kind {
                Kind::GroupOpen | Kind::Open(_) | Kind::Begin(_) => depth += 1,
                Kind::GroupClose | Kind::Close(_) | Kind::End(_) => depth -= 1,
                Kind::Relation(Relation::Equal) if depth == 0 && at > last => behind = at + 1,
                Kind::Relation(Relation::Equal) => {}
                Kind::Relation(_) | Kind::Text(_) | Kind::Word(_) if depth == 0 => return,
                _ => {}
            }
        }
        self.at = behind;
    }

    fn list(&mut self) -> Result<Id> {
        let mut items = vec![self.item()?];
        let mut join = None;
        while let Some(kind) = self.peek() {
            let mut own = match kind {
                Kind::And => Join::And,
                Kind::Or => Join::Or,
                Kind::Comma | Kind::Semicolon | Kind::Row => Join::Comma,
                // `k\pi (k \in \mathbb{Z})`
                Kind::Open(_) if self.is_remark() => {
                    self.at += 1;
                    items.push(self.item()?);
                    self.expect(&Kind::Close(Bracket::Round))?;
                    continue;
                }
                _ => break,
            };
            self.at += 1;
            // `1, 2, and 3`, and a separator that ends the text.
            while let Some(more @ (Kind::And | Kind::Or | Kind::Comma)) = self.peek() {
                own = match more {
                    Kind::And if own != Join::Or => Join::And,
                    Kind::Or => Join::Or,
                    _ => own,
                };
                self.at += 1;
            }
            if self.peek().is_none() {
                break;
            }
            join = Some(match join {
                Some(before) if before != own && Join::Or != own => Join::Comma,
                _ => own,
            });
            items.push(self.item()?);
        }
        if let [only] = items[..] {
            return Ok(only);
        }
        self.add(Node::List { items, join: join.unwrap_or(Join::Comma) })
    }

    /// A chain of relations, or one expression.
    fn item(&mut self) -> Result<Id> {
        let leading = [Relation::Equal, Relation::Approximately];
        if leading.iter().any(|&relation| self.eat(&Kind::Relation(relation))) && self.at > 1 {
            return Err(self.unexpected());
        }
        let mut members = vec![self.quantity()?];
        let mut relations = Vec::new();
        loop {
            let relation = match self.peek() {
                // `5 in`: inches, seen by the unit reader.
                Some(Kind::Relation(relation)) => *relation,
                // `26 \bmod 7`, a remainder, beside `x \equiv 5 \pmod 7`, a class
                Some(Kind::Modulo) => Relation::Other(self.modulo()),
                Some(Kind::Open(Bracket::Round)) if self.peek_at(1) == Some(&Kind::Modulo) => {
                    self.at += 1;
                    Relation::Other("mod")
                }
                _ => break,
            };
            let bracketed = self.peek_at(0) == Some(&Kind::Modulo)
                && self.at > 0
                && self.tokens[self.at - 1].kind == Kind::Open(Bracket::Round);
            self.at += 1;
            relations.push(relation);
            members.push(self.quantity()?);
            if bracketed {
                self.expect(&Kind::Close(Bracket::Round))?;
            }
        }
        if let [only] = members[..] {
            return Ok(only);
        }
        self.add(Node::Chain { members, relations })
    }

    /// Whether the sign here is the operator that yields a remainder, or speaks of a residue class.
    fn modulo(&self) -> &'static str {
        let token = &self.tokens[self.at];
        let class = matches!(&self.source[token.start..token.end], "\\pmod" | "\\pod");
        if class { "mod" } else { "bmod" }
    }

    /// An expression with the unit that may follow it.
    fn quantity(&mut self) -> Result<Id> {
        let value = self.set_operation()?;
        self.suffix(value)
    }

    fn set_operation(&mut self) -> Result<Id> {
        let mut left = self.ratio()?;
        loop {
            let operator = match self.peek() {
                Some(kind @ (Kind::Union | Kind::Intersection | Kind::Without)) => kind.clone(),
                _ => return Ok(left),
            };
            self.at += 1;
            if operator == Kind::Without {
                let right = self.ratio()?;
                left = self.add(Node::Difference(left, right))?;
                continue;
            }
            let mut items = vec![left, self.ratio()?];
            while self.eat(&operator) {
                items.push(self.ratio()?);
            }
            left = self.add(if operator == Kind::Union {
                Node::Union(items)
            } else {
                Node::Intersection(items)
            })?;
        }
    }

    fn ratio(&mut self) -> Result<Id> {
        let from = self.at;
        let first = self.sum()?;
        if self.builder || self.peek() != Some(&Kind::Colon) {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.eat(&Kind::Colon) {
            items.push(self.sum()?);
        }
        let clock = self.clock(from);
        self.add(Node::Ratio { items, clock })
    }

    fn sum(&mut self) -> Result<Id> {
        self.nested(|parser| {
            let mut terms = Vec::new();
            loop {
                let sign = parser.peek().cloned();
                let signed = matches!(sign, Some(Kind::Plus | Kind::Minus | Kind::PlusMinus(_)));
                if !signed && !terms.is_empty() {
                    break;
                }
                parser.at += usize::from(signed);
                let negative = sign == Some(Kind::Minus);
                // `--5`, `-(-5)` without its brackets
                let term = if negative && parser.peek() == Some(&Kind::Minus) {
                    return Err(parser.unexpected());
                } else {
                    parser.product()?
                };
                terms.push(match sign {
                    Some(Kind::Minus) => parser.add(Node::Negative(term))?,
                    Some(Kind::PlusMinus(flipped)) => {
                        parser.add(Node::PlusMinus { term, flipped })?
                    }
                    _ => term,
                });
            }
            if let [only] = terms[..] {
                return Ok(only);
            }
            parser.add(Node::Sum(terms))
        })
    }

    fn product(&mut self) -> Result<Id> {
        let first = self.factor()?;
        let mut factors = vec![first];
        loop {
            match self.peek() {
                Some(Kind::Times) if self.is_cross(factors[factors.len() - 1]) => {
                    self.at += 1;
                    let (left, right) = (factors.pop(), self.factor()?);
                    factors.push(self.cross(left.unwrap_or(first), right)?);
                }
                Some(Kind::Times) => {
                    self.at += 1;
                    factors.push(self.signed_factor()?);
                }
                Some(Kind::Divide) => {
                    self.at += 1;
                    let divisor = self.signed_factor()?;
                    let dividend = self.product_of(std::mem::take(&mut factors))?;
                    factors.push(self.add(Node::Quotient(dividend, divisor))?);
                }
                Some(kind) if self.continues(kind, &factors) => {
                    if let Some(mixed) = self.mixed_number(&factors)? {
                        factors = vec![mixed];
                    } else {
                        factors.push(self.factor()?);
                    }
                }
                _ => break,
            }
        }
        self.product_of(factors)
    }

    fn product_of(&mut self, mut factors: Vec<Id>) -> Result<Id> {
        self.order_matrices(&mut factors)?;
        if factors.len() == 1 {
            return factors.pop().ok_or_else(|| self.unexpected());
        }
        self.add(Node::Product(factors))
    }

    fn signed_factor(&mut self) -> Result<Id> {
        if self.eat(&Kind::Minus) {
            let factor = self.factor()?;
            return self.add(Node::Negative(factor));
        }
        self.eat(&Kind::Plus);
        self.factor()
    }

    /// Whether the next token multiplies the product by juxtaposition.
    fn continues(&self, kind: &Kind<'_>, factors: &[Id]) -> bool {
        match kind {
            Kind::Number(_) => {
                let literal = factors.last().and_then(|&last| self.ast.literal(last)).is_some();
                let letter = matches!(
                    self.tokens[self.at - 1].kind,
                    Kind::Letter(_) | Kind::Symbol(_) | Kind::Word(_)
                );
                let power = self.peek_at(1) == Some(&Kind::Caret);
                (!letter || power) && (!literal || (factors.len() == 1 && self.is_mixed()))
            }
            Kind::Letter(letter) => {
                !self.is_unit_letter(*letter, factors) && !self.is_temperature()
            }
            Kind::Fraction if self.is_unit_fraction() => false,
            Kind::Open(Bracket::Round) if self.is_remark() => false,
            Kind::Symbol(_)
            | Kind::Constant(_)
            | Kind::Function(_)
            | Kind::Fraction
            | Kind::Radical
            | Kind::Binomial
            | Kind::GroupOpen
            | Kind::StepOpen(_)
            | Kind::Overline
            | Kind::Begin(_) => !matches!(kind, Kind::Function(_)) || !self.is_unit_function(),
            Kind::Open(Bracket::Round) => self.peek_at(1) != Some(&Kind::Modulo),
            Kind::Open(Bracket::Square) => !self.closes_outward(),
            Kind::Open(_) => matches!(kind, Kind::Open(Bracket::Angle)),
            Kind::Bar(side) => match side {
                super::lex::Side::Open => true,
                super::lex::Side::Either => self.bars == 0 && !self.builder,
                super::lex::Side::Close => false,
            },
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
