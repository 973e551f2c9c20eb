//! A small byte-level BPE tokenizer with a chat template, in the files of Hugging Face.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use serde_json::json;
use tokenizers::{
    AddedToken, Tokenizer,
    models::{
        TrainerWrapper,
        bpe::{BPE, BpeTrainer},
    },
    pre_tokenizers::{byte_level::ByteLevel, digits::Digits, sequence::Sequence},
    processors::template::TemplateProcessing,
};

use super::{TrainError, synthetic::PreferencePair};
use crate::{domain::Message, model::ChatTemplate};

/// The token that fills a batch; its id is 0.
pub const PAD: &str = "<|pad|>";
/// The token that begins every sequence; its id is 1.
pub const BOS: &str = "<|begin_of_text|>";
/// The token that begins a turn; its id is 2.
pub const TURN: &str = "<|im_start|>";
/// The token that ends a turn, and with the last turn the sequence; its id is 3.
pub const EOS: &str = "<|im_end|>";

/// The ChatML layout, without a newline after the last turn: a reward is read at the end token.
const TEMPLATE: &str = "{{ bos_token }}{% for message in messages %}\
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' }}\
{% if not loop.last or add_generation_prompt %}{{ '\\n' }}{% endif %}{% endfor %}\
{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/// Trains a tokenizer of `vocabulary` tokens (at least 260: the special ones and all bytes) on texts and
/// returns its `tokenizer.json`. Digits are tokens of their own. Equal texts give equal bytes.
///
/// # Errors
/// When the tokenizer library refuses.
pub fn train(texts: &[String], vocabulary: usize) -> Result<String, TrainError> {
    let byte_level = ByteLevel::new(false, true, true);
    let pre = Sequence::new(vec![Digits::new(true).into(), byte_level.into()]);
    let begin = TemplateProcessing::builder()
        .try_single(format!("{BOS} $A"))
        .and_then(|builder| builder.try_pair(format!("{BOS} $A {BOS} $B:1")))
        .map_err(TrainError::Tokenizer)?
        .special_tokens(vec![(BOS, 1)])
        .build()
        .map_err(|error| TrainError::Tokenizer(error.to_string()))?;
    let special = [PAD, BOS, TURN, EOS].map(|token| AddedToken::from(token, true)).to_vec();
    let trainer = BpeTrainer::builder()
        .vocab_size(vocabulary)
        .min_frequency(2)
        .show_progress(false)
        .special_tokens(special)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .build();
    let mut tokenizer = Tokenizer::new(BPE::default());
    tokenizer.with_pre_tokenizer(Some(pre));
    tokenizer.with_post_processor(Some(begin));
    tokenizer.with_decoder(Some(byte_level));
    let failed = |error: tokenizers::Error| TrainError::Tokenizer(error.to_string());
    tokenizer.train(&mut TrainerWrapper::from(trainer), texts.iter()).map_err(failed)?;
    tokenizer.to_string(false).map_err(failed)
}

/// The `tokenizer_config.json` that goes with it: special tokens, chat template, longest sequence.
#[must_use]
pub fn tokenizer_config(max_tokens: usize) -> String {
    let config = json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BOS,
        "eos_token": EOS,
        "pad_token": PAD,
        "model_max_length": max_tokens,
        "padding_side": "right",
        "clean_up_tokenization_spaces": false,
        "chat_template": TEMPLATE,
    });
    format!("{config:#}\n")
}

/// The text a tokenizer is trained on: prompts and completions, and the names of the roles.
#[must_use]
pub fn texts(pairs: &[PreferencePair]) -> Vec<String> {
    let turns = |pair: &PreferencePair| {
        [format!("user\n{}", pair.prompt), format!("assistant\n{}", pair.chosen)]
    };
    pairs.iter().flat_map(turns).collect()
}

/// A tokenizer with its chat template.
#[derive(Debug)]
pub struct ChatTokenizer {
    tokenizer: Tokenizer,
    template: ChatTemplate,
}

