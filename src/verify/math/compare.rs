//! Whether two answers are equal.

mod collection;
mod equation;
mod family;
mod interval;
mod quantity;
mod relation;
mod scalar;

use super::Method;
use super::answer::{Answer, Branch, Item, classify};
use super::ast::{Ast, Bracket, Id, NamedSet};
use super::fuel::{Exhausted, Fuel};
use super::numeric::Scalar;
use super::policy::Policy;
use super::prose;

/// The outcome of one comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Equal(Method),
    Different,
    /// Neither equality nor inequality could be shown.
    Undecided,
}

impl Outcome {
    fn is_equal(self) -> bool {
        matches!(self, Self::Equal(_))
    }

    /// Names the method after what was compared, not after how its parts were.
    fn by(self, method: Method) -> Self {
        if self.is_equal() { Self::Equal(method) } else { self }
    }
}

pub(super) type Result<T = Outcome> = std::result::Result<T, Exhausted>;

/// One side: a tree and the answer that was read from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) ast: &'a Ast,
    pub(super) answer: &'a Answer,
    pub(super) root: Option<Id>,
}

impl Side<'_> {
    /// The parameter of a family, as in `kπ, k ∈ Z`.
    fn parameter(&self) -> Option<&str> {
        let Answer::List(items) = self.answer else { return None };
        items.iter().find_map(|item| match item {
            Answer::Member { name, .. } => Some(name.as_str()),
            _ => None,
        })
    }
}

/// Compares an answer with a gold answer.
///
/// # Errors
/// When the budget is spent.
pub(super) fn compare(
    policy: &Policy,
    gold: Side<'_>,
    answer: Side<'_>,
    fuel: &mut Fuel,
) -> Result {
    let outcome = directly(policy, gold, answer, fuel)?;
    if outcome == Outcome::Different
        && let Some(outcome) = family::families(policy, gold, answer, fuel)?
    {
        return Ok(outcome);
    }
    Ok(outcome)
}

/// Compares two answers as they are written, up to the name of a parameter.
fn directly(policy: &Policy, gold: Side<'_>, answer: Side<'_>, fuel: &mut Fuel) -> Result {
    if let (Some(a), Some(b), Some(root)) = (gold.parameter(), answer.parameter(), answer.root)
        && a != b
    {
        let mut ast = answer.ast.swapped(a, b);
        if let Ok(renamed) = classify(&mut ast, root, fuel) {
            let mut comparison = Comparison { policy, gold: gold.ast, given: &ast, fuel };
            return comparison.answers(gold.answer, &renamed);
        }
    }
    let mut comparison = Comparison { policy, gold: gold.ast, given: answer.ast, fuel };
    comparison.answers(gold.answer, answer.answer)
}

struct Comparison<'a, 'f> {
    policy: &'a Policy,
    gold: &'a Ast,
    given: &'a Ast,
    fuel: &'f mut Fuel,
}

