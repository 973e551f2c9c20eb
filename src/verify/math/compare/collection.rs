//! Tuples, sets, lists and matrices.

use super::super::Method;
use super::super::answer::Answer;
use super::super::ast::Bracket;
use super::super::prose;
use super::{Comparison, Outcome, Result, equal_if};

/// Greatest size of a collection that is compared without order.
const MAX_MATCHED: usize = 64;

impl Comparison<'_, '_> {
    pub(super) fn collections(&mut self, gold: &Answer, given: &Answer) -> Result {
        use Answer as A;
        match (gold, given) {
            (A::Tuple { items: a, open: p }, A::Tuple { items: b, open: q }) => {
                // (1, 2) and [1, 2] are a point and an interval.
                let brackets = p == q || a.len() != 2;
                if !brackets && Self::is_interval_like(*p) {
                    return Ok(Outcome::Different);
                }
                self.in_order(a, b)
            }
            (A::Set(a), A::Set(b)) => self.sets(a, b),
            (A::List(a), A::List(b)) => match (assignments(gold), assignments(given)) {
                (Some(a), Some(b)) => self.systems(&a, &b),
                (Some(_), None) | (None, Some(_)) => self.partly_named(gold, given),
                (None, None) => self.unordered(a, b),
            },
            // A list of words in one text or in several.
            (A::Text(text), A::List(items)) | (A::List(items), A::Text(text)) => {
                Ok(equal_if(same_words(text, items), Method::Text))
            }
            // `1, 2` for the set {1, 2}, and the reverse.
            (A::Set(_), A::List(_)) if several(given) => Ok(Outcome::Different),
            (A::List(_), A::Set(_)) if several(gold) => Ok(Outcome::Different),
            (A::Set(a), A::List(b)) | (A::List(a), A::Set(b)) => self.unordered(a, b),
            (A::Tuple { items, open }, A::List(values))
                if labelled(values) && !is_interval(items, *open) =>
            {
                self.system(items, values, true)
            }
            (A::List(values), A::Tuple { items, open })
                if labelled(values) && !is_interval(items, *open) =>
            {
                self.system(items, values, false)
            }
            (A::Tuple { items: a, .. }, A::List(b)) | (A::List(a), A::Tuple { items: b, .. })
                if self.policy.tuple_vs_list =>
            {
                self.in_order(a, b)
            }
            // A set or list of one member is that member.
            (A::Set(items), other) if items.len() == 1 => self.answers(&items[0], other),
            (other, A::Set(items)) if items.len() == 1 && !Self::is_empty(other) => {
                self.answers(other, &items[0])
            }
            (A::Matrix { columns: p, cells: a }, A::Matrix { columns: q, cells: b }) => {
                if p != q || a.len() != b.len() {
                    return Ok(Outcome::Different);
                }
                let outcome = self.all(a.iter().zip(b), |this, (a, b)| this.scalars(a, b))?;
                Ok(outcome.by(Method::Matrix))
            }
            // A column or a row against a tuple.
            (A::Matrix { columns, cells }, A::Tuple { items, open: Bracket::Round })
            | (A::Tuple { items, open: Bracket::Round }, A::Matrix { columns, cells })
                if *columns == 1 || *columns == cells.len() =>
            {
                self.vector(cells, items, matches!(gold, A::Matrix { .. }))
            }
            _ => Ok(equal_if(Self::is_empty(gold) && Self::is_empty(given), Method::Set)),
        }
    }

    fn vector(
        &mut self,
        cells: &[super::super::answer::Item],
        items: &[Answer],
        gold: bool,
    ) -> Result {
        if cells.len() != items.len() {
            return Ok(Outcome::Different);
        }
        let outcome = self.all(cells.iter().zip(items), |this, (cell, item)| match item {
            Answer::Scalar(item) if gold => this.scalars(cell, item),
            Answer::Scalar(item) => this.scalars(item, cell),
            _ => Ok(Outcome::Different),
        })?;
        Ok(outcome.by(Method::Matrix))
    }

