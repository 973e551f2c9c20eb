//! Samples to token sequences: template, tokenizer, limit.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokenizers::Tokenizer;

use super::{
    ChatTemplate, Format, Layout, LoadError, ModelOptions, ScoreText, TemplateError, Truncate,
    marks::{Marker, Marks},
};
use crate::domain::{Completion, Message, Miss, MissStatus, Sample, hex};

/// One sequence as a model reads it. Never empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Encoded {
    /// Token ids, each below the vocabulary's size.
    pub ids: Vec<u32>,
    /// Segments of a pair; empty when there is one segment.
    pub type_ids: Vec<u32>,
    /// Positions that the head reads beside the first or last token, ascending.
    pub marks: Vec<u32>,
    /// Whether part of the prompt was cut.
    pub truncated: bool,
}

/// What a model family asks of its text.
#[derive(Clone, Debug)]
pub struct TextLimits {
    /// Longest sequence the network takes.
    pub max_tokens: usize,
    /// Number of embeddings.
    pub vocabulary: usize,
    /// Whether the family reads pairs (encoders).
    pub reads_pairs: bool,
    /// Which positions the head reads beside the first or last token.
    pub marks: Marks,
    /// The token that every sequence must end in, for heads that are read there.
    pub ends_in: Option<u32>,
}

/// A tokenizer's files, read.
#[derive(Debug)]
pub struct TextFiles {
    tokenizer: Tokenizer,
    sha256: String,
    config: TokenizerConfig,
}

impl TextFiles {
    /// Reads `tokenizer.json` and `tokenizer_config.json`.
    ///
    /// # Errors
    /// When a file is missing or unusable.
    pub fn open(layout: &Layout) -> Result<Self, LoadError> {
        let (tokenizer, sha256) = tokenizer(layout)?;
        Ok(Self { tokenizer, sha256, config: TokenizerConfig::read(layout)? })
    }

    /// The tokens of a text by itself.
    pub(super) fn ids(&self, text: &str) -> Result<Vec<u32>, LoadError> {
        let encoding = self.tokenizer.encode(text, false);
        let encoding =
            encoding.map_err(|error| LoadError::Unusable(format!("tokenizer: {error}")))?;
        Ok(encoding.get_ids().to_vec())
    }
}

/// A tokenizer with its format, template and limit.
#[derive(Debug)]
pub struct TextEncoder {
    tokenizer: Tokenizer,
    template: Option<ChatTemplate>,
    eos: Option<u32>,
    format: Format,
    truncate: Truncate,
    score_text: ScoreText,
    limits: TextLimits,
    marker: Option<Marker>,
    fingerprint: String,
}

#[derive(Debug, Default, Deserialize)]
struct TokenizerConfig {
    #[serde(default)]
    chat_template: Option<TemplateField>,
    #[serde(default)]
    model_max_length: Option<f64>,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum TemplateField {
    One(String),
    Named(Vec<NamedTemplate>),
}

#[derive(Debug, Deserialize)]
struct NamedTemplate {
    name: String,
    template: String,
}

impl TokenizerConfig {
    fn read(layout: &Layout) -> Result<Self, LoadError> {
        const FILE: &str = "tokenizer_config.json";
        match layout.open(FILE).map_err(|error| LoadError::unreadable(FILE, &error))? {
            Some(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| LoadError::Config { file: FILE, reason: error.to_string() }),
            None => Ok(Self::default()),
        }
    }

    /// `bos_token` and its kin: strings, or objects with `content`.
    fn special_tokens(&self) -> BTreeMap<String, String> {
        self.rest
            .iter()
            .filter(|(name, _)| name.ends_with("_token"))
            .filter_map(|(name, value)| {
                let text = value.as_str().or_else(|| value.get("content")?.as_str())?;
                Some((name.clone(), text.to_owned()))
            })
            .collect()
    }

    fn template(&self, layout: &Layout) -> Result<Option<String>, LoadError> {
        const FILE: &str = "chat_template.jinja";
        if let Some(bytes) =
            layout.open(FILE).map_err(|error| LoadError::unreadable(FILE, &error))?
        {
            return Ok(Some(String::from_utf8_lossy(&bytes).into_owned()));
        }
        Ok(match &self.chat_template {
            Some(TemplateField::One(source)) => Some(source.clone()),
            Some(TemplateField::Named(named)) => {
                let default = named.iter().find(|one| one.name == "default").or(named.first());
                default.map(|one| one.template.clone())
            }
            None => None,
        })
    }
}

impl TextEncoder {
    /// Puts the tokenizer's files and the chat template to work for a network.
    ///
    /// # Errors
    /// When a file is missing or unusable, the format needs a template that is not there, or the
    /// tokenizer has no tokens for what the network marks.
    pub fn load(
        files: TextFiles,
        layout: &Layout,
        options: &ModelOptions,
        mut limits: TextLimits,
    ) -> Result<Self, LoadError> {
        let marker = Marker::new(&limits.marks, &options.steps, &files)?;
        let TextFiles { tokenizer, sha256, config } = files;
        let special = config.special_tokens();
        let eos = special.get("eos_token").and_then(|token| tokenizer.token_to_id(token));
        let template = config
            .template(layout)?
            .map(|source| ChatTemplate::new(&source, special))
            .transpose()
            .map_err(LoadError::Template)?;
        let format = match (options.format, template.is_some()) {
            (Format::Auto, true) => Format::Chat,
            (Format::Auto, false) if limits.reads_pairs => Format::Pair,
            (Format::Auto, false) => Format::Raw,
            (Format::Chat, false) => return Err(LoadError::NoTemplate),
            (format, _) => format,
        };
        limits.max_tokens = limit(limits.max_tokens, config.model_max_length, options.max_tokens);
        let template_sha256 = template.as_ref().map_or("", ChatTemplate::sha256);
        let fingerprint = hex(&Sha256::digest(format!(
            "{sha256} {template_sha256} {format:?} {:?} {:?} {limits:?} {marker:?}",
            options.truncate, options.score_text,
        )));
        Ok(Self {
            tokenizer,
            template,
            eos,
            format,
            truncate: options.truncate,
            score_text: options.score_text,
            limits,
            marker,
            fingerprint,
        })
    }

