//! At which points expressions are compared, and what the comparisons add up to.
//!
//! Random points of several sizes and both signs come first. Where an expression changes its form
//! ([`super::switch`]) every region between two changes is visited; the bounds of branches are put in
//! place of the variable exactly, and so are whole numbers of every residue modulo twelve where the
//! expression has parts that mean something for whole numbers only.

use dashu_ratio::RBig;

use super::super::ast::{Ast, Node};
use super::super::exact;
use super::super::field::mix;
use super::super::fuel::{Exhausted, Fuel};
use super::ball::Ball;
use super::evaluate::{Evaluator, Invalid};
use super::point::Point;
use super::{Numeric, POINTS, Scalar, close, switch};

/// Points that must agree.
const WANTED: u32 = 3;
/// Random points that are looked at in any case: both signs and three sizes are among them.
const LEAST: u64 = 6;
/// Whole numbers that are tried, and how many of them must agree where there is nothing else.
const INTEGERS: u64 = 24;
const WANTED_INTEGERS: u32 = 20;
/// Negative ones that are tried beside them.
const NEGATIVES: u64 = 6;
/// Symbols that are varied one by one.
const MAX_SYMBOLS: usize = 6;

/// What one point shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Equal,
    Different,
    Nothing,
}

/// A comparison of sides, which `pair` turns into two values that must agree.
pub(super) struct Survey<'a, F, const N: usize> {
    sides: [Scalar<'a>; N],
    pair: F,
    /// Agreement proves nothing: the literals hold more bits than the precision.
    tall: bool,
    /// Some side has branches: it must be defined where the other is.
    branches: bool,
    names: Vec<&'a str>,
    agreed: u32,
    /// Points where only one of two sides has a real value.
    alone: [u32; 2],
    /// There the other side has a complex value that differs.
    clash: [bool; 2],
    /// At some whole number the gold has a value and the answer has none.
    lost: bool,
}