    /// Members compared in their order.
    fn in_order(&mut self, gold: &[Answer], given: &[Answer]) -> Result {
        if gold.len() != given.len() {
            return Ok(Outcome::Different);
        }
        self.all(gold.iter().zip(given), |this, (a, b)| this.answers(a, b))
    }

    /// Sets: repeated members count once.
    fn sets(&mut self, gold: &[Answer], given: &[Answer]) -> Result {
        if gold.len() == given.len() {
            return self.unordered(gold, given);
        }
        let covered = |this: &mut Self, a: &[Answer], b: &[Answer], swap: bool| {
            if a.len() * b.len() > MAX_MATCHED * MAX_MATCHED {
                return Ok(Outcome::Undecided);
            }
            this.all(a.iter(), |this, a| {
                for b in b {
                    let outcome = if swap { this.answers(b, a)? } else { this.answers(a, b)? };
                    if outcome.is_equal() {
                        return Ok(outcome);
                    }
                }
                Ok(Outcome::Different)
            })
        };
        let there = covered(self, gold, given, false)?;
        if there.is_equal() { covered(self, given, gold, true) } else { Ok(there) }
    }

    /// A matching between the members, in whatever order (Kuhn's augmenting paths).
    pub(super) fn unordered(&mut self, gold: &[Answer], given: &[Answer]) -> Result {
        let count = gold.len();
        if count != given.len() {
            return Ok(Outcome::Different);
        }
        if count > MAX_MATCHED {
            return self.in_order(gold, given);
        }
        let mut equal = vec![false; count * count];
        let mut undecided = false;
        for (row, a) in gold.iter().enumerate() {
            // Most lists come in the same order.
            let order = (row..count).chain(0..row);
            let mut found = false;
            for column in order {
                let outcome = self.answers(a, &given[column])?;
                equal[row * count + column] = outcome.is_equal();
                found |= outcome.is_equal();
                undecided |= outcome == Outcome::Undecided;
                if found && column == row {
                    break;
                }
            }
            if !found && !undecided {
                return Ok(Outcome::Different);
            }
        }
        let mut taken = vec![None; count];
        for row in 0..count {
            let mut seen = vec![false; count];
            if !augment(row, count, &equal, &mut seen, &mut taken) {
                return Ok(if undecided { Outcome::Undecided } else { Outcome::Different });
            }
        }
        Ok(Outcome::Equal(Method::Set))
    }

    /// Values by their names: the same names, each with the same value.
    pub(super) fn systems(&mut self, gold: &[Named<'_>], given: &[Named<'_>]) -> Result {
        if gold.len() != given.len() || repeats(gold) || repeats(given) {
            return Ok(Outcome::Different);
        }
        self.all(gold.iter(), |this, (name, value)| {
            match given.iter().find(|(other, _)| other == name) {
                Some((_, other)) => this.answers(value, other),
                None => Ok(Outcome::Different),
            }
        })
    }

    /// Values with names on one side only: roots of one unknown (`x_1`, `x_2`) in any order, values of
    /// several unknowns in the order of their names.
    fn partly_named(&mut self, gold: &Answer, given: &Answer) -> Result {
        let (Answer::List(a), Answer::List(b)) = (gold, given) else {
            return Ok(Outcome::Different);
        };
        let named = assignments(gold).or_else(|| assignments(given)).unwrap_or_default();
        if one_unknown(&named) && !repeats(&named) {
            return self.unordered(a, b);
        }
        match assignments(gold) {
            Some(_) => self.system(b, a, false),
            None => self.system(a, b, true),
        }
    }

