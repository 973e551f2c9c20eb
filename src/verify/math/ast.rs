//! The expression tree: an arena of nodes addressed by index.
//!
//! Children always come before their parents and the height of every node is bounded when it is made,
//! so the recursive passes over a tree (evaluation, rendering, typing) cannot exhaust the stack, and
//! dropping the arena is a flat loop.

use dashu_ratio::RBig;

/// Greatest height of a tree.
pub(super) const MAX_DEPTH: u16 = 200;
/// Greatest number of nodes of a tree.
pub(super) const MAX_NODES: usize = 8192;

/// Name of the [`Node::Call`] that is a vector product.
pub(super) const CROSS: &str = "\\times";
/// What the names of vectors start with that are written with several letters: `\vec{AB}`.
pub(super) const ARROW: &str = "\\vec";
/// Name of the [`Node::Call`] that is a product of matrices.
pub(super) const MATRICES: &str = "\\matrices";

/// Index of a node in its [`Ast`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(u32);

/// Index of an interned name (symbol, text, unit) in its [`Ast`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name(u32);

/// A numeric literal with what its spelling tells beside its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Number {
    /// The exact value of the literal.
    pub(super) value: RBig,
    /// Set for decimal literals: what is needed to round another value to the same place.
    pub(super) decimal: Option<Decimal>,
}

/// The spelling of a decimal literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    /// Significant digits, without leading zeros.
    pub(super) significant: u32,
    /// The last digit stands for 10 to the power `-places`.
    pub(super) places: i32,
    /// Written with an ellipsis: the literal is a truncation, not a value.
    pub(super) ellipsis: bool,
}

/// Named constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Constant {
    Pi,
    E,
    I,
    Infinity,
}

/// Sets with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum NamedSet {
    Empty,
    Naturals,
    /// The positive integers.
    Positives,
    Integers,
    Rationals,
    Reals,
    Complexes,
}

/// Functions with a meaning; the comment gives the order of arguments where there is more than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Function {
    Sin,
    Cos,
    Tan,
    Cot,
    Sec,
    Csc,
    Arcsin,
    Arccos,
    Arctan,
    Arccot,
    Arcsec,
    Arccsc,
    Sinh,
    Cosh,
    Tanh,
    Coth,
    Arsinh,
    Arcosh,
    Artanh,
    Exp,
    Ln,
    /// base, argument
    Log,
    /// Decimal logarithm; a logarithm to the base 10 once it is read.
    Lg,
    Abs,
    Floor,
    Ceil,
    Factorial,
    /// n, k
    Binomial,
    Gcd,
    Lcm,
    Max,
    Min,
    Sign,
    Re,
    Im,
    /// index, radicand
    Root,
}

/// Relations of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Approximately,
    ElementOf,
    Congruent,
    /// `\to`, `\mapsto`, `\Rightarrow`, `\parallel`, … : kept apart by name, never interpreted.
    Other(&'static str),
}

impl Relation {
    /// The relation read from the right, if it has one.
    pub(super) fn turned(self) -> Option<Self> {
        Some(match self {
            Self::Less => Self::Greater,
            Self::LessEqual => Self::GreaterEqual,
            Self::Greater => Self::Less,
            Self::GreaterEqual => Self::LessEqual,
            Self::Equal | Self::NotEqual => self,
            Self::Approximately | Self::ElementOf | Self::Congruent | Self::Other(_) => {
                return None;
            }
        })
    }
}

/// What stands between the items of a bare list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Join {
    /// Commas or line breaks, at least in part.
    Comma,
    And,
    Or,
}

/// Whether a ratio is spelled like a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Clock {
    No,
    /// `12:30`
    Likely,
    /// `2:05`: no ratio is written so.
    Padded,
}

/// Kinds of delimiters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Bracket {
    Round,
    Square,
    /// A square bracket turned outwards: an open end in the continental notation.
    Outward,
    Curly,
    Angle,
}

/// One node. Children are [`Id`]s of the same arena.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Number(Number),
    Symbol(Name),
    Constant(Constant),
    Sum(Vec<Id>),
    Product(Vec<Id>),
    Quotient(Id, Id),
    Negative(Id),
    Power(Id, Id),
    Apply(Function, Vec<Id>),
    /// A function without a known meaning, such as `f(x)`.
    Call(Name, Vec<Id>),
    Degrees(Id),
    Percent(Id),
    /// The term that follows `\pm` (or `\mp` if flipped).
    PlusMinus {
        term: Id,
        flipped: bool,
    },
    Quantity {
        value: Id,
        unit: Name,
    },
    Sequence {
        open: Bracket,
        close: Bracket,
        items: Vec<Id>,
    },
    /// Bare items.
    List {
        items: Vec<Id>,
        join: Join,
    },
    Chain {
        members: Vec<Id>,
        relations: Vec<Relation>,
    },
    Matrix {
        columns: usize,
        cells: Vec<Id>,
    },
    /// Branches of (value, condition); a branch without a condition is the default.
    Cases(Vec<(Id, Option<Id>)>),
    Union(Vec<Id>),
    Intersection(Vec<Id>),
    Difference(Id, Id),
    /// `{element | condition}`
    Builder(Id, Id),
    Ratio {
        items: Vec<Id>,
        clock: Clock,
    },
    /// Digits with a base subscript.
    Based {
        digits: Name,
        base: u32,
    },
    Set(NamedSet),
    Text(Name),
    /// A sum, product, integral, limit or determinant that was left standing; the name is its source.
    Unevaluated(Name),
}

