//! Text that a policy's chat template wrote, read back into messages.
//!
//! A reward model has a template of its own, which must not be wrapped around another one. Reading goes by
//! the templates' own marks, in one pass; contents are kept as they stand. What a template lost stays lost:
//! Mistral's and Gemma's put a system message into the first user turn, or refuse it.

use serde::{Deserialize, Serialize};

use crate::domain::Message;

/// Whose template wrote the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceTemplate {
    /// The first of those below whose marks are in the text; `none` when there are none.
    #[default]
    Auto,
    /// No template: the text is taken as it stands.
    None,
    /// ChatML: Qwen and many others.
    #[serde(alias = "qwen")]
    Chatml,
    /// Llama 3, 3.1, 3.2, 3.3.
    Llama3,
    /// Mistral and Mixtral: `[INST]`, and `[SYSTEM_PROMPT]` of the later ones.
    Mistral,
    /// Gemma 1, 2, 3.
    Gemma,
}

/// What a templated text says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Conversation {
    /// The turns before the last assistant's.
    pub(super) messages: Vec<Message>,
    /// What the last assistant's turn says, when that is the last of all; empty when it was just opened.
    pub(super) said: Option<String>,
}

/// How a template writes a turn: `open role after close`.
struct Marks {
    open: &'static str,
    after_role: &'static str,
    close: &'static str,
}

const CHATML: Marks = Marks { open: "<|im_start|>", after_role: "\n", close: "<|im_end|>" };
const LLAMA3: Marks =
    Marks { open: "<|start_header_id|>", after_role: "<|end_header_id|>\n\n", close: "<|eot_id|>" };
const GEMMA: Marks = Marks { open: "<start_of_turn>", after_role: "\n", close: "<end_of_turn>" };

/// What begins a sequence or fills it up.
const STARTS: [&str; 9] = [
    "<|begin_of_text|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|finetune_right_pad_id|>",
    "<bos>",
    "<pad>",
    "[PAD]",
    "<s>",
    "</s>",
];

/// What ends a turn or a sequence, or fills it up.
const ENDS: [&str; 11] = [
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "<|finetune_right_pad_id|>",
    "<end_of_turn>",
    "<eos>",
    "<pad>",
    "[PAD]",
    "</s>",
];

/// Characters of a role's name.
const ROLE: usize = 32;

impl SourceTemplate {
    /// The conversation; `None` when the text is not one of this template's, or the template is none.
    pub(super) fn read(self, text: &str) -> Option<Conversation> {
        let turns = match self.of(text) {
            Self::Auto | Self::None => return None,
            Self::Chatml => turns(text, &CHATML)?,
            Self::Llama3 => turns(text, &LLAMA3)?,
            Self::Gemma => turns(text, &GEMMA)?,
            Self::Mistral => instructions(text)?,
        };
        let mut messages = turns;
        let said = match messages.last() {
            Some(last) if last.role == "assistant" => messages.pop().map(|last| last.content),
            _ => None,
        };
        Some(Conversation { messages, said })
    }

    /// The template, with `auto` decided by `text`.
    pub(super) fn of(self, text: &str) -> Self {
        if self != Self::Auto {
            return self;
        }
        let marks = [
            (CHATML.open, Self::Chatml),
            (LLAMA3.open, Self::Llama3),
            (GEMMA.open, Self::Gemma),
            ("[/INST]", Self::Mistral),
        ];
        let found = marks.into_iter().find(|(mark, _)| text.contains(mark));
        found.map_or(Self::None, |(_, template)| template)
    }

    /// A completion without the opening of its turn, where the policy had to write that itself, and
    /// without the tokens that end it.
    pub(super) fn completion(self, text: &str) -> &str {
        let opening = match self {
            Self::Auto | Self::None => return text,
            Self::Chatml => "<|im_start|>assistant\n",
            Self::Llama3 => "<|start_header_id|>assistant<|end_header_id|>\n\n",
            Self::Gemma => "<start_of_turn>model\n",
            Self::Mistral => " ",
        };
        without_end(text.strip_prefix(opening).unwrap_or(text))
    }
}