    /// `x = 1, y = -4` against `(1, -4)`: the values in the alphabetical order of their names.
    fn system(&mut self, items: &[Answer], values: &[Answer], tuple_is_gold: bool) -> Result {
        if items.len() != values.len() {
            return Ok(Outcome::Different);
        }
        let mut named: Vec<(&str, &Answer)> = Vec::with_capacity(values.len());
        for value in values {
            let Answer::Labelled { label, value, others, .. } = value else {
                return Ok(Outcome::Different);
            };
            if !others.is_empty() {
                return Ok(Outcome::Different);
            }
            named.push((label, value));
        }
        let repeated = |pair: &[(&str, &Answer)]| pair[0].0 == pair[1].0;
        named.sort_by_key(|(label, _)| *label);
        if named.windows(2).any(repeated) {
            return Ok(Outcome::Different);
        }
        self.all(items.iter().zip(named), |this, (item, (_, value))| {
            if tuple_is_gold { this.answers(item, value) } else { this.answers(value, item) }
        })
    }
}

/// Whether a pair is an interval by its brackets, and no point.
pub(super) fn is_interval(items: &[Answer], open: Bracket) -> bool {
    items.len() == 2 && open == Bracket::Square
}

/// A value with its name.
pub(super) type Named<'a> = (String, &'a Answer);

/// The names and values of a system: `x = 1, y = 2`, or `(x, y) = (1, 2)`.
pub(super) fn assignments(answer: &Answer) -> Option<Vec<Named<'_>>> {
    match answer {
        Answer::List(items) if items.len() > 1 => items
            .iter()
            .map(|item| match item {
                Answer::Labelled { label, value, others, .. } if others.is_empty() => {
                    Some((label.clone(), &**value))
                }
                _ => None,
            })
            .collect(),
        Answer::Labelled { label, also, value, .. } if !also.is_empty() => {
            let names = std::iter::once(label).chain(also);
            Some(names.map(|name| (name.clone(), &**value)).collect())
        }
        Answer::Labelled { label, value, others, .. } if others.is_empty() => match &**value {
            Answer::Tuple { items, .. } => {
                let names: Vec<&str> = label.split(',').collect();
                let fits = names.len() > 1 && names.len() == items.len();
                fits.then(|| names.into_iter().map(str::to_owned).zip(items).collect())
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether the items are texts that together say the same as `text`.
fn same_words(text: &str, items: &[Answer]) -> bool {
    let word = |item: &Answer| match item {
        Answer::Text(word) => Some(word.clone()),
        _ => None,
    };
    let words: Option<Vec<String>> = items.iter().map(word).collect();
    words.is_some_and(|words| prose::same_text(text, &words.join(", ")))
}

/// Whether all names are those of one unknown: `x_1`, `x_2`.
pub(super) fn one_unknown(named: &[Named<'_>]) -> bool {
    let base = |name: &str| name.split('_').next().unwrap_or("").to_owned();
    named.windows(2).all(|pair| base(&pair[0].0) == base(&pair[1].0))
}

/// Whether an answer gives values to more than one unknown.
fn several(answer: &Answer) -> bool {
    assignments(answer).is_some_and(|named| !one_unknown(&named))
}

/// Whether a name occurs twice.
fn repeats(named: &[Named<'_>]) -> bool {
    named.iter().enumerate().any(|(at, (name, _))| named[..at].iter().any(|(n, _)| n == name))
}

fn labelled(values: &[Answer]) -> bool {
    values.iter().all(|value| matches!(value, Answer::Labelled { .. }))
}

/// Finds a partner for `row`, moving the partners of others if need be. The depth is at most
/// [`MAX_MATCHED`].
fn augment(
    row: usize,
    count: usize,
    equal: &[bool],
    seen: &mut [bool],
    taken: &mut [Option<usize>],
) -> bool {
    for column in 0..count {
        if !equal[row * count + column] || seen[column] {
            continue;
        }
        seen[column] = true;
        let free = match taken[column] {
            None => true,
            Some(other) => augment(other, count, equal, seen, taken),
        };
        if free {
            taken[column] = Some(row);
            return true;
        }
    }
    false
}
