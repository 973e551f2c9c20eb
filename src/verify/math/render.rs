//! Expressions as LaTeX: one spelling, which the parser reads back to an equal value.

use std::fmt::Write as _;

use dashu_ratio::RBig;

use super::ast::{
    ARROW, Ast, Bracket, CROSS, Clock, Constant, Function, Id, Join, MATRICES, NamedSet, Node,
    Relation,
};

/// Longest rendering, in bytes; what is longer is cut off by an ellipsis.
pub(super) const MAX_LENGTH: usize = 2000;

/// The canonical LaTeX of an expression.
pub(super) fn render(ast: &Ast, id: Id) -> String {
    let mut renderer = Renderer { ast, out: String::new() };
    renderer.node(id, Level::List);
    let mut out = renderer.out;
    if out.len() > MAX_LENGTH {
        let mut end = MAX_LENGTH;
        while !out.is_char_boundary(end) {
            end -= 1;
        }
        out.truncate(end);
        out.push_str("\\ldots");
    }
    out
}

/// The LaTeX of a rational number.
pub(super) fn rational(value: &RBig) -> String {
    if value.is_int() {
        return value.numerator().to_string();
    }
    let (sign, above) = match value.numerator().to_string() {
        text if text.starts_with('-') => ("-", text[1..].to_owned()),
        text => ("", text),
    };
    format!("{sign}\\frac{{{above}}}{{{}}}", value.denominator())
}

/// How tightly the context of a node binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    List,
    Sum,
    Product,
    Factor,
    Power,
}

struct Renderer<'a> {
    ast: &'a Ast,
    out: String,
}

