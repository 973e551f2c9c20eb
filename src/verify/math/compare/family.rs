//! Families of values that run with an integer: `π/4 + kπ, k ∈ Z`.
//!
//! A family is a union of classes `a + kb`. Two are equal if they have the same members: every class is spread
//! over the least common period, and the members in one period are matched modulo it.

use dashu_int::UBig;
use dashu_int::ops::Gcd;
use dashu_ratio::RBig;

use super::super::Method;
use super::super::answer::{Answer, Item};
use super::super::ast::{Ast, Id, NamedSet, Node, Number};
use super::super::fuel::Fuel;
use super::super::numeric::{Scalar, real_value};
use super::super::policy::Policy;
use super::{Comparison, Outcome, Result, Side, equal_if};

/// Greatest number of classes, and of members in a period.
const MAX_MEMBERS: usize = 48;
/// Greatest numerator and denominator of the ratio of two periods.
const MAX_RATIO: u32 = 24;

/// A class: its member at 0, and its period, in the common tree.
struct Class {
    start: Id,
    step: Id,
}

/// Whether two families have the same members; `None` if one is none. The gold must say that its parameter runs
/// through the integers: `nπ - 2π` alone is a formula in n.
pub(super) fn families(
    policy: &Policy,
    gold: Side<'_>,
    given: Side<'_>,
    fuel: &mut Fuel,
) -> Result<Option<Outcome>> {
    let Some(parameter) = declared(gold.answer) else { return Ok(None) };
    let mut ast = Ast::default();
    // `k ∈ N` is another set.
    if declared(given.answer).is_none() && given.parameter().is_some() {
        return Ok(None);
    }
    let other = declared(given.answer).map(str::to_owned).or_else(|| only_symbol(given));
    let Some(other) = other else { return Ok(None) };
    let mut classes = Vec::with_capacity(2);
    for (side, parameter) in [(gold, parameter), (given, other.as_str())] {
        let Some(items) = members(side.answer) else { return Ok(None) };
        let mut own = Vec::with_capacity(items.len());
        for item in items {
            fuel.spend(64 + 2 * side.ast.size())?;
            match class(&mut ast, side.ast, item, parameter) {
                Some(class) => own.push(class),
                None => return Ok(None),
            }
        }
        classes.push(own);
    }
    let (Some(b), Some(a)) = (classes.pop(), classes.pop()) else { return Ok(None) };
    if !labels_agree(gold.answer, given.answer) {
        return Ok(Some(Outcome::Different));
    }
    let mut families = Families { policy, ast, fuel };
    families.compare(&a, &b)
}

struct Families<'a, 'f> {
    policy: &'a Policy,
    ast: Ast,
    fuel: &'f mut Fuel,
}

impl Families<'_, '_> {
    fn compare(&mut self, gold: &[Class], given: &[Class]) -> Result<Option<Outcome>> {
        let Some(first) = gold.first() else { return Ok(None) };
        // The periods as multiples of the first one.
        let mut ratios = Vec::with_capacity(gold.len() + given.len());
        for class in gold.iter().chain(given) {
            match self.ratio(class.step, first.step)? {
                Some(ratio) => ratios.push(ratio),
                None => return Ok(None),
            }
        }
        let period = ratios.iter().fold(RBig::ONE, |a, b| common_multiple(&a, b));
        let Some(whole) = self.times(&period, first.step) else { return Ok(None) };
        let (own, others) = ratios.split_at(gold.len());
        let sides = (self.spread(gold, own, &period), self.spread(given, others, &period));
        let (Some(a), Some(b)) = sides else { return Ok(None) };
        let same = self.covers(&a, &b, whole)? && self.covers(&b, &a, whole)?;
        Ok(Some(equal_if(same, Method::Set)))
    }

