//! Grades completions; keeps the gold answers it has read.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;

use super::compare::{Outcome, compare};
use super::extract::{Extraction, extract};
use super::fuel::{Fuel, GRADE};
use super::lex::Sense;
use super::policy::{LogarithmRule, Policy};
use super::read::{self, Read, Reading, plain_integer, read};
use super::{Grade, Method, Verdict};

/// Shards of the cache, so that threads seldom wait for one another.
const SHARDS: usize = 16;
/// Budget for reading a gold answer and its fingerprints, apart from the grades'.
const GOLD_FUEL: u64 = 2 * GRADE;
/// Longest completion that is graded, in bytes.
const MAX_COMPLETION: usize = 1 << 20;

/// A gold answer that was read.
#[derive(Debug)]
struct Gold {
    read: Read,
    canonical: Option<String>,
    integer: Option<i64>,
}

/// Grades completions against gold answers. Cheap to share between threads.
#[derive(Debug)]
pub struct Grader {
    shards: Vec<Mutex<LruCache<String, Arc<Gold>>>>,
    hasher: RandomState,
}

impl Grader {
    /// A grader that keeps up to about `golds` gold answers with what was computed for them.
    #[must_use]
    pub fn new(golds: usize) -> Self {
        let size = NonZeroUsize::new(golds.div_ceil(SHARDS)).unwrap_or(NonZeroUsize::MIN);
        let shards = (0..SHARDS).map(|_| Mutex::new(LruCache::new(size))).collect();
        Self { shards, hasher: RandomState::new() }
    }

    /// Grades one completion: it is right if it equals any of the gold answers.
    #[must_use]
    pub fn grade(&self, policy: &Policy, golds: &[&str], completion: &str) -> Grade {
        let golds: Vec<Arc<Gold>> = golds.iter().map(|gold| self.gold(gold)).collect();
        grade(policy, &golds, completion, &mut HashMap::new())
    }

    /// Grades completions that share their gold answers; equal answers are compared once.
    #[must_use]
    pub fn grade_group<'a>(
        &self,
        policy: &Policy,
        golds: &[&str],
        completions: impl Iterator<Item = &'a str>,
    ) -> Vec<Grade> {
        let golds: Vec<Arc<Gold>> = golds.iter().map(|gold| self.gold(gold)).collect();
        let mut known = HashMap::new();
        completions.map(|completion| grade(policy, &golds, completion, &mut known)).collect()
    }

    fn gold(&self, source: &str) -> Arc<Gold> {
        let shard = self.hasher.hash_one(source) as usize % SHARDS;
        let mut cache = self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gold) = cache.get(source) {
            return Arc::clone(gold);
        }
        drop(cache);
        let gold = Arc::new(Gold::read(source));
        cache = self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner);
        cache.put(source.to_owned(), Arc::clone(&gold));
        gold
    }
}

impl Gold {
    /// Reads a gold answer. It is the whole text: nothing is searched for inside it.
    fn read(source: &str) -> Self {
        let attempt = catch_unwind(|| read(source, &mut Fuel::new(GOLD_FUEL)));
        let read = attempt.unwrap_or_default();
        let canonical = read.readings.first().map(read::Reading::canonical);
        Self { integer: plain_integer(read::unwrapped(source)), read, canonical }
    }

    fn is_readable(&self) -> bool {
        !self.read.readings.is_empty() || self.read.choices.is_some()
    }
}

/// What a comparison found, without the text of the answer.
#[derive(Debug, Clone)]
struct Finding {
    verdict: Verdict,
    method: Option<Method>,
    answer: Option<String>,
    gold: Option<String>,
    fuel: u64,
}

fn grade(
    policy: &Policy,
    golds: &[Arc<Gold>],
    completion: &str,
    known: &mut HashMap<String, Finding>,
) -> Grade {
    if completion.len() > MAX_COMPLETION {
        return without_answer(Verdict::BudgetExceeded, golds);
    }
    let extracted = match extract(policy, completion) {
        Extraction::Found(text) => text,
        // Without a readable gold answer nothing can be said of the completion.
        _ if !golds.iter().any(|gold| gold.is_readable()) => {
            return without_answer(Verdict::GoldUnparsable, golds);
        }
        Extraction::NoAnswer => return without_answer(Verdict::NoAnswer, golds),
        Extraction::Truncated => return without_answer(Verdict::Truncated, golds),
    };
    let finding = match known.get(&*extracted) {
        Some(finding) => finding.clone(),
        None => {
            let finding = judged(policy, golds, &extracted);
            known.insert(extracted.clone().into_owned(), finding.clone());
            finding
        }
    };
    Grade {
        verdict: finding.verdict,
        extracted: Some(extracted.into_owned()),
        answer_canonical: finding.answer,
        gold_canonical: finding.gold,
        method: finding.method,
        fuel: finding.fuel,
    }
}

fn without_answer(verdict: Verdict, golds: &[Arc<Gold>]) -> Grade {
    Grade {
        verdict,
        extracted: None,
        answer_canonical: None,
        gold_canonical: golds.first().and_then(|gold| gold.canonical.clone()),
        method: None,
        fuel: 0,
    }
}

/// The last line of defence: a panic is a fault of ours, and no reward.
fn judged(policy: &Policy, golds: &[Arc<Gold>], answer: &str) -> Finding {
    catch_unwind(AssertUnwindSafe(|| judge(policy, golds, answer))).unwrap_or(Finding {
        verdict: Verdict::BudgetExceeded,
        method: None,
        answer: None,
        gold: None,
        fuel: GRADE,
    })
}

