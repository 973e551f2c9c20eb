//! Equations that differ by a factor: `xy = 6` and `y = 6/x`.
//!
//! The difference of the sides of one equation is that of the other times a product of powers of what stands
//! below fraction bars, and neither difference vanishes where one of these does: then no solution is lost or
//! won. `x^2 = xy` is not `x = y`, since the first holds on the line x = 0, too.

use dashu_ratio::RBig;

use super::super::Method;
use super::super::answer::{Chain, Item};
use super::super::ast::{Ast, Id, Node, Number, Relation};
use super::super::field::{Lanes, field};
use super::super::fuel::Exhausted;
use super::super::modular::{Fingerprint, Refusal, fingerprint};
use super::{Comparison, Outcome, Result};

/// Greatest number of divisors that are looked at.
const MAX_DIVISORS: usize = 3;
/// Greatest power of a divisor.
const MAX_POWER: i32 = 3;

/// A linear divisor of one of the sides, in a tree of its own: where it vanishes, `symbol` has the value `root`.
struct Divisor {
    ast: Ast,
    symbol: String,
    root: Id,
    lanes: Lanes,
}

impl Comparison<'_, '_> {
    /// Whether two equations have the same solutions though their differences are not proportional; `None` if
    /// that was not shown.
    pub(super) fn cleared(&mut self, gold: &Chain, given: &Chain) -> Result<Option<Outcome>> {
        let equation = |chain: &Chain| chain.relations[..] == [Relation::Equal];
        if !equation(gold) || !equation(given) {
            return Ok(None);
        }
        let mut divisors = Vec::new();
        for (ast, chain) in [(self.gold, gold), (self.given, given)] {
            for side in &chain.members {
                self.divisors(ast, side.id, &mut divisors)?;
            }
        }
        let sides = (self.value(self.gold, gold, None)?, self.value(self.given, given, None)?);
        let (Some(a), Some(b)) = sides else { return Ok(None) };
        if divisors.is_empty() || a.contains(&0) || b.contains(&0) {
            return Ok(None);
        }
        let Some(powers) = self.powers(a, b, &divisors)? else { return Ok(None) };
        for (divisor, power) in divisors.iter().zip(powers) {
            // One side is without a pole there, and does not vanish; the other has no zero there either.
            let there = (
                self.value(self.gold, gold, Some(divisor))?,
                self.value(self.given, given, Some(divisor))?,
            );
            let sound = match there {
                (Some(a), Some(b)) => power == 0 && !a.contains(&0) && !b.contains(&0),
                (Some(a), None) => !a.contains(&0) && power > 0,
                (None, Some(b)) => !b.contains(&0) && power < 0,
                (None, None) => false,
            };
            if !sound {
                return Ok(None);
            }
        }
        Ok(Some(Outcome::Equal(Method::Relation)))
    }

    /// Powers with which the divisors make `a / b` a constant.
    fn powers(&mut self, a: Lanes, b: Lanes, divisors: &[Divisor]) -> Result<Option<Vec<i32>>> {
        let field = field();
        let ratio = [0, 1, 2].map(|lane| field.mul(a[lane], field.inv(b[lane])));
        let width = 2 * MAX_POWER + 1;
        for mut index in 0..width.pow(u32::try_from(divisors.len()).unwrap_or(0)) {
            self.fuel.spend(20)?;
            let mut powers = Vec::with_capacity(divisors.len());
            let mut product = ratio;
            for divisor in divisors {
                let power = index % width - MAX_POWER;
                index /= width;
                powers.push(power);
                for (value, base) in product.iter_mut().zip(divisor.lanes) {
                    let base = if power > 0 { field.inv(base) } else { base };
                    let factor = field.pow(base, u64::from(power.unsigned_abs()));
                    *value = field.mul(*value, factor);
                }
            }
            if product[0] == product[1] && product[0] == product[2] {
                return Ok(Some(powers));
            }
        }
        Ok(None)
    }

    /// The fingerprint of the difference of an equation's sides, where a divisor vanishes if one is given;
    /// `None` if it has no value there or none that decides.
    fn value(&mut self, ast: &Ast, chain: &Chain, at: Option<&Divisor>) -> Result<Option<Lanes>> {
        let mut lanes = [[0; 3]; 2];
        for (side, lanes) in chain.members.iter().zip(&mut lanes) {
            let print = match at {
                None => side.print(ast, self.fuel),
                Some(divisor) => self.print_at(ast, side, divisor),
            };
            match print {
                Ok(print) if print.decisive && !print.periodic => *lanes = print.lanes,
                Err(Refusal::Exhausted) => return Err(Exhausted),
                Ok(_) | Err(_) => return Ok(None),
            }
        }
        let [left, right] = lanes;
        Ok(Some([0, 1, 2].map(|lane| field().sub(left[lane], right[lane]))))
    }

