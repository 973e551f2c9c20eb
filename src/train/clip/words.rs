//! A tokenizer of whole words, as `tokenizer.json`.

use serde_json::{Map, Value, json};
use tokenizers::Tokenizer;

use crate::train::{TrainError, synthetic::shapes};

const UNKNOWN: &str = "<|unknown|>";
const PAD: &str = "<|pad|>";
pub(super) const BOS: &str = "<|startoftext|>";
pub(super) const EOS: &str = "<|endoftext|>";
/// The id of the padding token.
pub(super) const PAD_ID: u32 = 1;

/// The words of captions; the end of text has the greatest id, as in CLIP.
pub(super) struct Words {
    pub(super) json: String,
    tokenizer: Tokenizer,
    longest: usize,
}

impl Words {
    pub(super) fn new(longest: usize) -> Result<Self, TrainError> {
        let words = shapes::words();
        let all = [UNKNOWN, PAD, BOS].into_iter().chain(words).chain([EOS]);
        let vocabulary: Map<String, Value> =
            all.enumerate().map(|(id, word)| (word.to_owned(), json!(id))).collect();
        let json = format!("{:#}\n", document(&vocabulary));
        let tokenizer = json
            .parse()
            .map_err(|error: tokenizers::Error| TrainError::Tokenizer(error.to_string()))?;
        Ok(Self { json, tokenizer, longest })
    }

    pub(super) fn vocabulary(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }

    pub(super) fn id(&self, token: &str) -> Option<u32> {
        self.tokenizer.token_to_id(token)
    }

    /// The tokens of a text, with both ends.
    pub(super) fn encode(&self, text: &str) -> Result<Vec<u32>, TrainError> {
        let encoding = self
            .tokenizer
            .encode_fast(text, true)
            .map_err(|error| TrainError::Tokenizer(error.to_string()))?;
        let ids = encoding.get_ids().to_vec();
        if ids.len() > self.longest {
            return Err(TrainError::Tokenizer(format!("`{text}` has {} tokens", ids.len())));
        }
        Ok(ids)
    }
}

fn document(vocabulary: &Map<String, Value>) -> Value {
    let special = |token: &str| {
        json!({
            "id": vocabulary[token], "content": token, "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false, "special": true,
        })
    };
    let ends = |token: &str| json!({"id": token, "ids": [vocabulary[token]], "tokens": [token]});
    json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [special(UNKNOWN), special(PAD), special(BOS), special(EOS)],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": BOS, "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": EOS, "type_id": 0}},
            ],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {BOS: ends(BOS), EOS: ends(EOS)},
        },
        "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": UNKNOWN},
    })
}

/// The `tokenizer_config.json` that goes with it.
pub(super) fn tokenizer_config(longest: usize) -> String {
    let config = json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BOS,
        "eos_token": EOS,
        "pad_token": PAD,
        "unk_token": UNKNOWN,
        "model_max_length": longest,
        "padding_side": "right",
        "clean_up_tokenization_spaces": false,
    });
    format!("{config:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_ids_and_texts_have_ends() {
        let words = Words::new(16).unwrap();
        let ids = words.encode("A  red CIRCLE").unwrap();
        let [bos, a, red, circle, eos] = ids[..] else { panic!("{ids:?}") };
        assert_eq!([bos, eos].map(Some), [words.id(BOS), words.id(EOS)]);
        assert_eq!([a, red, circle].map(Some), ["a", "red", "circle"].map(|word| words.id(word)));
        assert_eq!(eos as usize, words.vocabulary() - 1);
        assert_eq!(words.encode("zebra").unwrap()[1], 0);
        assert_eq!(words.id(PAD), Some(PAD_ID));
        assert!(words.encode(&"a ".repeat(15)).is_err());
    }
}
