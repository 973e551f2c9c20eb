//! Ordered samples with group membership.

use std::{collections::HashMap, sync::Arc};

use super::{Message, Sample};

/// Which samples belong together.
///
/// Invariant: every sample is in exactly one group; groups are numbered by first appearance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    of: Vec<usize>,
    members: Vec<Vec<usize>>,
}

impl Groups {
    /// Groups of samples with equal labels.
    pub fn by_label<K: std::hash::Hash + Eq>(labels: impl IntoIterator<Item = K>) -> Self {
        let mut seen = HashMap::new();
        let mut members: Vec<Vec<usize>> = Vec::new();
        let of = labels
            .into_iter()
            .enumerate()
            .map(|(sample, label)| {
                let group = *seen.entry(label).or_insert(members.len());
                if group == members.len() {
                    members.push(Vec::new());
                }
                members[group].push(sample);
                group
            })
            .collect();
        Self { of, members }
    }

    /// The group of sample `sample`.
    #[must_use]
    pub fn of(&self, sample: usize) -> usize {
        self.of[sample]
    }

    /// The samples of each group, in batch order.
    #[must_use]
    pub fn members(&self) -> &[Vec<usize>] {
        &self.members
    }
}

/// Samples in the caller's order, and their groups.
///
/// Invariant: not empty; no sample has both `prompt` and `messages`; caller's numbers are finite.
/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Batch {
    samples: Arc<[Sample]>,
    groups: Arc<Groups>,
}

/// A sample that cannot be part of a batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// There is nothing to judge.
    #[error("there are no samples")]
    Empty,
    /// One sample contradicts itself.
    #[error("{message}")]
    Sample {
        /// Its position.
        index: usize,
        /// The field at fault.
        field: &'static str,
        /// What is wrong.
        message: String,
    },
}

impl Batch {
    /// A batch of the given samples, grouped by `group`, or by equal prompt, messages and images.
    ///
    /// # Errors
    /// When there are no samples, or one of them contradicts itself.
    pub fn new(samples: Vec<Sample>) -> Result<Self, BatchError> {
        if samples.is_empty() {
            return Err(BatchError::Empty);
        }
        for (index, sample) in samples.iter().enumerate() {
            check(sample).map_err(|(field, message)| BatchError::Sample {
                index,
                field,
                message,
            })?;
        }
        let groups = Groups::by_label(samples.iter().map(group_key));
        Ok(Self { samples: samples.into(), groups: Arc::new(groups) })
    }

    /// The samples.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Who belongs with whom.
    #[must_use]
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// The number of samples; never zero.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a batch is never empty")]
    pub fn len(&self) -> usize {
        self.samples.len()
    }
}

#[derive(PartialEq, Eq, Hash)]
enum GroupKey<'a> {
    Label(&'a str),
    Content(Option<&'a str>, Option<&'a [Message]>, &'a [String]),
}

fn group_key(sample: &Sample) -> GroupKey<'_> {
    match &sample.group {
        Some(label) => GroupKey::Label(label),
        None => {
            GroupKey::Content(sample.prompt.as_deref(), sample.messages.as_deref(), &sample.images)
        }
    }
}

fn check(sample: &Sample) -> Result<(), (&'static str, String)> {
    if sample.prompt.is_some() && sample.messages.is_some() {
        return Err(("messages", "`prompt` and `messages` exclude one another".to_owned()));
    }
    if sample.messages.as_ref().is_some_and(Vec::is_empty) {
        return Err(("messages", "there are no messages".to_owned()));
    }
    if let Some(value) = sample.reference_rewards.iter().find(|value| !value.is_finite()) {
        return Err(("reference_rewards", format!("{value} is not finite")));
    }
    if let Some((name, value)) = sample.features.iter().find(|(_, value)| !value.is_finite()) {
        return Err(("features", format!("`{name}` is not finite ({value})")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(prompt: &str, group: Option<&str>) -> Sample {
        Sample {
            prompt: Some(prompt.to_owned()),
            group: group.map(str::to_owned),
            ..Sample::default()
        }
    }

    #[test]
    fn equal_prompts_are_one_group_unless_labelled() {
        let batch = Batch::new(vec![
            sample("p", None),
            sample("q", None),
            sample("p", None),
            sample("p", Some("own")),
        ])
        .unwrap();
        assert_eq!(batch.groups().members(), [vec![0, 2], vec![1], vec![3]]);
        assert_eq!(batch.groups().of(2), 0);
    }

    #[test]
    fn a_label_never_meets_a_prompt_of_the_same_text() {
        let batch = Batch::new(vec![sample("a", None), sample("b", Some("a"))]).unwrap();
        assert_eq!(batch.groups().members().len(), 2);
    }

    #[test]
    fn different_images_are_different_groups() {
        let image = |image: &str| Sample { images: vec![image.to_owned()], ..sample("p", None) };
        let batch = Batch::new(vec![image("x"), image("y"), image("x")]).unwrap();
        assert_eq!(batch.groups().members(), [vec![0, 2], vec![1]]);
    }

    #[test]
    fn contradictions_are_refused_with_their_place() {
        let both = Sample { messages: Some(vec![]), ..sample("p", None) };
        let error = Batch::new(vec![sample("p", None), both]).unwrap_err();
        assert!(matches!(error, BatchError::Sample { index: 1, field: "messages", .. }));
        assert_eq!(Batch::new(vec![]).unwrap_err(), BatchError::Empty);
    }
}
