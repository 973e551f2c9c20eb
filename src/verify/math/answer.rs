//! What kind of answer an expression is: a number, a set, an interval, an equation, …

mod congruence;
mod inequality;
mod interval;
mod matrix;
mod relation;
mod symbolic;

use std::sync::OnceLock;

use dashu_ratio::RBig;

pub(super) use relation::is_quantity;

use super::ast::{Ast, Bracket, Clock, Constant, Id, Join, Name, NamedSet, Node, Relation, TooBig};
use super::exact::{self, Inexact};
use super::fuel::Fuel;
use super::modular::{self, Fingerprint, Refusal};
use super::render;
use super::units::{self, Unit};

/// A scalar expression with what is known of its value.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) id: Id,
    /// What `\pm` stands for.
    pub(super) sign: i8,
    pub(super) exact: Result<RBig, Inexact>,
    /// With the fuel that it took.
    print: OnceLock<(Result<Fingerprint, Refusal>, u64)>,
}

impl Item {
    pub(super) fn new(ast: &Ast, id: Id, sign: i8, fuel: &mut Fuel) -> Self {
        Self { id, sign, exact: exact::value(ast, id, sign, fuel), print: OnceLock::new() }
    }

    /// The fingerprint, computed once but paid for every time: what a grade costs must not depend on the ones
    /// before.
    pub(super) fn print(&self, ast: &Ast, fuel: &mut Fuel) -> Result<Fingerprint, Refusal> {
        if let Some((print, cost)) = self.print.get() {
            fuel.spend(*cost)?;
            return *print;
        }
        let before = fuel.used();
        let print = modular::fingerprint(ast, self.id, self.sign, fuel);
        if print != Err(Refusal::Exhausted) {
            // Another thread may have been first, with the same value.
            let _ = self.print.set((print, fuel.used() - before));
        }
        print
    }
}

/// One end of an interval.
#[derive(Debug)]
pub(super) struct End {
    /// `None` is infinite.
    pub(super) at: Option<Item>,
    pub(super) closed: bool,
}

impl End {
    fn infinite() -> Self {
        Self { at: None, closed: false }
    }
}

/// An interval of the reals.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) low: End,
    pub(super) high: End,
}

/// A relation that is not solved for anything, member by member.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) members: Vec<Item>,
    pub(super) relations: Vec<Relation>,
}

/// A branch of a function defined by cases.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) value: Item,
    /// The condition in canonical LaTeX, and as an answer if it is one. `None`: otherwise.
    pub(super) condition: Option<(String, Option<Box<Answer>>)>,
}

/// The number that a residue class stands for beside plain numbers.
#[derive(Debug)]
pub(super) enum Representative {
    /// `5 \pmod 7`: the residue as it is written.
    Written,
    /// `26 \bmod 7`: the remainder.
    Remainder(Item),
    /// A remainder that is not computed.
    Unknown,
}

/// An answer by kind.
#[derive(Debug)]
pub(super) enum Answer {
    Scalar(Item),
    /// `-∞` if negative.
    Infinite {
        negative: bool,
    },
    Quantity {
        value: Item,
        unit: Unit,
    },
    Percent {
        inner: Item,
        whole: Item,
    },
    Degrees {
        inner: Item,
        whole: Item,
    },
    Based {
        digits: String,
        base: u32,
    },
    /// `a : b : c`
    Ratio {
        items: Vec<Item>,
        /// `a/b`, `a/c`
        quotients: Vec<Item>,
        clock: Clock,
    },
    Tuple {
        items: Vec<Answer>,
        open: Bracket,
    },
    Set(Vec<Answer>),
    List(Vec<Answer>),
    Segments {
        segments: Vec<Segment>,
        /// The variable, if it was written as an inequality.
        variable: Option<String>,
        /// The name in `x ∈ …`.
        element: Option<String>,
        /// The inequality as it was written.
        chain: Option<Chain>,
    },
    /// `x = …`: a value with the name it was given. The members of a longer chain must agree.
    Labelled {
        label: String,
        /// More names of the same value: `y` in `x = y = 2`.
        also: Vec<String>,
        value: Box<Answer>,
        others: Vec<Item>,
        /// The equation itself, where both sides are scalar.
        chain: Option<Chain>,
    },
    Chain(Chain),
    /// `n ∈ Z`: what a parameter runs through.
    Member {
        name: String,
        set: NamedSet,
    },
    /// A residue class, with its name if it has one.
    Congruence {
        label: Option<String>,
        residue: Item,
        modulus: Item,
        representative: Representative,
    },
    Matrix {
        columns: usize,
        cells: Vec<Item>,
    },
    Function {
        name: String,
        parameters: Vec<String>,
        value: Item,
    },
    Cases {
        whole: Item,
        branches: Vec<Branch>,
    },
    Named(NamedSet),
    Text(String),
    Unevaluated(String),
}

