//! Many answers at once, off the caller's thread.

use std::{collections::HashMap, sync::Arc};

use futures::channel::oneshot;
use rayon::prelude::*;

use super::{Grade, Grader, Policy};

/// Answers of one task: small enough to spread, large enough to be worth handing over.
const TASK: usize = 32;

/// One answer to grade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Gold answers, any of which is right.
    pub golds: Vec<String>,
    /// What the model wrote.
    pub completion: String,
}

impl Grader {
    /// The grade of each question, in order; computed on the cores' shared pool. Questions with the
    /// same gold answers are graded together, equal answers among them once.
    pub async fn grade_all(
        self: &Arc<Self>,
        policy: Policy,
        questions: Vec<Question>,
    ) -> Vec<Grade> {
        let (answer, graded) = oneshot::channel();
        let grader = Arc::clone(self);
        rayon::spawn(move || {
            // A caller that left needs no answer.
            drop(answer.send(grader.spread(&policy, &questions)));
        });
        // The sender is dropped without an answer only if the pool is torn down with the process.
        graded.await.unwrap_or_default()
    }

    fn spread(&self, policy: &Policy, questions: &[Question]) -> Vec<Grade> {
        let grades: Vec<(usize, Grade)> = tasks(questions)
            .into_par_iter()
            .flat_map_iter(|task| {
                let golds: Vec<&str> =
                    questions[task[0]].golds.iter().map(String::as_str).collect();
                let completions = task.iter().map(|index| questions[*index].completion.as_str());
                let grades = self.grade_group(policy, &golds, completions);
                task.into_iter().zip(grades)
            })
            .collect();
        let mut ordered: Vec<Option<Grade>> = vec![None; questions.len()];
        for (index, grade) in grades {
            ordered[index] = Some(grade);
        }
        ordered.into_iter().flatten().collect()
    }
}

/// Indices of questions with the same gold answers, a bounded number at a time. No task is empty.
fn tasks(questions: &[Question]) -> Vec<Vec<usize>> {
    let mut places: HashMap<&[String], usize> = HashMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, question) in questions.iter().enumerate() {
        let place = *places.entry(&question.golds).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(index);
    }
    groups.iter().flat_map(|group| group.chunks(TASK).map(<[usize]>::to_vec)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::math::Verdict;

    #[test]
    fn grades_come_in_the_order_of_the_questions() {
        let grader = Arc::new(Grader::new(64));
        let policy = Policy::default();
        let question = |index: usize| Question {
            golds: vec![(index % 7).to_string()],
            completion: format!("so \\boxed{{{}}}", index % 5),
        };
        let questions: Vec<_> = (0..500).map(question).collect();
        let grades = futures::executor::block_on(grader.grade_all(policy, questions));
        for (index, grade) in grades.iter().enumerate() {
            assert_eq!(grade.verdict == Verdict::Correct, index % 7 == index % 5, "{index}");
        }
        assert_eq!(grades.len(), 500);
    }
}
