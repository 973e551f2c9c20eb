//! Scalars: exact values, fingerprints, numeric values, and the rounding of decimals.

use dashu_int::ops::Gcd;
use dashu_ratio::RBig;

use super::super::Method;
use super::super::answer::Item;
use super::super::ast::{Ast, Decimal, Node};
use super::super::exact::Inexact;
use super::super::fuel::{Exhausted, Fuel};
use super::super::modular::Refusal;
use super::super::numeric::{self, Numeric, real_value};
use super::super::policy::Tolerance;
use super::super::render;
use super::{Comparison, Outcome, Result};

impl Comparison<'_, '_> {
    /// Compares a given scalar with a gold one: the ladder of tests, cheapest first.
    pub(super) fn scalars(&mut self, gold: &Item, given: &Item) -> Result {
        let outcome = match (&gold.exact, &given.exact) {
            (Ok(a), Ok(b)) if a == b => Outcome::Equal(Method::Exact),
            (Ok(_), Ok(_)) => Outcome::Different,
            (Err(Inexact::Exhausted), _) | (_, Err(Inexact::Exhausted)) => return Err(Exhausted),
            (_, Err(Inexact::Undefined)) | (Err(Inexact::Undefined), _) => {
                return Ok(Outcome::Different);
            }
            _ => self.inexact(gold, given)?,
        };
        match outcome {
            Outcome::Equal(_) if self.policy.require_reduced && !is_reduced(self.given, given) => {
                Ok(Outcome::Different)
            }
            Outcome::Equal(_) => Ok(outcome),
            _ if gold.exact.is_err() && integration_constant(self.gold, gold).is_some() => {
                self.antiderivatives(gold, given)
            }
            _ => Ok(if self.rounds(gold, given)? {
                Outcome::Equal(Method::Rounding)
            } else {
                outcome
            }),
        }
    }

    /// Expressions with a constant of integration: up to a constant under the policy, else undecided.
    pub(super) fn antiderivatives(&mut self, gold: &Item, given: &Item) -> Result {
        let Some(constant) = integration_constant(self.gold, gold) else {
            return Ok(Outcome::Different);
        };
        let names = ["C", "K", "c", "k", "C_1", "C_{1}"];
        // The name of the constant means nothing, if that is all that differs.
        if let Some(other) = additive(self.given, given, &names)
            && other != constant
            && !has_symbol(self.given, given, &constant)
            && !has_symbol(self.gold, gold, &other)
        {
            let renamed = self.given.swapped(&other, &constant);
            let item = Item::new(&renamed, given.id, given.sign, self.fuel);
            let (policy, gold_ast) = (self.policy, self.gold);
            let mut within =
                Comparison { policy, gold: gold_ast, given: &renamed, fuel: self.fuel };
            let outcome = within.inexact(gold, &item)?;
            if outcome.is_equal() {
                return Ok(outcome);
            }
        }
        // The constants vanish from both sides: they are symbols of no weight.
        let gold_ast = self.gold.with(&[(&constant, RBig::ZERO)]);
        let given_ast = self.given.with(&names.map(|name| (name, RBig::ZERO)));
        let a = numeric::Scalar { ast: &gold_ast, id: gold.id, sign: gold.sign };
        let b = numeric::Scalar { ast: &given_ast, id: given.id, sign: given.sign };
        if additive(self.given, given, &names).is_none()
            && names.iter().any(|name| has_symbol(self.given, given, name))
        {
            return Ok(Outcome::Different);
        }
        Ok(match numeric::constant_difference(a, b, self.fuel)? {
            Numeric::Equal if self.policy.integration_constant => Outcome::Equal(Method::Numeric),
            Numeric::Different => Outcome::Different,
            _ => Outcome::Undecided,
        })
    }