    /// The absolute ratio of two periods, if it is a small rational.
    fn ratio(&mut self, step: Id, unit: Id) -> Result<Option<RBig>> {
        let (Some(a), Some(b)) = (self.real(step)?, self.real(unit)?) else { return Ok(None) };
        if a == 0.0 || b == 0.0 {
            return Ok(None);
        }
        let ratio = (a / b).abs();
        for below in 1..=MAX_RATIO {
            let above = (ratio * f64::from(below)).round();
            if (1.0..=f64::from(MAX_RATIO)).contains(&above)
                && (above / f64::from(below) - ratio).abs() < 1e-9
            {
                // Checked to be so: the nearness of a float shows nothing.
                let ratio = RBig::from_parts((above as u32).into(), below.into());
                let signed = if (a < 0.0) == (b < 0.0) { ratio.clone() } else { -ratio.clone() };
                let Some(product) = self.times(&signed, unit) else { return Ok(None) };
                return Ok(self.same(step, product)?.then_some(ratio));
            }
        }
        Ok(None)
    }

    /// The members of classes in one period.
    fn spread(&mut self, classes: &[Class], ratios: &[RBig], period: &RBig) -> Option<Vec<Id>> {
        let mut members = Vec::new();
        for (class, ratio) in classes.iter().zip(ratios) {
            let count = usize::try_from((period / ratio).numerator()).ok()?;
            if members.len() + count > MAX_MEMBERS {
                return None;
            }
            for index in 0..count {
                let shift = self.times(&RBig::from(index), class.step)?;
                members.push(self.ast.add(Node::Sum(vec![class.start, shift])).ok()?);
            }
        }
        Some(members)
    }