/// The turns between `marks`; `None` when something else comes first.
fn turns(text: &str, marks: &Marks) -> Option<Vec<Message>> {
    let mut rest = without_start(text).strip_prefix(marks.open)?;
    let mut turns = Vec::new();
    loop {
        let (role, after) = rest.split_once(marks.after_role)?;
        if role.is_empty() || role.len() > ROLE || !role.chars().all(char::is_alphanumeric) {
            return None;
        }
        let role = if role == "model" { "assistant" } else { role }.to_owned();
        let Some((content, after)) = after.split_once(marks.close) else {
            turns.push(Message { role, content: after.to_owned() });
            return Some(turns);
        };
        turns.push(Message { role, content: content.to_owned() });
        match after.split_once(marks.open) {
            Some((_, after)) => rest = after,
            None => return Some(turns),
        }
    }
}

/// The turns of Mistral's template, which marks the user's and lets the assistant's follow.
fn instructions(text: &str) -> Option<Vec<Message>> {
    let message =
        |role: &str, content: &str| Message { role: role.to_owned(), content: content.to_owned() };
    let mut turns = Vec::new();
    let mut rest = without_start(text).trim_start();
    if let Some(after) = rest.strip_prefix("[SYSTEM_PROMPT]") {
        let (system, after) = after.split_once("[/SYSTEM_PROMPT]")?;
        turns.push(message("system", unspaced(system)));
        rest = after.trim_start();
    }
    rest = rest.strip_prefix("[INST]")?;
    loop {
        let (user, after) = rest.split_once("[/INST]")?;
        turns.push(message("user", unspaced(user)));
        match after.split_once("[INST]") {
            Some((said, after)) => {
                turns.push(message("assistant", SourceTemplate::Mistral.completion(said)));
                rest = after;
            }
            None => {
                turns.push(message("assistant", SourceTemplate::Mistral.completion(after)));
                return Some(turns);
            }
        }
    }
}

/// Without the one space that the template puts on either side.
fn unspaced(text: &str) -> &str {
    let text = text.strip_prefix(' ').unwrap_or(text);
    text.strip_suffix(' ').unwrap_or(text)
}

fn without_start(text: &str) -> &str {
    let mut text = text;
    while let Some(rest) = STARTS.iter().find_map(|token| text.trim_start().strip_prefix(token)) {
        text = rest;
    }
    text.trim_start()
}

