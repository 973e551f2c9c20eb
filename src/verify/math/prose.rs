//! Answers in words: number words, named outcomes, choice letters, and the comparison of plain text.

use dashu_ratio::RBig;

/// An answer that is a phrase with a fixed meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phrase {
    Empty,
    Reals,
    Integers,
    Positives,
    DoesNotExist,
    Infinity { negative: bool },
}

/// The text without markup: case folded, articles, wrappers and punctuation removed.
pub(super) fn normal(text: &str) -> String {
    let mut plain = text.replace("{:}", ":");
    for wrapper in [
        "\\textbf",
        "\\textit",
        "\\textrm",
        "\\text",
        "\\mathrm",
        "\\mathbf",
        "\\mbox",
        "\\operatorname",
        "\\left",
        "\\right",
        "\\displaystyle",
        "\\emph",
        "\\boxed",
    ] {
        if plain.contains('\\') {
            plain = plain.replace(wrapper, " ");
        }
    }
    for space in ["\\ ", "\\,", "\\;", "\\!", "~"] {
        plain = plain.replace(space, " ");
    }
    let mut out = String::with_capacity(plain.len());
    let lower = plain.to_lowercase();
    for word in lower.split(|c: char| c.is_whitespace() || "{}$\"*`".contains(c)) {
        let word = word.trim_matches(['.', ',', ';', ':', '!', '?']);
        let word = if word.contains("'s") { word.replace("'s", "s") } else { word.to_owned() };
        if word.is_empty() || matches!(word.as_str(), "a" | "an" | "the") {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
    // A text that is nothing but an article keeps it.
    if out.is_empty() { lower.trim().to_owned() } else { out }
}

/// Whether two texts say the same; the members of a list may come in any order.
pub(super) fn same_text(a: &str, b: &str) -> bool {
    normal(a) == normal(b) || listed(a).is_some_and(|members| listed(b) == Some(members))
}

/// The members of a list of words, in alphabetical order.
fn listed(text: &str) -> Option<Vec<String>> {
    let text = text.replace("\\text", " ").replace("{", " ").replace("}", " ");
    let short = |part: &str| part.split_whitespace().count() <= 2;
    let pair = text.contains(" and ") && text.split(" and ").all(short);
    if !text.contains(',') && !pair {
        return None;
    }
    let parts = text.split(',').flat_map(|part| part.split(" and "));
    let mut members: Vec<String> = parts
        .map(|part| normal(part.trim().strip_prefix("and ").unwrap_or(part)))
        .filter(|member| !member.is_empty())
        .collect();
    members.sort_unstable();
    (members.len() > 1).then_some(members)
}

/// Whether a text denies what it speaks of, or sets a condition to it.
pub(super) fn denies(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        let word = word.to_ascii_lowercase();
        let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'');
        word.ends_with("n't")
            || word.ends_with("n\u{2019}t")
            || matches!(
                word,
                "not"
                    | "no"
                    | "never"
                    | "cannot"
                    | "neither"
                    | "nor"
                    | "wrong"
                    | "incorrect"
                    | "false"
                    | "unless"
                    | "except"
                    | "if"
                    | "without"
            )
    })
}

/// The phrase that a normalised text is.
pub(super) fn phrase(normal: &str) -> Option<Phrase> {
    Some(match normal {
        "no solution"
        | "no solutions"
        | "no real solution"
        | "no real solutions"
        | "no real roots"
        | "there are no solutions"
        | "there is no solution"
        | "there are no real solutions"
        | "empty set"
        | "null set"
        | "none"
        | "no such number"
        | "has no solution"
        | "no values"
        | "no solution exists"
        | "no integer solutions"
        | "there are no real roots" => Phrase::Empty,
        "all real numbers"
        | "all reals"
        | "any real number"
        | "set of all real numbers"
        | "every real number"
        | "all real values"
        | "real numbers"
        | "set of real numbers"
        | "all real x"
        | "all real numbers x"
        | "set of all reals" => Phrase::Reals,
        "all integers"
        | "any integer"
        | "every integer"
        | "integers"
        | "set of all integers"
        | "set of integers" => Phrase::Integers,
        "positive integers"
        | "all positive integers"
        | "set of positive integers"
        | "any positive integer" => Phrase::Positives,
        "dne"
        | "does not exist"
        | "limit does not exist"
        | "do not exist"
        | "doesn't exist"
        | "not exist"
        | "it does not exist" => Phrase::DoesNotExist,
        "infinity" | "positive infinity" => Phrase::Infinity { negative: false },
        "negative infinity" | "minus infinity" => Phrase::Infinity { negative: true },
        _ => return None,
    })
}

