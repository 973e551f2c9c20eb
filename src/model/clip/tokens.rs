//! A dual encoder's texts as tokens.

use tokenizers::Tokenizer;

use crate::{
    domain::{Miss, MissStatus},
    model::{Encoded, Layout, LoadError, arch::DualShape, text::tokenizer},
};

/// A tokenizer with its model's limit and padding.
#[derive(Debug)]
pub struct ClipText {
    tokenizer: Tokenizer,
    sha256: String,
    shape: DualShape,
}

impl ClipText {
    /// Reads `tokenizer.json`.
    ///
    /// # Errors
    /// When it is missing or unusable, or does not mark the end of a text that is to be found by its end.
    pub(in crate::model) fn load(layout: &Layout, shape: &DualShape) -> Result<Self, LoadError> {
        let (tokenizer, sha256) = tokenizer(layout)?;
        let text = Self { tokenizer, sha256, shape: *shape };
        let ends = text.ids("").is_ok_and(|ids| !ids.is_empty());
        if !ends && shape.pad.is_none() {
            let reason = "the tokenizer adds no end of text".to_owned();
            return Err(LoadError::Config { file: "tokenizer.json", reason });
        }
        Ok(text)
    }

    /// SHA-256 of the tokenizer, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Longest text, in tokens.
    #[must_use]
    pub fn max_tokens(&self) -> usize {
        self.shape.max_tokens
    }

    /// The tokens of a text. One that is too long loses its tail, and keeps the mark of its end.
    ///
    /// # Errors
    /// `invalid_input` for tokens that the model does not know.
    pub fn encode(&self, text: &str) -> Result<Encoded, Miss> {
        let mut ids = self.ids(text)?;
        let limit = self.shape.max_tokens;
        let truncated = ids.len() > limit;
        if truncated {
            let end = ids.last().copied();
            ids.truncate(limit - 1);
            ids.extend(end);
        }
        if let Some(pad) = self.shape.pad {
            ids.resize(limit, pad);
        }
        if let Some(id) = ids.iter().find(|id| **id as usize >= self.shape.vocabulary) {
            let message = format!(
                "token {id} is outside the model's vocabulary of {}",
                self.shape.vocabulary
            );
            return Err(Miss::new(MissStatus::InvalidInput, message));
        }
        Ok(Encoded { ids, truncated, ..Encoded::default() })
    }

    fn ids(&self, text: &str) -> Result<Vec<u32>, Miss> {
        let encoding = self.tokenizer.encode_fast(text, true);
        let encoding = encoding
            .map_err(|error| Miss::new(MissStatus::InvalidInput, format!("tokenizer: {error}")))?;
        Ok(encoding.get_ids().to_vec())
    }
}
