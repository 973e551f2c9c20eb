//! Answers that are stated in prose.

use memchr::memmem;

use super::number::last_number;

/// The rest of the last line that starts with `####`, if it looks like an answer, not like a heading.
pub(super) fn after_hashes(text: &str) -> Option<&str> {
    let at = memmem::rfind(text.as_bytes(), b"####")?;
    let line = text[at..].trim_start_matches('#').lines().next().unwrap_or("");
    let line = clean(line);
    let letters = |word: &&str| word.bytes().filter(u8::is_ascii_alphabetic).count() > 2;
    let prose = line.split_whitespace().filter(letters).count();
    let digits = line.bytes().any(|b| b.is_ascii_digit());
    (!line.is_empty() && (prose == 0 || (digits && prose <= 2))).then_some(line)
}

/// What follows the last "the answer is", "Answer:" and the like.
pub(super) fn stated(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut end = bytes.len();
    while let Some(hit) = memmem::rfind(&bytes[..end], b"nswer") {
        end = hit;
        if let Some(found) = after_answer(&text[..hit], &text[hit + "nswer".len()..]) {
            return Some(found);
        }
    }
    None
}

/// What is stated after the word "answer": `is …`, `: …`, `= …`.
fn after_answer<'a>(before: &str, rest: &'a str) -> Option<&'a str> {
    let marks = |c: char| c == '*' || c == '_' || c == ' ';
    let rest = rest.trim_start_matches(marks);
    let mut rest = rest.strip_prefix("(s)").unwrap_or(rest).trim_start_matches(marks);
    // "the answer to the question is", "the answer in dollars is"
    // Looked for nearby only: a text may open thousands of answers.
    if let Some(at) = memmem::find(&rest.as_bytes()[..rest.len().min(62)], b" is") {
        let between = &rest[..at];
        if ["to ", "in ", "for ", "of "].iter().any(|word| between.starts_with(word))
            && !between.contains(['.', '\n', ','])
        {
            rest = &rest[at + 1..];
        }
    }
    let mut stated = false;
    for word in ["would be", "should be", "must be", "is", "are", "will be", "=", ":"] {
        if let Some(tail) = rest.strip_prefix(word)
            && !tail.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            rest = tail.trim_start_matches(marks);
            stated = true;
            break;
        }
    }
    if !(stated || heads_a_formula(rest) && is_heading(before)) {
        return None;
    }
    let rest = rest.trim_start_matches([':', ' ', '*', '\n', '=']);
    let mut rest = rest.trim_start();
    for word in ["therefore ", "thus ", "just ", "simply ", "then ", "indeed ", "now "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let found = clean(main_clause(sentence(rest)));
    if found.is_empty() {
        return None;
    }
    Some(shortened(found))
}

/// Whether the line that goes on with "nswer" is a heading.
fn is_heading(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or("");
    let words = line.trim_matches(|c: char| "#*_ ".contains(c)).to_ascii_lowercase();
    matches!(words.as_str(), "a" | "final a" | "the a" | "the final a")
}

/// Whether nothing but a displayed formula follows a heading: `**Final Answer**`.
fn heads_a_formula(rest: &str) -> bool {
    let formula = rest.trim_start();
    rest.starts_with('\n') && ["\\[", "$$", "\\(", "$"].iter().any(|open| formula.starts_with(open))
}

/// A statement without what explains it: "72, which is 48 + 24", "72 (48 in April)".
fn main_clause(text: &str) -> &str {
    const CLAUSES: [&str; 14] = [
        ", which",
        " because ",
        ", because",
        " since ",
        ", since ",
        ", as ",
        ", where ",
        " i.e.",
        ", i.e.",
        ", that is",
        // What is denied beside it.
        ", not ",
        " and not ",
        " rather than ",
        " instead of ",
    ];
    let cut = CLAUSES.iter().filter_map(|clause| text.find(clause)).filter(|&at| at > 0).min();
    let text = &text[..cut.unwrap_or(text.len())];
    let Some(open) = text.find(" (").filter(|&at| at > 0) else { return text };
    let aside = &text[open + 2..];
    let mut words = aside.split(|c: char| !c.is_ascii_alphabetic());
    let explains =
        words.clone().any(|word| word.len() > 2 && word.bytes().all(|b| b.is_ascii_lowercase()));
    let mathematical = aside.contains(['\\', '$']);
    let open_choice = words.any(|word| matches!(word, "or" | "and" | "mod"));
    if explains && !open_choice && !mathematical { &text[..open] } else { text }
}