/// Why a node could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TooBig {
    /// The tree would be higher than [`MAX_DEPTH`].
    #[error("nested too deeply")]
    Depth,
    /// The tree would hold more than [`MAX_NODES`].
    #[error("too many nodes")]
    Nodes,
}

/// An arena of nodes with interned names.
#[derive(Clone, Debug, Default)]
pub(super) struct Ast {
    nodes: Vec<Node>,
    heights: Vec<u16>,
    names: Vec<Box<str>>,
}

impl Ast {
    /// Adds a node whose children are already here.
    ///
    /// # Errors
    /// When the tree would become too high or too large.
    pub(super) fn add(&mut self, node: Node) -> Result<Id, TooBig> {
        let mut height = 0;
        node.for_each_child(|child| height = height.max(self.heights[child.0 as usize]));
        if height + 1 > MAX_DEPTH {
            return Err(TooBig::Depth);
        }
        if self.nodes.len() >= MAX_NODES {
            return Err(TooBig::Nodes);
        }
        let id = Id(u32::try_from(self.nodes.len()).map_err(|_| TooBig::Nodes)?);
        self.nodes.push(node);
        self.heights.push(height + 1);
        Ok(id)
    }

    /// How many nodes there are, for the accounting of fuel.
    pub(super) fn size(&self) -> u64 {
        self.nodes.len() as u64
    }

