//! Real constants at several hundred bits, for what 106 bits cannot tell apart.

use dashu_float::round::mode::HalfEven;
use dashu_float::{Context, FBig, FpError, Repr};
use dashu_int::IBig;
use dashu_int::ops::BitTest;
use dashu_ratio::RBig;

use super::super::ast::{Constant, Function, Id, Node};
use super::super::exact;
use super::super::fuel::{Exhausted, Fuel};
use super::evaluate::Invalid;
use super::{Numeric, Scalar, height};

/// Precisions that are tried, in bits.
const PRECISIONS: [usize; 2] = [256, 640];
/// Bits of agreement short of the precision that still count as equality.
const SLACK: f64 = 80.0;
/// Greatest power of two of an argument of an elementary function: beyond it the reduction is too dear.
const MAX_ARGUMENT: f64 = 4096.0;

/// Least power of two of a value: the exponential of a smaller one would hold all bits between it and 1.
const MIN_SIZE: f64 = -16_384.0;

type Float = FBig<HalfEven, 2>;
type Result<T> = std::result::Result<T, Invalid>;

/// A number and the binary logarithm of a bound of its error.
#[derive(Debug, Clone)]
struct Wide {
    value: Float,
    error: f64,
}

/// Compares two real constants.
///
/// # Errors
/// When the budget is spent.
pub(super) fn compare(
    a: Scalar<'_>,
    b: Scalar<'_>,
    fuel: &mut Fuel,
) -> std::result::Result<Numeric, Exhausted> {
    let height = height::height(a.ast, a.id).max(height::height(b.ast, b.id));
    for precision in PRECISIONS {
        let mut least = 0.0;
        let mut value = |side: Scalar<'_>| {
            let context = Context::new(precision);
            let (fuel, least) = (&mut *fuel, &mut least);
            Constants { side, context, precision, fuel, least }.value(side.id)
        };
        let difference = match (value(a), value(b)) {
            (Err(Invalid::Exhausted), _) | (_, Err(Invalid::Exhausted)) => return Err(Exhausted),
            (Ok(a), Ok(b)) => {
                // A large value must agree absolutely, or a small term beside it would vanish.
                let scale = a.size().max(b.size()).clamp(-30.0, 10.0);
                let context = Context::new(precision);
                let Ok(difference) = sum(context, precision, &a, &negated(b)) else { break };
                (difference, scale)
            }
            _ => break,
        };
        let (difference, scale) = difference;
        if difference.size() - 1.0 > difference.error {
            return Ok(Numeric::Different);
        }
        let bits = precision as f64 - SLACK;
        // What is lost beside 1 at this precision shows nothing by its absence.
        let visible = least >= -bits / 2.0;
        if difference.error <= scale - bits && height <= bits / 2.0 && visible {
            return Ok(Numeric::Equal);
        }
    }
    Ok(Numeric::Undecided)
}

impl Wide {
    /// The binary logarithm of the modulus, rounded up.
    fn size(&self) -> f64 {
        size(&self.value)
    }

    fn may_vanish(&self) -> bool {
        self.size() - 2.0 <= self.error
    }
}

/// An upper bound of the binary logarithm of `|value|`.
fn size(value: &Float) -> f64 {
    let repr = value.repr();
    let bits = repr.significand().bit_len();
    if bits == 0 { f64::NEG_INFINITY } else { bits as f64 + repr.exponent() as f64 }
}

/// The logarithm of a sum of three errors.
fn total(a: f64, b: f64, c: f64) -> f64 {
    let most = a.max(b).max(c);
    if most == f64::NEG_INFINITY { most } else { most + 1.6 }
}

fn negated(a: Wide) -> Wide {
    Wide { value: -a.value, ..a }
}

fn sum(context: Context<HalfEven>, precision: usize, a: &Wide, b: &Wide) -> Result<Wide> {
    let value = context.add(a.value.repr(), b.value.repr()).map_err(invalid)?.value();
    let rounding = size(&value) - precision as f64;
    Ok(Wide { error: total(a.error, b.error, rounding), value })
}

fn invalid(_: FpError) -> Invalid {
    Invalid::Domain
}