/// A set of numbers in words, as LaTeX.
pub(super) fn set(normal: &str) -> Option<String> {
    let rest = normal.strip_prefix("set of ").unwrap_or(normal);
    let rest = rest.strip_prefix("all ").unwrap_or(rest);
    let simple = match rest {
        "positive real numbers" | "positive reals" => "(0,\\infty)",
        "negative real numbers" | "negative reals" => "(-\\infty,0)",
        "nonnegative real numbers"
        | "non-negative real numbers"
        | "nonnegative reals"
        | "non-negative reals" => "[0,\\infty)",
        _ => "",
    };
    if !simple.is_empty() {
        return Some(simple.to_owned());
    }
    let point = ["except ", "other than ", "except for ", "besides "].iter().find_map(|word| {
        let (reals, point) = rest.split_once(word)?;
        matches!(reals.trim(), "real numbers" | "reals" | "real x").then(|| point.trim())
    })?;
    let numeric = |b: u8| b.is_ascii_digit() || b"-/.".contains(&b);
    (point.bytes().all(numeric) && !point.is_empty())
        .then(|| format!("\\mathbb{{R}}\\setminus\\{{{point}\\}}"))
}

/// The quotient of "2 to 3", a ratio in words.
pub(super) fn ratio(text: &str) -> Option<RBig> {
    let normal = normal(text);
    let (above, below) = normal.split_once(" to ")?;
    let (above, below) = (above.trim().parse::<u32>().ok()?, below.trim().parse::<u32>().ok()?);
    (below > 0).then(|| RBig::from_parts(above.into(), below.into()))
}

/// The value of an English cardinal or of a simple fraction in words.
pub(super) fn number(normal: &str) -> Option<RBig> {
    let cleaned = normal.replace('-', " ");
    let words: Vec<&str> = cleaned.split_whitespace().filter(|word| *word != "and").collect();
    let (sign, words) = match words.split_first()? {
        (&("negative" | "minus"), rest) => (-1, rest),
        _ => (1, &words[..]),
    };
    let value = match words.split_last()? {
        (last, rest) if fraction_word(last).is_some() => {
            let below = fraction_word(last)?;
            let above = if rest.is_empty() { 1 } else { cardinal(rest)? };
            RBig::from_parts(above.into(), below.into())
        }
        _ => RBig::from(cardinal(words)?),
    };
    Some(if sign < 0 { -value } else { value })
}

fn fraction_word(word: &str) -> Option<u64> {
    Some(match word {
        "half" | "halves" => 2,
        "third" | "thirds" => 3,
        "quarter" | "quarters" | "fourth" | "fourths" => 4,
        "fifth" | "fifths" => 5,
        "sixth" | "sixths" => 6,
        "eighth" | "eighths" => 8,
        "tenth" | "tenths" => 10,
        _ => return None,
    })
}

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] =
    ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

fn cardinal(words: &[&str]) -> Option<u64> {
    if words.is_empty() || words.len() > 16 {
        return None;
    }
    let (mut total, mut part) = (0u64, 0u64);
    let mut fresh = true;
    for word in words {
        if let Some(value) = ONES.iter().position(|known| known == word) {
            // Units follow tens or hundreds, never units.
            if !fresh && (part % 10 != 0 || (value >= 10 && part % 100 != 0)) {
                return None;
            }
            part += value as u64;
        } else if let Some(value) = TENS.iter().position(|known| known == word) {
            if part % 100 != 0 {
                return None;
            }
            part += 10 * (value as u64 + 2);
        } else {
            let scale = match *word {
                "hundred" if part > 0 && part < 100 => {
                    part *= 100;
                    fresh = true;
                    continue;
                }
                "thousand" => 1000,
                "million" => 1_000_000,
                "billion" => 1_000_000_000,
                _ => return None,
            };
            if part == 0 {
                return None;
            }
            total = total.checked_add(part.checked_mul(scale)?)?;
            part = 0;
            fresh = true;
            continue;
        }
        fresh = false;
    }
    total.checked_add(part)
}