/// Why an expression has no type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Untyped {
    /// It mixes things that do not go together.
    #[error("not an answer of a known kind")]
    Mixed,
    /// The tree would exceed the caps.
    #[error(transparent)]
    TooBig(#[from] TooBig),
}

type Result2 = Result<Answer, Untyped>;

/// Finds the kind of the expression at `root`.
///
/// # Errors
/// When it is none.
pub(super) fn classify(ast: &mut Ast, root: Id, fuel: &mut Fuel) -> Result2 {
    Classifier { ast, fuel }.answer(root)
}

struct Classifier<'a, 'f> {
    ast: &'a mut Ast,
    fuel: &'f mut Fuel,
}

impl Classifier<'_, '_> {
    fn item(&mut self, id: Id) -> Item {
        Item::new(self.ast, id, 1, self.fuel)
    }

    /// A scalar, or an error if anything below is none.
    fn scalar(&mut self, id: Id) -> Result<Item, Untyped> {
        let structured = self.ast.any(id, &|node| {
            matches!(
                node,
                Node::Sequence { .. }
                    | Node::List { .. }
                    | Node::Chain { .. }
                    | Node::Matrix { .. }
                    | Node::Union(_)
                    | Node::Intersection(_)
                    | Node::Difference(..)
                    | Node::Builder(..)
                    | Node::Ratio { .. }
                    | Node::Based { .. }
                    | Node::Set(_)
                    | Node::Text(_)
                    | Node::Unevaluated(_)
                    | Node::Quantity { .. }
                    | Node::PlusMinus { .. }
                    | Node::Cases(_)
                    | Node::Constant(Constant::Infinity)
            )
        });
        if structured { Err(Untyped::Mixed) } else { Ok(self.item(id)) }
    }

    fn scalars(&mut self, ids: &[Id]) -> Result<Vec<Item>, Untyped> {
        ids.iter().map(|&id| self.scalar(id)).collect()
    }

    fn answers(&mut self, ids: &[Id]) -> Result<Vec<Answer>, Untyped> {
        ids.iter().map(|&id| self.answer(id)).collect()
    }

    fn answer(&mut self, id: Id) -> Result2 {
        match self.ast.node(id).clone() {
            Node::Sequence { open, close, items } => self.sequence(open, close, &items),
            Node::List { items, join } => self.list(&items, join),
            Node::Chain { members, relations } => self.relation(&members, &relations),
            Node::Union(_) | Node::Intersection(_) | Node::Difference(..)
                if self.is_set_algebra(id) =>
            {
                let call = self.set_algebra(id)?;
                Ok(Answer::Scalar(self.item(call)))
            }
            Node::Union(items) => self.union(&items),
            Node::Intersection(items) => self.intersection(&items),
            Node::Difference(a, b) => self.difference(a, b),
            Node::Builder(element, condition) => self.builder(element, condition),
            Node::Set(NamedSet::Reals) => Ok(interval::reals()),
            Node::Set(set) => Ok(Answer::Named(set)),
            Node::Text(name) => Ok(Answer::Text(self.ast.text(name).to_owned())),
            Node::Unevaluated(name) => Ok(Answer::Unevaluated(self.ast.text(name).to_owned())),
            Node::Based { digits, base } => {
                Ok(Answer::Based { digits: self.ast.text(digits).to_owned(), base })
            }
            Node::Ratio { items, clock } => self.ratio(&items, clock),
            Node::Quantity { value, unit } => {
                let unit = units::unit(self.ast.text(unit)).ok_or(Untyped::Mixed)?;
                // A temperature: the degree belongs to the unit.
                let value = self.temperature(value)?;
                Ok(Answer::Quantity { value: self.scalar(value)?, unit })
            }
            Node::Percent(inner) => {
                Ok(Answer::Percent { inner: self.scalar(inner)?, whole: self.scalar(id)? })
            }
            Node::Degrees(inner) => {
                Ok(Answer::Degrees { inner: self.scalar(inner)?, whole: self.scalar(id)? })
            }
            Node::Cases(branches) => self.cases(id, &branches),
            // `P(3, -2)`: a point by its name.
            Node::Call(name, items) if items.len() > 1 && self.is_point(name, &items) => {
                Ok(Answer::Tuple { items: self.answers(&items)?, open: Bracket::Round })
            }
            _ => self.expression(id),
        }
    }

