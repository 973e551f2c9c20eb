//! Fingerprints: the value of an expression at three secret points of a prime field.
//!
//! Two expressions with equal fingerprints are equal as functions, up to a chance below 2^-90 (Schwartz
//! and Zippel). Symbols are random residues; so are transcendental constants, and functions of an
//! argument, keyed by the fingerprint of that argument. What has no unique value in a field (a radical
//! of a sum, an absolute value, an inverse function) is refused and left to the numeric stage: nothing
//! is ever accepted by an arbitrary choice of a root.

mod atoms;
mod exponential;
mod powers;

use dashu_ratio::RBig;

use super::ast::{Ast, Constant, Function, Id, Node};
use super::exact::{self, Inexact};
use super::field::{Field, Lanes, field, mix};
use super::fuel::{Exhausted, Fuel};

/// Symbols are this power of a random residue, so that their roots up to this order exist.
const ROOTS: u64 = 720_720;

/// The fingerprint of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint {
    pub(super) lanes: Lanes,
    /// Unequal fingerprints prove unequal expressions: the residues drawn for different parts of the
    /// expression are independent as the parts themselves are.
    pub(super) decisive: bool,
    /// Equal fingerprints are only likely to be equal expressions: a signed base has a symbolic exponent,
    /// and three lanes do not show every parity.
    pub(super) periodic: bool,
}

/// Why there is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It has no unique value in a field.
    Opaque,
    /// It has no value at all.
    Undefined,
    /// The budget is spent.
    Exhausted,
}

impl From<Exhausted> for Refusal {
    fn from(_: Exhausted) -> Self {
        Self::Exhausted
    }
}

type Result<T> = std::result::Result<T, Refusal>;

/// The fingerprint of the expression at `id`; `sign` is what `\pm` stands for.
///
/// # Errors
/// When it has none, see [`Refusal`].
pub(super) fn fingerprint(ast: &Ast, id: Id, sign: i8, fuel: &mut Fuel) -> Result<Fingerprint> {
    let mut modular = Modular { ast, sign, fuel, field: field(), decisive: true, periodic: false };
    let lanes = modular.value(id)?;
    Ok(Fingerprint { lanes, decisive: modular.decisive, periodic: modular.periodic })
}

/// A key for [`Field::random`] that depends on a text.
fn key(domain: u64, text: &str) -> u64 {
    text.bytes().fold(mix(domain), |state, byte| mix(state ^ u64::from(byte)))
}

/// A key that depends on a fingerprint.
fn lanes_key(domain: u64, lanes: Lanes) -> u64 {
    lanes.into_iter().fold(mix(domain), |state, lane| mix(state ^ lane))
}

struct Modular<'a, 'f> {
    ast: &'a Ast,
    sign: i8,
    fuel: &'f mut Fuel,
    field: &'static Field,
    decisive: bool,
    periodic: bool,
}

impl Modular<'_, '_> {
    fn map(a: Lanes, f: impl Fn(u64) -> u64) -> Lanes {
        a.map(f)
    }