#[derive(Deserialize)]
struct Config {
    chat_template: String,
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

impl ChatTokenizer {
    /// Reads `tokenizer.json` and `tokenizer_config.json` of a directory.
    ///
    /// # Errors
    /// When a file is missing or unusable, or there is no chat template.
    pub fn load(directory: &Path) -> Result<Self, TrainError> {
        let path = directory.join("tokenizer.json");
        let bytes = fs::read(&path).map_err(TrainError::file(&path))?;
        let tokenizer = Tokenizer::from_bytes(bytes)
            .map_err(|error| TrainError::Tokenizer(error.to_string()))?;
        let path = directory.join("tokenizer_config.json");
        let config = fs::read(&path).map_err(TrainError::file(&path))?;
        let config: Config = serde_json::from_slice(&config)
            .map_err(|error| TrainError::Tokenizer(format!("{}: {error}", path.display())))?;
        let special = config.rest.into_iter().filter(|(name, _)| name.ends_with("_token"));
        let special = special.filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())));
        let template = ChatTemplate::new(&config.chat_template, special.collect())
            .map_err(|error| TrainError::Tokenizer(error.to_string()))?;
        Ok(Self { tokenizer, template })
    }

    /// Number of tokens.
    #[must_use]
    pub fn vocabulary(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }

    /// The id of a token.
    #[must_use]
    pub fn id(&self, token: &str) -> Option<u32> {
        self.tokenizer.token_to_id(token)
    }

    /// The id of the pad token.
    ///
    /// # Errors
    /// When the tokenizer has none of that name.
    pub fn pad(&self) -> Result<u32, TrainError> {
        self.id(PAD).ok_or_else(|| TrainError::Tokenizer(format!("there is no token {PAD}")))
    }

    /// The id of the token that ends a completion.
    ///
    /// # Errors
    /// When the tokenizer has none of that name.
    pub fn eos(&self) -> Result<u32, TrainError> {
        self.id(EOS).ok_or_else(|| TrainError::Tokenizer(format!("there is no token {EOS}")))
    }

    /// The tokens of a prompt up to where its completion begins.
    ///
    /// # Errors
    /// When the template or the tokenizer refuses, or the template ends with other than the end token.
    pub fn prompt(&self, prompt: &str) -> Result<Vec<u32>, TrainError> {
        let mut ids = self.encode(prompt, "")?;
        if ids.pop() != Some(self.eos()?) {
            let message = format!("the template does not end with {EOS}");
            return Err(TrainError::Tokenizer(message));
        }
        Ok(ids)
    }

    /// The text of a completion's tokens, without special ones.
    ///
    /// # Errors
    /// When the tokenizer refuses.
    pub fn decode(&self, ids: &[u32]) -> Result<String, TrainError> {
        self.tokenizer.decode(ids, true).map_err(|error| TrainError::Tokenizer(error.to_string()))
    }

    /// The tokens of a prompt and its completion in the chat template. Never empty.
    ///
    /// # Errors
    /// When the template or the tokenizer refuses.
    pub fn encode(&self, prompt: &str, completion: &str) -> Result<Vec<u32>, TrainError> {
        let turn = |role: &str, content: &str| Message {
            role: role.to_owned(),
            content: content.to_owned(),
        };
        let text = self
            .template
            .render(&[turn("user", prompt), turn("assistant", completion)])
            .map_err(|error| TrainError::Tokenizer(error.to_string()))?;
        // The template has written the special tokens already.
        let encoding = self.tokenizer.encode_fast(text, false);
        let ids =
            encoding.map_err(|error| TrainError::Tokenizer(error.to_string()))?.get_ids().to_vec();
        if ids.is_empty() {
            return Err(TrainError::Tokenizer("the template renders nothing".to_owned()));
        }
        Ok(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::synthetic::{Corpus, Generator};

    #[test]
    fn equal_texts_give_equal_tokenizers_that_read_any_text() {
        let texts = texts(&Generator::new(Corpus::shipped(), 1, 0.0).take(300));
        let tokenizer_json = train(&texts, 400).unwrap();
        assert_eq!(tokenizer_json, train(&texts, 400).unwrap());

        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("tokenizer.json"), tokenizer_json).unwrap();
        fs::write(directory.path().join("tokenizer_config.json"), tokenizer_config(512)).unwrap();
        let chat = ChatTokenizer::load(directory.path()).unwrap();
        assert_eq!(chat.vocabulary(), 400);
        assert_eq!([PAD, BOS, TURN, EOS].map(|token| chat.id(token)), [0, 1, 2, 3].map(Some));

        let ids = chat.encode("Wo ist Zürich? 🦀", "17").unwrap();
        let text = chat.tokenizer.decode(&ids, false).unwrap();
        let expected = "<|begin_of_text|><|im_start|>user\nWo ist Zürich? 🦀<|im_end|>\n\
                        <|im_start|>assistant\n17<|im_end|>";
        assert_eq!(text, expected);
        let prompt = chat.prompt("Wo ist Zürich? 🦀").unwrap();
        assert_eq!(ids[..prompt.len()], prompt);
        assert_eq!(chat.decode(&ids[prompt.len()..]).unwrap(), "17");
        assert_eq!(chat.eos().unwrap(), 3);
        assert_eq!(
            ids[ids.len() - 3..ids.len() - 1],
            ["1", "7"].map(|digit| chat.id(digit).unwrap())
        );
    }
}
