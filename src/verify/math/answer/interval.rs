//! Intervals, their unions, intersections and complements.

use std::cmp::Ordering;

use super::super::ast::{Bracket, Id, NamedSet, Node};
use super::super::numeric::{Scalar, real_value};
use super::{Answer, Classifier, End, Item, Segment, Untyped};

type Result2 = Result<Answer, Untyped>;

/// The whole line.
pub(super) fn reals() -> Answer {
    let end = || End { at: None, closed: false };
    segments(vec![Segment { low: end(), high: end() }])
}

pub(super) fn segments(segments: Vec<Segment>) -> Answer {
    Answer::Segments { segments, variable: None, element: None, chain: None }
}

impl Classifier<'_, '_> {
    /// `(a, b]` and its like.
    pub(super) fn segment(&mut self, open: Bracket, close: Bracket, low: Id, high: Id) -> Result2 {
        let fits = |b: Bracket| matches!(b, Bracket::Round | Bracket::Square | Bracket::Outward);
        if !fits(open) || !fits(close) {
            return Err(Untyped::Mixed);
        }
        let low = End { at: self.end(low, true)?, closed: open == Bracket::Square };
        let high = End { at: self.end(high, false)?, closed: close == Bracket::Square };
        Ok(segments(vec![Segment { low, high }]))
    }

    fn end(&mut self, id: Id, low: bool) -> Result<Option<Item>, Untyped> {
        match self.expression(id)? {
            Answer::Infinite { negative } if negative == low => Ok(None),
            Answer::Scalar(item) => Ok(Some(item)),
            Answer::Degrees { whole, .. } => Ok(Some(whole)),
            _ => Err(Untyped::Mixed),
        }
    }

    pub(super) fn union(&mut self, ids: &[Id]) -> Result2 {
        let mut parts = Vec::new();
        let mut sets = Vec::new();
        for &id in ids {
            match self.answer(id)? {
                Answer::Set(items) => sets.extend(items),
                Answer::Named(NamedSet::Empty) => {}
                other => parts.extend(self.as_segments(other, id)?),
            }
        }
        if parts.is_empty() {
            return Ok(Answer::Set(sets));
        }
        for item in sets {
            let Answer::Scalar(item) = item else { return Err(Untyped::Mixed) };
            parts.push(self.degenerate(&item));
        }
        self.merged(parts)
    }

    /// An answer as intervals: a pair in round or square brackets is one here.
    pub(super) fn as_segments(&mut self, answer: Answer, id: Id) -> Result<Vec<Segment>, Untyped> {
        match answer {
            Answer::Segments { segments, .. } => Ok(segments),
            Answer::Tuple { .. } => {
                let Node::Sequence { open, close, items } = self.ast.node(id).clone() else {
                    return Err(Untyped::Mixed);
                };
                let [low, high] = items[..] else { return Err(Untyped::Mixed) };
                match self.segment(open, close, low, high)? {
                    Answer::Segments { segments, .. } => Ok(segments),
                    _ => Err(Untyped::Mixed),
                }
            }
            _ => Err(Untyped::Mixed),
        }
    }

    /// Several inequalities: all of them, or any of them.
    pub(super) fn combined(&mut self, items: &[Answer], all: bool) -> Result2 {
        let mut name = None;
        let mut parts: Vec<Vec<Segment>> = Vec::new();
        for item in items {
            let Answer::Segments { segments, variable, .. } = item else {
                return Err(Untyped::Mixed);
            };
            if name.get_or_insert(variable) != &variable {
                return Err(Untyped::Mixed);
            }
            parts.push(segments.iter().map(|segment| self.copy_of(segment)).collect());
        }
        let merged = if all {
            let mut rest = parts.into_iter();
            let mut total = rest.next().ok_or(Untyped::Mixed)?;
            for part in rest {
                total = self.intersected(&total, &part)?;
            }
            self.merged(total)?
        } else {
            self.merged(parts.into_iter().flatten().collect())?
        };
        match merged {
            Answer::Segments { segments, .. } => {
                let variable = name.cloned().flatten();
                Ok(Answer::Segments { segments, variable, element: None, chain: None })
            }
            other => Ok(other),
        }
    }

    pub(super) fn intersection(&mut self, ids: &[Id]) -> Result2 {
        let mut total: Option<Vec<Segment>> = None;
        for &id in ids {
            let answer = self.answer(id)?;
            let part = self.as_segments(answer, id)?;
            total = Some(match total {
                Some(total) => self.intersected(&total, &part)?,
                None => part,
            });
        }
        self.merged(total.ok_or(Untyped::Mixed)?)
    }

    pub(super) fn intersected(
        &mut self,
        a: &[Segment],
        b: &[Segment],
    ) -> Result<Vec<Segment>, Untyped> {
        if a.len() * b.len() > 64 {
            return Err(Untyped::Mixed);
        }
        let mut found = Vec::new();
        for left in a {
            for right in b {
                let low = if self.starts(&left.low, &right.low)? == Ordering::Less {
                    &right.low
                } else {
                    &left.low
                };
                let high = if self.stops(&left.high, &right.high)? == Ordering::Less {
                    &left.high
                } else {
                    &right.high
                };
                if self.is_filled(low, high)? {
                    found.push(Segment { low: self.copy(low), high: self.copy(high) });
                }
            }
        }
        Ok(found)
    }