/// A formula or the text up to the end of the sentence.
fn sentence(text: &str) -> &str {
    for (open, close) in [("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")] {
        if let Some(inner) = text.strip_prefix(open) {
            if open == "$" && inner.starts_with(|c: char| c.is_ascii_digit()) && !closes(inner) {
                break;
            }
            if let Some(end) = inner.find(close).filter(|&end| end > 0) {
                // A unit or the rest of a list may follow the formula.
                let after = open.len() + end + close.len();
                let line = line_end(text);
                return if after < line { &text[..line] } else { &text[..after] };
            }
        }
    }
    &text[..line_end(text)]
}

/// `$18` is money unless another dollar sign closes it on the same line.
fn closes(inner: &str) -> bool {
    inner.lines().next().unwrap_or("").contains('$')
}

/// The end of the line or of the sentence.
fn line_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => return at,
            // "It is 5!!" is said with joy.
            b'!' if bytes.get(at + 1) == Some(&b'!') => return at,
            b'.' | b'!' | b'?'
                if bytes.get(at + 1).is_none_or(|b| b" \n\r*\"".contains(b))
                    && !abbreviation(&text[..at]) =>
            {
                return at;
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

/// `a.m.`, `p.m.`, `i.e.`, `1. ` do not end a sentence; nor does the point of `n!`.
fn abbreviation(before: &str) -> bool {
    let word = before.rsplit([' ', '\n']).next().unwrap_or("");
    matches!(word, "a.m" | "p.m" | "i.e" | "e.g" | "a" | "p" | "sq" | "approx")
}

/// Prose of more than a few words is cut to the formula or the number it ends with.
fn shortened(found: &str) -> &str {
    let words = found.split_whitespace().count();
    if words <= 6 || !found.contains(char::is_alphabetic) {
        return found;
    }
    last_formula(found).or_else(|| last_number(found)).unwrap_or(found)
}

/// A line without its markdown and its full stop.
fn clean(line: &str) -> &str {
    let line =
        line.trim_end_matches(['\u{2713}', '\u{2714}', '\u{2705}', '\u{25a0}', '\u{220e}', ' ']);
    let line = line.trim().trim_matches('*').trim();
    let line = line.strip_suffix('.').unwrap_or(line).trim_end_matches('*').trim_end();
    for tag in ["<|im_end|>", "<|eot_id|>", "</s>", "<|endoftext|>"] {
        if let Some(rest) = line.strip_suffix(tag) {
            return clean(rest);
        }
    }
    line
}

/// The last formula: between dollar signs, or in `\(…\)` or `\[…\]`.
pub(super) fn last_formula(text: &str) -> Option<&str> {
    let mut last = None;
    let mut open = None;
    for at in memchr::memchr_iter(b'$', text.as_bytes()) {
        if at > 0 && text.as_bytes()[at - 1] == b'\\' {
            continue;
        }
        match open.take() {
            Some(start) if at > start => last = Some(start..at),
            // `$$`: still open
            _ => open = Some(at + 1),
        }
    }
    for (opening, closing) in [("\\(", "\\)"), ("\\[", "\\]")] {
        if let Some(end) = text.rfind(closing)
            && let Some(start) = text[..end].rfind(opening)
            && last.as_ref().is_none_or(|span| span.end < start)
        {
            last = Some(start + opening.len()..end);
        }
    }
    Some(text[last?].trim()).filter(|span| !span.is_empty())
}

/// The last capital letter from A to J that stands alone, in brackets or as a word of its own.
pub(super) fn last_letter(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    (0..bytes.len())
        .rev()
        .find_map(|at| {
            let alone =
                |b: Option<&u8>| b.is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'\'');
            let before = at.checked_sub(1).and_then(|i| bytes.get(i));
            let fits =
                (b'A'..=b'J').contains(&bytes[at]) && alone(before) && alone(bytes.get(at + 1));
            // The article and the pronoun: "A quick", "I think".
            let prose = matches!(bytes[at], b'A' | b'I')
                && bytes.get(at + 1) == Some(&b' ')
                && bytes.get(at + 2).is_some_and(u8::is_ascii_lowercase);
            (fits && !prose).then(|| &text[at..=at])
        })
        .filter(|letter| {
            // "A or C" and "A, B, C" leave the choice open; "not C" denies it.
            let at = letter.as_ptr() as usize - text.as_ptr() as usize;
            let before = text[..at].trim_end_matches([' ', '(', '*', '[']);
            let listed = before.strip_suffix(',').is_some_and(|rest| {
                let rest = rest.trim_end_matches([')', '*', ']']).as_bytes();
                matches!(rest, [.., previous, last]
                    if last.is_ascii_uppercase() && !previous.is_ascii_alphanumeric())
            });
            let word = before.rsplit(|c: char| !c.is_alphabetic() && c != '\'').next();
            let open =
                matches!(word, Some("or" | "nor" | "and" | "not")) || before.ends_with("n't");
            !listed && !open
        })
}
