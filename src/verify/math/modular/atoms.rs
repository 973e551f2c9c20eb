//! Logarithms of rationals, factorials and binomials.

use dashu_int::UBig;
use dashu_ratio::RBig;

use super::super::ast::{Constant, Id, Node};
use super::super::exact;
use super::{Lanes, Modular, Refusal, Result, key, lanes_key};

/// Greatest number of factors written out for a shifted factorial.
const MAX_SHIFT: i64 = 64;

impl Modular<'_, '_> {
    /// The logarithm of a positive rational is the sum of those of its primes, which are independent; of
    /// a power of `e`, the exponent; of a symbol, an atom.
    pub(super) fn logarithm(&mut self, a: Id) -> Result<Lanes> {
        if let Some(value) = self.exact(a)? {
            return self.rational_logarithm(&value);
        }
        match self.ast.node(a) {
            Node::Constant(Constant::E) => Ok(self.one()),
            Node::Symbol(name) => Ok(self.field.random(key(8, self.ast.text(*name)))),
            Node::Power(base, exponent) => {
                let Some(exponent) = self.exact(*exponent)? else { return Err(Refusal::Opaque) };
                let positive = matches!(self.ast.node(*base), Node::Constant(Constant::E))
                    || self.exact(*base)?.is_some_and(|base| base > RBig::ZERO);
                if !positive {
                    return Err(Refusal::Opaque);
                }
                let logarithm = self.logarithm(*base)?;
                let exponent = self.rational(&exponent)?;
                Ok(self.mul(logarithm, exponent))
            }
            Node::Apply(super::super::ast::Function::Root, arguments) => {
                let [index, radicand] = arguments[..] else { return Err(Refusal::Opaque) };
                let Some(index) = self.exact(index)?.filter(|index| !index.is_zero()) else {
                    return Err(Refusal::Opaque);
                };
                let Some(radicand) = self.exact(radicand)? else { return Err(Refusal::Opaque) };
                let logarithm = self.rational_logarithm(&radicand)?;
                let exponent = self.rational(&(RBig::ONE / index))?;
                Ok(self.mul(logarithm, exponent))
            }
            _ => Err(Refusal::Opaque),
        }
    }

    fn rational_logarithm(&mut self, value: &RBig) -> Result<Lanes> {
        if value.is_zero() {
            return Err(Refusal::Undefined);
        }
        if *value < RBig::ZERO {
            return Err(Refusal::Opaque);
        }
        let above = UBig::try_from(value.numerator().clone()).map_err(|_| Refusal::Opaque)?;
        let above = self.integer_logarithm(&above)?;
        let below = self.integer_logarithm(value.denominator())?;
        let below = self.neg(below);
        Ok(self.add(above, below))
    }

    fn integer_logarithm(&mut self, value: &UBig) -> Result<Lanes> {
        let mut total = [0; 3];
        for (prime, count) in self.factors(value)? {
            let atom = self.field.random(key(9, "prime") ^ prime);
            let count = self.constant(count.unsigned_abs());
            let term = self.mul(atom, count);
            total = self.add(total, term);
        }
        Ok(total)
    }

    /// `n!`: exact when small; else the factorial of the part of `n` without its integer term, times or
    /// over the factors between.
    pub(super) fn factorial(&mut self, id: Id, n: Id) -> Result<Lanes> {
        if let Some(value) = self.exact(id)? {
            return self.rational(&value);
        }
        let argument = self.value(n)?;
        if let Some(value) = self.exact(n)? {
            // Beyond the cap: relative to the multiple of the greatest shift below it.
            let steps = (value % RBig::from(MAX_SHIFT)).numerator().clone();
            self.decisive = false;
            return self.shifted_factorial(argument, i64::try_from(steps).unwrap_or(0));
        }
        let shift = self.shift(n)?;
        self.shifted_factorial(argument, shift)
    }

    /// The integer term of a sum with symbols.
    fn shift(&mut self, id: Id) -> Result<i64> {
        let Node::Sum(items) = self.ast.node(id) else { return Ok(0) };
        let mut total = 0i64;
        for &item in items {
            let value = exact::value(self.ast, item, self.sign, self.fuel);
            if let Ok(value) = value
                && let Ok(term) = i64::try_from(value.numerator())
                && value.is_int()
            {
                total = total.checked_add(term).ok_or(Refusal::Opaque)?;
            }
        }
        Ok(total)
    }

    pub(super) fn binomial(&mut self, id: Id, n: Id, k: Id) -> Result<Lanes> {
        if let Some(value) = self.exact(id)? {
            return self.rational(&value);
        }
        let upper = self.value(n)?;
        if let Some(count) = self.exact(k)?
            && let Ok(count) = u64::try_from(count.numerator())
            && count <= MAX_SHIFT.unsigned_abs()
        {
            let mut result = self.one();
            for step in 0..count {
                let minus = self.rational(&-RBig::from(step))?;
                let factor = self.add(upper, minus);
                let divisor = self.constant(step + 1);
                let inverse = self.inv(divisor)?;
                result = self.mul(result, factor);
                result = self.mul(result, inverse);
            }
            return Ok(result);
        }
        let lower = self.value(k)?;
        let minus = self.neg(lower);
        let difference = self.add(upper, minus);
        let shifts = (self.shift(n)?, self.shift(k)?);
        let above = self.shifted_factorial(upper, shifts.0)?;
        let first = self.shifted_factorial(lower, shifts.1)?;
        let second = self.shifted_factorial(difference, shifts.0 - shifts.1)?;
        let below = self.mul(first, second);
        let inverse = self.inv(below)?;
        Ok(self.mul(above, inverse))
    }

    /// The factorial of a fingerprint whose integer term is `shift`.
    fn shifted_factorial(&mut self, lanes: Lanes, shift: i64) -> Result<Lanes> {
        if shift.abs() > MAX_SHIFT {
            return Err(Refusal::Opaque);
        }
        let back = self.rational(&RBig::from(-shift))?;
        let base = self.add(lanes, back);
        let mut result = self.field.random(lanes_key(10, base));
        for step in 1..=shift.max(0) {
            let step = self.rational(&RBig::from(step))?;
            let factor = self.add(base, step);
            result = self.mul(result, factor);
        }
        for step in 0..shift.min(0).abs() {
            let step = self.rational(&RBig::from(-step))?;
            let factor = self.add(base, step);
            let inverse = self.inv(factor)?;
            result = self.mul(result, inverse);
        }
        Ok(result)
    }
}
