//! Residue classes and remainders.

use dashu_int::ops::RemEuclid;
use dashu_ratio::RBig;

use super::super::ast::{Id, Node, Number, Relation};
use super::{Answer, Classifier, Item, Representative, Untyped};

/// `\pmod`, which speaks of a class.
const CLASS: Relation = Relation::Other("mod");
/// `\bmod`, which yields a number.
const REMAINDER: Relation = Relation::Other("bmod");

impl Representative {
    /// The number that the class with that residue stands for.
    pub(in super::super) fn of<'a>(&'a self, residue: &'a Item) -> Option<&'a Item> {
        match self {
            Self::Written => Some(residue),
            Self::Remainder(value) => Some(value),
            Self::Unknown => None,
        }
    }
}

impl Classifier<'_, '_> {
    /// `x \equiv 3 \pmod 7`, the residue and the modulus alone, or a remainder: `26 \bmod 7`, `26 \bmod 7 = 5`.
    pub(super) fn congruence(
        &mut self,
        members: &[Id],
        relations: &[Relation],
    ) -> Result<Option<Answer>, Untyped> {
        let (label, sign, residue, modulus) = match (relations, members) {
            ([sign @ (CLASS | REMAINDER)], [residue, modulus]) => (None, *sign, *residue, *modulus),
            (
                [Relation::Congruent | Relation::Equal, sign @ (CLASS | REMAINDER)],
                [name, residue, modulus],
            ) => {
                let Some(label) = self.label(*name) else { return Ok(None) };
                // `x \equiv 5 \mod 7` is a class, however it is set.
                let class = relations[0] == Relation::Congruent;
                (Some(label), if class { CLASS } else { *sign }, *residue, *modulus)
            }
            ([REMAINDER, Relation::Equal], [residue, modulus, value]) => {
                let Some(remainder) = self.remainder(*residue, *modulus)? else { return Ok(None) };
                let value = Box::new(self.answer(*value)?);
                let (label, also) = (String::new(), Vec::new());
                let others = vec![remainder];
                return Ok(Some(Answer::Labelled { label, also, value, others, chain: None }));
            }
            _ => return Ok(None),
        };
        let representative = match sign {
            REMAINDER => match self.remainder(residue, modulus)? {
                Some(value) => Representative::Remainder(value),
                None => Representative::Unknown,
            },
            _ => Representative::Written,
        };
        let (residue, modulus) = (self.scalar(residue)?, self.scalar(modulus)?);
        Ok(Some(Answer::Congruence { label, residue, modulus, representative }))
    }

    /// The least number that is not negative and differs from an integer by a multiple of another. A sum leaves open
    /// how far the operator reaches, and has none here.
    fn remainder(&mut self, number: Id, modulus: Id) -> Result<Option<Item>, Untyped> {
        if [number, modulus].iter().any(|&id| matches!(self.ast.node(id), Node::Sum(_))) {
            return Ok(None);
        }
        let (number, modulus) = (self.item(number).exact, self.item(modulus).exact);
        let (Ok(number), Ok(modulus)) = (number, modulus) else { return Ok(None) };
        if !number.is_int() || !modulus.is_int() || modulus.is_zero() {
            return Ok(None);
        }
        let value = RBig::from(number.numerator().rem_euclid(modulus.numerator()));
        let id = self.ast.add(Node::Number(Number { value, decimal: None }))?;
        Ok(Some(self.item(id)))
    }
}
