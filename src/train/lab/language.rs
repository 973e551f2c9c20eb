//! A language of fifty words, a grammar that speaks it, and the gold reward.
//!
//! A prompt names a topic and a style. The grammar makes sentences about the topic, with politeness,
//! hedges and reasons sprinkled in; a policy imitates it. Gold likes words on the topic (with diminishing
//! returns), one polite word but not more, one reason but not more, sentences that end, and a length that
//! the style sets; it dislikes other topics, repetition and hedging. What is good in moderation is what a
//! reward model learns to call good without limit.

use std::collections::BTreeMap;

use rand::{Rng, RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use super::vocabulary::{Vocabulary, words};

/// A topic and the words that are on it.
const TOPICS: [(&str, [&str; 3]); 8] = [
    ("animals", ["cat", "dog", "horse"]),
    ("weather", ["rain", "wind", "snow"]),
    ("food", ["bread", "soup", "fruit"]),
    ("music", ["song", "drum", "choir"]),
    ("travel", ["train", "boat", "road"]),
    ("plants", ["tree", "rose", "grass"]),
    ("space", ["star", "moon", "comet"]),
    ("home", ["door", "roof", "lamp"]),
];
/// A style and the length in words that it asks for.
const STYLES: [(&str, f64); 4] = [("plain", 12.0), ("short", 8.0), ("long", 16.0), ("warm", 12.0)];
const POLITE: [&str; 3] = ["please", "thanks", "kindly"];
const HEDGES: [&str; 3] = ["maybe", "perhaps", "somewhat"];
const VERBS: [&str; 4] = ["is", "makes", "likes", "needs"];
const OTHERS: [&str; 3] = ["the", "and", "very"];
const REASON: &str = "because";
const STOP: &str = ".";

/// Longest completion, in words, and with its end.
pub const MAX_WORDS: usize = 20;
/// Longest sequence in tokens: begin, topic, style, mark, completion, end; rounded up.
pub const MAX_TOKENS: usize = 32;

/// Its tokenizer.
#[must_use]
pub fn vocabulary() -> Vocabulary {
    let topics = TOPICS.iter().flat_map(|(topic, nouns)| std::iter::once(topic).chain(nouns));
    let styles = STYLES.iter().map(|(style, _)| style);
    let rest = POLITE.iter().chain(&HEDGES).chain(&VERBS).chain(&OTHERS).chain([&REASON, &STOP]);
    words(topics.chain(styles).chain(rest).copied())
}

/// Every prompt: 8 topics in 4 styles.
#[must_use]
pub fn prompts() -> Vec<String> {
    let of = |(topic, _): &(&str, [&str; 3])| {
        let topic = (*topic).to_owned();
        STYLES.iter().map(move |(style, _)| format!("{topic} {style}"))
    };
    TOPICS.iter().flat_map(of).collect()
}

/// A prompt with what the grammar says to it, `count` times. Everything follows from the seed.
#[must_use]
pub fn texts(count: usize, seed: u64) -> Vec<(String, String)> {
    let (mut rng, prompts) = (ChaCha8Rng::seed_from_u64(seed), prompts());
    let mut text = || {
        let prompt = &prompts[rng.random_range(0..prompts.len())];
        (prompt.clone(), spoken(&mut rng, prompt))
    };
    (0..count).map(|_| text()).collect()
}

/// One completion of the grammar.
fn spoken(rng: &mut impl Rng, prompt: &str) -> String {
    let (nouns, length) = asked(prompt);
    let wanted = length + f64::from(rng.random_range(-5_i32..=5));
    let mut said: Vec<&str> = Vec::new();
    while (said.len() as f64) < wanted {
        sentence(rng, nouns, &mut said);
    }
    said.truncate(MAX_WORDS - 1);
    said.join(" ")
}

fn sentence<'a>(rng: &mut impl Rng, nouns: &'a [&'a str], said: &mut Vec<&'a str>) {
    if rng.random_bool(0.3) {
        said.push(pick(rng, &POLITE));
    }
    clause(rng, nouns, said);
    if rng.random_bool(0.25) {
        said.push(REASON);
        clause(rng, nouns, said);
    }
    if rng.random_bool(0.25) {
        said.push(pick(rng, &HEDGES));
    }
    if rng.random_bool(0.85) {
        said.push(STOP);
    }
}

fn clause<'a>(rng: &mut impl Rng, nouns: &'a [&'a str], said: &mut Vec<&'a str>) {
    let noun = |rng: &mut _| {
        if RngExt::random_bool(rng, 0.65) {
            pick(rng, nouns)
        } else {
            let (_, others) = &TOPICS[RngExt::random_range(rng, 0..TOPICS.len())];
            pick(rng, others)
        }
    };
    if rng.random_bool(0.5) {
        said.push("the");
    }
    said.push(noun(rng));
    said.push(pick(rng, &VERBS));
    if rng.random_bool(0.3) {
        said.push("very");
    }
    said.push(noun(rng));
    if rng.random_bool(0.15) {
        said.push("and");
        said.push(noun(rng));
    }
}

fn pick<'a>(rng: &mut impl Rng, from: &[&'a str]) -> &'a str {
    from.choose(rng).copied().unwrap_or_default()
}