    fn is_point(&self, name: Name, items: &[Id]) -> bool {
        let plain = |&id: &Id| self.ast.symbols(id).is_empty();
        let name = self.ast.text(name);
        name.len() == 1 && name.starts_with(char::is_uppercase) && items.iter().all(plain)
    }

    fn cases(&mut self, id: Id, branches: &[(Id, Option<Id>)]) -> Result2 {
        let mut found = Vec::with_capacity(branches.len());
        for &(value, condition) in branches {
            let condition = condition
                .map(|id| (render::render(self.ast, id), self.answer(id).ok().map(Box::new)));
            found.push(Branch { value: self.item(value), condition });
        }
        Ok(Answer::Cases { whole: self.item(id), branches: found })
    }

    fn ratio(&mut self, ids: &[Id], clock: Clock) -> Result2 {
        let items = self.scalars(ids)?;
        let mut quotients = Vec::with_capacity(ids.len() - 1);
        for &below in &ids[1..] {
            let quotient = self.ast.add(Node::Quotient(ids[0], below))?;
            quotients.push(self.item(quotient));
        }
        Ok(Answer::Ratio { items, quotients, clock })
    }

    fn temperature(&mut self, value: Id) -> Result<Id, Untyped> {
        match *self.ast.node(value) {
            Node::Degrees(inner) => Ok(inner),
            Node::Negative(inner) => match *self.ast.node(inner) {
                Node::Degrees(inner) => Ok(self.ast.add(Node::Negative(inner))?),
                _ => Ok(value),
            },
            _ => Ok(value),
        }
    }

    /// A sum, a product or a single term.
    fn expression(&mut self, id: Id) -> Result2 {
        let infinite = |ast: &Ast, id: Id| *ast.node(id) == Node::Constant(Constant::Infinity);
        if infinite(self.ast, id) {
            return Ok(Answer::Infinite { negative: false });
        }
        match self.ast.node(id).clone() {
            Node::Negative(inner) if infinite(self.ast, inner) => {
                return Ok(Answer::Infinite { negative: true });
            }
            // R - {0}
            Node::Sum(items) if items.len() == 2 => {
                if let (Node::Set(_), Node::Negative(taken)) =
                    (self.ast.node(items[0]).clone(), self.ast.node(items[1]).clone())
                {
                    return self.difference(items[0], taken);
                }
            }
            _ => {}
        }
        if self.ast.any(id, &|node| matches!(node, Node::Matrix { .. })) {
            let (columns, cells) = self.matrix(id)?;
            return Ok(Answer::Matrix { columns, cells: self.scalars(&cells)? });
        }
        let signs = self.ast.any(id, &|node| matches!(node, Node::PlusMinus { .. }));
        if signs {
            return self.both_signs(id);
        }
        // `-5\text{ kg}` and `-25\%` bind the sign to the number.
        Ok(Answer::Scalar(self.scalar(id)?))
    }

    fn both_signs(&mut self, id: Id) -> Result2 {
        let structured = self.ast.any(id, &|node| {
            matches!(node, Node::Sequence { .. } | Node::Quantity { .. } | Node::Text(_))
        });
        if structured {
            return Err(Untyped::Mixed);
        }
        let sides = [1, -1].map(|sign| Answer::Scalar(Item::new(self.ast, id, sign, self.fuel)));
        Ok(Answer::List(sides.into()))
    }

