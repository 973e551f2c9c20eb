//! Whether a completion has the form of a reasoning recipe: thoughts in one tag, then the answer in
//! another.
//!
//! The format reward of DeepSeek-AI 2025, *DeepSeek-R1* (arXiv 2501.12948), §2.2.2. Each tag must occur
//! exactly once and in order; nothing may be nested, and what stands in the answer may not be blank. Tags
//! are compared to the letter.

use serde::Deserialize;
use utoipa::ToSchema;

use super::ParamProblem;

/// Parameters of `format`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// The name of the tag around the thoughts: letters, digits, `-`, `_`, `|`, at most 64. Default:
    /// `think`.
    #[serde(default = "think")]
    #[schema(value_type = String, default = "think", min_length = 1, max_length = 64)]
    think_tag: Tag,
    /// The name of the tag around the answer, as above, or null: then the answer is all that follows the
    /// thoughts. Default: `answer`.
    #[serde(default = "answer")]
    #[schema(value_type = Option<String>, default = "answer", min_length = 1, max_length = 64)]
    answer_tag: Option<Tag>,
    /// Whether the opening think tag may be absent, because the prompt already ends in it. Default: false.
    #[serde(default)]
    #[schema(default = false)]
    prefilled: bool,
    /// Whether text other than white space may stand outside the tags. Default: false.
    #[serde(default)]
    #[schema(default = false)]
    outside: bool,
}

impl Default for Format {
    fn default() -> Self {
        Self { think_tag: think(), answer_tag: answer(), prefilled: false, outside: false }
    }
}

/// The name of a tag.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct Tag(String);

impl TryFrom<String> for Tag {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '|');
        if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
            return Err("a tag's name is 1 to 64 bytes of letters, digits, `-`, `_`, `|`");
        }
        Ok(Self(name))
    }
}

fn think() -> Tag {
    Tag("think".to_owned())
}

#[expect(clippy::unnecessary_wraps, reason = "the default of an optional field")]
fn answer() -> Option<Tag> {
    Some(Tag("answer".to_owned()))
}

/// In what a completion's form is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A tag does not occur.
    #[error("`{0}` is absent")]
    Missing(String),
    /// A tag occurs more than once.
    #[error("`{0}` occurs more than once")]
    Repeated(String),
    /// The tags occur in another order.
    #[error("the tags are out of order")]
    Order,
    /// Text stands outside the tags.
    #[error("text stands outside the tags")]
    Outside,
    /// The answer is blank.
    #[error("the answer is blank")]
    BlankAnswer,
}

impl Format {
    /// Checks what one field alone cannot show.
    ///
    /// # Errors
    /// When both tags have the same name.
    pub fn check(&self) -> Result<(), ParamProblem> {
        if self.answer_tag.as_ref() == Some(&self.think_tag) {
            let message = "the answer's tag must differ from the thoughts'";
            return Err(ParamProblem { pointer: "/answer_tag", message });
        }
        Ok(())
    }

    /// Whether the completion has the form.
    ///
    /// # Errors
    /// With the first fault found.
    pub fn grade(&self, completion: &str) -> Result<(), Fault> {
        let (before, rest) = self.thoughts(completion)?;
        let (between, answer, after) = match &self.answer_tag {
            None => ("", rest, ""),
            Some(tag) => {
                let (open, close) = (format!("<{}>", tag.0), format!("</{}>", tag.0));
                let (opened, closed) = (once(completion, &open)?, once(completion, &close)?);
                // Both lie in `rest`, which is the completion's tail, or the order is wrong.
                let start = completion.len() - rest.len();
                if opened < start || closed < opened + open.len() {
                    return Err(Fault::Order);
                }
                let answer = &completion[opened + open.len()..closed];
                (&completion[start..opened], answer, &completion[closed + close.len()..])
            }
        };
        let blank = |text: &str| text.trim().is_empty();
        if !self.outside && ![before, between, after].into_iter().all(blank) {
            return Err(Fault::Outside);
        }
        if blank(answer) {
            return Err(Fault::BlankAnswer);
        }
        Ok(())
    }

    /// What precedes and what follows the thoughts.
    fn thoughts<'a>(&self, completion: &'a str) -> Result<(&'a str, &'a str), Fault> {
        let (open, close) = (format!("<{}>", self.think_tag.0), format!("</{}>", self.think_tag.0));
        let opened = match once(completion, &open) {
            Err(Fault::Missing(_)) if self.prefilled => None,
            found => Some(found?),
        };
        let closed = once(completion, &close)?;
        if opened.is_some_and(|opened| closed < opened) {
            return Err(Fault::Order);
        }
        Ok((&completion[..opened.unwrap_or(0)], &completion[closed + close.len()..]))
    }
}

