//! Powers and roots, where they have one value in a field.

use dashu_int::UBig;
use dashu_int::ops::UnsignedAbs;
use dashu_ratio::RBig;

use super::super::ast::{Constant, Id, Node};
use super::{Lanes, Modular, ROOTS, Refusal, Result, key};

/// Primes up to this are divided out of a radicand.
const TRIAL: u64 = 2000;

impl Modular<'_, '_> {
    pub(super) fn power(&mut self, base: Id, exponent: Id) -> Result<Lanes> {
        if let Some(exponent) = self.exact(exponent)? {
            return self.rational_power(base, &exponent);
        }
        if matches!(self.ast.node(base), Node::Constant(Constant::E)) {
            return self.exponential(exponent, 0);
        }
        // A symbolic exponent: exponents live in the ring of integers modulo p - 1.
        let lanes = self.value(base)?;
        let steps = self.exponent(exponent)?;
        if lanes.contains(&0) {
            return Err(Refusal::Opaque);
        }
        self.decisive = false;
        let positive = matches!(self.ast.node(base), Node::Symbol(_))
            || self.exact(base)?.is_some_and(|base| base > RBig::ZERO);
        self.periodic |= !positive;
        self.fuel.spend(60)?;
        Ok(Self::zip(lanes, steps, |base, steps| self.field.pow(base, steps)))
    }

    fn rational_power(&mut self, base: Id, exponent: &RBig) -> Result<Lanes> {
        if exponent.is_int() {
            let lanes = self.value(base)?;
            if lanes == [0; 3] && *exponent <= RBig::ZERO {
                return Err(Refusal::Undefined);
            }
            return self.integer_power(lanes, exponent);
        }
        let parts = (i64::try_from(exponent.numerator()), i64::try_from(exponent.denominator()));
        let (Ok(numerator), Ok(denominator)) = parts else { return Err(Refusal::Opaque) };
        if matches!(self.ast.node(base), Node::Constant(Constant::E)) {
            return self.exponential_of_one(numerator, denominator);
        }
        if let Node::Symbol(name) = self.ast.node(base) {
            let roots = i64::try_from(ROOTS).map_err(|_| Refusal::Opaque)?;
            if roots % denominator != 0 {
                return Err(Refusal::Opaque);
            }
            let steps = i128::from(numerator) * i128::from(roots / denominator);
            let modulus = i128::from(self.field.exponents());
            let steps = u64::try_from(steps.rem_euclid(modulus)).map_err(|_| Refusal::Opaque)?;
            return self.symbol(self.ast.text(*name), steps);
        }
        match self.exact(base)? {
            Some(value) => self.radical(&value, numerator, denominator),
            None => Err(Refusal::Opaque),
        }
    }

    fn integer_power(&mut self, lanes: Lanes, exponent: &RBig) -> Result<Lanes> {
        let size = exponent.numerator().clone().unsigned_abs();
        let steps = match u64::try_from(&size) {
            Ok(small) => small,
            Err(_) => {
                let modulus = UBig::from(self.field.exponents());
                if lanes.contains(&0) {
                    return Err(Refusal::Opaque);
                }
                u64::try_from(&(size % modulus)).map_err(|_| Refusal::Opaque)?
            }
        };
        let power = self.pow(lanes, steps)?;
        if *exponent < RBig::ZERO { self.inv(power) } else { Ok(power) }
    }

    pub(super) fn root(&mut self, index: Id, radicand: Id) -> Result<Lanes> {
        match self.exact(index)? {
            Some(index) if !index.is_zero() => self.rational_power(radicand, &(RBig::ONE / index)),
            Some(_) => Err(Refusal::Undefined),
            None => Err(Refusal::Opaque),
        }
    }

