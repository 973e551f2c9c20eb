//! What the generator knows: topics, steps, definitions, lists, facts and small programs.

/// One subject: ways to ask and the sentences (or steps) of an answer, the essential one first.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Prompts, at least one.
    pub prompts: Vec<String>,
    /// Sentences, at least one.
    pub sentences: Vec<String>,
}

/// Facts of one relation: templates with `{0}` for the subject and `{1}` for the value.
#[derive(Clone, Debug)]
pub struct Relation {
    /// Questions.
    pub questions: Vec<String>,
    /// Ways to state the answer.
    pub answers: Vec<String>,
    /// Subject and value.
    pub facts: Vec<(String, String)>,
}

/// All of it. No list is empty.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// Why and how questions.
    pub explanations: Vec<Topic>,
    /// Tasks ("make a cup of tea") with steps.
    pub how_to: Vec<Topic>,
    /// Things ("a volcano") with a definition and one more sentence.
    pub definitions: Vec<Topic>,
    /// Kinds of things with members.
    pub categories: Vec<Topic>,
    /// Tables of facts.
    pub relations: Vec<Relation>,
    /// What a function does, with its lines.
    pub code: Vec<Topic>,
    /// Requests that are rightly refused.
    pub unsafe_requests: Vec<String>,
    /// Ways to refuse.
    pub refusals: Vec<String>,
}

impl Corpus {
    /// What the shipped models are trained on.
    #[must_use]
    pub fn shipped() -> Self {
        Self {
            explanations: topics(include_str!("corpus/explanations.txt")),
            how_to: topics(include_str!("corpus/how_to.txt")),
            definitions: lines(include_str!("corpus/definitions.txt")).map(definition).collect(),
            categories: lines(include_str!("corpus/categories.txt")).map(category).collect(),
            relations: blocks(include_str!("corpus/facts.txt")).map(relation).collect(),
            code: topics(include_str!("corpus/code.txt")),
            unsafe_requests: owned(lines(include_str!("corpus/unsafe.txt"))),
            refusals: owned(lines(include_str!("corpus/refusals.txt"))),
        }
    }

    /// The same, with explanations of subjects that no shipped model was trained on.
    #[must_use]
    pub fn unseen() -> Self {
        Self { explanations: topics(include_str!("corpus/unseen.txt")), ..Self::shipped() }
    }
}

/// Blocks of lines: prompts separated by `|`, then sentences.
fn topics(text: &str) -> Vec<Topic> {
    blocks(text)
        .map(|block| {
            let (head, body) = block.split_once('\n').unwrap_or((block, ""));
            Topic { prompts: owned(head.split('|')), sentences: owned(lines(body)) }
        })
        .collect()
}

/// `thing|definition|another sentence`.
fn definition(line: &str) -> Topic {
    let (thing, sentences) = line.split_once('|').unwrap_or((line, ""));
    Topic { prompts: vec![thing.to_owned()], sentences: owned(sentences.split('|')) }
}

/// `kind|member, member, …`.
fn category(line: &str) -> Topic {
    let (kind, members) = line.split_once('|').unwrap_or((line, ""));
    Topic { prompts: vec![kind.to_owned()], sentences: owned(members.split(", ")) }
}

/// Questions, answers, then `subject=value` lines. A bare `{}` is the next of subject and value.
fn relation(block: &str) -> Relation {
    let numbered = |template: &str| template.replacen("{}", "{0}", 1).replacen("{}", "{1}", 1);
    let mut rest = block.lines();
    let mut templates = || rest.next().unwrap_or("").split('|').map(numbered).collect();
    let (questions, answers) = (templates(), templates());
    let facts = rest.filter_map(|line| line.split_once('='));
    let facts = facts.map(|(subject, value)| (subject.to_owned(), value.to_owned()));
    Relation { questions, answers, facts: facts.collect() }
}

fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").map(str::trim_end).filter(|block| !block.is_empty())
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty())
}

fn owned<'a>(parts: impl Iterator<Item = &'a str>) -> Vec<String> {
    parts.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpus_is_complete() {
        for corpus in [Corpus::shipped(), Corpus::unseen()] {
            let Corpus { explanations, how_to, definitions, categories, .. } = &corpus;
            assert!(explanations.iter().all(|topic| topic.prompts.len() == 2));
            assert!(explanations.iter().all(|topic| topic.sentences.len() == 3));
            assert!(how_to.iter().all(|task| task.sentences.len() == 5));
            assert!(definitions.iter().all(|thing| thing.sentences.len() == 2));
            assert!(categories.iter().all(|kind| kind.sentences.len() >= 8));
            assert!(corpus.code.iter().all(|program| program.sentences.len() == 2));
            for relation in &corpus.relations {
                assert!(relation.facts.len() >= 10);
                assert!(relation.questions.iter().all(|question| question.contains("{0}")));
                assert!(relation.answers.iter().all(|answer| answer.contains("{1}")));
            }
        }
    }
}