    /// The node of that index.
    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// Interns a name.
    pub(super) fn name(&mut self, text: &str) -> Name {
        let found = self.names.iter().position(|known| &**known == text);
        let index = found.unwrap_or_else(|| {
            self.names.push(text.into());
            self.names.len() - 1
        });
        Name(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The text of a name.
    pub(super) fn text(&self, name: Name) -> &str {
        &self.names[name.0 as usize]
    }

    /// A copy in which two names are exchanged.
    pub(super) fn swapped(&self, a: &str, b: &str) -> Self {
        let mut copy = self.clone();
        for name in &mut copy.names {
            if &**name == a {
                *name = b.into();
            } else if &**name == b {
                *name = a.into();
            }
        }
        copy
    }

    /// A copy in which symbols are numbers.
    pub(super) fn with(&self, values: &[(&str, RBig)]) -> Self {
        let mut copy = self.clone();
        for node in &mut copy.nodes {
            if let Node::Symbol(name) = node
                && let Some((_, value)) =
                    values.iter().find(|(known, _)| *known == &*self.names[name.0 as usize])
            {
                *node = Node::Number(Number { value: value.clone(), decimal: None });
            }
        }
        copy
    }

    /// A copy in which every `\pm` has that sign.
    pub(super) fn with_sign(&self, sign: i8) -> Self {
        let mut copy = self.clone();
        for node in &mut copy.nodes {
            if let Node::PlusMinus { term, flipped } = *node {
                let plus = (sign < 0) == flipped;
                *node = if plus { Node::Sum(vec![term]) } else { Node::Negative(term) };
            }
        }
        copy
    }

    /// Copies what is below `root` to the end of `target`, with the expression `value` of `target` in place
    /// of the symbol `name`.
    ///
    /// # Errors
    /// When `target` would become too high or too large.
    pub(super) fn copy_to(
        &self,
        root: Id,
        target: &mut Self,
        name: &str,
        value: Option<Id>,
    ) -> Result<Id, TooBig> {
        let mut places: Vec<Option<Id>> = vec![None; root.0 as usize + 1];
        for index in self.below(root) {
            let mut node = self.nodes[index].clone();
            if let (Node::Symbol(own), Some(value)) = (&node, value)
                && &*self.names[own.0 as usize] == name
            {
                places[index] = Some(value);
                continue;
            }
            node.for_each_child_mut(|child| {
                *child = places[child.0 as usize].unwrap_or(*child);
            });
            if let Some(own) = node.name_mut() {
                *own = target.name(&self.names[own.0 as usize]);
            }
            places[index] = Some(target.add(node)?);
        }
        Ok(places[root.0 as usize].unwrap_or(root))
    }

    /// The indices of all nodes at and below `root`, in ascending order.
    fn below(&self, root: Id) -> Vec<usize> {
        let mut wanted = vec![false; root.0 as usize + 1];
        wanted[root.0 as usize] = true;
        for index in (0..wanted.len()).rev() {
            if wanted[index] {
                self.nodes[index].for_each_child(|child| wanted[child.0 as usize] = true);
            }
        }
        (0..wanted.len()).filter(|&index| wanted[index]).collect()
    }

    /// The literal at `id`, seen through signs.
    pub(super) fn literal(&self, id: Id) -> Option<(&Number, bool)> {
        match self.node(id) {
            Node::Number(number) => Some((number, false)),
            Node::Negative(inner) => match self.node(*inner) {
                Node::Number(number) => Some((number, true)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether `wanted` holds for the node or any node below it.
    pub(super) fn any(&self, id: Id, wanted: &dyn Fn(&Node) -> bool) -> bool {
        let node = self.node(id);
        if wanted(node) {
            return true;
        }
        let mut found = false;
        node.for_each_child(|child| found = found || self.any(child, wanted));
        found
    }

    /// Whether the symbol `name` occurs at or below a node.
    pub(super) fn has_symbol(&self, id: Id, name: &str) -> bool {
        self.any(id, &|node| matches!(node, Node::Symbol(own) if self.text(*own) == name))
    }

    /// The distinct symbols below a node, in order of appearance.
    pub(super) fn symbols(&self, id: Id) -> Vec<Name> {
        let mut found = Vec::new();
        self.collect_symbols(id, &mut found);
        found
    }

    fn collect_symbols(&self, id: Id, found: &mut Vec<Name>) {
        let node = self.node(id);
        if let Node::Symbol(name) = node
            && !found.contains(name)
        {
            found.push(*name);
        }
        node.for_each_child(|child| self.collect_symbols(child, found));
    }
}

impl Node {
    /// The name that the node bears, if it bears one.
    fn name_mut(&mut self) -> Option<&mut Name> {
        match self {
            Self::Symbol(name)
            | Self::Call(name, _)
            | Self::Text(name)
            | Self::Unevaluated(name)
            | Self::Quantity { unit: name, .. }
            | Self::Based { digits: name, .. } => Some(name),
            _ => None,
        }
    }

    /// Calls `f` for every child, in order.
    pub(super) fn for_each_child(&self, mut f: impl FnMut(Id)) {
        match self {
            Self::Number(_)
            | Self::Symbol(_)
            | Self::Constant(_)
            | Self::Based { .. }
            | Self::Set(_)
            | Self::Text(_)
            | Self::Unevaluated(_) => {}
            Self::Negative(a)
            | Self::Degrees(a)
            | Self::Percent(a)
            | Self::PlusMinus { term: a, .. }
            | Self::Quantity { value: a, .. } => f(*a),
            Self::Quotient(a, b)
            | Self::Power(a, b)
            | Self::Difference(a, b)
            | Self::Builder(a, b) => {
                f(*a);
                f(*b);
            }
            Self::Sum(items)
            | Self::Product(items)
            | Self::Apply(_, items)
            | Self::Call(_, items)
            | Self::Sequence { items, .. }
            | Self::List { items, .. }
            | Self::Chain { members: items, .. }
            | Self::Matrix { cells: items, .. }
            | Self::Union(items)
            | Self::Intersection(items)
            | Self::Ratio { items, .. } => items.iter().copied().for_each(f),
            Self::Cases(branches) => {
                for (value, condition) in branches {
                    f(*value);
                    if let Some(condition) = condition {
                        f(*condition);
                    }
                }
            }
        }
    }

    /// Calls `f` for every child, in order, to change it.
    fn for_each_child_mut(&mut self, mut f: impl FnMut(&mut Id)) {
        match self {
            Self::Number(_)
            | Self::Symbol(_)
            | Self::Constant(_)
            | Self::Based { .. }
            | Self::Set(_)
            | Self::Text(_)
            | Self::Unevaluated(_) => {}
            Self::Negative(a)
            | Self::Degrees(a)
            | Self::Percent(a)
            | Self::PlusMinus { term: a, .. }
            | Self::Quantity { value: a, .. } => f(a),
            Self::Quotient(a, b)
            | Self::Power(a, b)
            | Self::Difference(a, b)
            | Self::Builder(a, b) => {
                f(a);
                f(b);
            }
            Self::Sum(items)
            | Self::Product(items)
            | Self::Apply(_, items)
            | Self::Call(_, items)
            | Self::Sequence { items, .. }
            | Self::List { items, .. }
            | Self::Chain { members: items, .. }
            | Self::Matrix { cells: items, .. }
            | Self::Union(items)
            | Self::Intersection(items)
            | Self::Ratio { items, .. } => items.iter_mut().for_each(f),
            Self::Cases(branches) => {
                for (value, condition) in branches {
                    f(value);
                    if let Some(condition) = condition {
                        f(condition);
                    }
                }
            }
        }
    }
}
