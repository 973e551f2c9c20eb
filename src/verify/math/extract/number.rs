//! The last plain number of a text, where nothing else states an answer.
//!
//! A number that an operator or a word ties to something else is not cut out of it: `7 - 3` and "the square root of 3"
//! state no 3. Roots, signs and powers that stand at the number itself are taken with it: `±3`, `2√3`, `3π`, `5:3`.

use std::ops::Range;

use super::super::{prose, units};

/// Roots and double signs: one token with the number behind them.
const PREFIXES: [char; 5] = ['\u{221a}', '\u{221b}', '\u{221c}', '\u{b1}', '\u{2213}'];
/// Spellings of a minus.
const MINUS: [char; 3] = ['-', '\u{2212}', '\u{2013}'];
/// What stands before the number, or before the formula that it opens.
const OPENERS: [char; 3] = [' ', '$', '('];

/// Words that multiply the number before them.
const SCALES: [&str; 6] = ["dozen", "hundred", "thousand", "million", "billion", "trillion"];
/// Commands of TeX behind which a number stands by itself.
const CONCLUDING: &str =
    "approx Rightarrow Longrightarrow implies therefore quad qquad displaystyle boxed fbox";
/// Words that make one expression with the number behind them.
const TYING: &str = "log ln lg sin cos tan cot sec csc arcsin arccos arctan sqrt exp gcd lcm max min mod modulo \
                     choose over times plus minus negative twice double triple thrice per";
/// Phrases that do.
const PHRASES: [&str; 24] = [
    "root of",
    "logarithm of",
    "log of",
    "sine of",
    "tangent of",
    "square of",
    "cube of",
    "factorial of",
    "half of",
    "third of",
    "thirds of",
    "quarter of",
    "quarters of",
    "power of",
    "multiple of",
    "multiples of",
    "reciprocal of",
    "negative of",
    "opposite of",
    "divided by",
    "multiplied by",
    "divisible by",
    "out of",
    "to the power",
];

/// The last number, if it is plain: not a part of a formula, of a word or of an identifier.
pub(super) fn last_number(text: &str) -> Option<&str> {
    let span = widened(text, last_digits(text)?);
    let (before, after) = (&text[..span.start], &text[span.end..]);
    if is_tied(before) || goes_on(after) || (before.ends_with('|') && after.starts_with('|')) {
        return None;
    }
    // "The answer isn't 7."
    let sentence = before.rsplit(['.', '\n', '?', ';']).next().unwrap_or("");
    if prose::denies(sentence) || is_aside(sentence) {
        return None;
    }
    Some(&text[span])
}

/// The digits of the last number with their grouping, their point and their percent sign.
fn last_digits(text: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let last = bytes.iter().rposition(u8::is_ascii_digit)?;
    let mut start = digits_before(text, last);
    while !bytes[start].is_ascii_digit() && bytes[start] != b'.' {
        start += 1;
    }
    let rest = &bytes[last + 1..];
    let percent = [&b"%"[..], b"\\%"].into_iter().find(|sign| rest.starts_with(sign));
    Some(start..last + 1 + percent.map_or(0, <[u8]>::len))
}

/// Where the run of digits, commas and points starts that ends at `end`.
fn digits_before(text: &str, end: usize) -> usize {
    let numeric = |b: &u8| b.is_ascii_digit() || b",.".contains(b);
    end - text.as_bytes()[..end].iter().rev().take_while(|b| numeric(b)).count()
}

/// A number with the signs that make one token with it.
fn widened(text: &str, mut span: Range<usize>) -> Range<usize> {
    let after = &text[span.end..];
    let factor = after.trim_start_matches(' ').starts_with('\u{3c0}');
    let tail = if factor { after.trim_start_matches(' ') } else { after };
    let tail = tail.trim_start_matches(is_suffix);
    if tail.len() < after.len() {
        span.end = text.len() - tail.len();
    } else if let Some(length) = scale_word(after) {
        span.end += length;
    }
    loop {
        let before = &text[..span.start];
        let head = before.trim_end_matches(' ');
        if let Some(rest) = head.strip_suffix(PREFIXES) {
            span.start = digits_before(text, rest.len());
        } else if let Some(rest) = before.strip_suffix(':')
            && rest.ends_with(|c: char| c.is_ascii_digit())
        {
            span.start = digits_before(text, rest.len());
        } else if before.ends_with("sqrt(") && text[span.end..].starts_with(')') {
            return span.start - "sqrt(".len()..span.end + 1;
        } else if let Some(rest) = head.strip_suffix(MINUS)
            && is_sign(rest, head.len() == before.len())
        {
            return rest.len()..span.end;
        } else {
            return span;
        }
    }
}

/// Signs that make one token with the number before them: π, powers and fractions.
fn is_suffix(c: char) -> bool {
    matches!(c, '\u{3c0}' | '\u{b2}' | '\u{b3}' | '\u{b9}' | '\u{bc}'..='\u{be}' | '\u{2070}'..='\u{207f}')
        || matches!(c, '\u{2150}'..='\u{215e}')
}

