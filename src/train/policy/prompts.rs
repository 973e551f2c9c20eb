//! What a policy is asked.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use serde_json::{Map, Value};

use crate::train::TrainError;

/// A prompt with whatever its reward needs: the fields of a sample, as the service knows them.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// The user's turn.
    pub text: String,
    /// Further fields of a sample (`answer`, `tests`, `data_source`, …).
    pub fields: Map<String, Value>,
}

impl Prompt {
    /// A prompt and nothing else.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), fields: Map::new() }
    }

    /// The sample of a completion.
    pub(super) fn sample(
        &self,
        completion: &str,
        tokens: usize,
        finished: bool,
        group: &str,
    ) -> Value {
        let mut sample = self.fields.clone();
        sample.insert("prompt".to_owned(), self.text.clone().into());
        sample.insert("completion".to_owned(), completion.into());
        sample.insert("completion_tokens".to_owned(), tokens.into());
        sample.insert("finish_reason".to_owned(), if finished { "stop" } else { "length" }.into());
        sample.insert("group".to_owned(), group.into());
        Value::Object(sample)
    }
}

/// Reads a file with one JSON object a line: `prompt`, and further fields of a sample.
///
/// # Errors
/// When the file cannot be read, is empty, or a line has no prompt, with the line's number.
pub fn read_prompts(path: &Path) -> Result<Vec<Prompt>, TrainError> {
    let file = BufReader::new(File::open(path).map_err(TrainError::file(path))?);
    let mut prompts = Vec::new();
    for (index, line) in file.lines().enumerate() {
        let line = line.map_err(TrainError::file(path))?;
        if line.trim().is_empty() {
            continue;
        }
        let bad = |what: &dyn std::fmt::Display| {
            TrainError::Data(format!("{}:{}: {what}", path.display(), index + 1))
        };
        let mut fields: Map<String, Value> =
            serde_json::from_str(&line).map_err(|error| bad(&error))?;
        match fields.remove("prompt") {
            Some(Value::String(text)) => prompts.push(Prompt { text, fields }),
            _ => return Err(bad(&"there is no `prompt`, or it is no string")),
        }
    }
    if prompts.is_empty() {
        return Err(TrainError::Data(format!("{} holds no prompt", path.display())));
    }
    Ok(prompts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_travel_with_their_prompt() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("prompts.jsonl");
        std::fs::write(&path, "{\"prompt\": \"1+1=\", \"answer\": \"2\"}\n\n").unwrap();
        let prompts = read_prompts(&path).unwrap();
        let sample = prompts[0].sample("2", 2, true, "g");
        assert_eq!(
            sample.to_string(),
            r#"{"answer":"2","prompt":"1+1=","completion":"2","completion_tokens":2,"finish_reason":"stop","group":"g"}"#
        );
        std::fs::write(&path, "\n{\"answer\": \"2\"}\n").unwrap();
        assert!(
            read_prompts(&path).unwrap_err().to_string().contains("prompts.jsonl:2: there is no")
        );
    }
}