impl Renderer<'_> {
    fn push(&mut self, text: &str) {
        // A command must not run into a letter that follows it.
        let letter = text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
        if letter && self.ends_in_command() {
            self.out.push(' ');
        }
        self.out.push_str(text);
    }

    fn ends_in_command(&self) -> bool {
        let tail = self.out.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        tail.len() < self.out.len() && tail.ends_with('\\')
    }

    fn group(&mut self, id: Id) {
        self.out.push('{');
        self.node(id, Level::List);
        self.out.push('}');
    }

    fn wrapped(&mut self, level: Level, own: Level, f: impl FnOnce(&mut Self)) {
        let brackets = level > own;
        if brackets {
            self.out.push('(');
        }
        f(self);
        if brackets {
            self.out.push(')');
        }
    }

    fn joined(&mut self, ids: &[Id], separator: &str, level: Level) {
        for (index, &id) in ids.iter().enumerate() {
            if index > 0 {
                self.out.push_str(separator);
            }
            self.node(id, level);
        }
    }

    fn node(&mut self, id: Id, level: Level) {
        if self.out.len() > MAX_LENGTH {
            return;
        }
        match self.ast.node(id) {
            Node::Number(number) => self.number(&number.value, level),
            Node::Symbol(name) => self.symbol(self.ast.text(*name)),
            Node::Constant(constant) => self.push(constant_name(*constant)),
            Node::Sum(items) => self.wrapped(level, Level::Sum, |this| this.sum(items)),
            Node::Product(items) => self.wrapped(level, Level::Product, |this| {
                this.joined(items, " \\cdot ", Level::Factor);
            }),
            Node::Quotient(a, b) => self.wrapped(level, Level::Factor, |this| {
                this.push("\\frac");
                this.group(*a);
                this.group(*b);
            }),
            Node::Negative(a) => self.wrapped(level, Level::Sum, |this| {
                this.out.push('-');
                this.node(*a, Level::Product);
            }),
            Node::PlusMinus { term, flipped } => self.wrapped(level, Level::Sum, |this| {
                this.out.push_str(if *flipped { "\\mp " } else { "\\pm " });
                this.node(*term, Level::Product);
            }),
            Node::Power(base, exponent) => self.wrapped(level, Level::Factor, |this| {
                this.node(*base, Level::Power);
                this.out.push('^');
                this.group(*exponent);
            }),
            Node::Degrees(a) => self.wrapped(level, Level::Factor, |this| {
                this.node(*a, Level::Power);
                this.out.push_str("^{\\circ}");
            }),
            Node::Percent(a) => self.wrapped(level, Level::Factor, |this| {
                this.node(*a, Level::Power);
                this.out.push_str("\\%");
            }),
            Node::Apply(function, arguments) => {
                self.wrapped(level, Level::Factor, |this| this.apply(*function, arguments));
            }
            Node::Call(name, arguments) if self.ast.text(*name) == CROSS => {
                self.wrapped(level, Level::Product, |this| this.cross(arguments));
            }
            Node::Call(name, arguments) if self.ast.text(*name) == MATRICES => {
                self.wrapped(level, Level::Product, |this| {
                    this.joined(arguments, " ", Level::Factor);
                });
            }
            Node::Call(name, arguments) => {
                self.push(self.ast.text(*name));
                self.out.push('(');
                self.joined(arguments, ", ", Level::List);
                self.out.push(')');
            }
            _ => self.structure(id, level),
        }
    }

    /// Operands of a set operation; what is an operation itself stands in brackets.
    fn sets(&mut self, operands: &[Id], sign: &str) {
        for (index, &operand) in operands.iter().enumerate() {
            self.out.push_str(if index > 0 { sign } else { "" });
            let nested = matches!(
                self.ast.node(operand),
                Node::Union(_) | Node::Intersection(_) | Node::Difference(..)
            );
            self.out.push_str(if nested { "(" } else { "" });
            self.node(operand, Level::Sum);
            self.out.push_str(if nested { ")" } else { "" });
        }
    }

    fn cross(&mut self, factors: &[Id]) {
        for (index, &factor) in factors.iter().enumerate() {
            self.out.push_str(if index > 0 { " \\times " } else { "" });
            match self.ast.node(factor) {
                Node::Symbol(name) if !self.ast.text(*name).starts_with(ARROW) => {
                    self.push(ARROW);
                    self.group(factor);
                }
                _ => self.node(factor, Level::Power),
            }
        }
    }

    fn structure(&mut self, id: Id, level: Level) {
        match self.ast.node(id) {
            Node::Quantity { value, unit } => {
                self.quantity(*value, self.ast.text(*unit));
            }
            Node::Sequence { open, close, items } => {
                self.out.push_str(bracket(*open, true));
                self.joined(items, ", ", Level::List);
                self.out.push_str(bracket(*close, false));
            }
            Node::List { items, join } => {
                let separator = match join {
                    Join::Comma => ", ",
                    Join::And => " \\text{ and } ",
                    Join::Or => " \\text{ or } ",
                };
                self.joined(items, separator, Level::List);
            }
            Node::Chain { members, relations } => {
                self.node(members[0], Level::List);
                for (member, relation) in members[1..].iter().zip(relations) {
                    let _ = write!(self.out, " {} ", relation_name(*relation));
                    self.node(*member, Level::List);
                }
            }
            Node::Matrix { columns, cells } => self.matrix(*columns, cells),
            Node::Cases(branches) => self.cases(branches),
            Node::Union(items) => self.sets(items, " \\cup "),
            Node::Intersection(items) => self.sets(items, " \\cap "),
            Node::Difference(a, b) => self.sets(&[*a, *b], " \\setminus "),
            Node::Builder(element, condition) => {
                self.out.push_str("\\{");
                self.node(*element, Level::List);
                self.out.push_str(" \\mid ");
                self.node(*condition, Level::List);
                self.out.push_str("\\}");
            }
            Node::Ratio { items, clock } => self.ratio(items, *clock),
            Node::Based { digits, base } => {
                let digits = match self.ast.text(*digits) {
                    "" => "0",
                    digits => digits,
                };
                let _ = write!(self.out, "{digits}_{{{base}}}");
            }
            Node::Set(set) => self.push(set_name(*set)),
            Node::Text(name) => {
                let _ =
                    write!(self.out, "\\text{{{}}}", super::prose::normal(self.ast.text(*name)));
            }
            Node::Unevaluated(name) => self.push(self.ast.text(*name)),
            _ => self.node(id, level),
        }
    }

    /// A value in base units: `90\text{ minutes}` is `5400\text{ s}`.
    fn quantity(&mut self, value: Id, source: &str) {
        let Some(unit) = super::units::unit(source) else {
            self.node(value, Level::List);
            let _ = write!(self.out, "\\text{{ {}}}", super::prose::normal(source));
            return;
        };
        match self.ast.literal(value) {
            _ if unit.scale.is_one() => self.node(value, Level::List),
            Some((number, negative)) => {
                self.out.push_str(if negative { "-" } else { "" });
                self.number(&(&number.value * &unit.scale), Level::List);
            }
            None => {
                self.number(&unit.scale, Level::Factor);
                self.out.push_str(" \\cdot ");
                self.node(value, Level::Factor);
            }
        }
        let _ = write!(self.out, "\\text{{ {}}}", unit.text());
    }

    fn ratio(&mut self, items: &[Id], clock: Clock) {
        if clock == Clock::No {
            return self.joined(items, " : ", Level::Sum);
        }
        for (index, &item) in items.iter().enumerate() {
            self.out.push_str(if index > 0 { ":" } else { "" });
            if let Some((number, false)) = self.ast.literal(item) {
                let width = if index > 0 { 2 } else { 1 };
                let _ = write!(self.out, "{:0>width$}", number.value.to_string());
            }
        }
    }

    fn matrix(&mut self, columns: usize, cells: &[Id]) {
        self.out.push_str("\\begin{pmatrix}");
        for (row, cells) in cells.chunks(columns).enumerate() {
            self.out.push_str(if row > 0 { " \\\\ " } else { "" });
            self.joined(cells, " & ", Level::List);
        }
        self.out.push_str("\\end{pmatrix}");
    }

    fn cases(&mut self, branches: &[(Id, Option<Id>)]) {
        self.out.push_str("\\begin{cases}");
        for (row, (value, condition)) in branches.iter().enumerate() {
            self.out.push_str(if row > 0 { " \\\\ " } else { "" });
            self.node(*value, Level::List);
            match condition {
                Some(condition) => {
                    self.out.push_str(" & ");
                    self.node(*condition, Level::List);
                }
                None => self.out.push_str(" & \\text{otherwise}"),
            }
        }
        self.out.push_str("\\end{cases}");
    }

    fn number(&mut self, value: &RBig, level: Level) {
        let text = rational(value);
        let own = if value.is_int() { Level::Power } else { Level::Factor };
        self.wrapped(level, own, |this| this.push(&text));
    }

    fn symbol(&mut self, name: &str) {
        self.push(name);
    }

    fn sum(&mut self, items: &[Id]) {
        for (index, &item) in items.iter().enumerate() {
            match self.ast.node(item) {
                Node::Negative(inner) => {
                    self.out.push_str(if index > 0 { " - " } else { "-" });
                    self.node(*inner, Level::Product);
                }
                Node::PlusMinus { term, flipped } => {
                    self.out.push_str(if *flipped { " \\mp " } else { " \\pm " });
                    self.node(*term, Level::Product);
                }
                _ => {
                    self.out.push_str(if index > 0 { " + " } else { "" });
                    self.node(item, Level::Product);
                }
            }
        }
    }

    fn apply(&mut self, function: Function, arguments: &[Id]) {
        match (function, arguments) {
            (Function::Root, [index, radicand]) => {
                self.push("\\sqrt");
                if !matches!(self.ast.node(*index), Node::Number(n) if n.value == RBig::from(2u8)) {
                    self.out.push('[');
                    self.node(*index, Level::Sum);
                    self.out.push(']');
                }
                self.group(*radicand);
            }
            (Function::Abs, [a]) => self.between("\\left|", *a, "\\right|"),
            (Function::Floor, [a]) => self.between("\\lfloor ", *a, "\\rfloor"),
            (Function::Ceil, [a]) => self.between("\\lceil ", *a, "\\rceil"),
            (Function::Factorial, [a]) => {
                self.node(*a, Level::Power);
                self.out.push('!');
            }
            (Function::Binomial, [n, k]) => {
                self.push("\\binom");
                self.group(*n);
                self.group(*k);
            }
            (Function::Log, [base, a]) => {
                self.push("\\log_");
                self.group(*base);
                self.between("(", *a, ")");
            }
            _ => {
                self.push(function_name(function));
                self.out.push('(');
                self.joined(arguments, ", ", Level::List);
                self.out.push(')');
            }
        }
    }

    fn between(&mut self, open: &str, id: Id, close: &str) {
        self.out.push_str(open);
        self.node(id, Level::List);
        self.out.push_str(close);
    }
}

