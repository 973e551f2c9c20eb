//! What may follow a value: units, words of magnitude, "percent", ordinals; and mixed numbers.

use dashu_ratio::RBig;

use super::super::ast::{Bracket, Function, Id, Node, Number, Relation};
use super::super::lex::Kind;
use super::super::units::{self, Unit};
use super::{Parser, Result};

/// Letters that are units when they follow a literal after a blank.
const UNIT_LETTERS: &str = "msghL";

impl<'a> Parser<'a> {
    /// `\frac{\text{m}}{\text{s}}`: a quotient of units.
    pub(super) fn is_unit_fraction(&self) -> bool {
        self.peek() == Some(&Kind::Fraction)
            && self.peek_at(1) == Some(&Kind::GroupOpen)
            && matches!(self.peek_at(2), Some(Kind::Text(_) | Kind::Word(_)))
    }

    /// `(k \in \mathbb{Z})` behind an expression: what a parameter runs through.
    pub(super) fn is_remark(&self) -> bool {
        self.peek() == Some(&Kind::Open(Bracket::Round))
            && matches!(self.peek_at(1), Some(Kind::Letter(_) | Kind::Symbol(_)))
            && self.peek_at(2) == Some(&Kind::Relation(Relation::ElementOf))
    }

    /// Wraps `value` in the unit that follows, if one does.
    pub(super) fn suffix(&mut self, value: Id) -> Result<Id> {
        let starts = match self.peek() {
            Some(Kind::Word(_) | Kind::Text(_) | Kind::Currency(_)) => true,
            Some(Kind::Letter(letter)) => {
                (UNIT_LETTERS.contains(*letter) && self.spaced()) || self.is_temperature()
            }
            Some(Kind::Function(Function::Min)) => self.is_unit_function(),
            Some(Kind::Relation(Relation::ElementOf)) => self.peek_at(1).is_none(),
            Some(Kind::Fraction) => self.is_unit_fraction(),
            _ => false,
        };
        // "a parabola"
        let article = self.tokens[self.at - 1].kind == Kind::Letter('a');
        if !starts || article || matches!(self.ast.node(value), Node::Text(_)) {
            return Ok(value);
        }
        if let Some(whole) = self.compound(value)? {
            return Ok(whole);
        }
        let value = self.magnitude(value)?;
        let from = self.at;
        while self.peek().is_some_and(is_unit_part) {
            self.at += 1;
        }
        if self.at == from {
            return Ok(value);
        }
        let start = self.tokens[from].start;
        let end = self.tokens[self.at - 1].end;
        let unit = &self.source[start..end];
        let word = match (&self.tokens[from].kind, self.at - from) {
            (Kind::Word(word) | Kind::Text(word), 1) => word.trim().to_ascii_lowercase(),
            _ => String::new(),
        };
        match word.as_str() {
            "percent" => self.add(Node::Percent(value)),
            "degrees" | "degree" | "deg" => self.add(Node::Degrees(value)),
            _ => {
                let unit = self.ast.name(unit);
                self.add(Node::Quantity { value, unit })
            }
        }
    }

    /// `2 hours 30 minutes`, `5 feet and 6 inches`: one quantity, in the first unit. Each part is less than one of the
    /// unit before; "2 hours and 3 hours" are two.
    fn compound(&mut self, first: Id) -> Result<Option<Id>> {
        let Some((number, false)) = self.ast.literal(first) else { return Ok(None) };
        let Some((name, unit)) = self.measure(0) else { return Ok(None) };
        let (mut value, mut least, mut ahead) = (number.value.clone(), RBig::ONE, 1);
        loop {
            let joined = usize::from(self.peek_at(ahead) == Some(&Kind::And));
            let Some(Kind::Number(number)) = self.peek_at(ahead + joined) else { break };
            let Some((_, below)) = self.measure(ahead + joined + 1) else { break };
            let part = &number.value * &below.scale / &unit.scale;
            if !below.agrees(&unit) || part >= least {
                break;
            }
            value += part;
            least = &below.scale / &unit.scale;
            ahead += joined + 2;
        }
        if ahead == 1 || self.peek_at(ahead).is_some_and(is_unit_part) {
            return Ok(None);
        }
        self.at += ahead;
        let unit = self.ast.name(name);
        let value = self.add(Node::Number(Number { value, decimal: None }))?;
        self.add(Node::Quantity { value, unit }).map(Some)
    }

    /// The known unit that is one token.
    fn measure(&self, ahead: usize) -> Option<(&'a str, Unit)> {
        let name = match self.peek_at(ahead)? {
            Kind::Word(word) | Kind::Text(word) => {
                let word = word.trim();
                word.strip_suffix(" and").unwrap_or(word)
            }
            Kind::Letter(letter) if UNIT_LETTERS.contains(*letter) => {
                let token = &self.tokens[self.at + ahead];
                &self.source[token.start..token.end]
            }
            Kind::Function(Function::Min) => "min",
            Kind::Relation(Relation::ElementOf) => "in",
            _ => return None,
        };
        units::is_known(&name.to_ascii_lowercase())
            .then(|| units::unit(name))?
            .map(|unit| (name, unit))
    }