    /// `value^(n/d)`: every prime of the value must come out with a whole or a half exponent.
    fn radical(&mut self, value: &RBig, n: i64, d: i64) -> Result<Lanes> {
        let mut result = self.one();
        if *value < RBig::ZERO {
            // The real root of an odd degree, i times the root for a square root.
            match (d, d % 2 == 0) {
                (_, false) if n % 2 != 0 => result = self.neg(result),
                (_, false) => {}
                (2, _) => {
                    let steps = u64::try_from(n.rem_euclid(4)).map_err(|_| Refusal::Opaque)?;
                    result = self.pow([self.field.i(); 3], steps)?;
                }
                _ => return Err(Refusal::Opaque),
            }
        }
        let numerator = value.numerator().clone().unsigned_abs();
        let above = self.prime_powers(&numerator, n, d)?;
        let below = self.prime_powers(value.denominator(), n, d)?;
        let below = self.inv(below)?;
        result = self.mul(result, above);
        Ok(self.mul(result, below))
    }

    fn prime_powers(&mut self, value: &UBig, n: i64, d: i64) -> Result<Lanes> {
        let mut result = self.one();
        for (prime, count) in self.factors(value)? {
            let exponent = count.checked_mul(n).and_then(|exponent| exponent.checked_mul(2));
            let exponent = exponent.ok_or(Refusal::Opaque)?;
            let (twice, rest) = (exponent / d, exponent % d);
            if rest != 0 {
                return Err(Refusal::Opaque);
            }
            let base = if twice % 2 == 0 {
                self.field.residue(prime)
            } else {
                self.field.prime_root(prime).ok_or(Refusal::Opaque)?
            };
            let steps = if twice % 2 == 0 { twice / 2 } else { twice };
            let power = self.pow([base; 3], steps.unsigned_abs())?;
            let power = if steps < 0 { self.inv(power)? } else { power };
            result = self.mul(result, power);
        }
        Ok(result)
    }

    /// The prime factors of a value; what is left after trial division counts as prime if it must be.
    pub(super) fn factors(&mut self, value: &UBig) -> Result<Vec<(u64, i64)>> {
        let mut rest = u64::try_from(value).map_err(|_| Refusal::Opaque)?;
        let mut found = Vec::new();
        if rest == 0 {
            return Err(Refusal::Opaque);
        }
        let mut divisor = 2;
        while divisor <= TRIAL && divisor * divisor <= rest {
            let mut count = 0;
            while rest.is_multiple_of(divisor) {
                rest /= divisor;
                count += 1;
            }
            if count > 0 {
                found.push((divisor, count));
            }
            divisor += if divisor == 2 { 1 } else { 2 };
        }
        self.fuel.spend(divisor / 2)?;
        if rest > 1 {
            if rest > TRIAL * TRIAL {
                return Err(Refusal::Opaque);
            }
            found.push((rest, 1));
        }
        Ok(found)
    }

    /// An exponent as a residue modulo p - 1.
    fn exponent(&mut self, id: Id) -> Result<Lanes> {
        self.fuel.spend(8)?;
        let modulus = u128::from(self.field.exponents());
        let reduce = |a: u128| (a % modulus) as u64;
        match self.ast.node(id) {
            Node::Symbol(name) => Ok(self.field.random_exponents(key(6, self.ast.text(*name)))),
            Node::Negative(a) => {
                let a = self.exponent(*a)?;
                Ok(Self::map(a, |a| reduce(modulus - u128::from(a))))
            }
            Node::Sum(items) => {
                let mut total = [0; 3];
                for &item in items {
                    let term = self.exponent(item)?;
                    total = Self::zip(total, term, |a, b| reduce(u128::from(a) + u128::from(b)));
                }
                Ok(total)
            }
            Node::Product(items) => {
                let mut total = [1; 3];
                for &item in items {
                    let factor = self.exponent(item)?;
                    total = Self::zip(total, factor, |a, b| reduce(u128::from(a) * u128::from(b)));
                }
                Ok(total)
            }
            _ => match self.exact(id)? {
                Some(value) if value.is_int() => {
                    let size = value.numerator().clone().unsigned_abs();
                    let size = size % UBig::from(self.field.exponents());
                    let size = u64::try_from(&size).map_err(|_| Refusal::Opaque)?;
                    let negative = value < RBig::ZERO && size > 0;
                    Ok([if negative { self.field.exponents() - size } else { size }; 3])
                }
                _ => Err(Refusal::Opaque),
            },
        }
    }
}
