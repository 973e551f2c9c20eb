//! The value of an expression at a point, as a ball.

use std::cmp::Ordering;

use dashu_ratio::RBig;

use super::super::ast::{Ast, Constant, Function, Id, Join, Node, Relation};
use super::super::exact;
use super::super::fuel::{Exhausted, Fuel};
use super::super::modular::{self, Refusal};
use super::ball::Ball;
use super::double::Double;
use super::point::Point;

/// Why there is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Invalid {
    /// At a pole, beyond the range, or without a numeric meaning.
    Domain,
    /// Surely outside the real domain.
    Outside,
    /// The precision does not show where the point lies.
    Unknown,
    /// The budget is spent.
    Exhausted,
}

impl From<Exhausted> for Invalid {
    fn from(_: Exhausted) -> Self {
        Self::Exhausted
    }
}

type Result<T> = std::result::Result<T, Invalid>;

/// Units of fuel for an elementary function.
const FUNCTION_COST: u64 = 400;

pub(super) struct Evaluator<'a> {
    pub(super) ast: &'a Ast,
    pub(super) sign: i8,
    pub(super) point: Point<'a>,
    /// Roots and logarithms of negative numbers have no value.
    pub(super) real: bool,
}

impl Evaluator<'_> {
    /// The value of the node at `id`.
    pub(super) fn value(&self, id: Id, fuel: &mut Fuel) -> Result<Ball> {
        fuel.spend(10)?;
        let ball = self.node(id, fuel)?;
        if ball.is_finite() { Ok(ball) } else { Err(Invalid::Domain) }
    }

    fn node(&self, id: Id, fuel: &mut Fuel) -> Result<Ball> {
        match self.ast.node(id) {
            Node::Number(number) => rational(&number.value),
            Node::Symbol(name) => Ok(self.point.value(self.ast.text(*name))),
            Node::Constant(constant) => match constant {
                Constant::Pi => Ok(Ball::pi()),
                Constant::E => Ok(Ball::exactly(1.0).exp()),
                Constant::I => Ok(Ball::i()),
                Constant::Infinity => Err(Invalid::Domain),
            },
            Node::Sum(items) => {
                let mut total = Ball::exactly(0.0);
                for &item in items {
                    total = total.add(self.value(item, fuel)?);
                }
                Ok(total)
            }
            Node::Product(items) => {
                let mut total = Ball::exactly(1.0);
                for &item in items {
                    total = total.mul(self.value(item, fuel)?);
                }
                Ok(total)
            }
            Node::Quotient(a, b) => {
                let (a, b) = (self.value(*a, fuel)?, self.value(*b, fuel)?);
                a.div(b).ok_or(Invalid::Domain)
            }
            Node::Negative(a) => Ok(self.value(*a, fuel)?.neg()),
            Node::PlusMinus { term, flipped } => {
                let term = self.value(*term, fuel)?;
                Ok(if (self.sign < 0) == *flipped { term } else { term.neg() })
            }
            Node::Percent(a) => {
                self.value(*a, fuel)?.div(Ball::exactly(100.0)).ok_or(Invalid::Domain)
            }
            Node::Degrees(a) => {
                let radians = self.value(*a, fuel)?.mul(Ball::pi());
                radians.div(Ball::exactly(180.0)).ok_or(Invalid::Domain)
            }
            Node::Power(base, exponent) => self.power(*base, *exponent, fuel),
            Node::Apply(function, arguments) => self.apply(id, *function, arguments, fuel),
            Node::Cases(branches) => self.cases(branches, fuel),
            _ => Err(Invalid::Domain),
        }
    }

    fn power(&self, base: Id, exponent: Id, fuel: &mut Fuel) -> Result<Ball> {
        let value = self.value(base, fuel)?;
        match exact::value(self.ast, exponent, self.sign, fuel) {
            Ok(exponent) => self.rational_power(base, value, &exponent, fuel),
            Err(exact::Inexact::Exhausted) => Err(Invalid::Exhausted),
            Err(_) => {
                // A power of a negative number is real for whole exponents only.
                let signed = self.real && value.negative() != Some(false);
                if signed && !self.ast.symbols(exponent).is_empty() {
                    return Err(Invalid::Outside);
                }
                let exponent = self.value(exponent, fuel)?;
                fuel.spend(2 * FUNCTION_COST)?;
                let logarithm = self.logarithm(base, value)?;
                Ok(logarithm.mul(exponent).exp())
            }
        }
    }

    fn rational_power(
        &self,
        base: Id,
        value: Ball,
        exponent: &RBig,
        fuel: &mut Fuel,
    ) -> Result<Ball> {
        let parts = (i64::try_from(exponent.numerator()), u32::try_from(exponent.denominator()));
        let (Ok(numerator), Ok(degree)) = parts else { return Err(Invalid::Domain) };
        if degree == 1 {
            fuel.spend(64)?;
            return value.powi(numerator).ok_or(Invalid::Domain);
        }
        let negative = value.negative() == Some(true);
        fuel.spend(if degree == 2 { 20 } else { 2 * FUNCTION_COST })?;
        let root = if degree == 2 {
            self.check_domain(base, value)?;
            value.sqrt().ok_or(Invalid::Domain)?
        } else if negative && degree % 2 == 1 {
            // The real root.
            nth_root(value.neg(), degree)?.neg()
        } else {
            self.check_domain(base, value)?;
            nth_root(value, degree)?
        };
        root.powi(numerator).ok_or(Invalid::Domain)
    }

    /// In the real mode an even root or a logarithm of a negative number has no value, unless no symbol
    /// is in it.
    fn check_domain(&self, id: Id, value: Ball) -> Result<()> {
        let leaves = self.real && value.negative() != Some(false);
        if leaves && !self.ast.symbols(id).is_empty() {
            let surely = value.negative() == Some(true);
            return Err(if surely { Invalid::Outside } else { Invalid::Domain });
        }
        Ok(())
    }

    fn logarithm(&self, id: Id, value: Ball) -> Result<Ball> {
        self.check_domain(id, value)?;
        value.ln().ok_or(Invalid::Domain)
    }

    fn apply(&self, id: Id, function: Function, arguments: &[Id], fuel: &mut Fuel) -> Result<Ball> {
        use Function as F;
        match (function, arguments) {
            (F::Root, [index, radicand]) => {
                let index = exact::value(self.ast, *index, self.sign, fuel)
                    .ok()
                    .filter(|index| !index.is_zero())
                    .ok_or(Invalid::Domain)?;
                let value = self.value(*radicand, fuel)?;
                self.rational_power(*radicand, value, &(RBig::ONE / index), fuel)
            }
            (F::Ln, [a]) => {
                fuel.spend(FUNCTION_COST)?;
                let value = self.value(*a, fuel)?;
                self.logarithm(*a, value)
            }
            (F::Log, [base, a]) => {
                fuel.spend(2 * FUNCTION_COST)?;
                let (below, above) = (self.value(*base, fuel)?, self.value(*a, fuel)?);
                let below = self.logarithm(*base, below)?;
                self.logarithm(*a, above)?.div(below).ok_or(Invalid::Domain)
            }
            (F::Max | F::Min, [first, rest @ ..]) => {
                let mut best = self.value(*first, fuel)?;
                for &other in rest {
                    let other = self.value(other, fuel)?;
                    let less = best.sub(other).negative().ok_or(Invalid::Unknown)?;
                    if less == (function == F::Max) {
                        best = other;
                    }
                }
                Ok(best)
            }
            (F::Factorial | F::Binomial | F::Gcd | F::Lcm, _) => {
                match exact::value(self.ast, id, self.sign, fuel) {
                    Ok(value) => rational(&value),
                    Err(exact::Inexact::Exhausted) => Err(Invalid::Exhausted),
                    Err(_) => Err(Invalid::Domain),
                }
            }
            (F::Floor | F::Ceil | F::Sign | F::Arcsin | F::Arccos | F::Artanh, [a]) => {
                self.bounded(id, function, *a, fuel)
            }
            (_, [a]) => {
                fuel.spend(FUNCTION_COST)?;
                let value = self.value(*a, fuel)?;
                self.function(function, value).ok_or(Invalid::Domain)
            }
            _ => Err(Invalid::Domain),
        }
    }

    /// Functions that jump, or whose real domain is bounded.
    fn bounded(&self, id: Id, function: Function, a: Id, fuel: &mut Fuel) -> Result<Ball> {
        use Function as F;
        match function {
            F::Floor | F::Ceil => match exact::value(self.ast, id, self.sign, fuel) {
                Ok(value) => rational(&value),
                Err(exact::Inexact::Exhausted) => Err(Invalid::Exhausted),
                Err(_) => step(self.value(a, fuel)?, function == F::Ceil).ok_or(Invalid::Unknown),
            },
            F::Sign => Ok(Ball::exactly(match self.order_of(a, None, fuel)? {
                Ordering::Less => -1.0,
                Ordering::Equal => 0.0,
                Ordering::Greater => 1.0,
            })),
            _ => {
                fuel.spend(FUNCTION_COST)?;
                let value = self.value(a, fuel)?;
                // Outside [-1, 1] the real inverse functions have no value.
                let beyond = value.modulus().sub(Ball::exactly(1.0)).negative() == Some(false);
                if beyond && (self.real || value.is_real()) && !self.ast.symbols(a).is_empty() {
                    return Err(Invalid::Outside);
                }
                self.function(function, value).ok_or(Invalid::Domain)
            }
        }
    }

    fn function(&self, function: Function, x: Ball) -> Option<Ball> {
        use Function as F;
        let one = Ball::exactly(1.0);
        let half_pi = Ball::pi().mul(Ball::exactly(0.5));
        match function {
            F::Sin => Some(x.sin_cos()?.0),
            F::Cos => Some(x.sin_cos()?.1),
            F::Tan => x.sin_cos().and_then(|(s, c)| s.div(c)),
            F::Cot => x.sin_cos().and_then(|(s, c)| c.div(s)),
            F::Sec => one.div(x.sin_cos()?.1),
            F::Csc => one.div(x.sin_cos()?.0),
            F::Arcsin => x.asin(),
            F::Arccos => Some(half_pi.sub(x.asin()?)),
            F::Arctan => x.atan(),
            F::Arccot => Some(half_pi.sub(x.atan()?)),
            F::Arcsec => Some(half_pi.sub(one.div(x)?.asin()?)),
            F::Arccsc => one.div(x)?.asin(),
            F::Sinh | F::Cosh | F::Tanh | F::Coth => {
                let up = x.exp();
                let down = one.div(up)?;
                let (sine, cosine) = (up.sub(down), up.add(down));
                let half = Ball::exactly(0.5);
                match function {
                    F::Sinh => Some(sine.mul(half)),
                    F::Cosh => Some(cosine.mul(half)),
                    F::Tanh => sine.div(cosine),
                    _ => cosine.div(sine),
                }
            }
            F::Arsinh => x.add(x.mul(x).add(one).sqrt()?).ln(),
            F::Arcosh => x.add(x.mul(x).sub(one).sqrt()?).ln(),
            F::Artanh => Some(one.add(x).div(one.sub(x))?.ln()?.mul(Ball::exactly(0.5))),
            F::Exp => Some(x.exp()),
            F::Abs => Some(x.modulus()),
            F::Re => Some(Ball { im: 0.0.into(), ..x }),
            F::Im => Some(Ball { re: x.im, im: 0.0.into(), ..x }),
            _ => None,
        }
    }

    /// The value of the branch whose condition holds. Where two hold they must agree.
    fn cases(&self, branches: &[(Id, Option<Id>)], fuel: &mut Fuel) -> Result<Ball> {
        let mut found: Option<Ball> = None;
        for (value, condition) in branches {
            let holds = match condition {
                Some(condition) => self.holds(*condition, fuel)?,
                None => found.is_none(),
            };
            if !holds {
                continue;
            }
            let value = self.value(*value, fuel)?;
            match found {
                Some(other) if !other.sub(value).may_vanish() => return Err(Invalid::Outside),
                Some(_) => {}
                None => found = Some(value),
            }
        }
        // No branch is for this point, or two contradict one another.
        found.ok_or(Invalid::Outside)
    }

    fn holds(&self, id: Id, fuel: &mut Fuel) -> Result<bool> {
        match self.ast.node(id) {
            Node::List { items, join: Join::And } => {
                for &item in items {
                    if !self.holds(item, fuel)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Node::Chain { members, relations } => {
                for (pair, relation) in members.windows(2).zip(relations) {
                    let order = self.order_of(pair[0], Some(pair[1]), fuel)?;
                    let holds = match relation {
                        Relation::Less => order.is_lt(),
                        Relation::LessEqual => order.is_le(),
                        Relation::Greater => order.is_gt(),
                        Relation::GreaterEqual => order.is_ge(),
                        Relation::Equal => order.is_eq(),
                        Relation::NotEqual => order.is_ne(),
                        _ => return Err(Invalid::Unknown),
                    };
                    if !holds {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            _ => Err(Invalid::Unknown),
        }
    }

    /// How `a` stands to `b`, or to nought: by exact values, by balls that are apart, or by equal
    /// fingerprints.
    fn order_of(&self, a: Id, b: Option<Id>, fuel: &mut Fuel) -> Result<Ordering> {
        let left = self.value(a, fuel)?;
        let right = match b {
            Some(b) => self.value(b, fuel)?,
            None => Ball::exactly(0.0),
        };
        match left.sub(right).negative() {
            Some(true) => return Ok(Ordering::Less),
            Some(false) => return Ok(Ordering::Greater),
            None => {}
        }
        let mut exact = |id: Id| exact::value(self.ast, id, self.sign, fuel);
        let values = (exact(a), b.map_or(Ok(RBig::ZERO), exact));
        if let (Ok(a), Ok(b)) = values {
            return Ok(a.cmp(&b));
        }
        let mut print = |id: Id| modular::fingerprint(self.ast, id, self.sign, fuel);
        match (print(a), b.map(print)) {
            (Err(Refusal::Exhausted), _) | (_, Some(Err(Refusal::Exhausted))) => {
                Err(Invalid::Exhausted)
            }
            (Ok(a), Some(Ok(b))) if a.lanes == b.lanes => Ok(Ordering::Equal),
            (Ok(a), None) if a.lanes == [0; 3] => Ok(Ordering::Equal),
            _ => Err(Invalid::Unknown),
        }
    }
}

fn step(x: Ball, up: bool) -> Option<Ball> {
    if !x.is_real() {
        return None;
    }
    let floor = x.re.floor();
    let part = x.re - floor;
    let edge = x.radius.max(1e-20);
    if part.high <= edge || part.high >= 1.0 - edge {
        return None;
    }
    Some(Ball {
        re: if up { floor + Double::from(1.0) } else { floor },
        im: 0.0.into(),
        radius: 0.0,
    })
}

fn nth_root(value: Ball, degree: u32) -> Result<Ball> {
    let logarithm = value.ln().ok_or(Invalid::Domain)?;
    let logarithm = logarithm.div(Ball::exactly(f64::from(degree))).ok_or(Invalid::Domain)?;
    Ok(logarithm.exp())
}

/// A rational as a ball.
pub(super) fn rational(value: &RBig) -> Result<Ball> {
    let whole = |part: &RBig| {
        let high = part.to_f64().value();
        if !high.is_finite() {
            return Err(Invalid::Domain);
        }
        let rest = part - RBig::try_from(high).map_err(|_| Invalid::Domain)?;
        let low = rest.to_f64().value();
        let exact = rest == RBig::try_from(low).map_err(|_| Invalid::Domain)?;
        Ok((Double { high, low }, exact))
    };
    let (double, exact) = whole(value)?;
    Ok(if exact { Ball { radius: 0.0, ..Ball::real(double) } } else { Ball::real(double) })
}
