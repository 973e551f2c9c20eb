//! Values with units, percent signs or degrees; ratios and times of day.

use dashu_ratio::RBig;

use super::super::Method;
use super::super::answer::{Answer, Item};
use super::super::ast::Clock;
use super::super::policy::{PercentRule, UnitRule};
use super::super::prose;
use super::{Comparison, Outcome, Result, equal_if};

impl Comparison<'_, '_> {
    /// Values with units, percent signs or degrees, on either side.
    pub(super) fn quantities(&mut self, gold: &Answer, given: &Answer) -> Result {
        use Answer as A;
        let label = self.policy.percent == PercentRule::Label;
        match (gold, given) {
            (A::Percent { inner: a, .. }, A::Percent { inner: b, .. }) => self.scalars(a, b),
            (A::Percent { inner: a, .. }, A::Scalar(b)) => self.percent(a, b, label, true),
            (A::Scalar(a), A::Percent { inner: b, .. }) => self.percent(b, a, label, false),
            (A::Degrees { inner: a, .. }, A::Degrees { inner: b, .. }) => self.scalars(a, b),
            (A::Degrees { inner, whole }, A::Scalar(b)) => {
                let labelled = self.scalars(inner, b)?;
                if labelled.is_equal() { Ok(labelled) } else { self.scalars(whole, b) }
            }
            (A::Scalar(a), A::Degrees { inner, whole }) => {
                let labelled = self.scalars(a, inner)?;
                if labelled.is_equal() { Ok(labelled) } else { self.scalars(a, whole) }
            }
            // `\frac{\pi}{2}\text{ radians}`
            (A::Degrees { whole: a, .. }, A::Quantity { value: b, unit })
            | (A::Quantity { value: a, unit }, A::Degrees { whole: b, .. })
                if unit.is_radian() =>
            {
                self.scalars(a, b)
            }
            (A::Quantity { value: a, unit: u }, A::Quantity { value: b, unit: v }) => {
                if self.policy.units == UnitRule::Ignore || (u.agrees(v) && u.scale == v.scale) {
                    return self.scalars(a, b);
                }
                match (&a.exact, &b.exact) {
                    (Ok(a), Ok(b)) if u.agrees(v) => {
                        Ok(equal_if(a * &u.scale == b * &v.scale, Method::Exact))
                    }
                    _ => Ok(Outcome::Different),
                }
            }
            (A::Quantity { value: a, .. }, A::Scalar(b))
                if self.policy.units != UnitRule::Require =>
            {
                self.scalars(a, b)
            }
            (A::Scalar(a), A::Quantity { value: b, .. }) => self.scalars(a, b),
            _ => Ok(Outcome::Different),
        }
    }

    /// A percentage against a plain number: its hundredth, or itself if the sign is a label.
    fn percent(&mut self, percent: &Item, plain: &Item, label: bool, gold_has: bool) -> Result {
        // "0.35%" for 0.35 is a mistake of a hundredfold, not a label.
        let large =
            |item: &Item| item.exact.as_ref().is_ok_and(|v| *v > 1u8.into() || *v < (-1i8).into());
        if label && (gold_has || large(plain)) {
            let same = if gold_has {
                self.scalars(percent, plain)?
            } else {
                self.scalars(plain, percent)?
            };
            if same.is_equal() {
                return Ok(same);
            }
        }
        match (&percent.exact, &plain.exact) {
            (Ok(a), Ok(b)) => Ok(equal_if(*a == b * RBig::from(100u8), Method::Exact)),
            _ => Ok(Outcome::Different),
        }
    }

    /// Ratios, on one side or both: against another by the quotients of their members.
    pub(super) fn ratios(&mut self, gold: &Answer, given: &Answer) -> Result {
        use Answer as A;
        match (gold, given) {
            (
                A::Ratio { items: a, quotients: p, clock: x },
                A::Ratio { items: b, quotients: q, clock: y },
            ) => {
                if *x != Clock::No && *y != Clock::No {
                    return self.same_time(a, b);
                }
                if is_time(a, *x) || *y == Clock::Padded || p.len() != q.len() {
                    return Ok(Outcome::Different);
                }
                self.all(p.iter().zip(q), |this, (a, b)| this.scalars(a, b))
            }
            (A::Ratio { items, quotients, clock }, A::Scalar(b)) => match &quotients[..] {
                [a] if !is_time(items, *clock) => self.scalars(a, b),
                _ => Ok(Outcome::Different),
            },
            (A::Scalar(a), A::Ratio { quotients, clock, .. }) => match &quotients[..] {
                [b] if *clock != Clock::Padded => self.scalars(a, b),
                _ => Ok(Outcome::Different),
            },
            // "2 to 3"
            (A::Ratio { quotients, clock: Clock::No, .. }, A::Text(text))
            | (A::Text(text), A::Ratio { quotients, clock: Clock::No, .. }) => {
                let value = quotients.first().and_then(|item| item.exact.as_ref().ok());
                let same = quotients.len() == 1 && value == prose::ratio(text).as_ref();
                Ok(equal_if(same && value.is_some(), Method::Exact))
            }
            _ => Ok(Outcome::Different),
        }
    }

    fn same_time(&mut self, gold: &[Item], given: &[Item]) -> Result {
        if gold.len() != given.len() {
            return Ok(Outcome::Different);
        }
        self.all(gold.iter().zip(given), |this, (a, b)| this.scalars(a, b))
    }
}

/// Whether a ratio is a time of day: it is spelled like one, and as a ratio it would have been reduced.
fn is_time(items: &[Item], clock: Clock) -> bool {
    use dashu_int::ops::Gcd;
    let mut whole = items.iter().filter_map(|item| item.exact.as_ref().ok());
    let reduced = match (whole.next(), whole.next()) {
        (Some(a), Some(b)) if !a.is_zero() => a.numerator().gcd(b.numerator()).is_one(),
        _ => false,
    };
    clock == Clock::Padded || (clock == Clock::Likely && !reduced)
}