fn without_end(text: &str) -> &str {
    let mut text = text;
    while let Some(rest) = ENDS.iter().find_map(|token| text.trim_end().strip_suffix(token)) {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Roles with contents.
    type Turns = Vec<(String, String)>;

    fn read(template: SourceTemplate, text: &str) -> Option<(Turns, Option<String>)> {
        let Conversation { messages, said } = template.read(text)?;
        let turns = messages.into_iter().map(|turn| (turn.role, turn.content));
        Some((turns.collect(), said))
    }

    fn turn(role: &str, content: &str) -> (String, String) {
        (role.to_owned(), content.to_owned())
    }

    #[test]
    fn an_opened_turn_is_empty_and_a_prefilled_one_is_not() {
        let prompt = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n";
        let user = vec![turn("user", "Hi")];
        let opened = read(SourceTemplate::Chatml, prompt).unwrap();
        assert_eq!(opened, (user.clone(), Some(String::new())));
        let prefilled = read(SourceTemplate::Auto, &format!("{prompt}<think>\n")).unwrap();
        assert_eq!(prefilled, (user, Some("<think>\n".to_owned())));
    }

    #[test]
    fn a_prompt_may_end_before_the_assistants_turn() {
        let prompt = "<bos><start_of_turn>user\nHi<end_of_turn>\n";
        assert_eq!(read(SourceTemplate::Gemma, prompt).unwrap(), (vec![turn("user", "Hi")], None));
        let completion = "<start_of_turn>model\nHello.<end_of_turn>\n<eos>";
        assert_eq!(SourceTemplate::Gemma.completion(completion), "Hello.");
    }

    #[test]
    fn padding_on_either_side_is_no_text() {
        let text = "<|endoftext|><|endoftext|><|im_start|>user\nHi<|im_end|>\n";
        assert!(SourceTemplate::Chatml.read(text).is_some());
        let completion = "It is 42. <|im_end|>\n<|endoftext|><|endoftext|>";
        assert_eq!(SourceTemplate::Chatml.completion(completion), "It is 42. ");
        assert_eq!(SourceTemplate::None.completion(completion), completion);
    }

    #[test]
    fn the_later_mistral_has_a_system_prompt() {
        let text =
            "<s>[SYSTEM_PROMPT]Be brief.[/SYSTEM_PROMPT][INST]Hi[/INST]Hello.</s>[INST]Why?[/INST]";
        let turns = vec![
            turn("system", "Be brief."),
            turn("user", "Hi"),
            turn("assistant", "Hello."),
            turn("user", "Why?"),
        ];
        assert_eq!(read(SourceTemplate::Mistral, text).unwrap(), (turns, Some(String::new())));
    }

    #[test]
    fn other_text_is_not_read() {
        for text in [
            "",
            "What is 17 + 25?",
            "Hear: <|im_start|>user\nHi<|im_end|>",
            "<|im_start|>user Hi<|im_end|>",
            "<|im_start|>a b\nHi",
            "<|im_start|>",
        ] {
            assert_eq!(SourceTemplate::Chatml.read(text), None, "{text}");
        }
        assert_eq!(SourceTemplate::Mistral.read("[INST] Hi"), None);
        assert_eq!(SourceTemplate::Auto.read("plain"), None);
        assert_eq!(SourceTemplate::None.read("<|im_start|>user\nHi<|im_end|>"), None);
    }

    /// What is read back is what the family's template (`tests/golden/templates`) writes the same text
    /// from, so nothing was lost; and where it neither trims nor merges, it is the conversation itself.
    #[test]
    fn what_templates_wrote_is_read_back() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/templates");
        let file = |name: &str| std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
        let golden: serde_json::Value = serde_json::from_str(&file("expected.json")).unwrap();
        let mut checked = 0;
        for case in golden["cases"].as_array().unwrap() {
            let (family, name) = (case["template"].as_str().unwrap(), &case["conversation"]);
            let source = match family {
                "qwen25" | "qwen3" => SourceTemplate::Chatml,
                "llama3" => SourceTemplate::Llama3,
                "gemma" => SourceTemplate::Gemma,
                "mistral" => SourceTemplate::Mistral,
                _ => continue,
            };
            let told = &golden["conversations"][name.as_str().unwrap()];
            // Without tools and opened turns: what a trainer's prompt and completion make.
            let plain = told.as_object().unwrap().len() == 1;
            let told = serde_json::from_value::<Vec<Message>>(told["messages"].clone());
            let (true, Ok(told), Some(text)) = (plain, told, case["rendered"].as_str()) else {
                continue;
            };
            let forged = told.iter().any(|turn| turn.content.contains("<|im_end|>"));
            let Some(last) = told.last().filter(|_| !forged) else { continue };
            if told.iter().all(|turn| turn.role != "user") {
                continue;
            }
            let read = source.read(text);
            let Conversation { mut messages, said } =
                read.unwrap_or_else(|| panic!("{family}/{name}: {text}"));
            let said = said.filter(|_| last.role == "assistant");
            messages.extend(said.map(|content| Message { role: "assistant".to_owned(), content }));
            let tokens = serde_json::from_value(golden["tokens"][family].clone()).unwrap();
            let template =
                crate::model::ChatTemplate::new(&file(&format!("{family}.jinja")), tokens).unwrap();
            let again = template.render(&messages).unwrap();
            assert_eq!(again, text, "{family}/{name}: {messages:?}");
            if ["question_answer", "multi_turn"].contains(&name.as_str().unwrap()) {
                let own = &messages[messages.len() - told.len()..];
                let texts =
                    own.iter().map(|turn| turn.content.rsplit("</think>\n\n").next().unwrap());
                assert!(texts.eq(told.iter().map(|turn| turn.content.as_str())), "{family}/{name}");
            }
            checked += 1;
        }
        assert!(checked >= 40, "only {checked} conversations");
    }

    proptest! {
        /// Marks in any disorder: no panic, and nothing invented.
        #[test]
        fn any_order_of_marks_is_survived(parts in prop::collection::vec(prop::sample::select(vec![
            "<|im_start|>", "<|im_end|>", "<|start_header_id|>", "<|end_header_id|>\n\n", "<|eot_id|>",
            "<start_of_turn>", "<end_of_turn>", "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]",
            "<s>", "</s>", "user", "assistant", "model", "\n", " ", "é", "text",
        ]), 0..40)) {
            let text = parts.concat();
            for template in [
                SourceTemplate::Auto, SourceTemplate::None, SourceTemplate::Chatml,
                SourceTemplate::Llama3, SourceTemplate::Mistral, SourceTemplate::Gemma,
            ] {
                let found = template.read(&text).unwrap_or_default();
                let length: usize = found.messages.iter().map(|turn| turn.content.len()).sum();
                prop_assert!(length + found.said.unwrap_or_default().len() <= text.len());
                prop_assert!(template.completion(&text).len() <= text.len());
            }
        }
    }
}