impl<'a, F, const N: usize> Survey<'a, F, N>
where
    F: FnMut([Ball; N]) -> Option<(Ball, Ball)>,
{
    pub(super) fn new(sides: [Scalar<'a>; N], pair: F, tall: bool) -> Self {
        let mut names: Vec<&str> = Vec::new();
        for side in &sides {
            for name in side.ast.symbols(side.id).into_iter().map(|name| side.ast.text(name)) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let cases = |node: &Node| matches!(node, Node::Cases(_));
        let branches = sides.iter().any(|side| side.ast.any(side.id, &cases));
        Self {
            sides,
            pair,
            tall,
            branches,
            names,
            agreed: 0,
            alone: [0; 2],
            clash: [false; 2],
            lost: false,
        }
    }

    pub(super) fn verdict(mut self, fuel: &mut Fuel) -> Result<Numeric, Exhausted> {
        let sides = self.sides;
        if self.names.is_empty() {
            let look = self.look(&sides, Point::new(0), false, fuel)?;
            return Ok(match look {
                Look::Different => Numeric::Different,
                Look::Equal if !self.tall => Numeric::Equal,
                _ => Numeric::Undecided,
            });
        }
        let switches = sides.iter().map(|side| switch::count(side.ast, side.id)).max().unwrap_or(0);
        // Agreement between too many changes of form shows nothing.
        self.tall |= switches > switch::MAX_SWITCHES;
        let switches = switches > 0;
        let integral = sides.iter().any(|side| switch::is_integral(side.ast, side.id));
        let steps = sides.iter().any(|side| switch::has_step(side.ast, side.id));
        if self.random(switches, fuel)? == Look::Different
            || (steps && self.steps(fuel)? == Look::Different)
            || (switches && self.regions(fuel)? == Look::Different)
            || (self.branches && self.bounds(fuel)? == Look::Different)
        {
            return Ok(Numeric::Different);
        }
        if integral && self.agreed == 0 {
            return self.of_integers(fuel);
        }
        if integral && self.integers(fuel)? == Look::Different {
            return Ok(Numeric::Different);
        }
        if integral && self.lost {
            return Ok(Numeric::Undecided);
        }
        self.summary(fuel)
    }

    /// The verdict of whole numbers alone.
    pub(super) fn of_integers(mut self, fuel: &mut Fuel) -> Result<Numeric, Exhausted> {
        if self.integers(fuel)? == Look::Different {
            return Ok(Numeric::Different);
        }
        let enough = self.agreed >= WANTED_INTEGERS && !self.lost;
        Ok(if enough { Numeric::Equal } else { Numeric::Undecided })
    }

    fn summary(&mut self, fuel: &mut Fuel) -> Result<Numeric, Exhausted> {
        let [gold_alone, given_alone] = self.alone.map(|count| count > 0);
        Ok(match self.agreed {
            0 if gold_alone && given_alone => Numeric::Different,
            0 if !gold_alone && !given_alone => return self.complex(fuel),
            0..WANTED => Numeric::Undecided,
            _ if self.tall => Numeric::Undecided,
            // One side has real values where the other differs: ln x² is more than 2 ln x.
            _ if self.clash != [false; 2] && self.is_split_by_single_symbols(fuel)? => {
                Numeric::Undecided
            }
            _ => Numeric::Equal,
        })
    }

    /// Whether no side changes its form by several symbols together.
    fn is_split_by_single_symbols(&self, fuel: &mut Fuel) -> Result<bool, Exhausted> {
        fuel.spend(self.sides.iter().map(|side| 8 * side.ast.size()).sum())?;
        Ok(self.sides.iter().all(|side| switch::are_of_one_symbol(side.ast, side.id)))
    }

    /// The comparison at one point. `sides` are this survey's, or made from them.
    fn look(
        &mut self,
        sides: &[Scalar<'_>; N],
        point: Point<'_>,
        real: bool,
        fuel: &mut Fuel,
    ) -> Result<Look, Exhausted> {
        let found = values(sides, point, real, fuel)?;
        let alone = match found[..] {
            [Ok(value), Err(Invalid::Outside)] => Some((0, value)),
            [Err(Invalid::Outside), Ok(value)] => Some((1, value)),
            _ => None,
        };
        if let Some((side, value)) = alone {
            self.alone[side] += 1;
            if self.branches {
                return Ok(Look::Different);
            }
            self.clash[side] |= real && self.clashes(sides[1 - side], side, value, point, fuel)?;
        }
        let mut balls = [Ball::exactly(0.0); N];
        for (ball, value) in balls.iter_mut().zip(found) {
            match value {
                Ok(value) => *ball = value,
                Err(_) => return Ok(Look::Nothing),
            }
        }
        let Some((a, b)) = (self.pair)(balls) else { return Ok(Look::Nothing) };
        Ok(match close(a, b) {
            Numeric::Different => Look::Different,
            Numeric::Equal => {
                self.agreed += 1;
                Look::Equal
            }
            Numeric::Undecided => Look::Nothing,
        })
    }

    /// Whether a side without a real value here has a complex one that is not the other's, or, for the
    /// answer, none that is known: then the two are not one function. `x` is what `e^{ln x}` is also for
    /// negative numbers, `ln|x|` is not what `ln x` is.
    fn clashes(
        &self,
        outside: Scalar<'_>,
        defined: usize,
        value: Ball,
        point: Point<'_>,
        fuel: &mut Fuel,
    ) -> Result<bool, Exhausted> {
        let [complex] = values(&[outside], point, false, fuel)?;
        Ok(match complex {
            Ok(other) => close(value, other) == Numeric::Different,
            Err(_) => defined == 0,
        })
    }

    fn random(&mut self, switches: bool, fuel: &mut Fuel) -> Result<Look, Exhausted> {
        let sides = self.sides;
        for index in 0..POINTS {
            if self.look(&sides, Point::new(index), true, fuel)? == Look::Different {
                return Ok(Look::Different);
            }
            if !switches && index >= LEAST && self.agreed >= WANTED {
                break;
            }
        }
        Ok(Look::Nothing)
    }

    /// Complex points, for expressions that have no real values at all.
    fn complex(&mut self, fuel: &mut Fuel) -> Result<Numeric, Exhausted> {
        let sides = self.sides;
        for index in 0..POINTS {
            if self.look(&sides, Point::new(index), false, fuel)? == Look::Different {
                return Ok(Numeric::Different);
            }
        }
        let equal = self.agreed >= WANTED && !self.tall;
        Ok(if equal { Numeric::Equal } else { Numeric::Undecided })
    }

    /// Every region between two changes of form, along each symbol.
    fn regions(&mut self, fuel: &mut Fuel) -> Result<Look, Exhausted> {
        let sides = self.sides;
        for base in [0, 3] {
            let point = Point::new(base);
            for name in self.names.clone().into_iter().take(MAX_SYMBOLS) {
                let mut breaks = Vec::new();
                for side in &sides {
                    breaks.extend(switch::breaks(*side, name, point, fuel)?);
                }
                for value in between(breaks, point) {
                    let place = point.with(name, value);
                    if self.look(&sides, place, true, fuel)? == Look::Different {
                        return Ok(Look::Different);
                    }
                }
            }
        }
        Ok(Look::Nothing)
    }

    /// Every twelfth between two whole numbers, along each symbol: a floor shows where it jumps.
    fn steps(&mut self, fuel: &mut Fuel) -> Result<Look, Exhausted> {
        let sides = self.sides;
        let point = Point::new(0);
        for name in self.names.clone().into_iter().take(MAX_SYMBOLS) {
            for (key, whole) in (0..12u32).map(|k| (k, 5.0)).chain((12..24).map(|k| (k, -4.0))) {
                let part = (f64::from(key % 12) + 0.1 + 0.8 * point.fraction(key.into())) / 12.0;
                let place = point.with(name, whole + part);
                if self.look(&sides, place, true, fuel)? == Look::Different {
                    return Ok(Look::Different);
                }
            }
        }
        Ok(Look::Nothing)
    }

    /// The bounds of the branches, exactly.
    fn bounds(&mut self, fuel: &mut Fuel) -> Result<Look, Exhausted> {
        for name in self.names.clone().into_iter().take(MAX_SYMBOLS) {
            for source in self.sides {
                for bound in switch::bounds(source.ast, source.id, name) {
                    if self.at_bound(name, source.ast, bound, fuel)? == Look::Different {
                        return Ok(Look::Different);
                    }
                }
            }
        }
        Ok(Look::Nothing)
    }

    fn at_bound(
        &mut self,
        name: &str,
        source: &Ast,
        bound: super::Id,
        fuel: &mut Fuel,
    ) -> Result<Look, Exhausted> {
        let mut trees: Vec<(Ast, super::Id)> = Vec::with_capacity(N);
        for side in self.sides {
            fuel.spend(64 + 16 * (source.size() + side.ast.size()))?;
            let mut tree = Ast::default();
            let copied = source
                .copy_to(bound, &mut tree, "", None)
                .and_then(|value| side.ast.copy_to(side.id, &mut tree, name, Some(value)));
            let Ok(root) = copied else { return Ok(Look::Nothing) };
            trees.push((tree, root));
        }
        let sides = self.made_from(&trees);
        let defined = |side: &Scalar<'_>, fuel: &mut Fuel| {
            let [value] = values(&[*side], Point::new(0), true, fuel)?;
            Ok(match value {
                Ok(_) => Some(true),
                Err(Invalid::Domain | Invalid::Outside) => Some(false),
                Err(_) => None,
            })
        };
        if let [first, second] = sides[..]
            && let (Some(a), Some(b)) = (defined(&first, fuel)?, defined(&second, fuel)?)
            && a != b
        {
            return Ok(Look::Different);
        }
        self.look(&sides, Point::new(0), true, fuel)
    }

    fn made_from<'t>(&self, trees: &'t [(Ast, super::Id)]) -> [Scalar<'t>; N] {
        std::array::from_fn(|at| {
            let (ast, id) = &trees[at];
            Scalar { ast, id: *id, sign: self.sides[at].sign }
        })
    }

    /// Whole numbers for all symbols at once, of every residue modulo twelve and of both parities for
    /// each of the first symbols against the others.
    fn integers(&mut self, fuel: &mut Fuel) -> Result<Look, Exhausted> {
        let names = self.names.clone();
        for round in 0..INTEGERS + NEGATIVES {
            let number = |at: usize| {
                let far = mix(round + 64 * at as u64) % if round < 12 { 6 } else { 40 };
                let number = match at {
                    0 => RBig::from(round % 12 + 12 * far),
                    _ => RBig::from((round >> at) % 2 + 2 * (1 + far)),
                };
                if round < INTEGERS { number } else { -(number + RBig::ONE) }
            };
            let values: Vec<(&str, RBig)> =
                names.iter().enumerate().map(|(at, &name)| (name, number(at))).collect();
            let size: u64 = self.sides.iter().map(|side| side.ast.size()).sum();
            fuel.spend(64 + 12 * size)?;
            let trees: Vec<(Ast, super::Id)> =
                self.sides.iter().map(|side| (side.ast.with(&values), side.id)).collect();
            let sides = self.made_from(&trees);
            if self.whole(&sides, fuel)? == Look::Different {
                return Ok(Look::Different);
            }
        }
        Ok(Look::Nothing)
    }

    /// Constants: by their exact values if they have them.
    fn whole(&mut self, sides: &[Scalar<'_>; N], fuel: &mut Fuel) -> Result<Look, Exhausted> {
        if let [a, b] = sides[..] {
            let mut exact = |side: Scalar<'_>| exact::value(side.ast, side.id, side.sign, fuel);
            if let (Ok(a), Ok(b)) = (exact(a), exact(b)) {
                self.agreed += u32::from(a == b);
                return Ok(if a == b { Look::Equal } else { Look::Different });
            }
        }
        if let [gold, given] = values(sides, Point::new(0), true, fuel)?[..] {
            let missing = matches!(given, Err(Invalid::Domain | Invalid::Outside));
            self.lost |= gold.is_ok() && missing;
        }
        self.look(sides, Point::new(0), true, fuel)
    }
}

/// Values on both sides of, and between, the places of change: two in each gap, and far out.
fn between(mut breaks: Vec<f64>, point: Point<'_>) -> Vec<f64> {
    breaks.retain(|value| value.is_finite());
    breaks.sort_unstable_by(f64::total_cmp);
    breaks.dedup_by(|a, b| (*a - *b).abs() <= 1e-13 * (1.0 + b.abs()));
    let (Some(&first), Some(&last)) = (breaks.first(), breaks.last()) else { return Vec::new() };
    let mut found = Vec::with_capacity(2 * breaks.len() + 6);
    for (key, reach) in [(1, 0.9), (2, 9.0), (3, 900.0)] {
        let step = reach * (0.3 + 0.7 * point.fraction(key));
        found.extend([first - step, last + step]);
    }
    for (key, pair) in (4..).zip(breaks.windows(2)) {
        let step = 0.1 + 0.3 * point.fraction(key);
        let width = pair[1] - pair[0];
        found.extend([pair[0] + step * width, pair[1] - step * width]);
    }
    found
}

/// The values of all sides at a point.
pub(super) fn values<const N: usize>(
    sides: &[Scalar<'_>; N],
    point: Point<'_>,
    real: bool,
    fuel: &mut Fuel,
) -> Result<[Result<Ball, Invalid>; N], Exhausted> {
    let mut found = [Ok(Ball::exactly(0.0)); N];
    for (value, side) in found.iter_mut().zip(sides) {
        let evaluator = Evaluator { ast: side.ast, sign: side.sign, point, real };
        *value = evaluator.value(side.id, fuel);
        if matches!(value, Err(Invalid::Exhausted)) {
            return Err(Exhausted);
        }
    }
    Ok(found)
}