    /// What decides the tokens of a sample: equal fingerprints give equal tokens.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// SHA-256 of the chat template, or the format's name where none is used.
    #[must_use]
    pub fn template_name(&self) -> String {
        match (self.format, &self.template) {
            (Format::Chat, Some(template)) => format!("sha256:{}", template.sha256()),
            (Format::Pair, _) => "pair".to_owned(),
            _ => "raw".to_owned(),
        }
    }

    /// Longest sequence, in tokens.
    #[must_use]
    pub fn max_tokens(&self) -> usize {
        self.limits.max_tokens
    }

    /// Every token is below this.
    #[must_use]
    pub fn vocabulary(&self) -> usize {
        self.limits.vocabulary
    }

    /// The tokens of one sample.
    ///
    /// # Errors
    /// `missing_field` without prompt or completion, `invalid_input` when the template refuses the
    /// conversation or the text holds what the head is read at, `too_long` when the completion alone (or, with `truncate = "error"`, the whole)
    /// exceeds the limit.
    pub fn encode(&self, sample: &Sample) -> Result<Encoded, Miss> {
        let prompt = sample.prompt_messages().ok_or_else(|| Miss::missing("prompt"))?;
        let (completion, steps) = self.completion(sample)?;
        let whole = self.tokens(&prompt, &completion)?;
        let fitting = if whole.ids.len() <= self.limits.max_tokens {
            whole
        } else {
            self.cut(prompt.into_owned(), &completion, whole.ids.len())?
        };
        match &self.marker {
            Some(marker) => marker.check(&fitting.marks, steps).map(|()| fitting),
            None => Ok(fitting),
        }
    }

    /// What is judged, with the marks of steps in it, and how many steps there are.
    fn completion(&self, sample: &Sample) -> Result<(Vec<Message>, usize), Miss> {
        let judged = sample.said().map(|completion| self.judged(completion));
        let Some(marker) = &self.marker else {
            return judged.map(|turns| (turns, 0)).ok_or_else(|| Miss::missing("completion"));
        };
        marker.completion(&sample.steps, judged)
    }

    /// The completion's turns, without what is not judged.
    fn judged(&self, completion: &Completion) -> Vec<Message> {
        let mut turns = match completion {
            Completion::Text(text) => {
                vec![Message { role: "assistant".to_owned(), content: text.clone() }]
            }
            Completion::Messages(messages) => messages.clone(),
        };
        if self.score_text == ScoreText::AfterThink {
            for turn in turns.iter_mut().filter(|turn| turn.role == "assistant") {
                turn.content = after_think(&turn.content).to_owned();
            }
        }
        turns
    }

    fn tokens(&self, prompt: &[Message], completion: &[Message]) -> Result<Encoded, Miss> {
        let encoding = match (self.format, &self.template) {
            (Format::Chat, Some(template)) => {
                let turns: Vec<_> = prompt.iter().chain(completion).cloned().collect();
                let text = template.render(&turns).map_err(|error| refused(&error))?;
                self.tokenizer.encode_fast(text, false)
            }
            (Format::Pair, _) => {
                self.tokenizer.encode_fast((joined(prompt), joined(completion)), true)
            }
            _ => self.tokenizer.encode_fast(joined(prompt) + &joined(completion), true),
        };
        let encoding = encoding
            .map_err(|error| Miss::new(MissStatus::InvalidInput, format!("tokenizer: {error}")))?;
        let mut ids = encoding.get_ids().to_vec();
        // A model that is read at its last token is read behind the end; one that is read at marks is not.
        if self.format == Format::Raw
            && !self.limits.reads_pairs
            && self.marker.is_none()
            && let Some(eos) = self.eos
            && ids.last() != Some(&eos)
        {
            ids.push(eos);
        }
        if let Some(token) = self.limits.ends_in
            && ids.last() != Some(&token)
        {
            ids.push(token);
        }
        self.check(&ids)?;
        let marks = self.marker.as_ref().map_or_else(Vec::new, |marker| marker.places(&ids));
        let type_ids =
            if self.format == Format::Pair { encoding.get_type_ids().to_vec() } else { Vec::new() };
        Ok(Encoded { ids, type_ids, marks, truncated: false })
    }