impl<'a> Comparison<'a, '_> {
    fn gold_scalar(&self, item: &Item) -> Scalar<'a> {
        Scalar { ast: self.gold, id: item.id, sign: item.sign }
    }

    fn given_scalar(&self, item: &Item) -> Scalar<'a> {
        Scalar { ast: self.given, id: item.id, sign: item.sign }
    }

    /// Compares `given` with `gold`.
    fn answers(&mut self, gold: &Answer, given: &Answer) -> Result {
        use Answer as A;
        self.fuel.spend(5)?;
        match (gold, given) {
            (A::Scalar(a), A::Scalar(b)) => self.scalars(a, b),
            (A::Infinite { negative: a }, A::Infinite { negative: b }) => {
                Ok(equal_if(a == b, Method::Exact))
            }
            (A::Labelled { .. } | A::Function { .. } | A::Chain(_), _)
            | (_, A::Labelled { .. } | A::Function { .. } | A::Chain(_)) => {
                self.related(gold, given)
            }
            (A::Segments { .. }, _) | (_, A::Segments { .. }) => self.intervals(gold, given),
            (A::Tuple { .. } | A::Set(_) | A::List(_) | A::Matrix { .. }, _)
            | (_, A::Tuple { .. } | A::Set(_) | A::List(_) | A::Matrix { .. }) => {
                self.collections(gold, given)
            }
            (A::Quantity { .. } | A::Percent { .. } | A::Degrees { .. }, _)
            | (_, A::Quantity { .. } | A::Percent { .. } | A::Degrees { .. }) => {
                self.quantities(gold, given)
            }
            (A::Ratio { .. }, _) | (_, A::Ratio { .. }) => self.ratios(gold, given),
            (A::Based { digits: a, base: p }, A::Based { digits: b, base: q }) => {
                Ok(equal_if(a == b && p == q, Method::Exact))
            }
            (A::Cases { whole: a, branches: p }, A::Cases { whole: b, branches: q }) => {
                let outcome = self.branches(p, q)?;
                if outcome.is_equal() { Ok(outcome) } else { self.numeric(a, b) }
            }
            (A::Cases { whole: a, .. }, A::Scalar(b))
            | (A::Scalar(a), A::Cases { whole: b, .. }) => self.numeric(a, b),
            (A::Member { name: x, set: a }, A::Member { name: y, set: b }) => {
                Ok(equal_if(x == y && a == b, Method::Set))
            }
            (A::Congruence { .. }, A::Congruence { .. }) => self.congruences(gold, given),
            (A::Scalar(a), A::Congruence { residue, representative, .. }) => {
                match representative.of(residue) {
                    Some(b) => self.scalars(a, b),
                    None => Ok(Outcome::Different),
                }
            }
            (A::Congruence { label: None, residue, representative, .. }, A::Scalar(b)) => {
                match representative.of(residue) {
                    Some(a) => self.scalars(a, b),
                    None => Ok(Outcome::Undecided),
                }
            }
            (A::Named(a), A::Named(b)) => Ok(equal_if(a == b, Method::Set)),
            (A::Text(a), A::Text(b)) => Ok(equal_if(prose::same_text(a, b), Method::Text)),
            (A::Unevaluated(a), A::Unevaluated(b)) => {
                let bare =
                    |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
                Ok(equal_if(bare(a) == bare(b), Method::Identity))
            }
            // A gold that restates the problem: its value is not known here.
            (A::Unevaluated(_), _) => Ok(Outcome::Undecided),
            _ => Ok(Outcome::Different),
        }
    }

    /// Branches with equal values under equal conditions, in any order.
    fn branches(&mut self, gold: &[Branch], given: &[Branch]) -> Result {
        if gold.len() != given.len() {
            return Ok(Outcome::Different);
        }
        self.all(gold.iter(), |this, a| {
            for b in given {
                let same = match (&a.condition, &b.condition) {
                    (None, None) => true,
                    (Some((a, _)), Some((b, _))) if a == b => true,
                    (Some((_, Some(a))), Some((_, Some(b)))) => this.answers(a, b)?.is_equal(),
                    _ => false,
                };
                if same {
                    return this.scalars(&a.value, &b.value);
                }
            }
            Ok(Outcome::Different)
        })
    }

    /// Residue classes: the same modulus, and residues that differ by a multiple of it.
    fn congruences(&mut self, gold: &Answer, given: &Answer) -> Result {
        let (
            Answer::Congruence { label: x, residue: a, modulus: m, .. },
            Answer::Congruence { label: y, residue: b, modulus: n, .. },
        ) = (gold, given)
        else {
            return Ok(Outcome::Different);
        };
        if x.is_some() && y.is_some() && x != y || !self.scalars(m, n)?.is_equal() {
            return Ok(Outcome::Different);
        }
        match (&a.exact, &b.exact, &m.exact) {
            (Ok(a), Ok(b), Ok(m)) if !m.is_zero() => {
                Ok(equal_if(((a - b) / m).is_int(), Method::Exact))
            }
            _ => self.scalars(a, b),
        }
    }

    /// Whether all comparisons succeed; the first that does not decides.
    fn all<T>(
        &mut self,
        pairs: impl Iterator<Item = T>,
        mut f: impl FnMut(&mut Self, T) -> Result,
    ) -> Result {
        let mut undecided = false;
        for pair in pairs {
            match f(self, pair)? {
                Outcome::Equal(_) => {}
                Outcome::Different => return Ok(Outcome::Different),
                Outcome::Undecided => undecided = true,
            }
        }
        Ok(if undecided { Outcome::Undecided } else { Outcome::Equal(Method::Set) })
    }

    fn is_empty(answer: &Answer) -> bool {
        match answer {
            Answer::Named(set) => *set == NamedSet::Empty,
            Answer::Set(items) => items.is_empty(),
            _ => false,
        }
    }

    fn is_interval_like(open: Bracket) -> bool {
        matches!(open, Bracket::Round | Bracket::Square)
    }
}

fn equal_if(equal: bool, method: Method) -> Outcome {
    if equal { Outcome::Equal(method) } else { Outcome::Different }
}