fn constant_name(constant: Constant) -> &'static str {
    match constant {
        Constant::Pi => "\\pi",
        Constant::E => "e",
        Constant::I => "i",
        Constant::Infinity => "\\infty",
    }
}

fn set_name(set: NamedSet) -> &'static str {
    match set {
        NamedSet::Empty => "\\emptyset",
        NamedSet::Naturals => "\\mathbb{N}",
        NamedSet::Positives => "\\mathbb{Z}^+",
        NamedSet::Integers => "\\mathbb{Z}",
        NamedSet::Rationals => "\\mathbb{Q}",
        NamedSet::Reals => "\\mathbb{R}",
        NamedSet::Complexes => "\\mathbb{C}",
    }
}

fn bracket(bracket: Bracket, opens: bool) -> &'static str {
    match (bracket, opens) {
        (Bracket::Round, true) | (Bracket::Outward, true) => "(",
        (Bracket::Round, false) | (Bracket::Outward, false) => ")",
        (Bracket::Square, true) => "[",
        (Bracket::Square, false) => "]",
        (Bracket::Curly, true) => "\\{",
        (Bracket::Curly, false) => "\\}",
        (Bracket::Angle, true) => "\\langle ",
        (Bracket::Angle, false) => "\\rangle",
    }
}

fn relation_name(relation: Relation) -> String {
    match relation {
        Relation::Equal => "=",
        Relation::NotEqual => "\\ne",
        Relation::Less => "<",
        Relation::LessEqual => "\\le",
        Relation::Greater => ">",
        Relation::GreaterEqual => "\\ge",
        Relation::Approximately => "\\approx",
        Relation::ElementOf => "\\in",
        Relation::Congruent => "\\equiv",
        Relation::Other("mod") => "\\pmod",
        Relation::Other(name) => return format!("\\{name}"),
    }
    .to_owned()
}