struct Constants<'a, 'f> {
    side: Scalar<'a>,
    context: Context<HalfEven>,
    precision: usize,
    fuel: &'f mut Fuel,
    /// Least power of two of the values that are not rational.
    least: &'f mut f64,
}

impl Constants<'_, '_> {
    fn spend(&mut self, functions: u64) -> Result<()> {
        Ok(self.fuel.spend(20 + functions * 48 * self.precision as u64)?)
    }

    fn rounding(&self, value: &Float) -> f64 {
        size(value) - self.precision as f64
    }

    fn rational(&self, value: &RBig) -> Wide {
        let above = self.context.convert_int::<2>(value.numerator().clone()).value();
        let below = self.context.convert_int::<2>(IBig::from(value.denominator().clone())).value();
        let value = match self.context.div(above.repr(), below.repr()) {
            Ok(value) => value.value(),
            Err(_) => Float::ZERO,
        };
        // Three roundings.
        Wide { error: self.rounding(&value) + 2.0, value }
    }

    fn integer(&self, value: u32) -> Wide {
        let value = self.context.convert_int::<2>(IBig::from(value)).value();
        Wide { value, error: f64::NEG_INFINITY }
    }

    fn pi(&mut self) -> Result<Wide> {
        self.spend(1)?;
        let value = self.context.pi::<2>(None).value();
        Ok(Wide { error: self.rounding(&value) + 1.0, value })
    }

    /// The value of a node, if it is nought or not too close to it.
    fn value(&mut self, id: Id) -> Result<Wide> {
        let found = self.unbounded(id)?;
        let size = found.size();
        let fits = size >= MIN_SIZE || size == f64::NEG_INFINITY;
        if fits && size < *self.least && self.is_power(id) {
            *self.least = size;
        }
        if fits { Ok(found) } else { Err(Invalid::Domain) }
    }

    fn is_power(&self, id: Id) -> bool {
        matches!(self.side.ast.node(id), Node::Power(..) | Node::Apply(Function::Exp, _))
    }

    fn unbounded(&mut self, id: Id) -> Result<Wide> {
        self.spend(0)?;
        if let Ok(value) = exact::value(self.side.ast, id, self.side.sign, self.fuel) {
            return Ok(self.rational(&value));
        }
        match self.side.ast.node(id) {
            Node::Number(number) => Ok(self.rational(&number.value)),
            Node::Constant(Constant::Pi) => self.pi(),
            Node::Constant(Constant::E) => {
                self.spend(1)?;
                let value = self.context.e::<2>().value();
                Ok(Wide { error: self.rounding(&value) + 1.0, value })
            }
            Node::Sum(items) => {
                let mut total = self.integer(0);
                for &item in items {
                    let term = self.value(item)?;
                    total = sum(self.context, self.precision, &total, &term)?;
                }
                Ok(total)
            }
            Node::Product(items) => {
                let mut total = self.integer(1);
                for &item in items {
                    let factor = self.value(item)?;
                    total = self.product(&total, &factor)?;
                }
                Ok(total)
            }
            Node::Quotient(a, b) => {
                let (a, b) = (self.value(*a)?, self.value(*b)?);
                self.quotient(&a, &b)
            }
            Node::Negative(a) => Ok(negated(self.value(*a)?)),
            Node::PlusMinus { term, flipped } => {
                let term = self.value(*term)?;
                Ok(if (self.side.sign < 0) == *flipped { term } else { negated(term) })
            }
            Node::Percent(a) => {
                let (a, hundred) = (self.value(*a)?, self.integer(100));
                self.quotient(&a, &hundred)
            }
            Node::Degrees(a) => {
                let (a, pi, turn) = (self.value(*a)?, self.pi()?, self.integer(180));
                let product = self.product(&a, &pi)?;
                self.quotient(&product, &turn)
            }
            Node::Power(base, exponent) => self.power(*base, *exponent),
            Node::Apply(function, arguments) => self.apply(*function, arguments),
            _ => Err(Invalid::Domain),
        }
    }

