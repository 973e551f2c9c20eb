//! Equations and inequalities: labels, solved forms, chains.

use super::super::ast::{Ast, Bracket, Function, Id, NamedSet, Node, Relation};
use super::super::render;
use super::{Answer, Chain, Classifier, Untyped, interval};

type Result2 = Result<Answer, Untyped>;

/// Whether an expression may name what is asked for, so that an equation with it states a value: one of several letters
/// (`m+n`, `100m+n`, `\frac{AB}{CD}`), or a circular function (`\cos\theta`). `2x` and `x^2` are an unknown left to
/// solve for.
pub(in super::super) fn is_quantity(ast: &Ast, id: Id) -> bool {
    use Function as F;
    let circular = match ast.node(id) {
        Node::Apply(function, _) => {
            matches!(function, F::Sin | F::Cos | F::Tan | F::Cot | F::Sec | F::Csc)
        }
        _ => false,
    };
    let symbols = ast.symbols(id).len();
    symbols > 1 || (circular && symbols == 1)
}

impl Classifier<'_, '_> {
    pub(super) fn relation(&mut self, members: &[Id], relations: &[Relation]) -> Result2 {
        // What follows an approximation sign adds nothing to an exact value before it.
        if let Some(cut) = relations.iter().position(|r| *r == Relation::Approximately) {
            let label_only = cut == 0 && self.label(members[0]).is_some();
            let keep = if label_only { cut + 2 } else { cut + 1 };
            if keep < members.len() || label_only {
                let mut relations = relations[..keep - 1].to_vec();
                if label_only {
                    relations[0] = Relation::Equal;
                }
                return match &members[..keep] {
                    [only] => self.answer(*only),
                    kept => self.relation(kept, &relations),
                };
            }
        }
        if relations == [Relation::ElementOf] {
            return self.membership(members[0], members[1]);
        }
        if let Some(answer) = self.congruence(members, relations)? {
            return Ok(answer);
        }
        // `2x = 8 \implies x = 4`: what is concluded.
        let arrow = |r: &Relation| matches!(r, Relation::Other("implies" | "iff"));
        if let Some(last) = relations.iter().rposition(arrow)
            && !relations.iter().all(arrow)
        {
            return match &members[last + 1..] {
                [only] => self.answer(*only),
                kept => self.relation(kept, &relations[last + 1..]),
            };
        }
        if relations.iter().all(|r| *r == Relation::Equal) {
            return self.equation(members);
        }
        if let ([Relation::NotEqual], [name, value]) = (relations, members)
            && let Node::Symbol(symbol) = *self.ast.node(*name)
            && self.ast.any(*value, &|node| matches!(node, Node::PlusMinus { .. }))
        {
            return self.punctured(symbol, &[*value]);
        }
        match self.inequality(members, relations)? {
            Some((variable, segments)) => {
                // `-\infty < x` has no scalar members.
                let chain = self.chain(members, relations).ok();
                Ok(Answer::Segments { segments, variable: Some(variable), element: None, chain })
            }
            None => Ok(Answer::Chain(self.chain(members, relations)?)),
        }
    }

    fn chain(&mut self, members: &[Id], relations: &[Relation]) -> Result<Chain, Untyped> {
        Ok(Chain { members: self.scalars(members)?, relations: relations.to_vec() })
    }

    /// `x ∈ S` is S; membership of a set of numbers is a relation.
    fn membership(&mut self, element: Id, set: Id) -> Result2 {
        let Some(name) = self.label(element) else { return Err(Untyped::Mixed) };
        match self.ast.node(set) {
            Node::Set(NamedSet::Reals) => Ok(interval::reals()),
            Node::Set(NamedSet::Empty) => Ok(Answer::Named(NamedSet::Empty)),
            // `n ∈ Z` is a remark beside a family of values.
            Node::Set(set) => Ok(Answer::Member { name, set: *set }),
            _ => match self.answer(set)? {
                Answer::Segments { segments, variable, chain, .. } => {
                    Ok(Answer::Segments { segments, variable, element: Some(name), chain })
                }
                // `[0, 1]` alone may be a point, with a single element it is not.
                pair @ Answer::Tuple { .. } if !name.contains(',') => {
                    let segments = self.as_segments(pair, set)?;
                    Ok(Answer::Segments {
                        segments,
                        variable: None,
                        element: Some(name),
                        chain: None,
                    })
                }
                other => Ok(other),
            },
        }
    }