fn judge(policy: &Policy, golds: &[Arc<Gold>], answer: &str) -> Finding {
    let mut fuel = Fuel::new(GRADE);
    let first = golds.first().and_then(|gold| gold.canonical.clone());
    let finding = |verdict, method, answer, gold, fuel: &Fuel| Finding {
        verdict,
        method,
        answer,
        gold,
        fuel: fuel.used(),
    };
    if let (Some(value), [gold]) = (plain_integer(answer), golds)
        && let Some(expected) = gold.integer
    {
        let verdict = if value == expected { Verdict::Correct } else { Verdict::Incorrect };
        let method = (value == expected).then_some(Method::Exact);
        return finding(verdict, method, Some(value.to_string()), first, &fuel);
    }
    let given = read(answer, &mut fuel);
    let canonical = given.readings.first().map(read::Reading::canonical);
    let mut verdict = Verdict::GoldUnparsable;
    for gold in golds {
        let next = match against(policy, gold, &given, &mut fuel) {
            Judged::Equal(method, sense) => {
                let reading = |read: &Read| read.in_sense(sense).map(Reading::canonical);
                let canonical = reading(&given).or(canonical);
                let gold = reading(&gold.read).or_else(|| gold.canonical.clone());
                return finding(Verdict::Correct, Some(method), canonical, gold, &fuel);
            }
            Judged::Verdict(verdict) => verdict,
        };
        // Of several gold answers the one that leaves most open decides.
        verdict = match (verdict, next) {
            (Verdict::GoldUnparsable, next) => next,
            (kept, Verdict::GoldUnparsable) => kept,
            (Verdict::Incorrect | Verdict::AnswerUnparsable, next) => next,
            (kept, _) => kept,
        };
    }
    finding(verdict, None, canonical, first, &fuel)
}

/// A text without the commands that only choose a font: `\mathrm{CO}_2` and `\text{CO}_2` are `CO_2`.
fn unstyled(text: &str) -> String {
    const FONTS: [&str; 6] =
        ["\\mathrm{", "\\text{", "\\mathbf{", "\\textbf{", "\\mathit{", "\\textit{"];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let inner = FONTS.iter().find_map(|font| rest.strip_prefix(font));
        let plain = inner.and_then(|inner| {
            inner.split_once('}').filter(|(name, _)| !name.contains(['{', '\\']))
        });
        match plain {
            Some((name, behind)) => {
                out.push_str(name);
                rest = behind;
            }
            None => {
                out.push('\\');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// The readings to compare: both sides in the same sense. Where only one side has more than one meaning, the
/// other chooses between them.
fn pairs<'a>(
    policy: &Policy,
    gold: &'a Read,
    given: &'a Read,
) -> impl Iterator<Item = (Sense, &'a Reading, &'a Reading)> {
    let decimal = policy.logarithm == LogarithmRule::Either;
    let senses = [Sense::Usual, Sense::Listed, Sense::Scientific, Sense::Decimal, Sense::Choice];
    senses.into_iter().filter(move |sense| decimal || *sense != Sense::Decimal).filter_map(
        |sense| {
            let own = (gold.in_sense(sense), given.in_sense(sense));
            let any = own.0.is_some() || own.1.is_some() || sense == Sense::Usual;
            let (gold, given) =
                (own.0.or(gold.readings.first())?, own.1.or(given.readings.first())?);
            any.then_some((sense, gold, given))
        },
    )
}

enum Judged {
    /// By that method, where both sides are read in that sense.
    Equal(Method, Sense),
    Verdict(Verdict),
}

fn against(policy: &Policy, gold: &Gold, given: &Read, fuel: &mut Fuel) -> Judged {
    if !given.text.is_empty() && given.text == gold.read.text {
        return Judged::Equal(Method::Identity, Sense::Usual);
    }
    if let Some(letters) = &gold.read.choices {
        if given.names_choices(letters, policy.last_letter) {
            // `(A) 4` is not `(A) 5`.
            let (own, other) = (&gold.read.choice_text, &given.choice_text);
            if !own.is_empty() && !other.is_empty() && own != other {
                return Judged::Verdict(Verdict::Incorrect);
            }
            return Judged::Equal(Method::Choice, Sense::Usual);
        }
        // `(A) 5` is not `(B) 5`.
        if given.choices.is_some() {
            return Judged::Verdict(Verdict::Incorrect);
        }
        // Letters joined by "or" leave the choice open.
        if letters.len() > 1 && given.text.contains("or") {
            return Judged::Verdict(Verdict::Incorrect);
        }
    }
    if !gold.is_readable()
        && !given.text.is_empty()
        && unstyled(&given.text) == unstyled(&gold.read.text)
    {
        return Judged::Equal(Method::Identity, Sense::Usual);
    }
    if !gold.is_readable() {
        return Judged::Verdict(Verdict::GoldUnparsable);
    }
    if given.readings.is_empty() {
        return Judged::Verdict(Verdict::AnswerUnparsable);
    }
    let mut verdict = Verdict::Incorrect;
    for (sense, gold, answer) in pairs(policy, &gold.read, given) {
        match compare(policy, gold.side(), answer.side(), fuel) {
            Ok(Outcome::Equal(method)) => return Judged::Equal(method, sense),
            Ok(Outcome::Different) => {}
            Ok(Outcome::Undecided) => verdict = Verdict::Undecided,
            Err(_) => return Judged::Verdict(Verdict::BudgetExceeded),
        }
    }
    Judged::Verdict(verdict)
}
