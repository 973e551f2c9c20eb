//! Where an expression changes its form: the zeros of what stands under absolute values, roots and
//! logarithms, the bounds of branches. Between two of them, and beyond the last, it must be looked at.

use std::cell::Cell;

use super::super::ast::{Ast, Constant, Function, Id, Node};
use super::super::fuel::{Exhausted, Fuel};
use super::Scalar;
use super::evaluate::{Evaluator, Invalid};
use super::point::Point;

/// Breakpoints that are kept for one symbol.
const MAX_BREAKS: usize = 24;
/// Beyond this many places of change nothing is shown by looking between them.
pub(super) const MAX_SWITCHES: usize = 64;
/// Where a change of sign is looked for if the form is not linear.
const GRID: [f64; 25] = [
    -1e5, -1e3, -100.0, -30.0, -12.0, -7.0, -4.6, -3.3, -2.3, -1.6, -1.05, -0.55, 0.013, 0.55,
    1.05, 1.6, 2.3, 3.3, 4.6, 7.0, 12.0, 30.0, 100.0, 1e3, 1e5,
];

/// Where `left` meets `right`, or the number `level`.
#[derive(Debug, Clone, Copy)]
struct Switch {
    left: Id,
    right: Option<Id>,
    level: f64,
}

/// How many places an expression has where it changes its form.
pub(super) fn count(ast: &Ast, id: Id) -> usize {
    let mut found = Vec::new();
    collect(ast, id, &mut found);
    found.len()
}

/// Whether one symbol at most decides each change of form: so in `x\sqrt{y}+C`, but not in `\ln\frac{a}{b}`.
pub(super) fn are_of_one_symbol(ast: &Ast, id: Id) -> bool {
    let changes = |node: &Node| {
        matches!(node, Node::Power(..))
            || matches!(node, Node::Apply(function, _) if changes_form(*function))
    };
    let several = |node: &Node| {
        let first = Cell::new(None);
        let another = |node: &Node| match (node, first.get()) {
            (Node::Symbol(name), Some(known)) => *name != known,
            (Node::Symbol(name), None) => {
                first.set(Some(*name));
                false
            }
            _ => false,
        };
        let mut found = false;
        node.for_each_child(|child| found = found || ast.any(child, &another));
        found
    };
    !ast.any(id, &|node| changes(node) && several(node))
}

/// Whether a function is given by other formulas, or by none, on the two sides of some value.
fn changes_form(function: Function) -> bool {
    use Function as F;
    matches!(
        function,
        F::Abs
            | F::Sign
            | F::Ln
            | F::Log
            | F::Root
            | F::Max
            | F::Min
            | F::Floor
            | F::Ceil
            | F::Arcsin
            | F::Arccos
            | F::Arcsec
            | F::Arccsc
            | F::Arcosh
            | F::Artanh
    )
}

/// The values of the symbol `name` where `side` changes its form, the others being as in `point`.
pub(super) fn breaks(
    side: Scalar<'_>,
    name: &str,
    point: Point<'_>,
    fuel: &mut Fuel,
) -> Result<Vec<f64>, Exhausted> {
    let mut switches = Vec::new();
    fuel.spend(2 * side.ast.size())?;
    collect(side.ast, side.id, &mut switches);
    let mut found = Vec::new();
    for switch in switches {
        let ids = [Some(switch.left), switch.right];
        let depends = ids.into_iter().flatten().any(|id| side.ast.has_symbol(id, name));
        if depends && found.len() < MAX_BREAKS {
            roots(side, switch, name, point, &mut found, fuel)?;
        }
    }
    Ok(found)
}

fn collect(ast: &Ast, id: Id, found: &mut Vec<Switch>) {
    if found.len() > MAX_SWITCHES {
        return;
    }
    let node = ast.node(id);
    let mut push = |left: Id, level: f64| found.push(Switch { left, right: None, level });
    match node {
        Node::Apply(function, arguments) => {
            use Function as F;
            match (function, &arguments[..]) {
                (F::Abs | F::Sign | F::Ln, [a]) | (F::Log | F::Root, [_, a]) => push(*a, 0.0),
                (F::Arcsin | F::Arccos | F::Artanh | F::Arcsec | F::Arccsc, [a]) => {
                    push(*a, 1.0);
                    push(*a, -1.0);
                }
                (F::Arcosh, [a]) => push(*a, 1.0),
                (F::Floor | F::Ceil, [a]) if !ast.symbols(*a).is_empty() => {
                    for level in [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0] {
                        push(*a, level);
                    }
                }
                (F::Max | F::Min, items) => {
                    for (at, &left) in items.iter().enumerate().take(MAX_SWITCHES) {
                        for &right in items[at + 1..].iter().take(MAX_SWITCHES) {
                            found.push(Switch { left, right: Some(right), level: 0.0 });
                        }
                    }
                }
                _ => {}
            }
        }
        Node::Power(base, exponent) => {
            let whole = ast.literal(*exponent).is_some_and(|(number, _)| number.value.is_int());
            if !whole {
                push(*base, 0.0);
            }
        }
        Node::Chain { members, .. } => {
            for pair in members.windows(2) {
                found.push(Switch { left: pair[0], right: Some(pair[1]), level: 0.0 });
            }
        }
        _ => {}
    }
    node.for_each_child(|child| collect(ast, child, found));
}