    fn inexact(&mut self, gold: &Item, given: &Item) -> Result {
        let prints = (gold.print(self.gold, self.fuel), given.print(self.given, self.fuel));
        match prints {
            (Ok(a), Ok(b)) if a.lanes == b.lanes && !(a.periodic || b.periodic) => {
                return Ok(Outcome::Equal(Method::Modular));
            }
            (Ok(a), Ok(b)) if a.lanes == b.lanes => {
                let sides = (self.gold_scalar(gold), self.given_scalar(given));
                return Ok(match numeric::at_integers(sides.0, sides.1, self.fuel)? {
                    Numeric::Equal => Outcome::Equal(Method::Modular),
                    Numeric::Different => Outcome::Different,
                    Numeric::Undecided => Outcome::Undecided,
                });
            }
            (Ok(a), Ok(b)) if a.decisive && b.decisive => return Ok(Outcome::Different),
            (Err(Refusal::Exhausted), _) | (_, Err(Refusal::Exhausted)) => return Err(Exhausted),
            (_, Err(Refusal::Undefined)) | (Err(Refusal::Undefined), _) => {
                return Ok(Outcome::Different);
            }
            _ => {}
        }
        self.numeric(gold, given)
    }

    /// Compares by values at points.
    pub(super) fn numeric(&mut self, gold: &Item, given: &Item) -> Result {
        let (a, b) = (self.gold_scalar(gold), self.given_scalar(given));
        Ok(match numeric::compare(a, b, self.fuel)? {
            Numeric::Equal => Outcome::Equal(Method::Numeric),
            Numeric::Different => Outcome::Different,
            // A rational against a constant without a real value in range: no honest answer.
            Numeric::Undecided if gold.exact.is_ok() && is_out_of_range(b, self.fuel)? => {
                Outcome::Different
            }
            Numeric::Undecided if given.exact.is_ok() && is_out_of_range(a, self.fuel)? => {
                Outcome::Different
            }
            Numeric::Undecided if self.spelled_alike(gold, given) => {
                Outcome::Equal(Method::Identity)
            }
            Numeric::Undecided => Outcome::Undecided,
        })
    }

    /// Whether both have the same canonical form.
    fn spelled_alike(&self, gold: &Item, given: &Item) -> bool {
        let form = render::render(self.gold, gold.id);
        gold.sign == given.sign
            && form.len() < render::MAX_LENGTH
            && form == render::render(self.given, given.id)
    }

    /// Whether one side is a decimal literal that stands for the value of the other.
    fn rounds(&mut self, gold: &Item, given: &Item) -> Result<bool> {
        // Whole numbers are meant exactly.
        let whole = gold.exact.as_ref().is_ok_and(RBig::is_int);
        if whole && matches!(self.policy.tolerance, Tolerance::SignificantDigits(_)) {
            return Ok(false);
        }
        let gold_decimal = decimal(self.gold, gold);
        let given_decimal = decimal(self.given, given);
        match self.policy.tolerance {
            Tolerance::Exact => Ok(false),
            Tolerance::SignificantDigits(least) => {
                let enough = |d: &Decimal| d.significant >= least;
                match (gold_decimal.filter(enough), given_decimal.filter(enough)) {
                    (None, Some(_)) if gold_decimal.is_some() => Ok(false),
                    (Some(_), None) if given_decimal.is_some() => Ok(false),
                    (None, Some(d)) => self.within(given, d, gold, false),
                    (Some(d), None) => self.within(gold, d, given, true),
                    // Of two literals the longer one may be the value.
                    (Some(a), Some(b)) if b.places > a.places => self.within(gold, a, given, true),
                    _ => Ok(false),
                }
            }
            Tolerance::Absolute(bound) | Tolerance::Relative(bound) => {
                if gold_decimal.is_none() && given_decimal.is_none() {
                    return Ok(false);
                }
                let (Some(a), Some(b)) = (
                    real_value(self.gold_scalar(gold), self.fuel)?,
                    real_value(self.given_scalar(given), self.fuel)?,
                ) else {
                    return Ok(false);
                };
                let relative = matches!(self.policy.tolerance, Tolerance::Relative(_));
                let bound = if relative { bound * a.high.abs() } else { bound };
                Ok(((a.high - b.high) + (a.low - b.low)).abs() <= bound)
            }
        }
    }

