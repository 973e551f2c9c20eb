//! One thing to judge.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::{
    Deserialize, Serialize,
    de::{Deserializer, SeqAccess, Visitor, value::SeqAccessDeserializer},
};
use utoipa::ToSchema;

use super::json::{RawJson, optional_object};

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Who speaks: `system`, `user`, `assistant`, or a role that the model's template knows.
    #[schema(example = "user")]
    pub role: String,
    /// What is said.
    #[schema(example = "Why is the sky blue?")]
    pub content: String,
}

/// The completion under judgement: plain text, or the messages that follow the prompt.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Completion {
    /// The text of one assistant turn.
    Text(String),
    /// Several turns, as trainers with tool use send them.
    Messages(Vec<Message>),
}

impl Completion {
    /// The text to judge: the plain text, or the contents of the assistant's turns, one per line.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Messages(messages) => Cow::Owned(
                messages
                    .iter()
                    .filter(|message| message.role == "assistant")
                    .map(|message| message.content.as_str())
                    .collect::<Vec<_>>()
                    .join("\n"),
            ),
        }
    }
}

/// Not derived: an untagged enum would lose the place of an error in a message.
impl<'de> Deserialize<'de> for Completion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrMessages)
    }
}

struct TextOrMessages;

impl<'de> Visitor<'de> for TextOrMessages {
    type Value = Completion;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of messages")
    }

    fn visit_str<E>(self, text: &str) -> Result<Completion, E> {
        Ok(Completion::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Completion, E> {
        Ok(Completion::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, messages: A) -> Result<Completion, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(messages)).map(Completion::Messages)
    }
}

/// One thing to judge. Every field is optional until a node needs it; then its absence is a
/// `missing_field` miss for this sample alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sample {
    /// The caller's own identifier, echoed in the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The prompt as one string (one user turn). Excludes `messages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "What is 17 + 25?")]
    pub prompt: Option<String>,
    /// The prompt as chat messages. Excludes `prompt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<Message>>,
    /// What is judged: text, or messages. Absent for rewards of an image alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion: Option<Completion>,
    /// The gold answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "42")]
    pub answer: Option<String>,
    /// Gold answers, any of which is right.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
    /// Tests for the code verifier.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "optional_object")]
    #[schema(value_type = Option<Object>)]
    pub tests: Option<RawJson>,
    /// Images as data URLs or base64.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// Reference completions for the same prompt (PAR and other centred shapers).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    /// Rewards of reference completions, when already known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reference_rewards: Vec<f64>,
    /// Named numbers of the caller's own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub features: BTreeMap<String, f64>,
    /// Which data set the sample is from; `switch` routes by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "gsm8k")]
    pub data_source: Option<String>,
    /// The group the sample belongs to. Default: samples with equal prompt, messages and images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The completion's steps, for process rewards.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// The completion's length in the policy's tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_tokens: Option<u64>,
    /// Why generation ended (`stop`, `length`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "stop")]
    pub finish_reason: Option<String>,
}

impl Sample {
    /// The completion's text, if there is a completion.
    #[must_use]
    pub fn completion_text(&self) -> Option<Cow<'_, str>> {
        self.said().map(Completion::text)
    }

    /// The completion, if it has anything to judge: text, or a turn of the assistant's.
    #[must_use]
    pub fn said(&self) -> Option<&Completion> {
        self.completion.as_ref().filter(|completion| match completion {
            Completion::Text(_) => true,
            Completion::Messages(turns) => turns.iter().any(|turn| turn.role == "assistant"),
        })
    }

    /// The same sample with another completion, and without what described the old one.
    #[must_use]
    pub fn with_completion(&self, text: &str) -> Self {
        Self {
            completion: Some(Completion::Text(text.to_owned())),
            completion_tokens: None,
            finish_reason: None,
            steps: Vec::new(),
            references: Vec::new(),
            reference_rewards: Vec::new(),
            ..self.clone()
        }
    }

    /// The sample as ordered chat turns of the prompt. A plain prompt is one user turn.
    #[must_use]
    pub fn prompt_messages(&self) -> Option<Cow<'_, [Message]>> {
        match (&self.messages, &self.prompt) {
            (Some(messages), _) => Some(Cow::Borrowed(messages)),
            (None, Some(prompt)) => {
                Some(Cow::Owned(vec![Message { role: "user".to_owned(), content: prompt.clone() }]))
            }
            (None, None) => None,
        }
    }
}