    fn product(&self, a: &Wide, b: &Wide) -> Result<Wide> {
        let value = self.context.mul(a.value.repr(), b.value.repr()).map_err(invalid)?.value();
        let carried = total(a.size() + b.error, b.size() + a.error, a.error + b.error);
        Ok(Wide { error: total(carried, self.rounding(&value), f64::NEG_INFINITY), value })
    }

    fn quotient(&self, a: &Wide, b: &Wide) -> Result<Wide> {
        if b.may_vanish() {
            return Err(Invalid::Domain);
        }
        let value = self.context.div(a.value.repr(), b.value.repr()).map_err(invalid)?.value();
        // |a/b - a'/b'| <= (|a'| e_b + |b'| e_a) / (|b| |b'|), with |b| >= |b'| / 2.
        let below = b.size() - 1.0;
        let carried = (a.size() + b.error - 2.0 * below).max(a.error - below) + 2.0;
        Ok(Wide { error: total(carried, self.rounding(&value), f64::NEG_INFINITY), value })
    }

    fn power(&mut self, base: Id, exponent: Id) -> Result<Wide> {
        let exact = exact::value(self.side.ast, exponent, self.side.sign, self.fuel).ok();
        let base = self.value(base)?;
        if let Some(exponent) = exact.as_ref().filter(|e| e.is_int())
            && let Ok(steps) = i64::try_from(exponent.numerator())
            && steps.unsigned_abs() <= 4096
        {
            return self.repeated(&base, steps);
        }
        let exponent = match exact {
            Some(value) => self.rational(&value),
            None => self.value(exponent)?,
        };
        let logarithm = self.logarithm(&base)?;
        let product = self.product(&logarithm, &exponent)?;
        self.exponential(&product)
    }

    fn repeated(&mut self, base: &Wide, steps: i64) -> Result<Wide> {
        let (mut square, mut result) = (base.clone(), self.integer(1));
        let mut left = steps.unsigned_abs();
        while left > 0 {
            self.spend(0)?;
            if left & 1 == 1 {
                result = self.product(&result, &square)?;
            }
            square = self.product(&square, &square)?;
            left >>= 1;
        }
        if steps < 0 { self.quotient(&self.integer(1), &result) } else { Ok(result) }
    }

    fn exponential(&mut self, a: &Wide) -> Result<Wide> {
        self.spend(1)?;
        if a.error > -8.0 || a.size() > MAX_ARGUMENT.log2() + 20.0 {
            return Err(Invalid::Domain);
        }
        let value = self.context.exp(a.value.repr(), None).map_err(invalid)?.value();
        Ok(Wide {
            error: total(size(&value) + a.error + 1.0, self.rounding(&value), f64::MIN),
            value,
        })
    }

    fn logarithm(&mut self, a: &Wide) -> Result<Wide> {
        self.spend(1)?;
        if a.may_vanish() || a.value < Float::ZERO {
            return Err(Invalid::Domain);
        }
        let value = self.context.ln(a.value.repr(), None).map_err(invalid)?.value();
        Ok(Wide { error: total(a.error - a.size() + 2.0, self.rounding(&value), f64::MIN), value })
    }

    fn root(&mut self, index: Id, radicand: Id) -> Result<Wide> {
        let index = exact::value(self.side.ast, index, self.side.sign, self.fuel);
        let index =
            index.ok().and_then(|i| u32::try_from(i.numerator()).ok().filter(|_| i.is_int()));
        let a = self.value(radicand)?;
        if a.may_vanish() {
            return Err(Invalid::Domain);
        }
        let negative = a.value < Float::ZERO;
        match index {
            Some(2) if !negative => {
                self.spend(0)?;
                let value = self.context.sqrt(a.value.repr()).map_err(invalid)?.value();
                let carried = a.error - size(&value) + 2.0;
                Ok(Wide { error: total(carried, self.rounding(&value), f64::MIN), value })
            }
            Some(degree) if degree > 0 && (!negative || degree % 2 == 1) => {
                let positive = if negative { negated(a) } else { a };
                let logarithm = self.logarithm(&positive)?;
                let part = self.quotient(&logarithm, &self.integer(degree))?;
                let root = self.exponential(&part)?;
                Ok(if negative { negated(root) } else { root })
            }
            _ => Err(Invalid::Domain),
        }
    }

