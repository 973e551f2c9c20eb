//! Intervals and solved inequalities.

use super::super::Method;
use super::super::answer::{Answer, Chain, End, Segment};
use super::super::ast::{Bracket, NamedSet, Relation};
use super::super::policy::InequalityRule;
use super::{Comparison, Outcome, Result, equal_if};

impl Comparison<'_, '_> {
    pub(super) fn intervals(&mut self, gold: &Answer, given: &Answer) -> Result {
        use Answer as A;
        match (gold, given) {
            (
                A::Segments { segments: a, variable: x, element: s, chain: p },
                A::Segments { segments: b, variable: y, element: t, chain: q },
            ) => {
                if !self.may_stand_for(x.is_some(), y.is_some()) {
                    return Ok(Outcome::Different);
                }
                if let (Some(x), Some(y)) = (x.as_ref().or(s.as_ref()), y.as_ref().or(t.as_ref()))
                    && x != y
                {
                    return Ok(Outcome::Different);
                }
                let outcome = self.segments(a, b)?;
                match (outcome, p, q) {
                    (Outcome::Equal(_), ..) => Ok(outcome),
                    (_, Some(p), Some(q)) => self.chains(p, q),
                    _ => Ok(outcome),
                }
            }
            // A pair in brackets may be an interval.
            (A::Segments { segments, variable, .. }, A::Tuple { items, open }) => {
                if !self.may_stand_for(variable.is_some(), false) {
                    return Ok(Outcome::Different);
                }
                self.pair(segments, items, *open, true)
            }
            (A::Tuple { items, open }, A::Segments { segments, variable, .. }) => {
                if !self.may_stand_for(false, variable.is_some()) {
                    return Ok(Outcome::Different);
                }
                self.pair(segments, items, *open, false)
            }
            (A::Segments { segments, variable: Some(_), .. }, A::Set(_) | A::Named(_))
            | (A::Set(_) | A::Named(_), A::Segments { segments, variable: Some(_), .. }) => {
                let other = if matches!(gold, A::Segments { .. }) { given } else { gold };
                Ok(equal_if(segments.is_empty() && Self::is_empty(other), Method::Interval))
            }
            (A::Named(NamedSet::Reals), _) | (_, A::Named(NamedSet::Reals)) => {
                Ok(Outcome::Different)
            }
            _ => Ok(Outcome::Different),
        }
    }

    /// Whether the policy lets the two forms stand for one another.
    fn may_stand_for(&self, gold_inequality: bool, given_inequality: bool) -> bool {
        gold_inequality == given_inequality
            || match self.policy.inequalities {
                InequalityRule::Both => true,
                InequalityRule::GoldInequality => gold_inequality,
                InequalityRule::Never => false,
            }
    }

    fn segments(&mut self, gold: &[Segment], given: &[Segment]) -> Result {
        if gold.len() != given.len() {
            return Ok(Outcome::Different);
        }
        let outcome = self.all(gold.iter().zip(given), |this, (a, b)| {
            let pairs = [(&a.low, &b.low), (&a.high, &b.high)];
            this.all(pairs.into_iter(), |this, (a, b)| this.ends(a, b))
        })?;
        Ok(outcome.by(Method::Interval))
    }

    fn ends(&mut self, gold: &End, given: &End) -> Result {
        match (&gold.at, &given.at) {
            // `[3, ∞]` is not what is meant by `[3, ∞)`.
            (None, None) => Ok(equal_if(gold.closed == given.closed, Method::Interval)),
            (Some(a), Some(b)) if gold.closed == given.closed => self.scalars(a, b),
            _ => Ok(Outcome::Different),
        }
    }

    fn pair(
        &mut self,
        segments: &[Segment],
        items: &[Answer],
        open: Bracket,
        segments_are_gold: bool,
    ) -> Result {
        let ([segment], [Answer::Scalar(low), Answer::Scalar(high)]) = (segments, items) else {
            return Ok(Outcome::Different);
        };
        let closed = open == Bracket::Square;
        let (Some(a), Some(b)) = (&segment.low.at, &segment.high.at) else {
            return Ok(Outcome::Different);
        };
        if segment.low.closed != closed || segment.high.closed != closed {
            return Ok(Outcome::Different);
        }
        let outcome = self.all([(a, low), (b, high)].into_iter(), |this, (a, b)| {
            if segments_are_gold { this.scalars(a, b) } else { this.scalars(b, a) }
        })?;
        Ok(outcome.by(Method::Interval))
    }

    /// `a = b = c` says the same of its members in any order.
    fn all_equal(&mut self, gold: &Chain, given: &Chain) -> Result<Option<Outcome>> {
        let count = gold.members.len();
        let equal = |chain: &Chain| chain.relations.iter().all(|r| *r == Relation::Equal);
        if count < 3 || count != given.members.len() || !equal(gold) || !equal(given) {
            return Ok(None);
        }
        let mut covered = |one: &Chain, other: &Chain, swap: bool| -> Result<bool> {
            let outcome = self.all(one.members.iter(), |this, a| {
                for b in &other.members {
                    let outcome = if swap { this.scalars(b, a)? } else { this.scalars(a, b)? };
                    if outcome.is_equal() {
                        return Ok(outcome);
                    }
                }
                Ok(Outcome::Different)
            })?;
            Ok(outcome.is_equal())
        };
        if !covered(gold, given, false)? || !covered(given, gold, true)? {
            return Ok(None);
        }
        Ok(Some(Outcome::Equal(Method::Relation)))
    }

    /// Relations member by member, or as one equation or inequality up to a constant factor.
    pub(super) fn chains(&mut self, gold: &Chain, given: &Chain) -> Result {
        let same = gold.relations == given.relations && gold.members.len() == given.members.len();
        if same {
            let pairs = gold.members.iter().zip(&given.members);
            let outcome = self.all(pairs, |this, (a, b)| this.scalars(a, b))?;
            if outcome.is_equal() {
                return Ok(Outcome::Equal(Method::Relation));
            }
        }
        // `a < b < c` is `c > b > a`.
        let turned = given.relations.iter().rev().map(|relation| relation.turned());
        if gold.relations.len() > 1
            && gold.members.len() == given.members.len()
            && turned.eq(gold.relations.iter().copied().map(Some))
        {
            let pairs = gold.members.iter().zip(given.members.iter().rev());
            return Ok(self.all(pairs, |this, (a, b)| this.scalars(a, b))?.by(Method::Relation));
        }
        if let Some(outcome) = self.all_equal(gold, given)? {
            return Ok(outcome);
        }
        let outcome = self.proportional(gold, given)?;
        if outcome == Outcome::Different
            && let Some(equal) = self.cleared(gold, given)?
        {
            return Ok(equal);
        }
        Ok(outcome)
    }
}
