//! Tokenizers of small languages: a listed vocabulary, and a chat template of single marks.

use std::{collections::BTreeSet, path::Path};

use serde_json::{Value, json};

use crate::train::{
    TrainError,
    checkpoint::write_synced,
    tokenizer::{BOS, EOS, PAD, TURN},
};

/// Ends the prompt.
const TEMPLATE: &str = "{{ bos_token }}{% for message in messages %}{{ message['content'] }}\
{{ '<|im_start|>' if message['role'] == 'user' else '<|im_end|>' }}{% endfor %}";

/// A tokenizer in the files of Hugging Face, as yet in memory.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    tokens: Vec<String>,
    letters: bool,
}

/// One token per word; words stand apart.
#[must_use]
pub fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Vocabulary {
    Vocabulary { tokens: distinct(words.into_iter().map(str::to_owned)), letters: false }
}

/// One token per letter.
#[must_use]
pub fn letters(letters: &str) -> Vocabulary {
    Vocabulary { tokens: distinct(letters.chars().map(String::from)), letters: true }
}

/// Each once: a token that came twice would leave an id without one.
fn distinct(tokens: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    tokens.filter(|token| seen.insert(token.clone())).collect()
}

impl Vocabulary {
    /// Writes `tokenizer.json` and `tokenizer_config.json` for sequences of up to `max_tokens` tokens.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, directory: &Path, max_tokens: usize) -> Result<(), TrainError> {
        std::fs::create_dir_all(directory).map_err(TrainError::file(directory))?;
        let config = json!({
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": BOS,
            "eos_token": EOS,
            "pad_token": PAD,
            "model_max_length": max_tokens,
            "clean_up_tokenization_spaces": false,
            "chat_template": TEMPLATE,
        });
        let files = [("tokenizer.json", self.json()), ("tokenizer_config.json", config)];
        for (file, value) in files {
            write_synced(&directory.join(file), format!("{value:#}\n").as_bytes())?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let special = [PAD, BOS, TURN, EOS];
        let tokens = special.into_iter().chain(self.tokens.iter().map(String::as_str));
        let vocabulary: serde_json::Map<String, Value> =
            tokens.enumerate().map(|(id, token)| (token.to_owned(), id.into())).collect();
        let added: Vec<Value> = special
            .iter()
            .enumerate()
            .map(|(id, token)| {
                json!({"id": id, "content": token, "single_word": false, "lstrip": false,
                       "rstrip": false, "normalized": false, "special": true})
            })
            .collect();
        let (split, decoder) = if self.letters {
            let each = json!({"type": "Split", "pattern": {"Regex": "(?s)."}, "behavior": "Isolated", "invert": false});
            (each, json!({"type": "Fuse"}))
        } else {
            (json!({"type": "WhitespaceSplit"}), Value::Null)
        };
        json!({
            "version": "1.0",
            "truncation": null,
            "padding": null,
            "added_tokens": added,
            "normalizer": null,
            "pre_tokenizer": split,
            "post_processor": null,
            "decoder": decoder,
            "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": PAD},
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::tokenizer::ChatTokenizer;

    fn tokenizer(vocabulary: &Vocabulary) -> ChatTokenizer {
        let directory = tempfile::tempdir().unwrap();
        vocabulary.write(directory.path(), 32).unwrap();
        ChatTokenizer::load(directory.path()).unwrap()
    }

    #[test]
    fn words_and_letters_come_back() {
        let chat = tokenizer(&words(["cats", "are", "nice", "."]));
        assert_eq!(chat.encode("cats", "cats are .").unwrap(), [1, 4, 2, 4, 5, 7, 3]);
        assert_eq!(chat.prompt("cats").unwrap(), [1, 4, 2]);
        assert_eq!(chat.decode(&[4, 5, 7, 3]).unwrap(), "cats are .");

        let chat = tokenizer(&letters("0123456789+=0 \n"));
        assert_eq!(chat.vocabulary(), 18);
        assert_eq!(chat.encode("1+2=", "3 \n").unwrap(), [1, 5, 14, 6, 15, 2, 7, 16, 17, 3]);
        assert_eq!(chat.decode(&[7, 16, 17, 3]).unwrap(), "3 \n");
        assert_eq!(chat.decode(&[5, 6]).unwrap(), "12");
    }
}
