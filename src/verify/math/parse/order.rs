//! Products that do not commute: of vectors with a cross, of matrices; and what else is read by its spelling:
//! times of day, minutes of arc, double factorials.

use dashu_ratio::RBig;

use super::super::ast::{ARROW, CROSS, Clock, Id, MATRICES, Node, Number};
use super::super::lex::Kind;
use super::{Parser, Result};

/// Greatest `n` of which the double factorial is written out.
const MAX_DOUBLE_FACTORIAL: u64 = 300;

impl Parser<'_> {
    /// Whether the sign here is the cross of two vectors, of which `left` is one.
    pub(super) fn is_cross(&self, left: Id) -> bool {
        let token = &self.tokens[self.at];
        let marked = |at: usize, brace: &Kind<'_>, inner: usize| {
            let token = self.tokens.get(at).map(|token| &token.kind);
            let at = if token == Some(brace) { inner } else { at };
            self.tokens.get(at).is_some_and(|token| token.vector)
        };
        let left = match self.ast.node(left) {
            Node::Call(name, _) => self.ast.text(*name) == CROSS,
            Node::Symbol(name) => self.ast.text(*name).starts_with(ARROW),
            _ => false,
        };
        let left = left || marked(self.at - 1, &Kind::GroupClose, self.at.saturating_sub(2));
        &self.source[token.start..token.end] == "\\times"
            && left
            && marked(self.at + 1, &Kind::GroupOpen, self.at + 2)
    }

    /// `a × b`; `b × a` is its opposite.
    pub(super) fn cross(&mut self, left: Id, right: Id) -> Result<Id> {
        let swap = match (self.ast.node(left), self.ast.node(right)) {
            (Node::Symbol(a), Node::Symbol(b)) => self.ast.text(*a) > self.ast.text(*b),
            _ => false,
        };
        let factors = if swap { vec![right, left] } else { vec![left, right] };
        let name = self.ast.name(CROSS);
        let product = self.add(Node::Call(name, factors))?;
        if swap { self.add(Node::Negative(product)) } else { Ok(product) }
    }

    /// Binds capital letters to one factor that keeps their order, if one of them is inverted or transposed:
    /// matrices, most likely.
    pub(super) fn order_matrices(&mut self, factors: &mut Vec<Id>) -> Result<()> {
        let matrices: Vec<(Id, bool)> = factors
            .iter()
            .filter_map(|&id| self.matrix_letter(id).map(|turned| (id, turned)))
            .collect();
        let ordered = matrices.len() > 1 && matrices.iter().any(|(_, turned)| *turned);
        if !ordered || self.is_dimension(&matrices) {
            return Ok(());
        }
        factors.retain(|&id| self.matrix_letter(id).is_none());
        let name = self.ast.name(MATRICES);
        let ordered = matrices.into_iter().map(|(id, _)| id).collect();
        factors.push(self.add(Node::Call(name, ordered))?);
        Ok(())
    }

    /// Mass, length, time and their like, each once: `MLT^{-2}`.
    fn is_dimension(&self, factors: &[(Id, bool)]) -> bool {
        let letters: Vec<&str> = factors
            .iter()
            .filter_map(|&(id, _)| match self.ast.node(id) {
                Node::Symbol(name) => Some(self.ast.text(*name)),
                Node::Power(base, _) => match self.ast.node(*base) {
                    Node::Symbol(name) => Some(self.ast.text(*name)),
                    _ => None,
                },
                _ => None,
            })
            .collect();
        letters.iter().enumerate().all(|(at, letter)| {
            matches!(*letter, "M" | "L" | "T" | "I" | "K" | "N") && !letters[..at].contains(letter)
        })
    }

    /// Whether a factor is a capital letter or a power of one, and if so whether it is inverted or transposed.
    fn matrix_letter(&self, id: Id) -> Option<bool> {
        match self.ast.node(id) {
            Node::Symbol(name) => {
                let capital = self.ast.text(*name).starts_with(|c: char| c.is_ascii_uppercase());
                capital.then_some(false)
            }
            Node::Power(base, exponent) if self.matrix_letter(*base) == Some(false) => {
                Some(match self.ast.node(*exponent) {
                    Node::Negative(_) => true,
                    Node::Symbol(name) => matches!(self.ast.text(*name), "T" | "\\top"),
                    _ => false,
                })
            }
            _ => None,
        }
    }

    /// Whether the tokens from `from` up to here are spelled like a time of day.
    pub(super) fn clock(&self, from: usize) -> Clock {
        let tokens = &self.tokens[from..self.at];
        let mut padded = false;
        for (index, token) in tokens.iter().enumerate() {
            let text = &self.source[token.start..token.end];
            if index % 2 == 1 {
                continue;
            }
            let bound = if index == 0 { 25 } else { 60 };
            let fits = text.parse::<u32>().is_ok_and(|value| value < bound)
                && (text.len() == 2 || (index == 0 && text.len() == 1));
            if !fits {
                return Clock::No;
            }
            padded |= index > 0 && text.starts_with('0');
        }
        match (tokens.len(), padded) {
            (3 | 5, false) => Clock::Likely,
            (3 | 5, true) => Clock::Padded,
            _ => Clock::No,
        }
    }

    /// What was followed by a degree sign, with the minutes and seconds of arc that may follow: `53^\circ 8'`.
    pub(super) fn degrees(&mut self, base: Id) -> Result<Id> {
        let mut terms = vec![base];
        for below in [60u16, 3600] {
            let Some(Kind::Number(number)) = self.peek() else { break };
            let primes = if below == 60 { 1 } else { 2 };
            let Some(width) = self.arc_mark(primes) else { break };
            let value = &number.value / RBig::from(below);
            self.at += 1 + width;
            terms.push(self.add(Node::Number(Number { value, decimal: None }))?);
        }
        let whole = if terms.len() > 1 { self.add(Node::Sum(terms))? } else { base };
        self.add(Node::Degrees(whole))
    }

    /// How many tokens the primes behind the number here take, if there are that many primes.
    fn arc_mark(&self, primes: usize) -> Option<usize> {
        let count = |from: usize| {
            (from..).take_while(|&ahead| self.peek_at(ahead) == Some(&Kind::Prime)).count()
        };
        let caret = usize::from(self.peek_at(1) == Some(&Kind::Caret));
        let group = usize::from(self.peek_at(1 + caret) == Some(&Kind::GroupOpen));
        let closed = group == 0 || self.peek_at(2 + caret + primes) == Some(&Kind::GroupClose);
        let fits = count(1 + caret + group) == primes && closed && group <= caret;
        fits.then_some(caret + 2 * group + primes)
    }

    /// `n!!`, the product of every other integer down from a literal `n`.
    pub(super) fn double_factorial(&mut self, base: Id) -> Result<Id> {
        let Node::Number(number) = self.ast.node(base) else { return Err(self.unexpected()) };
        let value = u64::try_from(number.value.numerator()).unwrap_or(u64::MAX);
        if !number.value.is_int() || value > MAX_DOUBLE_FACTORIAL {
            return Err(self.unexpected());
        }
        let mut product = RBig::ONE;
        for factor in (1..=value).rev().step_by(2) {
            product *= RBig::from(factor);
        }
        self.add(Node::Number(Number { value: product, decimal: None }))
    }
}