/// The length of " million" and the like.
fn scale_word(after: &str) -> Option<usize> {
    let word = after.strip_prefix(' ')?;
    let scale = SCALES.iter().find(|scale| word.starts_with(**scale))?;
    let ends = !word[scale.len()..].starts_with(|c: char| c.is_alphabetic());
    ends.then_some(1 + scale.len())
}

/// Whether a minus behind `before` is the sign of the number, neither a difference nor a dash.
fn is_sign(before: &str, adjacent: bool) -> bool {
    let head = before.trim_end_matches(OPENERS);
    if !adjacent {
        return head.ends_with('=');
    }
    !(before.ends_with(|c: char| c.is_alphanumeric() || c == ')') || is_operand(head))
}

/// Whether a text ends with what an operator may stand behind: a number, a bracket, a letter of its own.
fn is_operand(text: &str) -> bool {
    let mut last = text.chars().rev();
    match last.next() {
        Some(c) if c.is_alphabetic() && !is_suffix(c) => {
            last.next().is_none_or(|c| !c.is_alphabetic() && c != '\'')
        }
        Some(c) => c.is_ascii_digit() || ")]}%".contains(c) || is_suffix(c),
        None => false,
    }
}

/// Whether something before a number makes it a part of something else.
fn is_tied(before: &str) -> bool {
    let attached = |c: char| c.is_ascii_alphanumeric() || "-_{}^/\\)]".contains(c);
    let call = before.strip_suffix('(').is_some_and(|head| head.ends_with(char::is_alphanumeric));
    if before.ends_with(attached) || call {
        return true;
    }
    let Some(head) = without_markup(before) else { return true };
    let head = before_arrow(head);
    let difference =
        head.strip_suffix(MINUS).is_some_and(|left| is_operand(left.trim_end_matches(OPENERS)));
    let ratio = head.strip_suffix(" :").is_some_and(is_operand);
    let listed = head.strip_suffix(',').is_some_and(is_listed);
    difference || ratio || listed || head.ends_with(is_operator) || ties(head)
}

/// What stands before a number without dollar signs, brackets and emphasis; nothing where a star is a product.
fn without_markup(before: &str) -> Option<&str> {
    let mut head = before;
    loop {
        let open = head.strip_suffix("\\(").or_else(|| head.strip_suffix("\\["));
        let rest = open.or_else(|| head.strip_suffix(OPENERS)).unwrap_or(head);
        let plain = rest.trim_end_matches('*');
        let stars = rest.len() - plain.len();
        let adjacent = rest.len() == before.len();
        let product = match stars {
            1 => is_operand(plain.trim_end_matches(' ')),
            2 => adjacent && is_operand(plain),
            _ => false,
        };
        if product {
            return None;
        }
        if plain.len() == head.len() {
            return Some(head);
        }
        head = plain;
    }
}

/// Signs that tie what follows to what stands before them.
fn is_operator(c: char) -> bool {
    match c {
        '\u{2248}' | '\u{2234}' | '\u{2212}' => false,
        '\u{2190}'..='\u{22ff}' | '\u{2a00}'..='\u{2aff}' | '\u{370}'..='\u{3ff}' => true,
        _ => "/^_{\\+<>~\u{d7}\u{b7}\u{f7}".contains(c),
    }
}

/// Whether the number behind the comma that follows is a member of a list: `(2, 3)`, `1, 2, 3`, `x = 2, 3`.
fn is_listed(left: &str) -> bool {
    let rest = left.trim_end_matches(|c: char| c.is_ascii_digit());
    let among = rest.len() < left.len() && rest.trim_end_matches(OPENERS).ends_with([',', '=']);
    among || is_operand(left) && is_open(left)
}

/// Whether a bracket is open at the end of the line.
fn is_open(text: &str) -> bool {
    let line = text.rsplit('\n').next().unwrap_or("");
    let mut closed = 0;
    line.bytes().rev().any(|b| {
        closed += usize::from(b")]}".contains(&b));
        let opens = b"([{".contains(&b);
        if opens && closed > 0 {
            closed -= 1;
            return false;
        }
        opens
    })
}

/// Whether the words before a number, or the command of TeX, go together with it.
fn ties(head: &str) -> bool {
    let stem = head.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let word = &head[stem.len()..];
    if stem.ends_with('\\') {
        return !CONCLUDING.split(' ').any(|command| command == word);
    }
    // `log_2 8`
    let token = head.rsplit([' ', '$', '(']).next().unwrap_or("");
    let based = token.trim_start_matches('\\').strip_prefix("log");
    pairs(stem.trim_end_matches(OPENERS), word)
        || TYING.split(' ').any(|tying| tying == word)
        || based.is_some_and(|base| base.starts_with(|c: char| !c.is_ascii_alphabetic()))
        || PHRASES.iter().any(|phrase| head.ends_with(phrase))
}

/// Whether a number stands before the word: "2 and", "5 apples and", "5 to", or "2 hours".
fn pairs(stem: &str, word: &str) -> bool {
    let counted = |text: &str| text.ends_with(|c: char| c.is_ascii_digit());
    let thing = stem.trim_end_matches(|c: char| c.is_ascii_alphabetic()).trim_end_matches(' ');
    match word {
        "and" => counted(stem) || counted(thing),
        "to" => counted(stem),
        _ => counted(stem) && units::is_known(word),
    }
}

