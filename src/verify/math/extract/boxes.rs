//! `\boxed{…}` and `\fbox{…}`: one pass with a stack of braces.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;

use super::Extraction;

/// A box: where its command starts, where its content lies, and where it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Boxed {
    start: usize,
    content: Range<usize>,
    end: usize,
}

/// The answer given by the last box, or by the boxes that make one list with it.
pub(super) fn last_answer(text: &str) -> Extraction<'_> {
    let (boxes, open) = scan(text);
    let filled: Vec<&Boxed> =
        boxes.iter().filter(|b| !is_placeholder(&text[b.content.clone()])).collect();
    let last = filled.last();
    if open.is_some_and(|open| last.is_none_or(|last| last.start < open)) {
        return Extraction::Truncated;
    }
    let Some(last) = last else { return Extraction::NoAnswer };
    let mut first = filled.len() - 1;
    while first > 0 && joins(&text[filled[first - 1].end..filled[first].start]) {
        first -= 1;
    }
    let content = |b: &Boxed| dressed(text, b);
    let list = &filled[first..];
    if list.iter().all(|b| content(b) == content(last)) {
        return Extraction::Found(content(last));
    }
    let parts: Vec<Cow<'_, str>> = list.iter().map(|b| content(b)).collect();
    Extraction::Found(Cow::Owned(parts.join(", ")))
}

/// The content with a sign that stands before the box, and a percent sign or an exponent behind it: a
/// completion that ends in `-\boxed{3}` does not say 3.
fn dressed<'a>(text: &'a str, boxed: &Boxed) -> Cow<'a, str> {
    let content = text[boxed.content.clone()].trim();
    let (sign, behind) = (has_sign(&text[..boxed.start]), suffix(&text[boxed.end..]));
    if !sign && behind.is_empty() {
        return Cow::Borrowed(content);
    }
    let plain = content.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
    let content = if plain { content.to_owned() } else { format!("\\left({content}\\right)") };
    Cow::Owned(format!("{}{content}{behind}", if sign { "-" } else { "" }))
}

/// Whether what stands before a box ends in a minus sign that is no dash, no bullet and no difference.
fn has_sign(before: &str) -> bool {
    let close = before.trim_end_matches(' ');
    let Some(rest) = close.strip_suffix(['-', '\u{2212}']) else { return false };
    let left = rest.trim_end_matches(' ').chars().next_back();
    match left {
        Some('=' | '$' | '(' | '[' | ',' | ':' | '\u{2248}') => true,
        // A word apart: `is -\boxed{3}`, but not `the answer - \boxed{3}`, a line's bullet or `--`.
        None | Some(_) => {
            close.len() == before.len() && rest.chars().next_back().is_none_or(char::is_whitespace)
        }
    }
}

/// What belongs to a number and stands right behind its box.
fn suffix(behind: &str) -> &str {
    if let Some(rest) = behind.strip_prefix('^') {
        let end = match rest.as_bytes().first() {
            Some(b'{') => rest.find('}').map_or(0, |end| end + 1),
            Some(b) if b.is_ascii_alphanumeric() => 1,
            _ => 0,
        };
        return if end > 0 { &behind[..=end] } else { "" };
    }
    let percent = behind.trim_start_matches(' ');
    let length =
        ["\\%", "%"].iter().find(|mark| percent.starts_with(**mark)).map_or(0, |m| m.len());
    &percent[..length]
}

/// All outermost boxes in order, and the start of the last box that is never closed.
fn scan(text: &str) -> (Vec<Boxed>, Option<usize>) {
    let mut found: Vec<Boxed> = Vec::new();
    let bytes = text.as_bytes();
    let Some(mut at) = next_box(bytes, 0) else { return (found, None) };
    // Of every open brace: the start of the box it opens, if it opens one, and its own place.
    let mut stack: Vec<(Option<usize>, usize)> = Vec::new();
    while at < bytes.len() {
        if stack.is_empty() {
            match next_box(bytes, at) {
                Some(next) => at = next,
                None => break,
            }
        }
        if let Some(brace) = box_brace(bytes, at) {
            stack.push((Some(at), brace + 1));
            at = brace + 1;
            continue;
        }
        match bytes[at] {
            b'\\' => at += 1,
            b'{' if !stack.is_empty() => stack.push((None, at + 1)),
            b'}' => {
                if let Some((Some(start), content)) = stack.pop() {
                    while found.last().is_some_and(|inner| inner.start > start) {
                        found.pop();
                    }
                    found.push(Boxed { start, content: content..at, end: at + 1 });
                }
            }
            _ => {}
        }
        at += 1;
    }
    let open = stack.iter().rev().find_map(|(start, _)| *start);
    (found, open)
}

/// The place of the backslash of the next box command.
fn next_box(bytes: &[u8], from: usize) -> Option<usize> {
    memmem::find_iter(&bytes[from..], b"box").find_map(|hit| {
        let hit = from + hit;
        [1, 2]
            .into_iter()
            .filter_map(|back| hit.checked_sub(back).filter(|&at| at >= from))
            .find(|&at| box_brace(bytes, at).is_some())
    })
}