/// Where the tag stands, if it stands once.
fn once(text: &str, tag: &str) -> Result<usize, Fault> {
    let first = text.find(tag).ok_or_else(|| Fault::Missing(tag.to_owned()))?;
    if text[first + tag.len()..].contains(tag) {
        return Err(Fault::Repeated(tag.to_owned()));
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn grade(params: Value, completion: &str) -> Result<(), Fault> {
        serde_json::from_value::<Format>(params).unwrap().grade(completion)
    }

    fn missing(tag: &str) -> Result<(), Fault> {
        Err(Fault::Missing(tag.to_owned()))
    }

    #[test]
    fn the_recipe() {
        let form = |text| grade(json!({}), text);
        assert_eq!(form("<think>a\nb</think>\n<answer>4</answer>\n"), Ok(()));
        assert_eq!(form("<think></think><answer>4</answer>"), Ok(()));
        assert_eq!(form("<think>a</think>"), missing("<answer>"));
        assert_eq!(form("<think>a</think><answer>4"), missing("</answer>"));
        assert_eq!(form("a</think><answer>4</answer>"), missing("<think>"));
        assert_eq!(form("<think>a<answer>4</answer>"), missing("</think>"));
        assert_eq!(form("<Think>a</Think><answer>4</answer>"), missing("<think>"));
        assert_eq!(form(""), missing("<think>"));
    }

    #[test]
    fn each_tag_once() {
        let repeated = |tag: &str| Err(Fault::Repeated(tag.to_owned()));
        let form = |text| grade(json!({"outside": true}), text);
        assert_eq!(form("<think>a<think>b</think><answer>4</answer>"), repeated("<think>"));
        assert_eq!(form("<think>a</think></think><answer>4</answer>"), repeated("</think>"));
        assert_eq!(
            form("<think>a</think><answer>4</answer><answer>5</answer>"),
            repeated("<answer>")
        );
    }

    #[test]
    fn in_order_and_not_nested() {
        let form = |text| grade(json!({"outside": true}), text);
        assert_eq!(form("<answer>4</answer><think>a</think>"), Err(Fault::Order));
        assert_eq!(form("</think>a<think><answer>4</answer>"), Err(Fault::Order));
        assert_eq!(form("<think><answer>4</answer></think>"), Err(Fault::Order));
        assert_eq!(form("<think>a<answer></think>4</answer>"), Err(Fault::Order));
        assert_eq!(form("<think>a</think></answer>4<answer>"), Err(Fault::Order));
    }

    #[test]
    fn text_outside() {
        for text in [
            "so <think>a</think><answer>4</answer>",
            "<think>a</think> so <answer>4</answer>",
            "<think>a</think><answer>4</answer> bye",
        ] {
            assert_eq!(grade(json!({}), text), Err(Fault::Outside), "{text}");
            assert_eq!(grade(json!({"outside": true}), text), Ok(()), "{text}");
        }
    }

    #[test]
    fn a_blank_answer_is_none() {
        assert_eq!(grade(json!({}), "<think>a</think><answer> </answer>"), Err(Fault::BlankAnswer));
        let untagged = json!({"answer_tag": null});
        assert_eq!(grade(untagged.clone(), "<think>a</think>\n"), Err(Fault::BlankAnswer));
        assert_eq!(grade(untagged.clone(), "<think>a</think>\n4"), Ok(()));
        assert_eq!(grade(untagged, "x<think>a</think>\n4"), Err(Fault::Outside));
    }

    #[test]
    fn the_prompt_may_have_opened_the_thoughts() {
        let prefilled = json!({"prefilled": true});
        let text = "a</think><answer>4</answer>";
        assert_eq!(grade(prefilled.clone(), text), Ok(()));
        assert_eq!(grade(prefilled.clone(), &format!("<think>{text}")), Ok(()));
        assert_eq!(grade(prefilled.clone(), &format!("x<think>{text}")), Err(Fault::Outside));
        assert_eq!(grade(prefilled, "<answer>4</answer>"), missing("</think>"));
    }

    #[test]
    fn other_tags() {
        let params = json!({"think_tag": "denk", "answer_tag": "|réponse|"});
        assert_eq!(grade(params.clone(), "<denk>é</denk><|réponse|>4</|réponse|>"), Ok(()));
        assert_eq!(grade(params, "<think>é</think><answer>4</answer>"), missing("<denk>"));
    }

    #[test]
    fn unusable_parameters_are_refused() {
        for params in [
            json!({"think_tag": ""}),
            json!({"think_tag": "a b"}),
            json!({"answer_tag": "<answer>"}),
            json!({"answer_tag": "a".repeat(65)}),
            json!({"tags": []}),
        ] {
            assert!(serde_json::from_value::<Format>(params.clone()).is_err(), "{params}");
        }
        let same: Format = serde_json::from_value(json!({"answer_tag": "think"})).unwrap();
        assert_eq!(same.check().unwrap_err().pointer, "/answer_tag");
        assert_eq!(Format::default().check(), Ok(()));
    }
}