/// Whether a formula or an expression goes on behind a number.
fn goes_on(after: &str) -> bool {
    let closed = ["\\)", "\\]"].into_iter().find_map(|close| after.strip_prefix(close));
    let rest = closed.unwrap_or(after).trim_start_matches(['$', '*', ')']);
    let stars = after.len() - after.trim_start_matches('*').len();
    let product =
        stars > 0 && after[stars..].starts_with(|c: char| c.is_alphanumeric() || c == '(');
    let attached = rest.starts_with(['/', '^', '_', '}', '\\', '{', '=', '-', '+', '!', ':', '(']);
    let glued = after.starts_with(|c: char| c.is_ascii_alphabetic());
    let next = rest.trim_start();
    let spaced =
        next.starts_with(['<', '>', '=', '+', '*', '/', '^', '?']) || next.starts_with(is_operator);
    let remark = next.starts_with('\\') && is_remark(next);
    product || glued || (attached || spaced) && !remark || is_factor(next)
}

/// Whether a command of TeX ends the line, or adds blanks, words or a mark that closes only.
fn is_remark(next: &str) -> bool {
    const CLOSING: &str =
        "quad qquad end blacksquare square Box checkmark right Rightarrow implies therefore";
    const WORDS: [&str; 4] = ["text{", "mathrm{", "textbf{", "mbox{"];
    let mut rest = next;
    while let Some(blank) = ["\\,", "\\;", "\\:", "\\!", "\\ ", "~", " "]
        .into_iter()
        .find_map(|blank| rest.strip_prefix(blank))
    {
        rest = blank;
    }
    let Some(command) = rest.strip_prefix('\\') else {
        return !rest.starts_with(|c: char| c.is_alphanumeric() || c == '(');
    };
    if let Some(words) = WORDS.iter().find_map(|word| command.strip_prefix(word)) {
        let words = words.trim_start();
        return !SCALES.iter().any(|scale| words.starts_with(scale)) && !is_factor(words);
    }
    let name = command.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
    command.starts_with(['\\', ')', ']']) || CLOSING.split(' ').any(|closing| closing == name)
}

/// Whether the next words multiply, raise or lessen the number: "squared", "and a half", `- x`, `x$`.
fn is_factor(next: &str) -> bool {
    const PHRASES: [&str; 9] =
        ["squared", "cubed", "factorial", "mod ", "plus ", "minus ", "choose ", "and a ", "or "];
    let lone = |text: &str| {
        let mut chars = text.chars();
        let letter = chars.next().is_some_and(|c| c.is_ascii_alphabetic());
        letter && chars.next().is_none_or(|c| !c.is_alphanumeric() && c != '\'')
    };
    let difference = next.strip_prefix(MINUS).map(|rest| rest.trim_start_matches(OPENERS));
    let product = lone(next) && next[1..].starts_with('$');
    product
        || difference.is_some_and(|rest| lone(rest) || rest.starts_with('\\'))
        || PHRASES.iter().any(|phrase| next.starts_with(phrase))
}

/// What stands before an arrow that concludes: `48 + 24 => 72`, but not `x => 72`, which is a bound.
fn before_arrow(before: &str) -> &str {
    let arrow = ["=>", "->", "\u{2192}", "\u{21d2}"]
        .into_iter()
        .find_map(|arrow| before.strip_suffix(arrow));
    let Some(rest) = arrow else { return before };
    let rest = rest.trim_end_matches(' ');
    let mut letters = rest.chars().rev();
    let variable = letters.next().is_some_and(char::is_alphabetic)
        && letters.next().is_none_or(|c| !c.is_alphabetic());
    if variable { before } else { rest }
}

/// Whether the words before a number make it a bound, a guess or the number of a page, not an answer.
fn is_aside(sentence: &str) -> bool {
    const GUESSES: [&str; 20] = [
        "less than",
        "more than",
        "greater than",
        "fewer than",
        "larger than",
        "smaller than",
        "at most",
        "at least",
        "up to",
        "rule out",
        "ruled out",
        "between",
        "maybe",
        "perhaps",
        "might be",
        "could be",
        "about",
        "roughly",
        "instead of",
        "rather than",
    ];
    let lower = sentence.to_ascii_lowercase();
    let last = lower.trim_end_matches(|c: char| !c.is_ascii_alphabetic() && c != '<' && c != '>');
    let word = last.rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
    let label = matches!(
        word,
        "page"
            | "step"
            | "problem"
            | "question"
            | "case"
            | "figure"
            | "equation"
            | "exercise"
            | "part"
            | "chapter"
            | "section"
            | "line"
            | "table"
            | "example"
            | "theorem"
            | "lemma"
            | "or"
            | "except"
    );
    let bound = last.ends_with(['<', '>']) && before_arrow(last).len() == last.len();
    label || bound || GUESSES.iter().any(|guess| lower.contains(guess))
}