    /// The name on the left of an equation, if that is all that stands there.
    pub(super) fn label(&self, id: Id) -> Option<String> {
        match self.ast.node(id) {
            Node::Symbol(name) => Some(self.ast.text(*name).to_owned()),
            Node::Text(name) => Some(super::super::prose::normal(self.ast.text(*name)))
                .filter(|label| !super::super::prose::denies(label)),
            Node::Call(name, arguments) => {
                let plain = arguments
                    .iter()
                    .all(|&id| matches!(self.ast.node(id), Node::Symbol(_) | Node::Number(_)));
                let numbers = arguments.iter().map(|&id| match self.ast.node(id) {
                    Node::Number(number) => number.value.to_string(),
                    // `P(A)`, an event; the parameter of `f(x)` is only a name.
                    Node::Symbol(name) if self.ast.text(*name).starts_with(char::is_uppercase) => {
                        self.ast.text(*name).to_owned()
                    }
                    _ => String::new(),
                });
                let numbers = numbers.collect::<Vec<_>>().join(",");
                plain.then(|| format!("{}({numbers})", self.ast.text(*name)))
            }
            // `dy/dx`, `m/n`
            Node::Quotient(above, below) => {
                let part = |id: Id| match self.ast.node(id) {
                    Node::Product(items) => {
                        let names: Option<Vec<String>> =
                            items.iter().map(|&id| self.label(id)).collect();
                        names.filter(|names| names[0] == "d").map(|names| names.concat())
                    }
                    _ => None,
                };
                let plain = |id: Id| match self.ast.node(id) {
                    Node::Symbol(name) => Some(self.ast.text(*name).to_owned()),
                    _ => part(id),
                };
                Some(format!("{}/{}", plain(*above)?, plain(*below)?))
            }
            Node::Sequence { open: Bracket::Round, close: Bracket::Round, items } => {
                let names: Option<Vec<String>> = items.iter().map(|&id| self.label(id)).collect();
                names.map(|names| names.join(","))
            }
            // `P(A)`, `AB`, `dy/dx`, `|AB|`, `∠ABC`: products and quotients of symbols.
            Node::Product(items) => {
                let names: Option<Vec<String>> = items.iter().map(|&id| self.label(id)).collect();
                let geometric = |name: &String| {
                    name.starts_with(char::is_uppercase) || name.starts_with("\\angle")
                };
                // `\text{Area of } \triangle ABC`, `m\angle A`
                let worded = matches!(self.ast.node(items[0]), Node::Text(_));
                let measured = |names: &Vec<String>| {
                    names.len() == 2 && names[0] == "m" && names[1].starts_with("\\angle")
                };
                names
                    .filter(|names| worded || measured(names) || names.iter().all(geometric))
                    .map(|names| names.join(" "))
            }
            // `|AB|`, a length
            Node::Apply(Function::Abs, arguments) => {
                self.label(arguments[0]).filter(|name| name.starts_with(char::is_uppercase))
            }
            _ => None,
        }
    }

    fn equation(&mut self, members: &[Id]) -> Result2 {
        let (first, rest) = members.split_first().ok_or(Untyped::Mixed)?;
        let (last, between) = rest.split_last().ok_or(Untyped::Mixed)?;
        if let Some(answer) = self.function(*first, members)? {
            return Ok(answer);
        }
        // `a = b = c` names no value.
        let symbols = members.iter().all(|&id| matches!(self.ast.node(id), Node::Symbol(_)));
        if let Some(label) = self.label(*first).filter(|_| !symbols || between.is_empty()) {
            let value = self.answer(*last)?;
            let chain = match (between, self.scalars(members)) {
                ([], Ok(members)) => Some(Chain { members, relations: vec![Relation::Equal] }),
                _ => None,
            };
            let others = self.scalars(between)?;
            let names = between.iter().map(|&id| match self.ast.node(id) {
                Node::Symbol(name) => Some(self.ast.text(*name).to_owned()),
                _ => None,
            });
            let also = names.collect::<Option<_>>().unwrap_or_default();
            return Ok(Answer::Labelled { label, also, value: Box::new(value), others, chain });
        }
        // `8 = x` is `x = 8`.
        if let ([], Some(label)) = (between, self.label(*last))
            && self.ast.symbols(*first).is_empty()
        {
            let value = self.answer(*first)?;
            let chain = self.chain(members, &[Relation::Equal]).ok();
            return Ok(Answer::Labelled {
                label,
                also: Vec::new(),
                value: Box::new(value),
                others: Vec::new(),
                chain,
            });
        }
        // `3 + 5 = 8`: constants that must agree.
        if members.iter().all(|&id| self.ast.symbols(id).is_empty()) {
            let others = self.scalars(&members[..members.len() - 1])?;
            let value = Box::new(self.answer(*last)?);
            let (label, also) = (String::new(), Vec::new());
            return Ok(Answer::Labelled { label, also, value, others, chain: None });
        }
        // `AB + BC = 30\text{ cm}`
        if matches!(self.ast.node(*last), Node::Quantity { .. }) && is_quantity(self.ast, *first) {
            let label = render::render(self.ast, *first);
            let (value, others) = (Box::new(self.answer(*last)?), self.scalars(between)?);
            return Ok(Answer::Labelled { label, also: Vec::new(), value, others, chain: None });
        }
        let relations = vec![Relation::Equal; members.len() - 1];
        Ok(Answer::Chain(self.chain(members, &relations)?))
    }

    /// `f(x) = …`, where the parameter is only a name.
    fn function(&mut self, first: Id, members: &[Id]) -> Result<Option<Answer>, Untyped> {
        let Node::Call(name, arguments) = self.ast.node(first).clone() else { return Ok(None) };
        let name = self.ast.text(name).to_owned();
        let mut parameters = Vec::new();
        for argument in arguments {
            let Node::Symbol(parameter) = self.ast.node(argument) else { return Ok(None) };
            let parameter = self.ast.text(*parameter);
            // `P(A)`: an event, no parameter.
            if parameter.starts_with(char::is_uppercase) {
                return Ok(None);
            }
            parameters.push(parameter.to_owned());
        }
        let [_, value] = members[..] else { return Ok(None) };
        match self.scalar(value) {
            Ok(value) => Ok(Some(Answer::Function { name, parameters, value })),
            Err(_) => Ok(None),
        }
    }
}
