//! Exponentials and circular functions as elements of the multiplicative group.
//!
//! `exp` turns a linear combination of atoms into a product of powers of random residues, so that
//! `exp(a + b) = exp(a) exp(b)` holds and with it every addition theorem; rational multiples of `π i`
//! are roots of unity.

use dashu_ratio::RBig;

use super::super::ast::{Constant, Function, Id, Node};
use super::{Lanes, Modular, ROOTS, Refusal, Result, key, lanes_key};

/// A rational coefficient.
#[derive(Clone, Copy)]
struct Coefficient {
    numerator: i64,
    denominator: i64,
    /// The power of `i` that multiplies it.
    quarter: u8,
}

impl Coefficient {
    fn times(self, value: &RBig) -> Option<Self> {
        let numerator = i64::try_from(value.numerator()).ok()?.checked_mul(self.numerator)?;
        let denominator = i64::try_from(value.denominator()).ok()?.checked_mul(self.denominator)?;
        let divisor = gcd(numerator.unsigned_abs(), denominator.unsigned_abs());
        let divisor = i64::try_from(divisor).ok()?.max(1);
        Some(Self {
            numerator: numerator / divisor,
            denominator: denominator / divisor,
            quarter: self.quarter,
        })
    }

    /// The same without a factor of -1: `quarter` is 0 or 1.
    fn upright(self) -> Self {
        let numerator = if self.quarter & 2 == 0 { self.numerator } else { -self.numerator };
        Self { numerator, quarter: self.quarter & 1, ..self }
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Modular<'_, '_> {
    /// `exp(n/d)`
    pub(super) fn exponential_of_one(&mut self, n: i64, d: i64) -> Result<Lanes> {
        let one = Coefficient { numerator: n, denominator: d, quarter: 0 };
        self.atom_power(key(3, "1"), one)
    }

    /// `exp(i^quarter · a)`
    pub(super) fn exponential(&mut self, a: Id, quarter: u8) -> Result<Lanes> {
        self.exponential_part(a, Coefficient { numerator: 1, denominator: 1, quarter })
    }

    fn exponential_part(&mut self, a: Id, by: Coefficient) -> Result<Lanes> {
        self.fuel.spend(8)?;
        match self.ast.node(a) {
            Node::Sum(items) => {
                let mut total = self.one();
                for &item in items {
                    let factor = self.exponential_part(item, by)?;
                    total = self.mul(total, factor);
                }
                Ok(total)
            }
            Node::Negative(a) => {
                self.exponential_part(*a, Coefficient { numerator: -by.numerator, ..by })
            }
            Node::Degrees(a) => {
                let turned = by.times(&RBig::from_parts(1.into(), 180u8.into()));
                let turned = turned.ok_or(Refusal::Opaque)?;
                match self.exact(*a)? {
                    Some(value) => self.half_turns(turned.times(&value).ok_or(Refusal::Opaque)?),
                    None => Err(Refusal::Opaque),
                }
            }
            Node::Product(_) | Node::Quotient(..) | Node::Constant(_) | Node::Symbol(_) => {
                self.monomial(a, by)
            }
            _ => match self.exact(a)? {
                Some(value) => {
                    let by = by.times(&value).ok_or(Refusal::Opaque)?;
                    self.atom_power(key(3, "1"), by)
                }
                None => self.opaque_power(a, by),
            },
        }
    }

    /// A product: its rational factors and its `i` go to the coefficient, the rest is an atom.
    fn monomial(&mut self, a: Id, mut by: Coefficient) -> Result<Lanes> {
        let mut rest = Vec::new();
        self.split(a, false, &mut by, &mut rest)?;
        match rest[..] {
            [] => self.atom_power(key(3, "1"), by),
            [(only, false)] => match self.ast.node(only) {
                Node::Constant(Constant::Pi) => self.half_turns(by),
                Node::Symbol(name) => {
                    let key = key(4, self.ast.text(*name));
                    self.atom_power(key, by)
                }
                Node::Sum(_) | Node::Negative(_) | Node::Degrees(_) => {
                    self.exponential_part(only, by)
                }
                _ => self.opaque_power(only, by),
            },
            _ => {
                let mut product = self.one();
                for (factor, below) in rest {
                    let factor = self.value(factor)?;
                    let factor = if below { self.inv(factor)? } else { factor };
                    product = self.mul(product, factor);
                }
                self.decisive = false;
                self.atom_power(lanes_key(5, product), by)
            }
        }
    }

    fn split(
        &mut self,
        a: Id,
        below: bool,
        by: &mut Coefficient,
        rest: &mut Vec<(Id, bool)>,
    ) -> Result<()> {
        match self.ast.node(a) {
            Node::Product(items) => {
                for &item in items {
                    self.split(item, below, by, rest)?;
                }
                Ok(())
            }
            Node::Quotient(a, b) => {
                self.split(*a, below, by, rest)?;
                self.split(*b, !below, by, rest)
            }
            Node::Constant(Constant::I) => {
                by.quarter = (by.quarter + if below { 3 } else { 1 }) % 4;
                Ok(())
            }
            _ => {
                let Some(value) = self.exact(a)? else {
                    rest.push((a, below));
                    return Ok(());
                };
                if below && value.is_zero() {
                    return Err(Refusal::Undefined);
                }
                let value = if below { RBig::ONE / value } else { value };
                *by = by.times(&value).ok_or(Refusal::Opaque)?;
                Ok(())
            }
        }
    }

    /// `exp(by · a)` for an argument that is not linear: an atom keyed by its fingerprint.
    fn opaque_power(&mut self, a: Id, by: Coefficient) -> Result<Lanes> {
        let lanes = self.value(a)?;
        self.decisive = false;
        self.atom_power(lanes_key(5, lanes), by)
    }

    fn atom_power(&mut self, key: u64, by: Coefficient) -> Result<Lanes> {
        let by = by.upright();
        let roots = i64::try_from(ROOTS).map_err(|_| Refusal::Opaque)?;
        if by.numerator == 0 {
            return Ok(self.one());
        }
        if roots % by.denominator != 0 {
            return Err(Refusal::Opaque);
        }
        let steps = i128::from(by.numerator) * i128::from(roots / by.denominator);
        let modulus = i128::from(self.field.exponents());
        let steps = u64::try_from(steps.rem_euclid(modulus)).map_err(|_| Refusal::Opaque)?;
        let base = self.field.random(key ^ u64::from(by.quarter));
        self.pow(base, steps)
    }

    /// `exp(by · π)`
    fn half_turns(&mut self, by: Coefficient) -> Result<Lanes> {
        let by = by.upright();
        if by.quarter == 0 {
            return self.atom_power(key(4, "pi constant"), by);
        }
        self.fuel.spend(30)?;
        let turned = self.field.half_turns(by.numerator, by.denominator).ok_or(Refusal::Opaque)?;
        Ok([turned; 3])
    }

    /// A circular or hyperbolic function of `a`.
    pub(super) fn circular(&mut self, function: Function, a: Id) -> Result<Lanes> {
        use Function as F;
        let hyperbolic = matches!(function, F::Sinh | F::Cosh | F::Tanh | F::Coth);
        let up = self.exponential(a, u8::from(!hyperbolic))?;
        let down = self.inv(up)?;
        // 2 cosh and 2 sinh of the exponent; sin carries 1/i.
        let cosine = self.add(up, down);
        let minus = self.neg(down);
        let mut sine = self.add(up, minus);
        if !hyperbolic {
            let down = self.field.neg(self.field.i());
            sine = self.mul(sine, [down; 3]);
        }
        let two = self.constant(2);
        let (above, below) = match function {
            F::Sin | F::Sinh => (sine, two),
            F::Cos | F::Cosh => (cosine, two),
            F::Tan | F::Tanh => (sine, cosine),
            F::Cot | F::Coth => (cosine, sine),
            F::Sec => (two, cosine),
            _ => (two, sine),
        };
        let inverse = self.inv(below)?;
        Ok(self.mul(above, inverse))
    }
}