    /// Whether `other` rounds to the literal, whose last digit is known.
    fn within(
        &mut self,
        literal: &Item,
        decimal: Decimal,
        other: &Item,
        gold: bool,
    ) -> Result<bool> {
        let Ok(written) = &literal.exact else {
            return self.truncates(literal, decimal, other, gold);
        };
        if let Ok(value) = &other.exact {
            let difference = if value > written { value - written } else { written - value };
            // The literal's last place is 10^-places; half of it is the error of rounding.
            let Some(half) = half_unit(decimal.places) else { return Ok(false) };
            return Ok(difference <= half);
        }
        self.near(written, decimal.places, 0.5, other, gold)
    }

    /// A literal with an ellipsis: the value begins with its digits.
    fn truncates(
        &mut self,
        literal: &Item,
        decimal: Decimal,
        other: &Item,
        gold: bool,
    ) -> Result<bool> {
        let ast = if gold { self.gold } else { self.given };
        let Some((number, negative)) = ast.literal(literal.id) else { return Ok(false) };
        let written = if negative { -number.value.clone() } else { number.value.clone() };
        self.near(&written, decimal.places, 1.0, other, gold)
    }

    fn near(
        &mut self,
        written: &RBig,
        places: i32,
        units: f64,
        other: &Item,
        literal_is_gold: bool,
    ) -> Result<bool> {
        let side = if literal_is_gold { self.given_scalar(other) } else { self.gold_scalar(other) };
        let Some(value) = real_value(side, self.fuel)? else { return Ok(false) };
        let high = written.to_f64().value();
        if !high.is_finite() {
            return Ok(false);
        }
        let Ok(rest) = RBig::try_from(high) else { return Ok(false) };
        let low = (written - rest).to_f64().value();
        let difference = ((value.high - high) + (value.low - low)).abs();
        Ok(difference <= units * 10f64.powi(-places) * (1.0 + 1e-9) + value.radius)
    }
}

fn is_out_of_range(side: numeric::Scalar<'_>, fuel: &mut Fuel) -> Result<bool> {
    Ok(side.ast.symbols(side.id).is_empty() && real_value(side, fuel)?.is_none())
}

/// The constant of integration of a sum: a bare symbol `C` or `K` among its terms.
fn integration_constant(ast: &Ast, item: &Item) -> Option<String> {
    additive(ast, item, &["C", "K", "C_1", "C_{1}"])
}

/// The first of `names` that is a term of the sum by itself.
fn additive(ast: &Ast, item: &Item, names: &[&str]) -> Option<String> {
    let Node::Sum(items) = ast.node(item.id) else { return None };
    if ast.symbols(item.id).len() < 2 {
        return None;
    }
    items.iter().find_map(|&term| match ast.node(term) {
        Node::Symbol(name) if names.contains(&ast.text(*name)) => Some(ast.text(*name).to_owned()),
        _ => None,
    })
}

fn has_symbol(ast: &Ast, item: &Item, name: &str) -> bool {
    ast.symbols(item.id).into_iter().any(|symbol| ast.text(symbol) == name)
}

fn half_unit(places: i32) -> Option<RBig> {
    let power = isize::try_from(places.unsigned_abs()).ok().filter(|&p| p <= 4096)?;
    let unit = RBig::from(10u8).pow(power);
    let two = RBig::from(2u8);
    Some(if places < 0 { unit / two } else { RBig::ONE / (unit * two) })
}

/// The decimal literal that an item is, seen through a sign.
fn decimal(ast: &Ast, item: &Item) -> Option<Decimal> {
    ast.literal(item.id).and_then(|(number, _)| number.decimal)
}

/// Whether a quotient of integers is in lowest terms.
fn is_reduced(ast: &Ast, item: &Item) -> bool {
    let id = match ast.node(item.id) {
        Node::Negative(inner) => *inner,
        _ => item.id,
    };
    let Node::Quotient(above, below) = ast.node(id) else { return true };
    match (ast.literal(*above), ast.literal(*below)) {
        (Some((a, _)), Some((b, _))) if a.value.is_int() && b.value.is_int() => {
            a.value.is_zero() || a.value.numerator().gcd(b.value.numerator()).is_one()
        }
        _ => true,
    }
}