    fn zip(a: Lanes, b: Lanes, f: impl Fn(u64, u64) -> u64) -> Lanes {
        [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2])]
    }

    fn add(&self, a: Lanes, b: Lanes) -> Lanes {
        Self::zip(a, b, |a, b| self.field.add(a, b))
    }

    fn mul(&self, a: Lanes, b: Lanes) -> Lanes {
        Self::zip(a, b, |a, b| self.field.mul(a, b))
    }

    fn neg(&self, a: Lanes) -> Lanes {
        Self::map(a, |a| self.field.neg(a))
    }

    fn constant(&self, a: u64) -> Lanes {
        [self.field.residue(a); 3]
    }

    fn one(&self) -> Lanes {
        [self.field.one(); 3]
    }

    fn inv(&mut self, a: Lanes) -> Result<Lanes> {
        self.fuel.spend(60)?;
        if a == [0; 3] {
            return Err(Refusal::Undefined);
        }
        // One inversion for the three lanes unless one of them happens to vanish.
        let field = self.field;
        let ab = field.mul(a[0], a[1]);
        let inverse = field.inv(field.mul(ab, a[2]));
        if inverse == 0 {
            return Err(Refusal::Opaque);
        }
        let rest = field.mul(inverse, a[2]);
        Ok([field.mul(rest, a[1]), field.mul(rest, a[0]), field.mul(inverse, ab)])
    }

    fn pow(&mut self, base: Lanes, exponent: u64) -> Result<Lanes> {
        self.fuel.spend(30)?;
        Ok(Self::map(base, |base| self.field.pow(base, exponent)))
    }

    fn rational(&mut self, value: &RBig) -> Result<Lanes> {
        let words = value.numerator().as_sign_words();
        let numerator = self.field.residue_of_words(words.1);
        let numerator = if *value < RBig::ZERO { self.field.neg(numerator) } else { numerator };
        self.fuel.spend(words.1.len() as u64)?;
        if value.is_int() {
            return Ok([numerator; 3]);
        }
        let denominator = self.field.residue_of_words(value.denominator().as_words());
        self.fuel.spend(40)?;
        Ok([self.field.mul(numerator, self.field.inv(denominator)); 3])
    }

    /// The exact rational value of a node, if it has one.
    fn exact(&mut self, id: Id) -> Result<Option<RBig>> {
        match exact::value(self.ast, id, self.sign, self.fuel) {
            Ok(value) => Ok(Some(value)),
            Err(Inexact::Undefined) => Err(Refusal::Undefined),
            Err(Inexact::Exhausted) => Err(Refusal::Exhausted),
            Err(Inexact::Other | Inexact::TooBig) => Ok(None),
        }
    }

    fn value(&mut self, id: Id) -> Result<Lanes> {
        self.fuel.spend(4)?;
        match self.ast.node(id) {
            Node::Number(number) if number.decimal.is_some_and(|d| d.ellipsis) => {
                Err(Refusal::Opaque)
            }
            Node::Number(number) => self.rational(&number.value),
            Node::Symbol(name) => self.symbol(self.ast.text(*name), ROOTS),
            Node::Constant(constant) => self.named(*constant),
            Node::Sum(items) => {
                let mut total = [0; 3];
                for &item in items {
                    let term = self.value(item)?;
                    total = self.add(total, term);
                }
                Ok(total)
            }
            Node::Product(items) => {
                let mut total = self.one();
                for &item in items {
                    let factor = self.value(item)?;
                    total = self.mul(total, factor);
                }
                Ok(total)
            }
            Node::Quotient(a, b) => {
                let (a, b) = (self.value(*a)?, self.value(*b)?);
                let inverse = self.inv(b)?;
                Ok(self.mul(a, inverse))
            }
            Node::Negative(a) => {
                let a = self.value(*a)?;
                Ok(self.neg(a))
            }
            Node::PlusMinus { term, flipped } => {
                let term = self.value(*term)?;
                Ok(if (self.sign < 0) == *flipped { term } else { self.neg(term) })
            }
            Node::Percent(a) => {
                let a = self.value(*a)?;
                let hundredth = self.rational(&RBig::from_parts(1.into(), 100u8.into()))?;
                Ok(self.mul(a, hundredth))
            }
            Node::Degrees(a) => {
                let a = self.value(*a)?;
                let degree = self.rational(&RBig::from_parts(1.into(), 180u8.into()))?;
                let pi = self.named(Constant::Pi)?;
                let radians = self.mul(degree, pi);
                Ok(self.mul(a, radians))
            }
            Node::Power(base, exponent) => self.power(*base, *exponent),
            Node::Apply(function, arguments) => self.apply(id, *function, arguments),
            Node::Call(name, arguments) => {
                let mut state = key(7, self.ast.text(*name));
                for &argument in arguments {
                    state = lanes_key(state, self.value(argument)?);
                }
                Ok(self.field.random(state))
            }
            _ => Err(Refusal::Opaque),
        }
    }

    fn symbol(&mut self, name: &str, power: u64) -> Result<Lanes> {
        let base = self.field.random(key(1, name));
        self.pow(base, power)
    }

    fn named(&mut self, constant: Constant) -> Result<Lanes> {
        match constant {
            Constant::Pi => Ok(self.field.random(key(2, "pi"))),
            Constant::E => self.exponential_of_one(1, 1),
            Constant::I => Ok([self.field.i(); 3]),
            Constant::Infinity => Err(Refusal::Undefined),
        }
    }

    fn apply(&mut self, id: Id, function: Function, arguments: &[Id]) -> Result<Lanes> {
        use Function as F;
        match (function, arguments) {
            (F::Root, [index, radicand]) => self.root(*index, *radicand),
            (F::Exp, [a]) => self.exponential(*a, 0),
            (
                F::Sin
                | F::Cos
                | F::Tan
                | F::Cot
                | F::Sec
                | F::Csc
                | F::Sinh
                | F::Cosh
                | F::Tanh
                | F::Coth,
                [a],
            ) => self.circular(function, *a),
            (F::Ln, [a]) => self.logarithm(*a),
            (F::Log, [base, a]) => {
                let (base, a) = (self.logarithm(*base)?, self.logarithm(*a)?);
                let inverse = self.inv(base)?;
                Ok(self.mul(a, inverse))
            }
            (F::Factorial, [n]) => self.factorial(id, *n),
            (F::Binomial, [n, k]) => self.binomial(id, *n, *k),
            _ => match self.exact(id)? {
                Some(value) => self.rational(&value),
                None => Err(Refusal::Opaque),
            },
        }
    }
}