    fn check(&self, ids: &[u32]) -> Result<(), Miss> {
        if ids.is_empty() {
            return Err(Miss::new(MissStatus::InvalidInput, "the text has no tokens"));
        }
        match ids.iter().find(|id| **id as usize >= self.limits.vocabulary) {
            Some(id) => Err(Miss::new(
                MissStatus::InvalidInput,
                format!(
                    "token {id} is outside the model's vocabulary of {}",
                    self.limits.vocabulary
                ),
            )),
            None => Ok(()),
        }
    }

    /// Cuts the prompt's oldest content from the left until the whole fits.
    fn cut(
        &self,
        mut prompt: Vec<Message>,
        completion: &[Message],
        mut length: usize,
    ) -> Result<Encoded, Miss> {
        let limit = self.limits.max_tokens;
        if self.truncate == Truncate::Error {
            return Err(too_long(format!("{length} tokens, the model takes {limit}")));
        }
        let mut turn = 0;
        while let Some(message) = prompt.get_mut(turn) {
            if message.role == "system" || message.content.is_empty() {
                turn += 1;
                continue;
            }
            message.content = self.without_first(&message.content, length - limit)?;
            let encoded = self.tokens(&prompt, completion)?;
            if encoded.ids.len() <= limit {
                return Ok(Encoded { truncated: true, ..encoded });
            }
            length = encoded.ids.len();
        }
        Err(too_long(format!(
            "the completion alone has {length} tokens with the template, the model takes {limit}"
        )))
    }

    /// The text without its first `count` tokens. Always shorter.
    fn without_first(&self, text: &str, count: usize) -> Result<String, Miss> {
        let encoding = self
            .tokenizer
            .encode(text, false)
            .map_err(|error| Miss::new(MissStatus::InvalidInput, format!("tokenizer: {error}")))?;
        let at = encoding.get_offsets().get(count).map_or(text.len(), |(start, _)| *start).max(1);
        let at = (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        Ok(text[at..].to_owned())
    }
}

pub(super) fn tokenizer(layout: &Layout) -> Result<(Tokenizer, String), LoadError> {
    const FILE: &str = "tokenizer.json";
    let bytes = layout
        .open(FILE)
        .map_err(|error| LoadError::unreadable(FILE, &error))?
        .ok_or(LoadError::NoFile(FILE))?;
    let unusable = |reason: String| LoadError::Config { file: FILE, reason };
    let text = std::str::from_utf8(&bytes).map_err(|error| unusable(error.to_string()))?;
    // `parse` is compiled once, in its own crate; `from_bytes` would be compiled again here, for minutes.
    let mut tokenizer: Tokenizer =
        text.parse().map_err(|error: tokenizers::Error| unusable(error.to_string()))?;
    tokenizer.with_padding(None);
    tokenizer.with_truncation(None).map_err(|error| unusable(error.to_string()))?;
    Ok((tokenizer, hex(&Sha256::digest(&*bytes))))
}

/// The least of the network's limit, the tokenizer's (which may be a huge "none") and the operator's.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be small")]
fn limit(network: usize, tokenizer: Option<f64>, wanted: usize) -> usize {
    let tokenizer =
        tokenizer.filter(|limit| (1.0..1e9).contains(limit)).map(|limit| limit as usize);
    let own = tokenizer.map_or(network, |limit| limit.min(network));
    if wanted == 0 { own } else { wanted.min(own) }
}

fn joined(turns: &[Message]) -> String {
    match turns {
        [one] => one.content.clone(),
        many => many.iter().map(|turn| turn.content.as_str()).collect::<Vec<_>>().join("\n"),
    }
}

fn after_think(text: &str) -> &str {
    match text.rsplit_once("</think>") {
        Some((_, rest)) => rest.trim_start(),
        None if text.contains("<think>") => "",
        None => text,
    }
}

fn refused(error: &TemplateError) -> Miss {
    Miss::new(MissStatus::InvalidInput, error.to_string())
}

fn too_long(message: impl Into<Cow<'static, str>>) -> Miss {
    Miss::new(MissStatus::TooLong, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_follows_the_thinking_is_judged() {
        assert_eq!(after_think("<think>a</think>\n42"), "42");
        assert_eq!(after_think("a</think> b</think> c"), "c");
        assert_eq!(after_think("<think>endless"), "");
        assert_eq!(after_think("plain"), "plain");
    }

    #[test]
    fn the_least_limit_counts() {
        assert_eq!(limit(512, None, 0), 512);
        assert_eq!(limit(512, Some(1e30), 0), 512);
        assert_eq!(limit(512, Some(256.0), 0), 256);
        assert_eq!(limit(512, Some(256.0), 64), 64);
        assert_eq!(limit(512, None, 4096), 512);
    }
}