    fn print_at(
        &mut self,
        ast: &Ast,
        side: &Item,
        at: &Divisor,
    ) -> std::result::Result<Fingerprint, Refusal> {
        self.fuel.spend(64 + 16 * (ast.size() + at.ast.size()))?;
        let mut target = Ast::default();
        let opaque = |_| Refusal::Opaque;
        let root = at.ast.copy_to(at.root, &mut target, "", None).map_err(opaque)?;
        let id = ast.copy_to(side.id, &mut target, &at.symbol, Some(root)).map_err(opaque)?;
        fingerprint(&target, id, side.sign, self.fuel)
    }

    /// Adds what stands below the fraction bars of an expression, if all of it is linear in a symbol.
    fn divisors(&mut self, ast: &Ast, id: Id, found: &mut Vec<Divisor>) -> Result<()> {
        self.fuel.spend(2)?;
        let (below, inner): (Vec<Id>, Vec<Id>) = match ast.node(id) {
            Node::Sum(items) | Node::Product(items) => (Vec::new(), items.clone()),
            Node::Negative(a) => (Vec::new(), vec![*a]),
            Node::Quotient(a, b) => (vec![*b], vec![*a]),
            Node::Power(base, exponent) if matches!(ast.node(*exponent), Node::Negative(_)) => {
                (vec![*base], Vec::new())
            }
            _ => (Vec::new(), Vec::new()),
        };
        for id in below {
            self.divisor(ast, id, found)?;
        }
        for id in inner {
            self.divisors(ast, id, found)?;
        }
        Ok(())
    }

    fn divisor(&mut self, ast: &Ast, id: Id, found: &mut Vec<Divisor>) -> Result<()> {
        self.fuel.spend(2)?;
        match ast.node(id) {
            Node::Product(items) => {
                for &item in items {
                    self.divisor(ast, item, found)?;
                }
                return Ok(());
            }
            Node::Power(base, _) => return self.divisor(ast, *base, found),
            _ if ast.symbols(id).is_empty() || found.len() >= MAX_DIVISORS => return Ok(()),
            _ => {}
        }
        let symbols: Vec<String> =
            ast.symbols(id).iter().map(|&name| ast.text(name).to_owned()).collect();
        for symbol in symbols {
            if let Some(divisor) = self.linear(ast, id, symbol)? {
                if !found.iter().any(|known| known.lanes == divisor.lanes) {
                    found.push(divisor);
                }
                break;
            }
        }
        Ok(())
    }

    /// The expression as a divisor, if it is linear in the symbol: its root is -q(0) / (q(1) - q(0)).
    fn linear(&mut self, ast: &Ast, id: Id, symbol: String) -> Result<Option<Divisor>> {
        self.fuel.spend(64 + 48 * ast.size())?;
        let mut own = Ast::default();
        let mut values = Vec::with_capacity(3);
        for value in [0u8, 1, 2] {
            let number = Number { value: RBig::from(value), decimal: None };
            let Ok(number) = own.add(Node::Number(number)) else { return Ok(None) };
            let Ok(there) = ast.copy_to(id, &mut own, &symbol, Some(number)) else {
                return Ok(None);
            };
            match fingerprint(&own, there, 1, self.fuel) {
                Ok(print) if print.decisive => values.push((there, print.lanes)),
                Err(Refusal::Exhausted) => return Err(Exhausted),
                Ok(_) | Err(_) => return Ok(None),
            }
        }
        let field = field();
        let step = |a: usize, b: usize| {
            [0, 1, 2].map(|lane| field.sub(values[b].1[lane], values[a].1[lane]))
        };
        if step(0, 1) != step(1, 2) || step(0, 1).contains(&0) {
            return Ok(None);
        }
        Ok(root(&mut own, values[0].0, values[1].0).and_then(|root| {
            let id = ast.copy_to(id, &mut own, "", None).ok()?;
            let lanes = fingerprint(&own, id, 1, self.fuel).ok()?.lanes;
            (!lanes.contains(&0)).then_some(Divisor { ast: own, symbol, root, lanes })
        }))
    }
}

/// `-q(0) / (q(1) - q(0))`
fn root(ast: &mut Ast, zero: Id, one: Id) -> Option<Id> {
    let opposite = ast.add(Node::Negative(zero)).ok()?;
    let slope = ast.add(Node::Sum(vec![one, opposite])).ok()?;
    ast.add(Node::Quotient(opposite, slope)).ok()
}