/// The choice letters that an answer names, and nothing else beside the text of the choice.
pub(super) fn choices(text: &str) -> Option<Vec<char>> {
    let mut plain = text.to_owned();
    for wrapper in [
        "\\textbf", "\\textrm", "\\text", "\\mathrm", "\\mathbf", "\\left", "\\right", "\\boxed",
        "**", "$", "{", "}", "~",
    ] {
        plain = plain.replace(wrapper, " ");
    }
    let plain = plain.replace("\\ ", " ");
    let mut rest = plain.trim();
    // "AD": letters in ascending order.
    let bytes = rest.as_bytes();
    let run = (2..=5).contains(&bytes.len())
        && bytes.iter().all(|b| (b'A'..=b'H').contains(b))
        && bytes.windows(2).all(|pair| pair[0] < pair[1]);
    if run {
        return Some(rest.chars().collect());
    }
    for lead in ["Option ", "option ", "Choice ", "choice ", "Answer ", "answer "] {
        rest = rest.strip_prefix(lead).unwrap_or(rest).trim_start();
    }
    let mut found = Vec::new();
    loop {
        let (letter, after, marked) = leading_letter(rest)?;
        found.push(letter);
        rest = after.trim_start();
        let joined = [",", "and ", "&"].iter().find_map(|join| rest.strip_prefix(join));
        match joined {
            Some(next) => rest = next.trim_start().trim_start_matches("and ").trim_start(),
            // "C) 19": the text of the choice follows its mark.
            None if rest.is_empty() || (marked && found.len() == 1 && is_choice_text(rest)) => {
                break;
            }
            None => return None,
        }
    }
    found.sort_unstable();
    found.dedup();
    Some(found)
}

/// What stands behind the mark of a choice, as plain text.
pub(super) fn choice_text(text: &str) -> String {
    let plain = normal(text);
    let behind =
        plain.split_once(')').or_else(|| plain.split_once('.')).map_or("", |(_, rest)| rest);
    behind.trim().to_owned()
}

/// What stands behind the bracketed mark of a choice, as it is written: `20` in `\textbf{(C)}\ 20`.
pub(super) fn behind_mark(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let wrapper = ["\\textbf{", "\\text{", "\\mathrm{", "\\mathbf{"]
        .iter()
        .find(|wrapper| text.starts_with(**wrapper));
    let inner = &text[wrapper.map_or(0, |wrapper| wrapper.len())..];
    let rest = inner.strip_prefix('(')?.trim_start();
    rest.chars().next().filter(|letter| ('A'..='J').contains(letter))?;
    let rest = rest[1..].trim_start().strip_prefix(')')?;
    let rest = if wrapper.is_some() { rest.trim_start().strip_prefix('}')? } else { rest };
    let rest = rest.trim_start_matches(['\\', ' ', ',', ';', '~']);
    let rest = rest.strip_prefix("quad").unwrap_or(rest).trim_start();
    (!rest.is_empty()).then_some(rest)
}

/// Whether what follows the mark of a choice is its text: no operator, and no other choice.
fn is_choice_text(rest: &str) -> bool {
    let starts = rest.starts_with(|c: char| c.is_alphanumeric() || "\\-$(".contains(c));
    let hedges = rest.split_whitespace().next().is_some_and(|w| matches!(w, "or" | "and" | "nor"));
    let bytes = rest.as_bytes();
    let other = bytes.windows(2).any(|pair| pair[1] == b')' && (b'A'..=b'J').contains(&pair[0]));
    starts && !hedges && !other && !denies(rest)
}

/// A choice letter at the start, what follows it, and whether a mark set it off.
fn leading_letter(text: &str) -> Option<(char, &str, bool)> {
    let (bracketed, inner) = match text.strip_prefix('(') {
        Some(inner) => (true, inner.trim_start()),
        None => (false, text),
    };
    let letter = inner.chars().next().filter(char::is_ascii_alphabetic)?;
    if !(letter.is_ascii_uppercase() || bracketed) || letter.to_ascii_uppercase() > 'J' {
        return None;
    }
    let rest = inner[1..].trim_start();
    let (mark, rest) = match rest.chars().next() {
        Some(')') => (true, &rest[1..]),
        Some('.' | ':') if !bracketed => (true, &rest[1..]),
        _ => (false, rest),
    };
    if bracketed && !mark {
        return None;
    }
    let glued = !mark && inner[1..].starts_with(|c: char| c.is_alphanumeric());
    (!glued).then_some((letter.to_ascii_uppercase(), rest, mark))
}

