//! How long a completion is.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::{Cell, Miss, Sample};

/// What a completion's length is counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LengthUnit {
    /// The policy's own tokens, as sent in `completion_tokens`: the service cannot know the policy's
    /// tokenizer, so their absence is a `missing_field` miss.
    #[default]
    Tokens,
    /// Unicode scalar values of the completion's text.
    Characters,
    /// Words of the completion's text, separated by white space.
    Words,
}

impl LengthUnit {
    /// The length of the sample's completion.
    pub(crate) fn of(self, sample: &Sample) -> Cell {
        let text = || sample.completion_text().ok_or_else(|| Miss::missing("completion"));
        match self {
            Self::Tokens => sample
                .completion_tokens
                .map(|tokens| tokens as f64)
                .ok_or_else(|| Miss::missing("completion_tokens")),
            Self::Characters => Ok(text()?.chars().count() as f64),
            Self::Words => Ok(text()?.split_whitespace().count() as f64),
        }
    }
}
