//! Inequalities that are solved for one unknown, as intervals.

use super::super::ast::{Function, Id, Join, Name, Node, Number, Relation};
use super::{Answer, Classifier, End, Item, Segment, Untyped, interval};

type Result2 = Result<Answer, Untyped>;

/// Letters that stand for complex numbers: `|z| < 1` is a disc.
const COMPLEX: [&str; 6] = ["z", "w", "\\omega", "\\zeta", "\\xi", "\\lambda"];

impl Classifier<'_, '_> {
    /// An inequality that is solved for one unknown or for its absolute value, as intervals.
    pub(super) fn inequality(
        &mut self,
        members: &[Id],
        relations: &[Relation],
    ) -> Result<Option<(String, Vec<Segment>)>, Untyped> {
        let found: Vec<(usize, Name, bool)> = (0..members.len())
            .filter_map(|at| self.unknown(members[at]).map(|(name, bars)| (at, name, bars)))
            .collect();
        let [(at, name, bars)] = found[..] else { return Ok(None) };
        let others = members.iter().enumerate().filter(|(index, _)| *index != at);
        if others.into_iter().any(|(_, &id)| !self.ast.symbols(id).is_empty()) || members.len() > 3
        {
            return Ok(None);
        }
        let Some(segments) = self.solved(members, relations, at)? else { return Ok(None) };
        let name = self.ast.text(name).to_owned();
        if !bars {
            return Ok(Some((name, segments)));
        }
        if COMPLEX.contains(&name.as_str()) {
            return Ok(None);
        }
        Ok(self.reflected(&segments)?.map(|segments| (name, segments)))
    }

    /// The symbol that a member is, and whether it stands between bars.
    fn unknown(&self, id: Id) -> Option<(Name, bool)> {
        match self.ast.node(id) {
            Node::Symbol(name) => Some((*name, false)),
            Node::Apply(Function::Abs, inner) => match self.ast.node(inner[0]) {
                Node::Symbol(name) => Some((*name, true)),
                _ => None,
            },
            _ => None,
        }
    }

    /// What the relations say of the member at `at`, whose neighbours are constants.
    fn solved(
        &mut self,
        members: &[Id],
        relations: &[Relation],
        at: usize,
    ) -> Result<Option<Vec<Segment>>, Untyped> {
        use Relation::{Greater, GreaterEqual, Less, LessEqual, NotEqual};
        if let ([NotEqual], [a, b]) = (relations, members) {
            let other = if at == 0 { *b } else { *a };
            let mut gap = || self.scalar(other).map(|item| End { at: Some(item), closed: false });
            let low = Segment { low: End::infinite(), high: gap()? };
            let high = Segment { low: gap()?, high: End::infinite() };
            return Ok(Some(vec![low, high]));
        }
        let (mut low, mut high) = (None, None);
        for (index, relation) in relations.iter().enumerate() {
            let left = index + 1 == at;
            if !left && index != at {
                return Ok(None);
            }
            let bound = members[if left { index } else { index + 1 }];
            let (below, closed) = match relation {
                Less => (left, false),
                LessEqual => (left, true),
                Greater => (!left, false),
                GreaterEqual => (!left, true),
                _ => return Ok(None),
            };
            let infinite = self.is_infinite(bound);
            let negative = matches!(self.ast.node(bound), Node::Negative(_));
            if infinite && negative != below {
                return Ok(None);
            }
            let at = if infinite { None } else { Some(self.scalar(bound)?) };
            let end = if below { &mut low } else { &mut high };
            if end.replace(End { closed: closed && !infinite, at }).is_some() {
                return Ok(None);
            }
        }
        let low = low.unwrap_or_else(End::infinite);
        Ok(Some(vec![Segment { low, high: high.unwrap_or_else(End::infinite) }]))
    }

    /// The numbers whose absolute value lies in the segments; `None` if there are none.
    fn reflected(&mut self, segments: &[Segment]) -> Result<Option<Vec<Segment>>, Untyped> {
        let zero = self.ast.add(Node::Number(Number { value: 0u8.into(), decimal: None }))?;
        let at = Some(self.scalar(zero)?);
        let positive = [Segment { low: End { at, closed: true }, high: End::infinite() }];
        let mut parts = self.intersected(segments, &positive)?;
        for index in 0..parts.len() {
            let low = self.opposite(&parts[index].high)?;
            let high = self.opposite(&parts[index].low)?;
            parts.push(Segment { low, high });
        }
        match self.merged(parts)? {
            Answer::Segments { segments, .. } => Ok(Some(segments)),
            _ => Ok(None),
        }
    }

    fn opposite(&mut self, end: &End) -> Result<End, Untyped> {
        let Some(item) = &end.at else { return Ok(End::infinite()) };
        let id = self.ast.add(Node::Negative(item.id))?;
        let at = Some(Item::new(self.ast, id, item.sign, self.fuel));
        Ok(End { at, closed: end.closed })
    }

    /// Several inequalities in one unknown. Those that are parted by commas all hold if any one of them would
    /// leave nothing out: `x > 2, x \le 5`, but not `x < 2, x > 3`.
    pub(super) fn inequalities(&mut self, items: &[Answer], join: Join) -> Result2 {
        if join != Join::Comma {
            return self.combined(items, join == Join::And);
        }
        let any = self.combined(items, false)?;
        let whole = matches!(
            &any,
            Answer::Segments { segments, .. }
                if matches!(&segments[..], [all] if all.low.at.is_none() && all.high.at.is_none())
        );
        match self.combined(items, true)? {
            all @ Answer::Segments { .. } if whole => Ok(all),
            _ => Ok(any),
        }
    }

    /// `x \ne \pm 2`, `x \ne -2, 2`: the line without some points.
    pub(super) fn punctured(&mut self, name: Name, values: &[Id]) -> Result2 {
        let mut points = Vec::new();
        for &value in values {
            match self.answer(value)? {
                Answer::Scalar(item) => points.push(item),
                Answer::List(items) => {
                    for item in items {
                        let Answer::Scalar(item) = item else { return Err(Untyped::Mixed) };
                        points.push(item);
                    }
                }
                _ => return Err(Untyped::Mixed),
            }
        }
        let variable = Some(self.ast.text(name).to_owned());
        let gaps = points.into_iter().map(|at| self.degenerate(&at)).collect();
        let whole = [Segment { low: End::infinite(), high: End::infinite() }];
        match self.without(&whole, gaps)? {
            Answer::Segments { segments, .. } => {
                Ok(Answer::Segments { segments, variable, element: None, chain: None })
            }
            other => Ok(other),
        }
    }

    /// `{x | x > 3}`: the condition, if it is an inequality in the element.
    pub(super) fn builder(&mut self, element: Id, condition: Id) -> Result2 {
        let element = match self.ast.node(element) {
            Node::Chain { members, relations } if relations[..] == [Relation::ElementOf] => {
                members[0]
            }
            _ => element,
        };
        // `{kπ | k ∈ Z}`: a family of values.
        if !matches!(self.ast.node(element), Node::Symbol(_))
            && let member @ Answer::Member { .. } = self.answer(condition)?
        {
            return Ok(Answer::List(vec![self.answer(element)?, member]));
        }
        let Some(name) = self.label(element) else { return Err(Untyped::Mixed) };
        match self.answer(condition)? {
            Answer::Segments { segments, variable: Some(variable), .. } if variable == name => {
                Ok(interval::segments(segments))
            }
            _ => Err(Untyped::Mixed),
        }
    }
}