    fn apply(&mut self, function: Function, arguments: &[Id]) -> Result<Wide> {
        use Function as F;
        match (function, arguments) {
            (F::Root, [index, radicand]) => self.root(*index, *radicand),
            (F::Log, [base, a]) => {
                let (base, a) = (self.value(*base)?, self.value(*a)?);
                let (base, a) = (self.logarithm(&base)?, self.logarithm(&a)?);
                self.quotient(&a, &base)
            }
            (F::Ln, [a]) => {
                let a = self.value(*a)?;
                self.logarithm(&a)
            }
            (F::Exp, [a]) => {
                let a = self.value(*a)?;
                self.exponential(&a)
            }
            (F::Abs, [a]) => {
                let a = self.value(*a)?;
                Ok(if a.value < Float::ZERO { negated(a) } else { a })
            }
            (F::Sin | F::Cos | F::Tan | F::Cot | F::Sec | F::Csc | F::Arctan, [a]) => {
                let a = self.value(*a)?;
                self.circular(function, &a)
            }
            _ => Err(Invalid::Domain),
        }
    }

    fn circular(&mut self, function: Function, a: &Wide) -> Result<Wide> {
        use Function as F;
        self.spend(2)?;
        if a.size() > MAX_ARGUMENT || a.error > -8.0 {
            return Err(Invalid::Domain);
        }
        let of = |value: Float, this: &Self| Wide {
            error: total(a.error, this.rounding(&value), f64::MIN),
            value,
        };
        if function == F::Arctan {
            let value = self.context.atan(a.value.repr(), None).map_err(invalid)?.value();
            return Ok(of(value, self));
        }
        let repr: &Repr<2> = a.value.repr();
        let sine = of(self.context.sin(repr, None).map_err(invalid)?.value(), self);
        let cosine = of(self.context.cos(repr, None).map_err(invalid)?.value(), self);
        match function {
            F::Sin => Ok(sine),
            F::Cos => Ok(cosine),
            F::Tan => self.quotient(&sine, &cosine),
            F::Cot => self.quotient(&cosine, &sine),
            F::Sec => self.quotient(&self.integer(1), &cosine),
            _ => self.quotient(&self.integer(1), &sine),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::fuel::GRADE;
    use super::super::super::lex::Sense;
    use super::super::super::parse::parse;
    use super::*;

    fn wide(a: &str, b: &str) -> Numeric {
        let (a, b) = (parse(a, Sense::Usual).unwrap(), parse(b, Sense::Usual).unwrap());
        let a = Scalar { ast: &a.ast, id: a.root, sign: 1 };
        let b = Scalar { ast: &b.ast, id: b.root, sign: 1 };
        compare(a, b, &mut Fuel::new(GRADE)).unwrap()
    }

    #[test]
    fn almost_equal_constants_differ() {
        // e^(π √163) = 262537412640768743.99999999999925… (Hermite)
        assert_eq!(wide(r"e^{\pi\sqrt{163}}", "262537412640768744"), Numeric::Different);
        assert_eq!(
            wide(r"e^{\pi\sqrt{163}}", "262537412640768743.9999999999992"),
            Numeric::Different
        );
        assert_eq!(wide(r"\sqrt{10^{40}+1}", r"10^{20}"), Numeric::Different);
        assert_eq!(wide(r"e^{10^{6}}", r"e^{10^{6}}+1"), Numeric::Undecided);
        assert_eq!(wide(r"\sin(10^{30})", "0"), Numeric::Different);
    }

    #[test]
    fn equal_constants_agree() {
        for (a, b) in [
            (r"\sqrt{7+4\sqrt{3}}", r"2+\sqrt{3}"),
            (r"\ln(10)", r"\ln 2+\ln 5"),
            (r"\arctan 1", r"\frac{\pi}{4}"),
            (r"\sqrt[3]{-16}", r"-2\sqrt[3]{2}"),
            (r"\tan\frac{\pi}{8}", r"\sqrt{2}-1"),
            (r"4\arctan\frac{1}{5}-\arctan\frac{1}{239}", r"\frac{\pi}{4}"),
        ] {
            assert_eq!(wide(a, b), Numeric::Equal, "{a} = {b}");
        }
    }
}
