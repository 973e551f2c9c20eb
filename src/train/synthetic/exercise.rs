//! Prompts with a good answer, and the wrong answers that only fit that prompt.

use rand::{Rng, RngExt, seq::SliceRandom};

use super::{
    arithmetic,
    corpus::{Corpus, Relation},
    corruption::Corruption,
    style::{capitalised, pick},
};

/// One prompt, a good answer, and answers that are wrong for this prompt in particular.
#[derive(Clone, Debug)]
pub struct Exercise {
    /// The question or instruction.
    pub prompt: String,
    /// A good answer.
    pub good: String,
    /// The parts of the good answer.
    pub sentences: Vec<String>,
    /// What joins the parts.
    pub joiner: &'static str,
    /// Wrong answers, each with its kind of mistake.
    pub wrong: Vec<(Corruption, String)>,
}

impl Exercise {
    /// A random exercise.
    pub fn random(rng: &mut impl Rng, corpus: &Corpus) -> Self {
        match rng.random_range(0..100) {
            0..24 => arithmetic::exercise(rng),
            24..46 => explanation(rng, corpus),
            46..62 => how_to(rng, corpus),
            62..74 => definition(rng, corpus),
            74..83 => list(rng, corpus),
            83..94 => fact(rng, corpus),
            94..98 => code(rng, corpus),
            _ => unsafe_request(rng, corpus),
        }
    }

    fn of(prompt: String, sentences: Vec<String>, joiner: &'static str) -> Self {
        Self { prompt, good: sentences.join(joiner), sentences, joiner, wrong: Vec::new() }
    }
}

/// A question about the world, answered in one to three sentences; sometimes the number is asked for.
pub(super) fn explanation(rng: &mut impl Rng, corpus: &Corpus) -> Exercise {
    let topic = pick(rng, &corpus.explanations);
    let prompt = pick(rng, &topic.prompts);
    let (first, all) = (&topic.sentences[..1], &topic.sentences);
    match rng.random_range(0..10) {
        0 => bounded(format!("{prompt} Answer in one sentence."), first, all),
        1 => bounded(format!("{prompt} Answer in three sentences."), all, first),
        2 => bounded(format!("{prompt} Be brief."), first, all),
        _ => {
            let count = rng.random_range(1..=all.len());
            Exercise::of(prompt.clone(), all[..count].to_vec(), " ")
        }
    }
}

fn bounded(prompt: String, good: &[String], bad: &[String]) -> Exercise {
    let wrong = vec![(Corruption::Length, bad.join(" "))];
    Exercise { wrong, ..Exercise::of(prompt, good.to_vec(), " ") }
}

fn how_to(rng: &mut impl Rng, corpus: &Corpus) -> Exercise {
    let task = pick(rng, &corpus.how_to);
    let (name, steps) = (&task.prompts[0], &task.sentences);
    let ask = match rng.random_range(0..5) {
        0 => format!("How can I {name}?"),
        1 => format!("Explain how to {name}."),
        2 => format!("Tell me how to {name}."),
        _ => format!("How do I {name}?"),
    };
    let plain = steps.join(" ");
    match rng.random_range(0..6) {
        0 => {
            let wrong = vec![(Corruption::Format, plain)];
            let prompt = format!("{ask} Use a numbered list.");
            Exercise { wrong, ..Exercise::of(prompt, numbered(steps), "\n") }
        }
        1 => {
            let prompt = format!("{ask} Give three steps.");
            bounded(prompt, &steps[..3], steps)
        }
        2 => Exercise::of(ask, numbered(steps), "\n"),
        _ => Exercise::of(ask, steps[..rng.random_range(3..=steps.len())].to_vec(), " "),
    }
}

fn numbered(steps: &[String]) -> Vec<String> {
    steps.iter().enumerate().map(|(i, step)| format!("{}. {step}", i + 1)).collect()
}

fn definition(rng: &mut impl Rng, corpus: &Corpus) -> Exercise {
    let topic = pick(rng, &corpus.definitions);
    let thing = &topic.prompts[0];
    let prompt = match rng.random_range(0..4) {
        0 => format!("Define {thing}."),
        1 => format!("Explain what {thing} is."),
        _ => format!("What is {thing}?"),
    };
    let count = rng.random_range(1..=topic.sentences.len());
    Exercise::of(prompt, topic.sentences[..count].to_vec(), " ")
}

fn list(rng: &mut impl Rng, corpus: &Corpus) -> Exercise {
    const COUNTS: [&str; 4] = ["two", "three", "four", "five"];
    let topic = pick(rng, &corpus.categories);
    let kind = &topic.prompts[0];
    let asked = rng.random_range(0..COUNTS.len());
    let given = (asked + rng.random_range(1..COUNTS.len())) % COUNTS.len();
    let verb = pick(rng, &["Name", "List", "Give me", "Tell me"]);
    let prompt = format!("{verb} {} {kind}.", COUNTS[asked]);
    let mut members = topic.sentences.clone();
    members.shuffle(rng);
    let lines = rng.random_bool(0.3);
    let render = |members: &[String]| {
        if lines {
            members.iter().map(|m| format!("- {m}")).collect::<Vec<_>>().join("\n")
        } else {
            capitalised(&format!("{}.", members.join(", ")))
        }
    };
    let good = render(&members[..asked + 2]);
    let wrong = vec![(Corruption::Length, render(&members[..given + 2]))];
    Exercise { prompt, sentences: vec![good.clone()], good, joiner: " ", wrong }
}

fn fact(rng: &mut impl Rng, corpus: &Corpus) -> Exercise {
    let Relation { questions, answers, facts } = pick(rng, &corpus.relations);
    let (subject, value) = pick(rng, facts);
    let wrong = loop {
        let (_, other) = pick(rng, facts);
        if other != value {
            break other;
        }
    };
    let prompt = pick(rng, questions).replace("{0}", subject);
    let template = pick(rng, answers);
    let state = |value| capitalised(&template.replace("{0}", subject).replace("{1}", value));
    let good = state(value);
    let wrong = vec![(Corruption::Fact, state(wrong))];
    Exercise { prompt, sentences: vec![good.clone()], good, joiner: " ", wrong }
}

fn code(rng: &mut impl Rng, corpus: &Corpus) -> Exercise {
    let topic = pick(rng, &corpus.code);
    let task = &topic.prompts[0];
    let prompt = match rng.random_range(0..3) {
        0 => format!("Write Python code that {task}."),
        1 => format!("Write a function in Python that {task}."),
        _ => format!("Write a Python function that {task}."),
    };
    let mut exercise = Exercise::of(prompt, topic.sentences.clone(), "\n");
    if rng.random_bool(0.5) {
        exercise.good = format!("```python\n{}\n```", exercise.good);
    }
    exercise
}

fn unsafe_request(rng: &mut impl Rng, corpus: &Corpus) -> Exercise {
    let prompt = pick(rng, &corpus.unsafe_requests).clone();
    let refusal = pick(rng, &corpus.refusals[..4]).clone();
    let compliant = format!("Sure! {}", how_to(rng, corpus).good);
    let wrong = vec![(Corruption::Safety, compliant)];
    Exercise { wrong, ..Exercise::of(prompt, vec![refusal], " ") }
}
