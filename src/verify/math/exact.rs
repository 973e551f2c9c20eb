//! Exact rational values of expressions that have one.

use dashu_int::ops::{BitTest, Gcd, UnsignedAbs};
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

use super::ast::{Ast, Function, Id, Node};
use super::fuel::{Exhausted, Fuel};
use super::lex::rational_bits;

/// Greatest size of an exact value: bits of numerator and denominator.
const MAX_BITS: usize = 65_536;
/// Greatest `n` whose factorial is computed.
const MAX_FACTORIAL: u64 = 2000;

/// Why there is no exact value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inexact {
    /// Not rational by these rules; it may still have a value.
    Other,
    /// Beyond [`MAX_BITS`], or a factorial beyond the cap.
    TooBig,
    /// Division by zero and the like: no value at all.
    Undefined,
    /// The budget is spent.
    Exhausted,
}

impl From<Exhausted> for Inexact {
    fn from(_: Exhausted) -> Self {
        Self::Exhausted
    }
}

type Result<T> = std::result::Result<T, Inexact>;

/// The rational value of the expression at `id`; `sign` is what `\pm` stands for.
///
/// # Errors
/// When it has none, or none within the caps.
pub(super) fn value(ast: &Ast, id: Id, sign: i8, fuel: &mut Fuel) -> Result<RBig> {
    fuel.spend(2)?;
    let mut of = |id: Id| value(ast, id, sign, fuel);
    match ast.node(id) {
        Node::Number(number) if number.decimal.is_some_and(|d| d.ellipsis) => Err(Inexact::Other),
        Node::Number(number) => Ok(number.value.clone()),
        Node::Negative(a) => Ok(-of(*a)?),
        Node::Percent(a) => Ok(of(*a)? / RBig::from(100u8)),
        Node::PlusMinus { term, flipped } => {
            let value = of(*term)?;
            Ok(if (sign < 0) == *flipped { value } else { -value })
        }
        Node::Sum(items) => {
            let mut total = of(items[0])?;
            for &item in &items[1..] {
                let term = value(ast, item, sign, fuel)?;
                total = checked(total, &term, fuel)? + term;
            }
            Ok(total)
        }
        Node::Product(items) => {
            let mut total = of(items[0])?;
            for &item in &items[1..] {
                let factor = value(ast, item, sign, fuel)?;
                total = checked(total, &factor, fuel)? * factor;
            }
            Ok(total)
        }
        Node::Quotient(a, b) => {
            let (a, b) = (of(*a)?, of(*b)?);
            if b.is_zero() {
                return Err(Inexact::Undefined);
            }
            Ok(checked(a, &b, fuel)? / b)
        }
        Node::Power(base, exponent) => {
            let (base, exponent) = (of(*base)?, of(*exponent)?);
            power(&base, &exponent, fuel)
        }
        Node::Apply(function, arguments) => apply(ast, *function, arguments, sign, fuel),
        _ => Err(Inexact::Other),
    }
}

/// `a`, if an operation with `b` stays within the caps.
fn checked(a: RBig, b: &RBig, fuel: &mut Fuel) -> Result<RBig> {
    let bits = rational_bits(&a) + rational_bits(b);
    if bits > 2 * MAX_BITS {
        return Err(Inexact::TooBig);
    }
    // Multiplication and the greatest common divisor are quadratic in the words.
    let words = (bits / 64) as u64;
    fuel.spend(words * words / 8)?;
    Ok(a)
}

fn power(base: &RBig, exponent: &RBig, fuel: &mut Fuel) -> Result<RBig> {
    if !exponent.is_int() {
        return root_power(base, exponent, fuel);
    }
    if exponent.is_zero() {
        return if base.is_zero() { Err(Inexact::Undefined) } else { Ok(RBig::ONE) };
    }
    if base.is_zero() {
        let negative = *exponent < RBig::ZERO;
        return if negative { Err(Inexact::Undefined) } else { Ok(RBig::ZERO) };
    }
    if base.is_one() {
        return Ok(RBig::ONE);
    }
    let count = exponent.numerator().clone().unsigned_abs();
    let count = usize::try_from(&count).map_err(|_| Inexact::TooBig)?;
    let (numerator, denominator) = (base.numerator(), base.denominator());
    let width = numerator.bit_len().max(denominator.bit_len());
    if *base == -RBig::ONE {
        return Ok(if count % 2 == 0 { RBig::ONE } else { -RBig::ONE });
    }
    let bits = width.saturating_sub(1).max(1).saturating_mul(count);
    if bits > MAX_BITS {
        return Err(Inexact::TooBig);
    }
    let words = (bits / 64) as u64;
    fuel.spend(words * words / 8)?;
    let result = RBig::from_parts(numerator.pow(count), denominator.pow(count));
    Ok(if *exponent < RBig::ZERO { RBig::ONE / result } else { result })
}

/// A rational power of a rational that is rational again.
fn root_power(base: &RBig, exponent: &RBig, fuel: &mut Fuel) -> Result<RBig> {
    let degree = u32::try_from(exponent.denominator()).map_err(|_| Inexact::Other)?;
    let root = root(base, degree)?;
    power(&root, &RBig::from(exponent.numerator().clone()), fuel)
}