    fn sequence(&mut self, open: Bracket, close: Bracket, items: &[Id]) -> Result2 {
        match (open, close) {
            (Bracket::Curly, Bracket::Curly) => {
                let items = self.answers(items)?;
                let relations = items.iter().all(|item| matches!(item, Answer::Labelled { .. }));
                Ok(if relations { Answer::List(items) } else { Answer::Set(flattened(items)) })
            }
            (Bracket::Round, Bracket::Round) | (Bracket::Square, Bracket::Square)
                if !items.iter().any(|&id| self.is_infinite(id)) =>
            {
                Ok(Answer::Tuple { items: self.answers(items)?, open })
            }
            (Bracket::Angle, _) => {
                Ok(Answer::Tuple { items: self.answers(items)?, open: Bracket::Round })
            }
            _ => match items {
                [low, high] => self.segment(open, close, *low, *high),
                _ => Err(Untyped::Mixed),
            },
        }
    }

    fn is_infinite(&self, id: Id) -> bool {
        match self.ast.node(id) {
            Node::Constant(Constant::Infinity) => true,
            Node::Negative(inner) => self.is_infinite(*inner),
            _ => false,
        }
    }

    /// The names of bare symbols in alphabetical order: propositions, if "or" parts them.
    fn symbols_only(&self, ids: &[Id]) -> Option<Vec<&str>> {
        let name = |&id: &Id| match self.ast.node(id) {
            Node::Symbol(name) => Some(self.ast.text(*name)),
            _ => None,
        };
        let mut names: Vec<&str> = ids.iter().map(name).collect::<Option<_>>()?;
        names.sort_unstable();
        Some(names)
    }

    /// A bare list: a system, alternatives, or simply values.
    fn list(&mut self, ids: &[Id], join: Join) -> Result2 {
        if let Node::Chain { members, relations } = self.ast.node(ids[0])
            && relations[..] == [Relation::NotEqual]
            && let [name, value] = members[..]
            && let Node::Symbol(name) = *self.ast.node(name)
            && !ids[1..].iter().any(|&id| matches!(self.ast.node(id), Node::Chain { .. }))
        {
            let mut values = vec![value];
            values.extend(&ids[1..]);
            return self.punctured(name, &values);
        }
        if join == Join::Or
            && let Some(names) = self.symbols_only(ids)
        {
            return Ok(Answer::Text(names.join(" or ")));
        }
        let items = self.answers(ids)?;
        // `3/4 or 0.75`: one value twice.
        if let (Join::Or, Answer::Scalar(Item { exact: Ok(value), .. })) = (join, &items[0])
            && items.iter().all(
                |item| matches!(item, Answer::Scalar(item) if item.exact.as_ref() == Ok(value)),
            )
        {
            return self.answer(ids[0]);
        }
        let segments =
            items.iter().all(|item| matches!(item, Answer::Segments { variable: Some(_), .. }));
        if segments {
            return self.inequalities(&items, join);
        }
        let intervals = items.iter().all(|item| matches!(item, Answer::Segments { .. }));
        if intervals && join != Join::And {
            return self.combined(&items, false);
        }
        // `x = 1, 2`, `x = 1 or x = -6`: one label for all of the values.
        let label = match &items[0] {
            Answer::Labelled { label, .. } => Some(label.clone()),
            _ => None,
        };
        let shared = items[1..].iter().all(|item| match item {
            Answer::Labelled { label: other, .. } => Some(other) == label.as_ref(),
            Answer::Scalar(_) => true,
            _ => false,
        });
        if let Some(label) = label.filter(|_| shared) {
            let values = items.into_iter().map(unlabelled).collect();
            let value = Box::new(Answer::List(flattened(values)));
            return Ok(Answer::Labelled {
                label,
                also: Vec::new(),
                value,
                others: Vec::new(),
                chain: None,
            });
        }
        let labelled = items.iter().any(|item| matches!(item, Answer::Labelled { .. }));
        Ok(Answer::List(if labelled { items } else { flattened(items) }))
    }
}

/// A value without its label.
pub(super) fn unlabelled(answer: Answer) -> Answer {
    match answer {
        Answer::Labelled { value, others, .. } if others.is_empty() => *value,
        other => other,
    }
}

/// Lists within a list (from `\pm`) are spread.
fn flattened(items: Vec<Answer>) -> Vec<Answer> {
    let mut flat = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Answer::List(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    flat
}
