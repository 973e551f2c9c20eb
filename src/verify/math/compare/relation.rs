//! Equations, inequalities, labelled values and definitions of functions.

use dashu_ratio::RBig;

use super::super::Method;
use super::super::answer::{Answer, Chain, Item, is_quantity};
use super::super::ast::{Node, Relation};
use super::super::field::{Lanes, field};
use super::super::fuel::Exhausted;
use super::super::modular::{Fingerprint, Refusal};
use super::super::numeric::{self, Numeric, Scalar};
use super::collection::{Named, assignments, is_interval, one_unknown};
use super::{Comparison, Outcome, Result, equal_if};

impl Comparison<'_, '_> {
    /// Comparisons with a relation on at least one side.
    pub(super) fn related(&mut self, gold: &Answer, given: &Answer) -> Result {
        use Answer as A;
        if let Some(outcome) = self.named(gold, given)? {
            return Ok(outcome);
        }
        match (gold, given) {
            // An equation that is left to solve does not answer what the unknown is.
            (A::Labelled { value, label, .. }, A::Chain(_))
                if self.is_constant(value) && !label.contains('/') =>
            {
                Ok(Outcome::Different)
            }
            (A::Labelled { chain: Some(a), .. }, A::Chain(b))
            | (A::Chain(a), A::Labelled { chain: Some(b), .. }) => self.chains(a, b),
            (A::Chain(a), A::Chain(b)) => self.chains(a, b),
            // A whole class of numbers is not the one that is asked for.
            (A::Labelled { .. }, A::Congruence { .. }) => Ok(Outcome::Different),
            (A::Labelled { label: x, .. }, A::Labelled { label: y, .. }) => {
                self.labelled(gold, given, same_label(x, y))
            }
            (
                A::Function { name: f, value: a, parameters: p },
                A::Function { name: g, value: b, parameters: q },
            ) if f == g => self.functions((p, a), (q, b)),
            (A::Function { .. }, A::Function { .. }) => Ok(Outcome::Different),
            // `f(x) = 2` does not say that x is 2.
            (A::Labelled { label, .. }, A::Function { parameters, .. })
            | (A::Function { parameters, .. }, A::Labelled { label, .. })
                if parameters.contains(label) =>
            {
                Ok(Outcome::Different)
            }
            (A::Function { value, .. }, other) if is_plain(other) => {
                self.defined(value, other, true)
            }
            (other, A::Function { value, .. }) if is_plain(other) => {
                self.defined(value, other, false)
            }
            // A chain of equal members stands for its last, if it is consistent.
            (A::Labelled { value, others, .. }, other) => {
                if !self.consistent(value, others, true)? {
                    return Ok(Outcome::Different);
                }
                self.answers(value, other)
            }
            (other, A::Labelled { value, others, .. }) => {
                if !self.consistent(value, others, false)? {
                    return Ok(Outcome::Different);
                }
                self.answers(other, value)
            }
            (value, A::Chain(chain)) if self.is_constant(value) => self.stated(value, chain),
            _ => Ok(Outcome::Different),
        }
    }

    /// A value against an equation that says what a quantity is: `m+n = 27+3 = 30` answers 30.
    fn stated(&mut self, gold: &Answer, chain: &Chain) -> Result {
        let constant = |item: &Item| self.given.symbols(item.id).is_empty();
        let [first, between @ .., last] = &chain.members[..] else { return Ok(Outcome::Different) };
        let turned = constant(first) && between.is_empty();
        let (quantity, value) = if turned { (last, first) } else { (first, last) };
        let equal = chain.relations.iter().all(|relation| *relation == Relation::Equal);
        // `2x+3y-6 = 0` is the normal form of a curve.
        let curve = value.exact.as_ref().is_ok_and(RBig::is_zero)
            && !matches!(self.given.node(quantity.id), Node::Apply(..));
        if !equal || curve || !constant(value) || !is_quantity(self.given, quantity.id) {
            return Ok(Outcome::Different);
        }
        if !self.agree(value, between, false)? {
            return Ok(Outcome::Different);
        }
        let mut item = |id| Item::new(self.given, id, value.sign, self.fuel);
        let whole = item(value.id);
        let value = match self.given.node(value.id) {
            Node::Degrees(inner) => Answer::Degrees { inner: item(*inner), whole },
            Node::Percent(inner) => Answer::Percent { inner: item(*inner), whole },
            _ => Answer::Scalar(whole),
        };
        self.answers(gold, &value)
    }

    /// What a function is defined as against a value, with a name or without.
    fn defined(&mut self, value: &Item, other: &Answer, function_is_gold: bool) -> Result {
        match other {
            Answer::Scalar(other) if function_is_gold => self.scalars(value, other),
            Answer::Scalar(other) => self.scalars(other, value),
            Answer::Labelled { value: other, .. } => self.defined(value, other, function_is_gold),
            _ => Ok(Outcome::Different),
        }
    }