/// The opening brace of a box command that starts at `at`.
fn box_brace(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    if rest.first() != Some(&b'\\') {
        return None;
    }
    let name = [&b"\\boxed"[..], b"\\fbox"].into_iter().find(|name| rest.starts_with(name))?;
    let blanks = rest[name.len()..].iter().take_while(|b| b" \n\t".contains(b)).count();
    let brace = at + name.len() + blanks;
    (bytes.get(brace) == Some(&b'{')).then_some(brace)
}

/// Whether what stands between two boxes only separates the members of a list.
fn joins(between: &str) -> bool {
    if between.len() > 40 {
        return false;
    }
    let mut separated = false;
    let mut label = false;
    let cleaned = between
        .replace(['$', '*', '&'], " ")
        .replace("\\quad", " ")
        .replace(['=', ',', ';'], " \u{1} ");
    let mark = between.bytes().filter(|b| b",;".contains(b)).count();
    for word in cleaned.split_whitespace() {
        match word {
            "and" | "or" | "\\text{and}" | "\\text{or}" | "\\text{" | "}" | "\\\\" | "\\,"
            | "\\;" => {
                separated |= matches!(word, "and" | "or" | "\\text{and}" | "\\text{or}");
            }
            "\u{1}" => label = false,
            one if one.len() == 1 && one.as_bytes()[0].is_ascii_alphabetic() && !label => {
                label = true;
            }
            _ => return false,
        }
    }
    (separated || mark > 0) && !label
}

/// Whether a box holds no answer but asks for one.
pub(super) fn is_placeholder(content: &str) -> bool {
    let bare = content.trim();
    if bare.len() > 40 {
        return false;
    }
    let stripped = ["\\text{", "\\textbf{", "\\mathrm{"]
        .iter()
        .find_map(|wrap| bare.strip_prefix(wrap).and_then(|rest| rest.strip_suffix('}')))
        .unwrap_or(bare);
    let word = stripped
        .trim_matches(|c: char| c.is_whitespace() || "[]<>{}()\"'`$".contains(c))
        .to_ascii_lowercase();
    match word.as_str() {
        "" => !bare.contains("\\{"),
        "answer" | "your answer" | "final answer" | "your final answer" | "the answer" | "..."
        | "\\ldots" | "\\dots" | "\\cdots" | "\u{2026}" | "?" | "answer here"
        | "your answer here" | "the final answer" | "result" | "\\cdot" | "insert answer here" => {
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Option<String> {
        match last_answer(text) {
            Extraction::Found(text) => Some(text.into_owned()),
            _ => None,
        }
    }

    #[test]
    fn the_last_box_wins() {
        assert_eq!(answer(r"\boxed{28}; wrong, so \boxed{30}").as_deref(), Some("30"));
        assert_eq!(answer(r"\boxed{\boxed{6}}").as_deref(), Some(r"\boxed{6}"));
        assert_eq!(answer(r"\boxed{\left\{4,9\right\}}").as_deref(), Some(r"\left\{4,9\right\}"));
        assert_eq!(answer(r"in \boxed{}. So \fbox {6}").as_deref(), Some("6"));
    }

    #[test]
    fn neighbours_make_a_list() {
        assert_eq!(answer(r"$\boxed{4}$ and $\boxed{7}$").as_deref(), Some("4, 7"));
        assert_eq!(answer(r"$x=\boxed{4}, y = \boxed{7}$").as_deref(), Some("4, 7"));
        assert_eq!(answer(r"\boxed{7}, \boxed{7}").as_deref(), Some("7"));
        assert_eq!(answer(r"first \boxed{4}. In total \boxed{7}").as_deref(), Some("7"));
    }

    #[test]
    fn what_stands_at_a_box_counts() {
        assert_eq!(answer(r"$x = -\boxed{3}$").as_deref(), Some("-3"));
        assert_eq!(answer(r"so it is -\boxed{3}").as_deref(), Some("-3"));
        assert_eq!(answer(r"$-\boxed{a+b}$").as_deref(), Some(r"-\left(a+b\right)"));
        assert_eq!(answer(r"\boxed{3}\%").as_deref(), Some(r"3\%"));
        assert_eq!(answer(r"$\boxed{3}^2$").as_deref(), Some("3^2"));
        assert_eq!(answer(r"$\boxed{3}^{10}$").as_deref(), Some("3^{10}"));
        for plain in [
            r"the answer - \boxed{3}",
            "- \\boxed{3}",
            r"$5-\boxed{3}$",
            r"---\boxed{3}!",
            r"\boxed{3}$",
        ] {
            assert_eq!(answer(plain).as_deref(), Some("3"), "{plain}");
        }
    }

    #[test]
    fn an_open_box_is_truncated() {
        assert_eq!(last_answer(r"\boxed{31"), Extraction::Truncated);
        assert_eq!(last_answer(r"\boxed{2} or \boxed{\frac{62}{2"), Extraction::Truncated);
        assert_eq!(answer(r"\boxed{ oh no \boxed{31}").as_deref(), Some("31"));
    }
}
