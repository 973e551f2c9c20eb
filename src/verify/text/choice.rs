//! The letter of a multiple-choice answer.
//!
//! Read from what follows the last `</think>`, at the first of these places that names a letter: the last
//! `\boxed{…}`, the last `<answer>…</answer>`, the last "answer is …" or "Answer: …", an option said to be
//! right ("option C", "(C) is correct") if only one is, a completion or last line that is itself a choice
//! ("C", "(C) 19", "C. Paris", "**C**"). A letter inside a sentence is a word, not a choice. Where several
//! letters are named they are compared as a set, and with "or" between them they are a hedge.

mod label;
mod place;
mod token;

use serde::Deserialize;
use utoipa::ToSchema;

use super::{Unscored, extract::after_think};
use label::Named;

/// Parameters of `choice`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The last letter of the options, which start at A. Default: `J`.
    #[serde(default = "last")]
    #[schema(value_type = String, default = "J", pattern = "^[B-Z]$")]
    last: Letter,
}

impl Default for Choice {
    fn default() -> Self {
        Self { last: last() }
    }
}

/// The last letter of the options.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "char")]
struct Letter(char);

impl TryFrom<char> for Letter {
    type Error = &'static str;

    fn try_from(letter: char) -> Result<Self, Self::Error> {
        if ('B'..='Z').contains(&letter) { Ok(Self(letter)) } else { Err("one letter from B to Z") }
    }
}

fn last() -> Letter {
    Letter('J')
}

/// What a completion chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// The gold's letters.
    Right,
    /// Other letters.
    Wrong,
    /// Letters with "or" between them.
    Hedged,
    /// None.
    Nothing,
}

impl Choice {
    /// What the completion chose. Each gold is a letter or a set of letters, bare or as an answer would
    /// write it (`C`, `(C)`, `C) 19`, `{A, D}`, `AD`); any of them is right.
    ///
    /// # Errors
    /// Without a gold, or when a gold names no letter of the options.
    pub fn grade(&self, completion: &str, golds: &[&str]) -> Result<Chosen, Unscored> {
        let golds = golds.iter().map(|gold| self.gold(gold)).collect::<Result<Vec<_>, _>>()?;
        if golds.is_empty() {
            return Err(Unscored::NoGold);
        }
        Ok(match place::find(after_think(completion), self.last.0) {
            None => Chosen::Nothing,
            Some(Named { hedged: true, .. }) => Chosen::Hedged,
            Some(named) if golds.contains(&named.letters) => Chosen::Right,
            Some(_) => Chosen::Wrong,
        })
    }

    fn gold(&self, gold: &str) -> Result<label::Letters, Unscored> {
        match label::read(gold, self.last.0) {
            Some(Named { letters, hedged: false }) => Ok(letters),
            Some(_) | None => Err(Unscored::GoldUnparsable(gold.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests;
