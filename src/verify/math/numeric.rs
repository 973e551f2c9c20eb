//! Values at secret points, with error bounds: what the prime field cannot decide.
//!
//! Arithmetic is that of complex balls of 106 bits. Two expressions are different when their balls are
//! disjoint at a point; they are equal when they agree to [`AGREEMENT`] at all points of a survey
//! ([`survey`]); anything else is undecided.

mod ball;
mod double;
mod evaluate;
mod height;
mod point;
mod survey;
mod switch;
mod wide;

use std::cmp::Ordering;

use ball::Ball;
use evaluate::{Evaluator, Invalid};
use point::Point;
use survey::{Survey, values};

use super::ast::{Ast, Function, Id, Node};
use super::fuel::{Exhausted, Fuel};

/// Relative agreement that counts as equality: 2^-75.
const AGREEMENT: f64 = 1.0 / (1u128 << 75) as f64;
/// Expressions whose literals hold more bits than this may differ by less than the precision shows.
const MAX_HEIGHT: f64 = 50.0;
/// Points tried.
const POINTS: u64 = 10;

/// The outcome of a comparison by values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numeric {
    Equal,
    Different,
    Undecided,
}

/// An expression and what its `\pm` stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scalar<'a> {
    pub(super) ast: &'a Ast,
    pub(super) id: Id,
    pub(super) sign: i8,
}

/// Compares two expressions by their values.
///
/// # Errors
/// When the budget is spent.
pub(super) fn compare(a: Scalar<'_>, b: Scalar<'_>, fuel: &mut Fuel) -> Result<Numeric, Exhausted> {
    let outcome = same(fuel, [a, b], |[a, b]| Some((a, b)))?;
    let constant = |side: Scalar<'_>| side.ast.symbols(side.id).is_empty();
    let constants = constant(a) && constant(b);
    let close = outcome == Numeric::Undecided
        || (outcome == Numeric::Equal
            && constants
            && (has_tiny_power(a, a.id, fuel)? || has_tiny_power(b, b.id, fuel)?));
    if close && constants { wide::compare(a, b, fuel) } else { Ok(outcome) }
}

/// Whether a power within a constant is so small that it might be lost beside another value: `1+2^{-300\pi}`.
fn has_tiny_power(side: Scalar<'_>, id: Id, fuel: &mut Fuel) -> Result<bool, Exhausted> {
    fuel.spend(2)?;
    let node = side.ast.node(id);
    if matches!(node, Node::Power(..) | Node::Apply(Function::Exp, _))
        && real_value(Scalar { id, ..side }, fuel)?.is_some_and(|value| value.high.abs() < 1e-12)
    {
        return Ok(true);
    }
    let mut children = Vec::new();
    node.for_each_child(|child| children.push(child));
    for child in children {
        if has_tiny_power(side, child, fuel)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Compares two expressions whose symbols stand for whole numbers.
///
/// # Errors
/// When the budget is spent.
pub(super) fn at_integers(
    a: Scalar<'_>,
    b: Scalar<'_>,
    fuel: &mut Fuel,
) -> Result<Numeric, Exhausted> {
    Survey::new([a, b], |[a, b]| Some((a, b)), false).of_integers(fuel)
}

/// Whether `a / b` is the same constant at all points, for two differences of sides of a relation.
///
/// # Errors
/// When the budget is spent.
pub(super) fn proportional(
    [left_a, right_a]: [Scalar<'_>; 2],
    [left_b, right_b]: [Scalar<'_>; 2],
    fuel: &mut Fuel,
) -> Result<Numeric, Exhausted> {
    let mut first: Option<Ball> = None;
    same(fuel, [left_a, right_a, left_b, right_b], |[la, ra, lb, rb]| {
        let ratio = la.sub(ra).div(lb.sub(rb))?;
        let reference = *first.get_or_insert(ratio);
        (!reference.may_vanish()).then_some((ratio, reference))
    })
}

/// Whether `a - b` is the same at all points.
///
/// # Errors
/// When the budget is spent.
pub(super) fn constant_difference(
    a: Scalar<'_>,
    b: Scalar<'_>,
    fuel: &mut Fuel,
) -> Result<Numeric, Exhausted> {
    let mut first: Option<Ball> = None;
    same(fuel, [a, b], |[a, b]| {
        let difference = a.sub(b);
        let reference = *first.get_or_insert(difference);
        // Compared on the scale of the values, which may dwarf the constant.
        Some((a, b.add(reference)))
    })
}

fn same<const N: usize>(
    fuel: &mut Fuel,
    sides: [Scalar<'_>; N],
    pair: impl FnMut([Ball; N]) -> Option<(Ball, Ball)>,
) -> Result<Numeric, Exhausted> {
    let tall = sides.iter().any(|s| height::height(s.ast, s.id) > MAX_HEIGHT);
    Survey::new(sides, pair, tall).verdict(fuel)
}

fn close(a: Ball, b: Ball) -> Numeric {
    let difference = a.sub(b);
    if !difference.is_finite() {
        return Numeric::Undecided;
    }
    if difference.size() > difference.radius {
        return Numeric::Different;
    }
    // A large value must agree absolutely, or a small term beside it would vanish.
    let scale = a.size().max(b.size()).clamp(1e-9, 1024.0);
    if difference.radius <= scale * AGREEMENT { Numeric::Equal } else { Numeric::Undecided }
}

/// The value of a constant real expression with a bound of its error, in doubles.
pub(super) fn real_value(side: Scalar<'_>, fuel: &mut Fuel) -> Result<Option<Real>, Exhausted> {
    let evaluator = Evaluator { ast: side.ast, sign: side.sign, point: Point::new(0), real: false };
    if !side.ast.symbols(side.id).is_empty() {
        return Ok(None);
    }
    match evaluator.value(side.id, fuel) {
        Ok(ball) if ball.is_finite() && ball.is_real() => {
            Ok(Some(Real { high: ball.re.high, low: ball.re.low, radius: ball.radius }))
        }
        Err(Invalid::Exhausted) => Err(Exhausted),
        Ok(_) | Err(_) => Ok(None),
    }
}

/// The sign of the ratio of two differences at a point where both are real.
pub(super) fn ratio_sign(
    [left_a, right_a]: [Scalar<'_>; 2],
    [left_b, right_b]: [Scalar<'_>; 2],
    fuel: &mut Fuel,
) -> Result<Option<bool>, Exhausted> {
    for point in 0..POINTS {
        let sides = [left_a, right_a, left_b, right_b];
        let [Ok(la), Ok(ra), Ok(lb), Ok(rb)] = values(&sides, Point::new(point), true, fuel)?
        else {
            continue;
        };
        if let (Some(a), Some(b)) = (la.sub(ra).negative(), lb.sub(rb).negative()) {
            return Ok(Some(a != b));
        }
    }
    Ok(None)
}

/// A real number `high + low` known to within `radius`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Real {
    pub(super) high: f64,
    pub(super) low: f64,
    pub(super) radius: f64,
}

impl Real {
    /// The order of two values, if their errors allow to tell.
    pub(super) fn order(self, other: Self) -> Option<Ordering> {
        let difference = (self.high - other.high) + (self.low - other.low);
        let radius = self.radius + other.radius;
        (difference.abs() > radius).then(|| difference.total_cmp(&0.0))
    }
}

#[cfg(test)]
mod tests;