/// Adds the zeros of a switch to `found`: the one of a linear form, or those that a grid shows.
fn roots(
    side: Scalar<'_>,
    switch: Switch,
    name: &str,
    point: Point<'_>,
    found: &mut Vec<f64>,
    fuel: &mut Fuel,
) -> Result<(), Exhausted> {
    let at = |value: f64, fuel: &mut Fuel| difference(side, switch, point.with(name, value), fuel);
    if let (Some(a), Some(b), Some(c)) = (at(0.0, fuel)?, at(1.0, fuel)?, at(3.0, fuel)?) {
        let slope = b - a;
        let scale = a.abs() + b.abs() + c.abs();
        if ((c - a) - 3.0 * slope).abs() <= 1e-12 * scale {
            if slope != 0.0 {
                found.push(-a / slope);
            }
            return Ok(());
        }
    }
    let mut last: Option<(f64, f64)> = None;
    for value in GRID {
        let here = at(value, fuel)?;
        if let (Some((from, before)), Some(now)) = (last, here)
            && (before < 0.0) != (now < 0.0)
        {
            let (mut low, mut high) = (from, value);
            for _ in 0..40 {
                let middle = 0.5 * (low + high);
                match at(middle, fuel)? {
                    Some(there) if (there < 0.0) == (before < 0.0) => low = middle,
                    Some(_) => high = middle,
                    None => break,
                }
            }
            found.push(0.5 * (low + high));
        }
        last = here.map(|here| (value, here));
        if found.len() >= MAX_BREAKS {
            break;
        }
    }
    Ok(())
}

/// The distance of a switch from its zero at a point, if it is real.
fn difference(
    side: Scalar<'_>,
    switch: Switch,
    point: Point<'_>,
    fuel: &mut Fuel,
) -> Result<Option<f64>, Exhausted> {
    let evaluator = Evaluator { ast: side.ast, sign: side.sign, point, real: true };
    let mut value = |id: Id| match evaluator.value(id, fuel) {
        Ok(ball) if ball.is_real() => Ok(Some(ball.re.high)),
        Ok(_) => Ok(None),
        Err(Invalid::Exhausted) => Err(Exhausted),
        Err(Invalid::Domain | Invalid::Outside | Invalid::Unknown) => Ok(None),
    };
    let Some(left) = value(switch.left)? else { return Ok(None) };
    match switch.right {
        Some(right) => Ok(value(right)?.map(|right| left - right)),
        None => Ok(Some(left - switch.level)),
    }
}

/// Whether the expression has a floor or a ceiling of a symbol.
pub(super) fn has_step(ast: &Ast, id: Id) -> bool {
    ast.any(id, &|node| match node {
        Node::Apply(Function::Floor | Function::Ceil, arguments) => {
            arguments.iter().any(|&a| !ast.symbols(a).is_empty())
        }
        _ => false,
    })
}

/// Whether the expression has parts that mean something for whole numbers, or jump at them.
pub(super) fn is_integral(ast: &Ast, id: Id) -> bool {
    ast.any(id, &|node| match node {
        Node::Apply(function, arguments) => {
            use Function as F;
            let stepped = matches!(
                function,
                F::Floor | F::Ceil | F::Factorial | F::Binomial | F::Gcd | F::Lcm
            );
            stepped && arguments.iter().any(|&a| !ast.symbols(a).is_empty())
        }
        Node::Power(base, exponent) => {
            let torsion = |node: &Node| matches!(node, Node::Negative(_) | Node::Constant(_));
            let constant = ast.symbols(*base).is_empty() && ast.any(*base, &torsion);
            constant && !is_e(ast, *base) && !ast.symbols(*exponent).is_empty()
        }
        _ => false,
    })
}

fn is_e(ast: &Ast, id: Id) -> bool {
    *ast.node(id) == Node::Constant(Constant::E)
}

/// The right sides of the conditions on `name` in the branches of an expression, where they are constant:
/// there the branches meet.
pub(super) fn bounds(ast: &Ast, id: Id, name: &str) -> Vec<Id> {
    let mut found = Vec::new();
    collect_bounds(ast, id, name, &mut found);
    found
}

fn collect_bounds(ast: &Ast, id: Id, name: &str, found: &mut Vec<Id>) {
    let node = ast.node(id);
    if let Node::Chain { members, .. } = node {
        for pair in members.windows(2) {
            for (symbol, bound) in [(pair[0], pair[1]), (pair[1], pair[0])] {
                let named = matches!(ast.node(symbol), Node::Symbol(n) if ast.text(*n) == name);
                if named && ast.symbols(bound).is_empty() && found.len() < MAX_BREAKS {
                    found.push(bound);
                }
            }
        }
    }
    node.for_each_child(|child| collect_bounds(ast, child, name, found));
}