/// A time of day in one spelling, to be compared as text.
pub(super) fn time(normal: &str) -> Option<String> {
    let compact: String =
        normal.chars().filter(|c| !c.is_whitespace() && *c != '.').collect::<String>();
    let (clock, half) = match (compact.strip_suffix("am"), compact.strip_suffix("pm")) {
        (Some(clock), _) => (clock, "am"),
        (_, Some(clock)) => (clock, "pm"),
        _ => return None,
    };
    let (hours, minutes) = clock.split_once(':').unwrap_or((clock, "0"));
    let (hours, minutes) = (hours.parse::<u32>().ok()?, minutes.parse::<u32>().ok()?);
    (hours <= 12 && minutes < 60).then(|| format!("{hours}:{minutes:02} {half}"))
}

/// A duration of several parts that is spelled out (`1 h 20 m`), as TeX in the unit of its first part.
pub(super) fn duration(normal: &str) -> Option<String> {
    let mut spaced = String::new();
    let mut digit = false;
    for c in normal.chars() {
        if c.is_ascii_digit() != digit {
            spaced.push(' ');
            digit = c.is_ascii_digit();
        }
        spaced.push(c);
    }
    let words: Vec<&str> = spaced.split_whitespace().filter(|word| *word != "and").collect();
    if words.len() < 4 || !words.len().is_multiple_of(2) {
        return None;
    }
    let (mut seconds, mut unit, mut least) = (0u64, None, None);
    for pair in words.chunks(2) {
        let count: u64 = pair[0].parse().ok()?;
        let (name, scale) = match pair[1].trim_end_matches(',') {
            "h" | "hr" | "hrs" | "hour" | "hours" => ("hours", 3600),
            "m" | "min" | "mins" | "minute" | "minutes" => ("minutes", 60),
            "s" | "sec" | "secs" | "second" | "seconds" => ("seconds", 1),
            "day" | "days" => ("days", 86_400),
            _ => return None,
        };
        // "2 hours and 3 hours" are two.
        if least.is_some_and(|least| scale >= least) {
            return None;
        }
        least = Some(scale);
        unit = unit.or(Some((name, scale)));
        seconds = seconds.checked_add(count.checked_mul(scale)?)?;
    }
    let (name, scale) = unit?;
    Some(format!("\\frac{{{seconds}}}{{{scale}}}\\text{{ {name}}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_words() {
        let value = |text| number(text).map(|value| value.to_string());
        assert_eq!(value("fourteen").as_deref(), Some("14"));
        assert_eq!(value("one hundred and five").as_deref(), Some("105"));
        assert_eq!(value("twenty-one").as_deref(), Some("21"));
        assert_eq!(value("two thousand three hundred").as_deref(), Some("2300"));
        assert_eq!(value("three quarters").as_deref(), Some("3/4"));
        assert_eq!(value("minus seven").as_deref(), Some("-7"));
        assert_eq!(value("one two"), None);
        assert_eq!(value("many"), None);
    }

    #[test]
    fn choice_letters() {
        let of = |text| choices(text).map(|found| found.into_iter().collect::<String>());
        for text in ["C", "(C)", "\\textbf{(C)}", "C) 19", "option C", "C.", "\\text{C}", "(c)"] {
            assert_eq!(of(text).as_deref(), Some("C"), "{text}");
        }
        assert_eq!(of("D and A").as_deref(), Some("AD"));
        assert_eq!(of("A, B, C").as_deref(), Some("ABC"));
        assert_eq!(of("A quick check shows D."), None);
        assert_eq!(of("Cat"), None);
        assert_eq!(of("c"), None);
    }

    #[test]
    fn times() {
        assert_eq!(time("4:15 p.m"), time("4:15 pm"));
        assert_ne!(time("4:15 am"), time("4:15 pm"));
        assert_eq!(time("noon"), None);
    }

    #[test]
    fn durations() {
        assert_eq!(duration("1 h 20 m").as_deref(), Some("\\frac{4800}{3600}\\text{ hours}"));
        assert_eq!(duration("1 h 20 min"), duration("1 hour and 20 minutes"));
        assert_ne!(duration("1 h 20 min"), duration("1 h 40 min"));
        assert_eq!(duration("20 min"), None);
        assert_eq!(duration("2 hours and 3 hours"), None);
    }
}