    /// Whether every one of `a` differs from one of `b` by a multiple of the period.
    fn covers(&mut self, a: &[Id], b: &[Id], period: Id) -> Result<bool> {
        let (Some(length), Some(p), Some(q)) = (self.real(period)?, self.reals(a)?, self.reals(b)?)
        else {
            return Ok(false);
        };
        for (&x, p) in a.iter().zip(&p) {
            let mut found = false;
            for (&y, q) in b.iter().zip(&q) {
                let turns = ((p - q) / length).round();
                let near = turns.abs() < 1e6 && ((p - q) / length - turns).abs() < 1e-9;
                if near && self.turned(x, y, turns, period)? {
                    found = true;
                    break;
                }
            }
            if !found {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether `x` is `y` and so many periods: shown, not only near.
    fn turned(&mut self, x: Id, y: Id, turns: f64, period: Id) -> Result<bool> {
        let Some(shift) = self.times(&RBig::from(turns as i64), period) else { return Ok(false) };
        match self.ast.add(Node::Sum(vec![y, shift])) {
            Ok(moved) => self.same(x, moved),
            Err(_) => Ok(false),
        }
    }

    fn reals(&mut self, ids: &[Id]) -> Result<Option<Vec<f64>>> {
        ids.iter().map(|&id| self.real(id)).collect()
    }

    fn real(&mut self, id: Id) -> Result<Option<f64>> {
        let value = real_value(Scalar { ast: &self.ast, id, sign: 1 }, self.fuel)?;
        Ok(value.map(|value| value.high))
    }

    fn same(&mut self, a: Id, b: Id) -> Result<bool> {
        let a = Item::new(&self.ast, a, 1, self.fuel);
        let b = Item::new(&self.ast, b, 1, self.fuel);
        let (policy, ast) = (self.policy, &self.ast);
        let mut within = Comparison { policy, gold: ast, given: ast, fuel: self.fuel };
        Ok(within.scalars(&a, &b)?.is_equal())
    }

    fn times(&mut self, factor: &RBig, id: Id) -> Option<Id> {
        let factor = number(&mut self.ast, factor.clone())?;
        self.ast.add(Node::Product(vec![factor, id])).ok()
    }
}

fn number(ast: &mut Ast, value: RBig) -> Option<Id> {
    ast.add(Node::Number(Number { value, decimal: None })).ok()
}

/// The least positive common multiple of two rationals.
fn common_multiple(a: &RBig, b: &RBig) -> RBig {
    let magnitude =
        |value: &RBig| -> UBig { value.numerator().clone().try_into().unwrap_or(UBig::ONE) };
    let (p, q) = (magnitude(a), magnitude(b));
    let below = a.denominator().gcd(b.denominator());
    let above = &p * &q / (&p).gcd(&q);
    RBig::from_parts(above.into(), below)
}

/// An item as a class of its parameter: linear in it, and without other symbols. Its sign is read into it.
fn class(target: &mut Ast, ast: &Ast, item: &Item, parameter: &str) -> Option<Class> {
    let symbols = ast.symbols(item.id);
    if !symbols.iter().all(|&name| ast.text(name) == parameter) || symbols.is_empty() {
        return None;
    }
    if !is_linear(ast, item.id, parameter) {
        return None;
    }
    let signed = ast.any(item.id, &|node| matches!(node, Node::PlusMinus { .. }));
    let turned = signed.then(|| ast.with_sign(item.sign));
    let source = turned.as_ref().unwrap_or(ast);
    let mut at = |value: u8| {
        let value = number(target, value.into())?;
        source.copy_to(item.id, target, parameter, Some(value)).ok()
    };
    let (start, next) = (at(0)?, at(1)?);
    let back = target.add(Node::Negative(start)).ok()?;
    let step = target.add(Node::Sum(vec![next, back])).ok()?;
    Some(Class { start, step })
}

/// Whether an expression is linear in a symbol by its form: the symbol is a term, or a factor of one, once.
fn is_linear(ast: &Ast, id: Id, symbol: &str) -> bool {
    let has = |id: Id| ast.has_symbol(id, symbol);
    match ast.node(id) {
        _ if !has(id) => true,
        Node::Symbol(_) => true,
        Node::Sum(items) => items.iter().all(|&item| is_linear(ast, item, symbol)),
        Node::Product(items) => {
            let mut within = items.iter().filter(|&&item| has(item));
            within.next().is_none_or(|&item| is_linear(ast, item, symbol))
                && within.next().is_none()
        }
        Node::Quotient(above, below) => is_linear(ast, *above, symbol) && !has(*below),
        Node::Negative(a) | Node::Degrees(a) | Node::PlusMinus { term: a, .. } => {
            is_linear(ast, *a, symbol)
        }
        _ => false,
    }
}

/// The parameter that is said to run through the integers.
fn declared(answer: &Answer) -> Option<&str> {
    let Answer::List(items) = answer else { return None };
    items.iter().find_map(|item| match item {
        Answer::Member { name, set: NamedSet::Integers } => Some(name.as_str()),
        _ => None,
    })
}

/// The scalars of a family, without their labels.
fn members(answer: &Answer) -> Option<Vec<&Item>> {
    match answer {
        Answer::Scalar(item) => Some(vec![item]),
        Answer::Labelled { value, others, also, .. } if others.is_empty() && also.is_empty() => {
            members(value)
        }
        Answer::List(items) => {
            let mut found = Vec::new();
            for item in items.iter().filter(|item| !matches!(item, Answer::Member { .. })) {
                found.extend(members(item)?);
            }
            (!found.is_empty() && found.len() <= MAX_MEMBERS).then_some(found)
        }
        _ => None,
    }
}

/// The one symbol, an integer by its letter, of an answer that does not say what its parameter is.
fn only_symbol(side: Side<'_>) -> Option<String> {
    let items = members(side.answer)?;
    let first = side.ast.symbols(items[0].id);
    let [name] = first[..] else { return None };
    let name = side.ast.text(name);
    // The letters of whole numbers: `y = 2x + 1` is a line.
    matches!(name, "k" | "n" | "m" | "l" | "j" | "N" | "K").then(|| name.to_owned())
}

/// The names of what is solved for, if both sides have one.
fn labels_agree(gold: &Answer, given: &Answer) -> bool {
    fn label(answer: &Answer) -> Option<&str> {
        match answer {
            Answer::Labelled { label, .. } => Some(label),
            Answer::List(items) => items.iter().find_map(label),
            _ => None,
        }
    }
    match (label(gold), label(given)) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}