    /// `3.4 million`: the word multiplies.
    fn magnitude(&mut self, value: Id) -> Result<Id> {
        let (Some(Kind::Word(word)) | Some(Kind::Text(word))) = self.peek() else {
            return Ok(value);
        };
        let factor: u64 = match word.trim().to_ascii_lowercase().as_str() {
            "dozen" => 12,
            "hundred" => 100,
            "thousand" => 1000,
            "million" => 1_000_000,
            "billion" => 1_000_000_000,
            "trillion" => 1_000_000_000_000,
            _ => return Ok(value),
        };
        self.at += 1;
        let factor = RBig::from(factor);
        let factor = self.add(Node::Number(Number { value: factor, decimal: None }))?;
        self.add(Node::Product(vec![value, factor]))
    }

    /// `5 m`: a literal, a blank, a letter that is a unit, and nothing more than its power.
    pub(super) fn is_unit_letter(&self, letter: char, factors: &[Id]) -> bool {
        let literal = matches!(factors, [only] if self.ast.literal(*only).is_some());
        let ends = match (self.peek_at(1), self.peek_at(3)) {
            (None, _) => true,
            (Some(Kind::Caret), None) => matches!(self.peek_at(2), Some(Kind::Number(_))),
            // `5 m/s`
            (Some(Kind::Divide), None | Some(Kind::Caret)) => {
                matches!(self.peek_at(2), Some(Kind::Letter(below)) if UNIT_LETTERS.contains(*below))
            }
            _ => false,
        };
        literal && ends && self.spaced() && UNIT_LETTERS.contains(letter)
    }

    /// `°F`, `°C`: the letter after a degree sign at the end.
    pub(super) fn is_temperature(&self) -> bool {
        let degree = |at: Option<usize>| {
            at.and_then(|at| self.tokens.get(at)).is_some_and(|t| t.kind == Kind::Degree)
        };
        let closed = self.at > 0 && self.tokens[self.at - 1].kind == Kind::GroupClose;
        let after = degree(self.at.checked_sub(1)) || (closed && degree(self.at.checked_sub(2)));
        after
            && matches!(self.peek(), Some(Kind::Letter('F' | 'C')))
            && matches!(self.peek_at(1), None | Some(Kind::Comma))
    }

    /// `5 min`: minutes, since no argument follows.
    pub(super) fn is_unit_function(&self) -> bool {
        self.peek() == Some(&Kind::Function(Function::Min))
            && matches!(self.peek_at(1), None | Some(Kind::Comma | Kind::And | Kind::Word(_)))
    }

    /// An integer, a blank, and a fraction of literals: `2 3/4`.
    pub(super) fn is_mixed(&self) -> bool {
        let integer = |ahead: usize| match self.peek_at(ahead) {
            Some(Kind::Number(number)) => number.decimal.is_none() && number.value.is_int(),
            _ => false,
        };
        self.spaced() && integer(0) && self.peek_at(1) == Some(&Kind::Divide) && integer(2)
    }

    /// The sum that a mixed number stands for, if one starts with the last factor.
    pub(super) fn mixed_number(&mut self, factors: &[Id]) -> Result<Option<Id>> {
        let &[whole] = factors else { return Ok(None) };
        let integer = match self.ast.node(whole) {
            Node::Number(number) => number.decimal.is_none() && number.value.is_int(),
            _ => false,
        };
        if !integer || !matches!(self.tokens[self.at - 1].kind, Kind::Number(_)) {
            return Ok(None);
        }
        if self.is_mixed() {
            let numerator = self.atom()?;
            self.at += 1;
            let denominator = self.atom()?;
            let fraction = self.add(Node::Quotient(numerator, denominator))?;
            return self.add(Node::Sum(vec![whole, fraction])).map(Some);
        }
        if self.peek() != Some(&Kind::Fraction) {
            return Ok(None);
        }
        let fraction = self.atom()?;
        let literal = |id: Id| matches!(self.ast.node(id), Node::Number(n) if n.value.is_int());
        let mixed = matches!(self.ast.node(fraction), Node::Quotient(a, b) if literal(*a) && literal(*b))
            && self.peek() != Some(&Kind::Caret);
        if mixed {
            let sum = self.add(Node::Sum(vec![whole, fraction]))?;
            return self.postfix(sum).map(Some);
        }
        let fraction = self.postfix(fraction)?;
        self.add(Node::Product(vec![whole, fraction])).map(Some)
    }
}

fn is_unit_part(kind: &Kind<'_>) -> bool {
    matches!(
        kind,
        Kind::Word(_)
            | Kind::Text(_)
            | Kind::Currency(_)
            | Kind::Letter(_)
            | Kind::Function(Function::Min)
            | Kind::Relation(Relation::ElementOf)
            | Kind::Caret
            | Kind::Minus
            | Kind::Number(_)
            | Kind::GroupOpen
            | Kind::GroupClose
            | Kind::Divide
            | Kind::Fraction
            | Kind::Times
            | Kind::Degree
            | Kind::Constant(_)
    )
}
