//! The program in a completion.

use serde::Serialize;
use utoipa::ToSchema;

use super::language::Language;

/// What was found in a completion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Extraction {
    /// Whether there is a program.
    pub found: bool,
    /// Fenced blocks after the thoughts.
    pub blocks: usize,
    /// The tag of the block that was used; empty for an untagged block, absent for the whole text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// A fenced block.
struct Block<'a> {
    tag: &'a str,
    code: String,
}

/// The program of a completion: the last fenced block whose tag names the language, else the last without
/// a tag, else, where nothing is fenced, the whole text. What is inside or before closed `<think>` marks
/// does not count, nor what follows one that is never closed (at the beginning of a line, and not in a block: a program
/// may speak of it); a last block that is not closed runs to the end. What is blank is no program.
pub(super) fn program(completion: &str, language: &Language) -> (Option<String>, Extraction) {
    let text = completion.rsplit_once("</think>").map_or(completion, |(_, rest)| rest);
    let text = text.replace("\r\n", "\n");
    let blocks = blocks(&text);
    let named = |block: &&Block<'_>| language.is_called(block.tag);
    let chosen = blocks.iter().rev().find(named);
    let chosen = chosen.or_else(|| blocks.iter().rev().find(|block| block.tag.is_empty()));
    let (code, tag) = match chosen {
        Some(block) => (Some(block.code.clone()), Some(block.tag.to_owned())),
        None if blocks.is_empty() && !is_thought(&text) => (Some(text.clone()), None),
        None => (None, None),
    };
    let code = code.filter(|code| !code.trim().is_empty());
    let extraction = Extraction { found: code.is_some(), blocks: blocks.len(), tag };
    (code, extraction)
}

/// Whether thoughts begin here, none of which are closed.
fn is_thought(text: &str) -> bool {
    text.trim_start().starts_with("<think>")
}

/// The fenced blocks of a text, by the rules of CommonMark.
fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if is_thought(line) {
            break;
        }
        let Some((indent, mark, length, info)) = opening(line) else { continue };
        let mut code = String::new();
        for line in lines.by_ref() {
            if closes(line, mark, length) {
                break;
            }
            // What the fence is indented by, its lines may be, too.
            let blank = line.len() - line.trim_start_matches(' ').len();
            code.push_str(&line[blank.min(indent)..]);
            code.push('\n');
        }
        let tag = info.split([' ', '\t', ',', '{', ':']).next().unwrap_or("");
        blocks.push(Block { tag, code });
    }
    blocks
}

/// Indent, mark, length and info of an opening fence.
fn opening(line: &str) -> Option<(usize, char, usize, &str)> {
    let rest = line.trim_start_matches(' ');
    let indent = line.len() - rest.len();
    let mark = rest.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let info = rest.trim_start_matches(mark);
    let length = rest.len() - info.len();
    let info = info.trim();
    (length >= 3 && !(mark == '`' && info.contains('`'))).then_some((indent, mark, length, info))
}

fn closes(line: &str, mark: char, length: usize) -> bool {
    let rest = line.trim();
    rest.len() >= length && rest.chars().all(|c| c == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(completion: &str) -> Option<String> {
        program(completion, Language::named("python").unwrap()).0
    }

    fn is(completion: &str, code: &str) {
        assert_eq!(python(completion).as_deref(), Some(code), "{completion}");
    }

    #[test]
    fn the_last_block_of_the_language_counts() {
        is("```python\na\n```\nor\n```py\nb\n```\nrun\n```bash\nc\n```", "b\n");
        is("```\na\n```\n```cpp\nb\n```", "a\n");
        is("```Python3\na\n```\n```\nb\n```", "a\n");
        assert_eq!(python("```cpp\nb\n```"), None);
    }

    #[test]
    fn text_without_a_fence_is_the_program() {
        is("print(1)", "print(1)");
        is("x = '`` `'", "x = '`` `'");
    }

    #[test]
    fn fences_follow_commonmark() {
        is("````python\n```\nx\n```\n````\n", "```\nx\n```\n");
        is("~~~python\n```\n~~~", "```\n");
        is("  ```python\n  a\n    b\n  ```", "a\n  b\n");
        is("```python\nnot closed", "not closed\n");
        is("```python\r\na\r\n```\r\n", "a\n");
        is("```python title=\"x\"\na\n```", "a\n");
    }

    #[test]
    fn thoughts_do_not_count() {
        is("<think>```python\na\n```</think>\n```python\nb\n```", "b\n");
        is("```python\na\n```</think>print(2)", "print(2)");
        assert_eq!(python("<think>\n```python\na\n```"), None);
        assert_eq!(python("<think>a</think>\n<think>\n```python\na\n```"), None);
        assert_eq!(python("<think>\nprint(1)"), None);
        is("```python\na\n```\n<think>\n```python\nb\n```", "a\n");
        is("print('<think>')", "print('<think>')");
        is("```python\n'''\n<think>\n'''\n```", "'''\n<think>\n'''\n");
    }

    #[test]
    fn a_thousand_fences_are_read_in_one_go() {
        let text = "```python\nx\n```\n".repeat(100_000);
        is(&text, "x\n");
        assert_eq!(python(&"`".repeat(1 << 20)), None);
    }

    #[test]
    fn what_is_blank_is_no_program() {
        for blank in ["", " \n\t", "```python\n```", "```\n  \n```"] {
            assert_eq!(python(blank), None, "{blank:?}");
        }
    }
}
