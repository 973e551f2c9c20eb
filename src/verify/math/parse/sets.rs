//! Sets of numbers with a mark: `\mathbb{R}^+`, `\mathbb{R}_{\ge 0}`, `\mathbb{Z}^+`, `\mathbb{R}^*`.

use super::super::ast::{Bracket, Constant, Id, NamedSet, Node, Number, Relation};
use super::super::lex::Kind;
use super::{Parser, Result};

impl Parser<'_> {
    /// A set by its name, with the mark that may follow.
    pub(super) fn named_set(&mut self, set: NamedSet) -> Result<Id> {
        match (set, self.mark()) {
            (NamedSet::Reals, Some((mark, width))) => {
                self.at += width;
                self.half_line(mark)
            }
            (NamedSet::Integers, Some((Relation::Greater, width)))
            | (NamedSet::Naturals, Some((Relation::Greater | Relation::NotEqual, width))) => {
                self.at += width;
                self.add(Node::Set(NamedSet::Positives))
            }
            _ => self.add(Node::Set(set)),
        }
    }

    /// The relation to nought that a mark behind a set stands for, and how many tokens it takes. What is written
    /// `R_+` is left alone: authors differ on whether it has nought.
    fn mark(&self) -> Option<(Relation, usize)> {
        let raised = match self.peek()? {
            Kind::Caret => true,
            Kind::Underscore => false,
            _ => return None,
        };
        let grouped = self.peek_at(1) == Some(&Kind::GroupOpen);
        let at = 1 + usize::from(grouped);
        let nought = matches!(self.peek_at(at + 1), Some(Kind::Number(n)) if n.value.is_zero());
        let (mark, width) = match self.peek_at(at)? {
            Kind::Plus if raised => (Relation::Greater, 1),
            Kind::Minus if raised => (Relation::Less, 1),
            Kind::Times if raised => (Relation::NotEqual, 1),
            Kind::Relation(relation) if nought && !raised => (*relation, 2),
            _ => return None,
        };
        let closed = !grouped || self.peek_at(at + width) == Some(&Kind::GroupClose);
        closed.then_some((mark, at + width + usize::from(grouped)))
    }

    /// The reals that stand in that relation to nought.
    fn half_line(&mut self, mark: Relation) -> Result<Id> {
        let zero = self.add(Node::Number(Number { value: 0u8.into(), decimal: None }))?;
        let infinity = self.add(Node::Constant(Constant::Infinity))?;
        let (open, close, items) = match mark {
            Relation::Greater => (Bracket::Round, Bracket::Round, vec![zero, infinity]),
            Relation::GreaterEqual => (Bracket::Square, Bracket::Round, vec![zero, infinity]),
            Relation::Less | Relation::LessEqual => {
                let low = self.add(Node::Negative(infinity))?;
                let round = mark == Relation::Less;
                let close = if round { Bracket::Round } else { Bracket::Square };
                (Bracket::Round, close, vec![low, zero])
            }
            Relation::NotEqual => {
                let (open, close) = (Bracket::Curly, Bracket::Curly);
                let point = self.add(Node::Sequence { open, close, items: vec![zero] })?;
                let whole = self.add(Node::Set(NamedSet::Reals))?;
                return self.add(Node::Difference(whole, point));
            }
            _ => return Err(self.unexpected()),
        };
        self.add(Node::Sequence { open, close, items })
    }
}