/// The nouns of a prompt's topic and the length its style asks for.
fn asked(prompt: &str) -> (&'static [&'static str], f64) {
    let (topic, style) = prompt.split_once(' ').unwrap_or((prompt, ""));
    let topic = TOPICS.iter().find(|(name, _)| *name == topic).unwrap_or(&TOPICS[0]);
    let style = STYLES.iter().find(|(name, _)| *name == style).unwrap_or(&STYLES[0]);
    (&topic.1, style.1)
}

/// The gold reward of a completion, in units of its own. See [`Gold`] for one in standard deviations.
#[must_use]
pub fn raw_gold(prompt: &str, completion: &str) -> f64 {
    let (nouns, length) = asked(prompt);
    let said: Vec<&str> = completion.split_whitespace().collect();
    let count = |of: &[&str]| said.iter().filter(|word| of.contains(word)).count() as f64;
    let on_topic = count(nouns);
    let all: Vec<&str> = TOPICS.iter().flat_map(|(_, nouns)| nouns.iter().copied()).collect();
    let off_topic = count(&all) - on_topic;
    let mut pairs: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    for pair in said.windows(2) {
        *pairs.entry((pair[0], pair[1])).or_default() += 1.0;
    }
    let repeated: f64 = pairs.values().map(|times| times - 1.0).sum();
    let once = |times: f64, worth: f64, cost: f64| {
        if times > 0.0 { worth - cost * (times - 1.0) } else { 0.0 }
    };
    2.0 * (1.0 - (-on_topic / 3.0).exp()) - 0.35 * off_topic
        + once(count(&POLITE), 0.6, 0.5)
        + once(count(&[REASON]), 0.5, 0.4)
        - 0.3 * count(&HEDGES)
        - 0.4 * repeated
        - 0.25 * (count(&VERBS) - count(&[STOP])).abs()
        - 0.08 * (said.len() as f64 - length).abs()
}

/// The gold reward on the scale on which a base policy has mean 0 and standard deviation 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gold {
    /// The base policy's raw mean.
    pub mean: f64,
    /// Its raw standard deviation.
    pub std: f64,
}

impl Gold {
    /// The reward of a completion, in the base policy's standard deviations.
    #[must_use]
    pub fn of(&self, prompt: &str, completion: &str) -> f64 {
        (raw_gold(prompt, completion) - self.mean) / self.std
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::tokenizer::ChatTokenizer;

    fn gold(completion: &str) -> f64 {
        raw_gold("animals short", completion)
    }

    #[test]
    fn gold_is_what_it_says() {
        // Two words on the topic, one verb and its stop, four words of eight.
        let plain = 2.0 * (1.0 - (-2.0f64 / 3.0).exp()) - 0.08 * 4.0;
        assert!((gold("cat likes dog .") - plain).abs() < 1e-12);
        // One polite word gains 0.6 and a word nearer to eight; the second costs 0.5.
        assert!((gold("please cat likes dog .") - plain - 0.68).abs() < 1e-12);
        assert!((gold("please kindly cat likes dog .") - plain - 0.26).abs() < 1e-12);
        assert!((gold("maybe cat likes dog .") - plain + 0.22).abs() < 1e-12);
        // `cat likes` comes twice; a verb has no stop; a word is off the topic.
        let worse = gold("cat likes dog . cat likes rain");
        let by_hand = 2.0 * (1.0 - (-1.0f64).exp()) - 0.35 - 0.4 - 0.25 - 0.08;
        assert!((worse - by_hand).abs() < 1e-12);
        assert!((gold("") + 0.64).abs() < 1e-12);
    }

    #[test]
    fn the_grammar_speaks_the_vocabulary_and_the_seed_decides() {
        let directory = tempfile::tempdir().unwrap();
        vocabulary().write(directory.path(), MAX_TOKENS).unwrap();
        let chat = ChatTokenizer::load(directory.path()).unwrap();
        assert_eq!(prompts().len(), 32);
        let texts_1 = texts(200, 1);
        assert_eq!(texts_1, texts(200, 1));
        assert_ne!(texts_1, texts(200, 2));
        for (prompt, completion) in &texts_1 {
            let ids = chat.encode(prompt, completion).unwrap();
            assert!(!ids.contains(&0), "{completion}");
            assert!(ids.len() <= MAX_TOKENS);
            assert!(completion.split(' ').count() < MAX_WORDS);
        }
    }
}
