//! Places in a sequence that a head reads beside its first or last token: the ends of steps (process
//! rewards), or where the answer begins (gated mixtures).

use super::{LoadError, StepOptions, TextFiles};
use crate::domain::{Message, Miss, MissStatus};

/// What a head reads beside the first or last token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Marks {
    /// Nothing.
    None,
    /// The end of each step, where `marker` is put; `separator` stands between steps.
    Steps {
        /// What is put behind each step.
        marker: String,
        /// What is put between two.
        separator: String,
    },
    /// The last place where this text begins.
    Answer {
        /// What the template writes before an answer.
        begins: String,
    },
}

/// The two tokens whose logits judge a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepTags {
    /// A right step.
    pub good: u32,
    /// A wrong one.
    pub bad: u32,
}

impl StepTags {
    /// The tokens that the options name; `None` when they name none.
    ///
    /// # Errors
    /// When only one is named, or one is no single token.
    pub(super) fn of(steps: &StepOptions, files: &TextFiles) -> Result<Option<Self>, LoadError> {
        let token = |key: &str, text: &str| match files.ids(text)?.as_slice() {
            [token] => Ok(*token),
            ids => Err(LoadError::option(
                "steps",
                format!("`steps.{key} = {text:?}` is {} tokens, where one is needed", ids.len()),
            )),
        };
        match (&steps.good, &steps.bad) {
            (Some(good), Some(bad)) => {
                Ok(Some(Self { good: token("good", good)?, bad: token("bad", bad)? }))
            }
            (None, None) => Ok(None),
            _ => Err(LoadError::option("steps", "`steps` needs both `good` and `bad`, or neither")),
        }
    }
}

/// Marks in tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Steps { marker: String, separator: String, token: u32 },
    Answer { tokens: Vec<u32> },
}

impl Marker {
    /// What `marks` are in this tokenizer's tokens; `options` say otherwise where they name something.
    pub(super) fn new(
        marks: &Marks,
        options: &StepOptions,
        files: &TextFiles,
    ) -> Result<Option<Self>, LoadError> {
        let (marker, separator) = match marks {
            Marks::Steps { marker, separator } => (marker, separator),
            Marks::None | Marks::Answer { .. } if *options != StepOptions::default() => {
                let unused = "`steps` is for process reward models, which this is not";
                return Err(LoadError::option("steps", unused));
            }
            Marks::None => return Ok(None),
            Marks::Answer { begins } => {
                return Ok(Some(Self::Answer { tokens: files.ids(begins)? }));
            }
        };
        let marker = options.marker.as_ref().unwrap_or(marker).clone();
        let separator = options.separator.as_ref().unwrap_or(separator).clone();
        // Behind other text a marker may be spelled in other tokens but for its last one.
        let token = files.ids(&marker)?.last().copied();
        let none = "`steps.marker` is needed: what the model judges a step at";
        let token = token.ok_or_else(|| LoadError::option("steps", none))?;
        Ok(Some(Self::Steps { marker, separator, token }))
    }

    /// The turns to judge, each step with its marker behind it, and the number of steps.
    pub(super) fn completion(
        &self,
        steps: &[String],
        judged: Option<Vec<Message>>,
    ) -> Result<(Vec<Message>, usize), Miss> {
        let missing = || Miss::missing("completion");
        let Self::Steps { marker, separator, .. } = self else {
            return judged.map(|turns| (turns, 0)).ok_or_else(missing);
        };
        let text;
        let steps: Vec<&str> = if steps.is_empty() {
            let turns = judged.ok_or_else(missing)?;
            let answers = turns.iter().filter(|turn| turn.role == "assistant");
            text = answers.map(|turn| turn.content.as_str()).collect::<Vec<_>>().join("\n\n");
            text.split("\n\n").map(str::trim).filter(|step| !step.is_empty()).collect()
        } else {
            steps.iter().map(String::as_str).collect()
        };
        if steps.is_empty() {
            return Err(invalid("the completion has no steps"));
        }
        let marked: Vec<String> = steps.iter().map(|step| format!("{step}{marker}")).collect();
        let content = marked.join(separator);
        Ok((vec![Message { role: "assistant".to_owned(), content }], steps.len()))
    }

    /// The marked positions of a sequence.
    pub(super) fn places(&self, ids: &[u32]) -> Vec<u32> {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        match self {
            Self::Steps { token, .. } => {
                let places = ids.iter().enumerate().filter(|(_, id)| *id == token);
                places.map(|(at, _)| place(at)).collect()
            }
            Self::Answer { tokens } => {
                let found = ids.windows(tokens.len().max(1)).rposition(|window| window == tokens);
                found.map(place).into_iter().collect()
            }
        }
    }

    /// Whether a sequence has the marks it must have: one for each of `steps` steps, or one.
    pub(super) fn check(&self, marks: &[u32], steps: usize) -> Result<(), Miss> {
        match self {
            Self::Steps { .. } if marks.len() == steps => Ok(()),
            Self::Steps { marker, .. } => Err(invalid(format!(
                "{steps} steps, but {} step markers: the text itself holds `{marker}`, or the \
                 template drops it",
                marks.len()
            ))),
            Self::Answer { .. } if marks.len() == 1 => Ok(()),
            Self::Answer { .. } => {
                Err(invalid("the text has no answer turn where the model reads its gate"))
            }
        }
    }
}

fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Miss {
    Miss::new(MissStatus::InvalidInput, message)
}
