//! A generator of synthetic preference pairs: the data of the shipped models.
//!
//! Plain English questions and instructions (facts, arithmetic, how-to, lists, definitions, short
//! explanations, small programs), a good answer, and the same answer with one thing wrong: it answers
//! another prompt, breaks off, repeats itself, miscounts, states a wrong fact, refuses, or ignores what
//! was asked of its length or format. Openings, spelling of prompts and lengths vary independently of
//! which answer is good. Labels can be flipped at a fixed rate. Everything follows from a seed.

mod arithmetic;
mod corpus;
mod corruption;
mod exercise;
mod pairs;
pub mod shapes;
mod style;

pub use corpus::{Corpus, Topic};
pub use corruption::{Corruption, junk};
pub use exercise::Exercise;
pub use pairs::{Generator, PreferencePair, read_jsonl, write_jsonl};