    /// Systems, where one side is a tuple with names or a single unknown.
    fn named(&mut self, gold: &Answer, given: &Answer) -> Result<Option<Outcome>> {
        let sides = (assignments(gold), assignments(given));
        let single = |answer: &Answer| match answer {
            Answer::Labelled { label, also, .. } => {
                also.is_empty() && !label.contains(',') && label.len() == 1
            }
            _ => false,
        };
        Ok(Some(match sides {
            (Some(a), Some(b)) => self.systems(&a, &b)?,
            // Several unknowns are not answered by values of one.
            (Some(a), None) if single(given) && !one_unknown(&a) => Outcome::Different,
            (None, Some(b)) if single(gold) && !one_unknown(&b) => Outcome::Different,
            (Some(a), None) if matches!(given, Answer::Tuple { .. }) => {
                self.coordinates(&a, given, true)?
            }
            (None, Some(b)) if matches!(gold, Answer::Tuple { .. }) => {
                self.coordinates(&b, gold, false)?
            }
            _ => return Ok(None),
        }))
    }

    /// A tuple with names against one without: coordinates in their usual order, other names as they come.
    fn coordinates(&mut self, named: &[Named<'_>], tuple: &Answer, named_is_gold: bool) -> Result {
        let Answer::Tuple { items, open } = tuple else { return Ok(Outcome::Different) };
        if is_interval(items, *open) {
            return Ok(Outcome::Different);
        }
        let mut named = named.to_vec();
        if named.iter().all(|(name, _)| matches!(name.as_str(), "x" | "y" | "z")) {
            named.sort_by(|(a, _), (b, _)| a.cmp(b));
        }
        let twice = named.windows(2).any(|pair| pair[0].0 == pair[1].0);
        if twice || named.len() != items.len() {
            return Ok(Outcome::Different);
        }
        self.all(named.iter().zip(items), |this, ((_, value), item)| {
            if named_is_gold { this.answers(value, item) } else { this.answers(item, value) }
        })
    }

    fn is_constant(&self, gold: &Answer) -> bool {
        match gold {
            Answer::Scalar(item) => self.gold.symbols(item.id).is_empty(),
            _ => true,
        }
    }

    /// Definitions of functions, whose parameters are only names.
    fn functions(&mut self, gold: (&[String], &Item), given: (&[String], &Item)) -> Result {
        let ((p, a), (q, b)) = (gold, given);
        if p.len() != q.len() {
            return Ok(Outcome::Different);
        }
        if p == q {
            return Ok(self.scalars(a, b)?.by(Method::Relation));
        }
        let [from, to] = [&q[0], &p[0]];
        if p.len() > 1 {
            return Ok(Outcome::Different);
        }
        let renamed = self.given.swapped(from, to);
        let item = Item::new(&renamed, b.id, b.sign, self.fuel);
        let mut within =
            Comparison { policy: self.policy, gold: self.gold, given: &renamed, fuel: self.fuel };
        Ok(within.scalars(a, &item)?.by(Method::Relation))
    }

    fn labelled(&mut self, gold: &Answer, given: &Answer, same: bool) -> Result {
        let (
            Answer::Labelled { value: a, others: p, chain: c, .. },
            Answer::Labelled { value: b, others: q, chain: d, .. },
        ) = (gold, given)
        else {
            return Ok(Outcome::Different);
        };
        if same {
            let consistent = self.consistent(a, p, true)? && self.consistent(b, q, false)?;
            if !consistent {
                return Ok(Outcome::Different);
            }
            let outcome = self.answers(a, b)?;
            if outcome.is_equal() {
                return Ok(outcome);
            }
        }
        // `y = x` and `x = y` are the same line.
        match (c, d) {
            (Some(c), Some(d)) => self.chains(c, d),
            _ => Ok(Outcome::Different),
        }
    }

    /// Whether all members of a chain have the value of the last one.
    fn consistent(&mut self, value: &Answer, others: &[Item], gold: bool) -> Result<bool> {
        if others.is_empty() {
            return Ok(true);
        }
        let value = match value {
            Answer::Scalar(value)
            | Answer::Quantity { value, .. }
            | Answer::Percent { whole: value, .. }
            | Answer::Degrees { inner: value, .. } => value,
            _ => return Ok(false),
        };
        self.agree(value, others, gold)
    }

    /// Whether the members on the way to a value have that value.
    fn agree(&mut self, value: &Item, others: &[Item], gold: bool) -> Result<bool> {
        let ast = if gold { self.gold } else { self.given };
        let mut within = Comparison { policy: self.policy, gold: ast, given: ast, fuel: self.fuel };
        // `A = \pi r^2 = 25\pi`: a formula on the way to a value.
        let formula = |item: &Item| !ast.symbols(item.id).is_empty();
        let constant = !formula(value);
        for other in others.iter().filter(|other| !(constant && formula(other))) {
            if !within.scalars(other, value)?.is_equal() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether two relations are the same up to a constant factor of the difference of their sides.
    pub(super) fn proportional(&mut self, gold: &Chain, given: &Chain) -> Result {
        let ([p], [q]) = (&gold.relations[..], &given.relations[..]) else {
            return Ok(Outcome::Different);
        };
        let Some(flip) = direction(*p, *q) else { return Ok(Outcome::Different) };
        let ([a, b], [c, d]) = (&gold.members[..], &given.members[..]) else {
            return Ok(Outcome::Different);
        };
        let golds = [self.gold_scalar(a), self.gold_scalar(b)];
        let givens = [self.given_scalar(c), self.given_scalar(d)];
        let differences = (self.difference([a, b], true)?, self.difference([c, d], false)?);
        let outcome = match differences {
            // Three lanes do not show every parity.
            (Ok(x), Ok(y)) if !(x.periodic || y.periodic) && constant_ratio(x.lanes, y.lanes) => {
                Outcome::Equal(Method::Relation)
            }
            (Ok(x), Ok(y)) if x.decisive && y.decisive && !constant_ratio(x.lanes, y.lanes) => {
                Outcome::Different
            }
            (Err(Refusal::Undefined), _) | (_, Err(Refusal::Undefined)) => Outcome::Different,
            _ => match numeric::proportional(golds, givens, self.fuel)? {
                Numeric::Equal => Outcome::Equal(Method::Relation),
                Numeric::Different => Outcome::Different,
                Numeric::Undecided => Outcome::Undecided,
            },
        };
        if !outcome.is_equal() || *p == Relation::Equal || *p == Relation::NotEqual {
            return Ok(outcome);
        }
        // An inequality keeps its direction: the factor must have the right sign.
        self.directed(golds, givens, flip)
    }

    fn directed(&mut self, golds: [Scalar<'_>; 2], givens: [Scalar<'_>; 2], flip: bool) -> Result {
        Ok(match numeric::ratio_sign(golds, givens, self.fuel)? {
            Some(negative) => equal_if(negative == flip, Method::Relation),
            None => Outcome::Undecided,
        })
    }

    /// The fingerprint of the difference of two sides.
    fn difference(
        &mut self,
        sides: [&Item; 2],
        gold: bool,
    ) -> Result<std::result::Result<Fingerprint, Refusal>> {
        let ast = if gold { self.gold } else { self.given };
        let [left, right] = sides.map(|side| side.print(ast, self.fuel));
        match (left, right) {
            (Err(Refusal::Exhausted), _) | (_, Err(Refusal::Exhausted)) => Err(Exhausted),
            (Ok(a), Ok(b)) => {
                let minus = [0, 1, 2].map(|lane| field().sub(a.lanes[lane], b.lanes[lane]));
                Ok(Ok(Fingerprint {
                    lanes: minus,
                    decisive: a.decisive && b.decisive,
                    periodic: a.periodic || b.periodic,
                }))
            }
            (Err(refusal), _) | (_, Err(refusal)) => Ok(Err(refusal)),
        }
    }
}

/// Whether `a / b` is the same in all lanes, and neither vanishes.
fn constant_ratio(a: Lanes, b: Lanes) -> bool {
    let field = field();
    let cross = |i: usize| field.mul(a[0], b[i]) == field.mul(a[i], b[0]);
    cross(1) && cross(2) && !a.contains(&0) && !b.contains(&0)
}

/// Whether two relations are of one kind, and if so whether they point in opposite directions.
fn direction(a: Relation, b: Relation) -> Option<bool> {
    use Relation::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
    match (a, b) {
        (Equal, Equal)
        | (NotEqual, NotEqual)
        | (Less, Less)
        | (LessEqual, LessEqual)
        | (Greater, Greater)
        | (GreaterEqual, GreaterEqual) => Some(false),
        (Less, Greater)
        | (Greater, Less)
        | (LessEqual, GreaterEqual)
        | (GreaterEqual, LessEqual) => Some(true),
        _ => None,
    }
}

/// A value, with one name at most.
fn is_plain(answer: &Answer) -> bool {
    match answer {
        Answer::Scalar(_) => true,
        Answer::Labelled { others, .. } => others.is_empty(),
        _ => false,
    }
}

/// Names agree if they are the same, or one of them is prose or absent.
fn same_label(a: &str, b: &str) -> bool {
    let symbol = |label: &str| {
        label.chars().count() == 1
            || label.starts_with('\\')
            || label.contains(['_', '(', ',', '/'])
            || label.split(' ').all(|letter| letter.chars().count() == 1)
    };
    // A segment has no direction.
    let sorted = |label: &str| {
        let mut letters: Vec<&str> = label.split(' ').collect();
        letters.sort_unstable();
        letters.concat()
    };
    a == b || !symbol(a) || !symbol(b) || (a.contains(' ') && sorted(a) == sorted(b))
}