    fn copy(&mut self, end: &End) -> End {
        let at = end.at.as_ref().map(|item| Item::new(self.ast, item.id, item.sign, self.fuel));
        End { at, closed: end.closed }
    }

    fn copy_of(&mut self, segment: &Segment) -> Segment {
        Segment { low: self.copy(&segment.low), high: self.copy(&segment.high) }
    }

    fn is_filled(&mut self, low: &End, high: &End) -> Result<bool, Untyped> {
        let (Some(a), Some(b)) = (&low.at, &high.at) else { return Ok(true) };
        Ok(match self.order(a, b)? {
            Ordering::Less => true,
            Ordering::Equal => low.closed && high.closed,
            Ordering::Greater => false,
        })
    }

    /// A set without some points or intervals.
    pub(super) fn difference(&mut self, whole: Id, taken: Id) -> Result2 {
        let whole_answer = self.answer(whole)?;
        let whole = self.as_segments(whole_answer, whole)?;
        let gaps = match self.answer(taken)? {
            Answer::Set(items) => {
                let mut points = Vec::new();
                for item in items {
                    let Answer::Scalar(item) = item else { return Err(Untyped::Mixed) };
                    points.push(self.degenerate(&item));
                }
                points
            }
            other => self.as_segments(other, taken)?,
        };
        self.without(&whole, gaps)
    }

    /// One point as an interval.
    pub(super) fn degenerate(&mut self, at: &Item) -> Segment {
        let mut end = || {
            let at = Some(Item::new(self.ast, at.id, at.sign, self.fuel));
            End { at, closed: true }
        };
        Segment { low: end(), high: end() }
    }

    pub(super) fn without(&mut self, whole: &[Segment], mut gaps: Vec<Segment>) -> Result2 {
        self.sort(&mut gaps)?;
        let mut rest = Vec::new();
        let mut low = End { at: None, closed: false };
        for gap in gaps {
            let high = End { closed: !gap.low.closed, at: gap.low.at };
            rest.push(Segment { low, high });
            low = End { closed: !gap.high.closed, at: gap.high.at };
        }
        rest.push(Segment { low, high: End { at: None, closed: false } });
        let rest = self.intersected(whole, &rest)?;
        self.merged(rest)
    }

    /// The union of intervals as disjoint ones in ascending order.
    pub(super) fn merged(&mut self, mut parts: Vec<Segment>) -> Result2 {
        if parts.len() > 64 {
            return Err(Untyped::Mixed);
        }
        let mut filled = Vec::with_capacity(parts.len());
        for part in parts.drain(..) {
            if self.is_filled(&part.low, &part.high)? {
                filled.push(part);
            }
        }
        if filled.is_empty() {
            return Ok(Answer::Named(NamedSet::Empty));
        }
        self.sort(&mut filled)?;
        let mut merged: Vec<Segment> = Vec::with_capacity(filled.len());
        for next in filled {
            let touches = match merged.last() {
                Some(last) => self.touches(&last.high, &next.low)?,
                None => false,
            };
            match merged.last_mut().filter(|_| touches) {
                Some(last) => {
                    if self.stops(&last.high, &next.high)? == Ordering::Less {
                        last.high = next.high;
                    }
                }
                None => merged.push(next),
            }
        }
        Ok(segments(merged))
    }

    fn sort(&mut self, parts: &mut [Segment]) -> Result<(), Untyped> {
        // Insertion: a comparison can fail, and there are few.
        for end in 1..parts.len() {
            let mut at = end;
            while at > 0 && self.starts(&parts[at].low, &parts[at - 1].low)? == Ordering::Less {
                parts.swap(at, at - 1);
                at -= 1;
            }
        }
        Ok(())
    }

    fn touches(&mut self, high: &End, low: &End) -> Result<bool, Untyped> {
        let (Some(a), Some(b)) = (&high.at, &low.at) else { return Ok(true) };
        Ok(match self.order(a, b)? {
            Ordering::Less => false,
            Ordering::Equal => high.closed || low.closed,
            Ordering::Greater => true,
        })
    }

    /// The order of two lower ends.
    fn starts(&mut self, a: &End, b: &End) -> Result<Ordering, Untyped> {
        Ok(match (&a.at, &b.at) {
            (None, None) => Ordering::Equal,
            (None, _) => Ordering::Less,
            (_, None) => Ordering::Greater,
            (Some(x), Some(y)) => self.order(x, y)?.then(b.closed.cmp(&a.closed)),
        })
    }

    /// The order of two upper ends.
    fn stops(&mut self, a: &End, b: &End) -> Result<Ordering, Untyped> {
        Ok(match (&a.at, &b.at) {
            (None, None) => Ordering::Equal,
            (None, _) => Ordering::Greater,
            (_, None) => Ordering::Less,
            (Some(x), Some(y)) => self.order(x, y)?.then(a.closed.cmp(&b.closed)),
        })
    }

    /// The order of two constants; nearly equal ones are equal.
    fn order(&mut self, a: &Item, b: &Item) -> Result<Ordering, Untyped> {
        if let (Ok(a), Ok(b)) = (&a.exact, &b.exact) {
            return Ok(a.cmp(b));
        }
        let mut value = |item: &Item| {
            let side = Scalar { ast: self.ast, id: item.id, sign: item.sign };
            real_value(side, self.fuel).ok().flatten().ok_or(Untyped::Mixed)
        };
        let (a, b) = (value(a)?, value(b)?);
        Ok(a.order(b).unwrap_or(Ordering::Equal))
    }
}
