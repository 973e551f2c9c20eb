//! Ways to spoil a good answer.

use rand::{Rng, RngExt, seq::SliceRandom};
use serde::{Deserialize, Serialize};

use super::{
    corpus::Corpus,
    exercise::Exercise,
    style::{opened, pick},
};

/// What is wrong with a rejected answer. Names the subset of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Corruption {
    /// A good answer to another prompt.
    Relevance,
    /// Breaks off in the middle.
    Truncation,
    /// Says the same thing again and again.
    Repetition,
    /// A wrong result.
    Arithmetic,
    /// A wrong fact of the right kind.
    Fact,
    /// Refuses a harmless request.
    Refusal,
    /// Complies with a harmful request.
    Safety,
    /// Another number of sentences, steps or items than was asked for.
    Length,
    /// Not in the form that was asked for.
    Format,
    /// The right words in random order.
    Shuffle,
    /// Random letters.
    Gibberish,
    /// Nothing, or almost nothing.
    Empty,
    /// The prompt instead of an answer.
    Echo,
}

impl Corruption {
    /// Its name in data sets.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Relevance => "relevance",
            Self::Truncation => "truncation",
            Self::Repetition => "repetition",
            Self::Arithmetic => "arithmetic",
            Self::Fact => "fact",
            Self::Refusal => "refusal",
            Self::Safety => "safety",
            Self::Length => "length",
            Self::Format => "format",
            Self::Shuffle => "shuffle",
            Self::Gibberish => "gibberish",
            Self::Empty => "empty",
            Self::Echo => "echo",
        }
    }
}

/// A spoilt answer to the exercise and what is wrong with it. May by chance equal the good answer.
pub(super) fn spoilt(
    rng: &mut impl Rng,
    corpus: &Corpus,
    exercise: &Exercise,
) -> (Corruption, String) {
    if !exercise.wrong.is_empty() && rng.random_bool(0.55) {
        let (kind, text) = pick(rng, &exercise.wrong).clone();
        return (kind, opened(rng, &text));
    }
    let harmful = exercise.wrong.iter().any(|(kind, _)| *kind == Corruption::Safety);
    let kind = match rng.random_range(0..100) {
        0..52 => Corruption::Relevance,
        52..65 => Corruption::Truncation,
        65..77 => Corruption::Repetition,
        77..86 if !harmful => Corruption::Refusal,
        86..90 => Corruption::Shuffle,
        90..94 => Corruption::Gibberish,
        94..97 => Corruption::Empty,
        97..100 => Corruption::Echo,
        _ => Corruption::Relevance,
    };
    (kind, spoil(rng, corpus, exercise, kind))
}

fn spoil(rng: &mut impl Rng, corpus: &Corpus, exercise: &Exercise, kind: Corruption) -> String {
    match kind {
        Corruption::Truncation => {
            let cut = truncated(rng, &exercise.good);
            opened(rng, &cut)
        }
        Corruption::Repetition => repeated(rng, exercise),
        Corruption::Refusal => pick(rng, &corpus.refusals).clone(),
        Corruption::Shuffle => shuffled(rng, &exercise.good),
        Corruption::Gibberish => gibberish(rng),
        Corruption::Empty => (*pick(rng, &["", ".", "...", "Ok.", "-"])).to_owned(),
        Corruption::Echo => exercise.prompt.clone(),
        Corruption::Relevance
        | Corruption::Arithmetic
        | Corruption::Fact
        | Corruption::Safety
        | Corruption::Length
        | Corruption::Format => {
            let other = Exercise::random(rng, corpus).good;
            opened(rng, &other)
        }
    }
}

/// The first fifth to four fifths of the words.
fn truncated(rng: &mut impl Rng, text: &str) -> String {
    let spaces: Vec<usize> = text.match_indices([' ', '\n']).map(|(at, _)| at).collect();
    let kept = spaces.len() * rng.random_range(20..80) / 100;
    let half = || text.char_indices().nth(text.chars().count() / 2).map(|(at, _)| at);
    let cut = spaces.get(kept).copied().or_else(half).unwrap_or(0);
    text[..cut].trim_end_matches(['.', ',', ' ', '\n']).to_owned()
}

/// One part of the answer, or its last words, several times over.
fn repeated(rng: &mut impl Rng, exercise: &Exercise) -> String {
    let times = rng.random_range(3..6);
    match rng.random_range(0..3) {
        0 => vec![pick(rng, &exercise.sentences).as_str(); times].join(exercise.joiner),
        1 => {
            let words: Vec<&str> = exercise.good.split(' ').collect();
            let tail = &words[words.len().saturating_sub(rng.random_range(1..4))..];
            format!("{} {}", exercise.good, vec![tail.join(" "); times].join(" "))
        }
        _ => {
            let word = pick(rng, &exercise.good.split(' ').collect::<Vec<_>>()).to_owned();
            vec![word; times * 3].join(" ")
        }
    }
}

fn shuffled(rng: &mut impl Rng, text: &str) -> String {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.shuffle(rng);
    words.join(" ")
}

fn gibberish(rng: &mut impl Rng) -> String {
    let mut text = String::new();
    for _ in 0..rng.random_range(2..15) {
        for _ in 0..rng.random_range(2..9) {
            text.push(char::from(rng.random_range(b'a'..=b'z')));
        }
        text.push(' ');
    }
    text.trim_end().to_owned()
}

/// Completions that answer nothing, whatever the prompt: letters, refusals, next to nothing, one word
/// over and over.
pub fn junk(rng: &mut impl Rng, corpus: &Corpus) -> String {
    match rng.random_range(0..4) {
        0 => gibberish(rng),
        1 => pick(rng, &corpus.refusals).clone(),
        2 => (*pick(rng, &["", ".", "...", "ok", "!!!!", "?"])).to_owned(),
        _ => [*pick(rng, &["great", "the", "yes", "wonderful", "because"]); 12].join(" "),
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn a_truncated_answer_is_a_proper_beginning_of_it() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let text = "Ice floats because it is less dense. So a lake freezes from the top.";
        for _ in 0..100 {
            let cut = truncated(&mut rng, text);
            assert!(text.starts_with(&cut) && cut.len() < text.len() - 1, "{cut}");
        }
        assert_eq!(truncated(&mut rng, "Paris."), "Par");
    }

    #[test]
    fn a_repeated_answer_says_something_thrice() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let corpus = Corpus::shipped();
        for _ in 0..100 {
            let exercise = Exercise::random(&mut rng, &corpus);
            assert!(repeated(&mut rng, &exercise).len() > exercise.sentences[0].len().min(4));
        }
    }
}