/// The real `degree`-th root of a rational, if it is rational.
pub(super) fn root(base: &RBig, degree: u32) -> Result<RBig> {
    let negative = *base < RBig::ZERO;
    if degree == 0 || (negative && degree.is_multiple_of(2)) {
        return Err(Inexact::Other);
    }
    let numerator = integer_root(&base.numerator().clone().unsigned_abs(), degree)?;
    let denominator = integer_root(base.denominator(), degree)?;
    let numerator = IBig::from(numerator);
    Ok(RBig::from_parts(if negative { -numerator } else { numerator }, denominator))
}

fn integer_root(value: &UBig, degree: u32) -> Result<UBig> {
    if value.is_zero() || value.is_one() {
        return Ok(value.clone());
    }
    if value.bit_len() > 1024 || degree as usize > value.bit_len() {
        return Err(Inexact::Other);
    }
    let guess = value.nth_root(degree as usize);
    if guess.pow(degree as usize) == *value { Ok(guess) } else { Err(Inexact::Other) }
}

fn apply(
    ast: &Ast,
    function: Function,
    arguments: &[Id],
    sign: i8,
    fuel: &mut Fuel,
) -> Result<RBig> {
    let supported = matches!(
        function,
        Function::Root
            | Function::Abs
            | Function::Floor
            | Function::Ceil
            | Function::Factorial
            | Function::Binomial
            | Function::Gcd
            | Function::Lcm
            | Function::Max
            | Function::Min
            | Function::Sign
    );
    if !supported {
        return Err(Inexact::Other);
    }
    let mut values = Vec::with_capacity(arguments.len());
    for &argument in arguments {
        values.push(value(ast, argument, sign, fuel)?);
    }
    let first = values[0].clone();
    match (function, &values[..]) {
        (Function::Root, [index, radicand]) if index.is_int() => {
            let degree = u32::try_from(index.numerator()).map_err(|_| Inexact::Other)?;
            root(radicand, degree)
        }
        (Function::Abs, [_]) => Ok(if first < RBig::ZERO { -first } else { first }),
        (Function::Sign, [_]) => Ok(first.signum()),
        (Function::Floor, [_]) => Ok(RBig::from(first.floor())),
        (Function::Ceil, [_]) => Ok(RBig::from(first.ceil())),
        (Function::Factorial, [n]) => Ok(RBig::from(factorial(&natural(n)?, fuel)?)),
        (Function::Binomial, [n, k]) => binomial(&natural(n)?, &natural(k)?, fuel),
        (Function::Gcd, [_, ..]) => {
            fold(&values, |a, b| if a.is_zero() || b.is_zero() { a + b } else { a.gcd(b) })
        }
        (Function::Lcm, [_, ..]) => fold(&values, |a, b| {
            if a.is_zero() || b.is_zero() { UBig::ZERO } else { &a / (&a).gcd(&b) * b }
        }),
        (Function::Max, [_, ..]) => Ok(values.into_iter().fold(first, RBig::max)),
        (Function::Min, [_, ..]) => Ok(values.into_iter().fold(first, RBig::min)),
        _ => Err(Inexact::Other),
    }
}

fn natural(value: &RBig) -> Result<UBig> {
    if !value.is_int() || *value < RBig::ZERO {
        return Err(Inexact::Other);
    }
    Ok(value.numerator().clone().unsigned_abs())
}

fn fold(values: &[RBig], f: impl Fn(UBig, UBig) -> UBig) -> Result<RBig> {
    let mut total = None;
    for value in values {
        if !value.is_int() {
            return Err(Inexact::Other);
        }
        let value = value.numerator().clone().unsigned_abs();
        total = Some(match total {
            None => value,
            Some(sum) => f(sum, value),
        });
    }
    total.map(RBig::from).ok_or(Inexact::Other)
}

fn factorial(n: &UBig, fuel: &mut Fuel) -> Result<UBig> {
    let n = u64::try_from(n).ok().filter(|&n| n <= MAX_FACTORIAL).ok_or(Inexact::TooBig)?;
    let mut product = UBig::ONE;
    for factor in 2..=n {
        fuel.spend(1 + product.bit_len() as u64 / 128)?;
        product *= UBig::from(factor);
    }
    Ok(product)
}

fn binomial(n: &UBig, k: &UBig, fuel: &mut Fuel) -> Result<RBig> {
    let Some(rest) = n.clone().checked_sub(k) else { return Ok(RBig::ZERO) };
    let k = u64::try_from(&rest.min(k.clone())).ok().filter(|&k| k <= MAX_FACTORIAL);
    let k = k.ok_or(Inexact::TooBig)?;
    let mut result = UBig::ONE;
    for step in 0..k {
        if result.bit_len() > MAX_BITS {
            return Err(Inexact::TooBig);
        }
        fuel.spend(4 + result.bit_len() as u64 / 32)?;
        result = result * (n - UBig::from(step)) / UBig::from(step + 1);
    }
    Ok(RBig::from(result))
}

trait CheckedSub {
    fn checked_sub(self, other: &UBig) -> Option<UBig>;
}

impl CheckedSub for UBig {
    fn checked_sub(self, other: &UBig) -> Option<UBig> {
        (self >= *other).then(|| self - other)
    }
}
