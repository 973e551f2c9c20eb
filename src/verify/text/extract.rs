//! Which part of a completion is the answer.

use serde::Deserialize;
use utoipa::ToSchema;

/// Which part of a completion is the answer. All but `whole` read only what follows the last
/// `</think>`, if there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Extract {
    /// All of it.
    #[default]
    Whole,
    /// What the last complete `<answer>…</answer>` holds.
    AnswerTag,
    /// The last line that is not blank.
    LastLine,
    /// What follows the last `Answer:` (in any case), to the end of that line.
    AfterAnswer,
}

impl Extract {
    /// The answer, without surrounding white space; `None` where there is no such part.
    pub(super) fn of(self, completion: &str) -> Option<&str> {
        let rest = after_think(completion);
        match self {
            Self::Whole => Some(completion.trim()),
            Self::AnswerTag => answer_tag(rest).map(str::trim),
            Self::LastLine => rest.lines().map(str::trim).rfind(|line| !line.is_empty()),
            Self::AfterAnswer => after_answer(rest),
        }
    }
}

/// What follows the last `</think>`, or all of it.
pub(super) fn after_think(text: &str) -> &str {
    text.rsplit_once("</think>").map_or(text, |(_, rest)| rest)
}

/// What the last complete `<answer>…</answer>` holds.
pub(super) fn answer_tag(text: &str) -> Option<&str> {
    let (before, _) = text.rsplit_once("</answer>")?;
    before.rsplit_once("<answer>").map(|(_, answer)| answer)
}

fn after_answer(text: &str) -> Option<&str> {
    const MARK: &[u8] = b"answer:";
    let start = text
        .as_bytes()
        .windows(MARK.len())
        .rposition(|window| window.eq_ignore_ascii_case(MARK))?;
    // The mark is ASCII, so its end is a boundary between characters.
    let rest = &text[start + MARK.len()..];
    rest.lines().next().map(str::trim).or(Some(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_keeps_everything_but_outer_space() {
        assert_eq!(Extract::Whole.of(" <think>a</think>\nb "), Some("<think>a</think>\nb"));
    }

    #[test]
    fn the_last_complete_answer_tag_after_the_thoughts() {
        let text =
            "<think><answer>1</answer></think> <answer>2</answer> <answer> 3\n</answer> <answer>";
        assert_eq!(Extract::AnswerTag.of(text), Some("3"));
        assert_eq!(Extract::AnswerTag.of("<think><answer>1</answer></think> 2"), None);
        assert_eq!(Extract::AnswerTag.of("<answer>1"), None);
        assert_eq!(Extract::AnswerTag.of("</answer><answer>"), None);
    }

    #[test]
    fn the_last_line_with_something_on_it() {
        assert_eq!(Extract::LastLine.of("one\n two \r\n\n  \n"), Some("two"));
        assert_eq!(Extract::LastLine.of(" \n"), None);
        assert_eq!(Extract::LastLine.of("Paris</think>\n"), None);
    }

    #[test]
    fn the_line_after_the_last_answer_mark() {
        assert_eq!(Extract::AfterAnswer.of("Answer: 1\nso ANSWER:  é 2 \nthanks"), Some("é 2"));
        assert_eq!(Extract::AfterAnswer.of("final answer:"), Some(""));
        assert_eq!(Extract::AfterAnswer.of("the answer is 2"), None);
    }
}