fn function_name(function: Function) -> &'static str {
    use Function as F;
    match function {
        F::Sin => "\\sin",
        F::Cos => "\\cos",
        F::Tan => "\\tan",
        F::Cot => "\\cot",
        F::Sec => "\\sec",
        F::Csc => "\\csc",
        F::Arcsin => "\\arcsin",
        F::Arccos => "\\arccos",
        F::Arctan => "\\arctan",
        F::Arccot => "\\operatorname{arccot}",
        F::Arcsec => "\\operatorname{arcsec}",
        F::Arccsc => "\\operatorname{arccsc}",
        F::Sinh => "\\sinh",
        F::Cosh => "\\cosh",
        F::Tanh => "\\tanh",
        F::Coth => "\\coth",
        F::Arsinh => "\\operatorname{arsinh}",
        F::Arcosh => "\\operatorname{arcosh}",
        F::Artanh => "\\operatorname{artanh}",
        F::Exp => "\\exp",
        F::Ln | F::Log => "\\ln",
        F::Lg => "\\lg",
        F::Gcd => "\\gcd",
        F::Lcm => "\\operatorname{lcm}",
        F::Max => "\\max",
        F::Min => "\\min",
        F::Sign => "\\operatorname{sgn}",
        F::Re => "\\operatorname{Re}",
        F::Im => "\\operatorname{Im}",
        F::Abs => "\\operatorname{abs}",
        F::Floor => "\\operatorname{floor}",
        F::Ceil => "\\operatorname{ceil}",
        F::Factorial | F::Binomial | F::Root => "",
    }
}
