//! OpenRLHF's remote reward model: `POST /get_reward`, what `--reward.remote_url` (before 0.10:
//! `--remote_rm_url`) is pointed at.
//!
//! Its traps, each from the releases named (`tests/golden/doors/openrlhf/` has what they send):
//! - `query` alone until 0.5.6, with `prompts` from 0.5.9, with `labels` from 0.6.0;
//! - one query a request from 0.9.10, thousands in one before; with several addresses an empty list to
//!   some of them, which is no error;
//! - every number goes straight into a tensor: there is no word for a sample without a reward;
//! - `extra_logs` breaks the trainer of 0.8.3 to 0.8.11, which joins them as if they were tensors;
//! - any status that is no success is tried again, five times, a second apart; then the sample has no
//!   reward and training goes on as far as it can;
//! - the text is the policy's, special tokens and padding included;
//! - no header can be set: where keys are needed, the address carries one (`http://any:KEY@host/…`).

use std::num::NonZeroU32;

use axum::{Json as Reply, extract::State};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{DoorError, SourceTemplate, check_scope, source_template::Conversation};
use crate::{
    domain::{Completion, Message, Sample},
    http::{App, Code, Problem, extract::Json, problem::Failures},
    service::{Detail, FieldError, OnMiss, Pipeline, PipelineRef, SampleResult, ScoreRequest},
};

/// Thirty seconds less than the trainer waits.
const DEADLINE_MS: NonZeroU32 = NonZeroU32::new(150_000).expect("not zero");

/// Characters by which a prompt's end is found in a query: beyond what templates put after every prompt.
const TAIL: usize = 80;

/// `[doors.openrlhf]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenRlhf {
    /// The pipeline behind the door.
    pub pipeline: String,
    /// Whose chat template wrote the queries.
    #[serde(default)]
    pub source_template: SourceTemplate,
    /// Leave out system messages, for reward models whose template refuses them.
    #[serde(default)]
    pub drop_system: bool,
    /// What becomes of a sample without a reward: `"error"` fails the request with 503, a number is the
    /// reward instead.
    #[serde(default)]
    pub on_miss: DoorMiss,
    /// The column that is `scores`, which the trainer filters prompts by; default: the reward.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scores: Option<String>,
    /// The columns in `extra_logs`; with them goes `miss`, how many of a sample's columns had no value.
    /// Default: no `extra_logs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_logs: Option<Vec<String>>,
    /// Milliseconds after which a request is given up.
    #[serde(default = "deadline")]
    pub deadline_ms: NonZeroU32,
}

fn deadline() -> NonZeroU32 {
    DEADLINE_MS
}

/// What a door puts where a sample has no reward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub enum DoorMiss {
    /// `"error"`: nothing; the request fails.
    #[default]
    Error,
    /// This number.
    Number(f64),
}

impl TryFrom<Value> for DoorMiss {
    type Error = &'static str;

    fn try_from(told: Value) -> Result<Self, &'static str> {
        if told == "error" {
            return Ok(Self::Error);
        }
        let number = told.as_f64().map(Self::Number);
        number.ok_or("expected `error` or a number: trainers cannot read null")
    }
}

impl Serialize for DoorMiss {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Error => serializer.serialize_str("error"),
            Self::Number(number) => serializer.serialize_f64(*number),
        }
    }
}

impl OpenRlhf {
    pub(super) fn check(&self, pipeline: &Pipeline) -> Result<(), DoorError> {
        check_scope("openrlhf", pipeline)?;
        let known = |column: &str| pipeline.plan.columns().any(|known| known == column);
        let logged = self.extra_logs.iter().flatten().enumerate();
        let logged = logged.map(|(index, column)| (format!("/extra_logs/{index}"), column));
        let scores = self.scores.iter().map(|column| ("/scores".to_owned(), column));
        match scores.chain(logged).find(|(_, column)| !known(column)) {
            None => Ok(()),
            Some((place, column)) => {
                let message = format!("pipeline `{}` has no column `{column}`", pipeline.name);
                Err(DoorError::at(format!("/openrlhf{place}"), message))
            }
        }
    }
}

/// What OpenRLHF sends. What it may send besides is left alone.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub(in crate::http) struct RewardRequest {
    /// Prompt and completion as the policy's template writes them, special tokens kept.
    query: Vec<String>,
    /// The prompts alone, as many.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    prompts: Option<Vec<String>>,
    /// The data set's label column, as many: an answer, a list of answers, or an object with fields of a
    /// sample (`tests`, `references`, …), which may be written as a string of JSON.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Value>>)]
    labels: Option<Vec<Value>>,
}

/// What OpenRLHF reads.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub(in crate::http) struct RewardReply {
    /// A number for each query.
    rewards: Vec<f64>,
    /// The same, or the configured column.
    scores: Vec<f64>,
    /// Columns to log, a number for each query.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    extra_logs: Option<Map<String, Value>>,
}

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get_reward))
}

/// OpenRLHF: score queries
///
/// The door for `--reward.remote_url`. Which pipeline, and whose chat template wrote the queries, is
/// configured. A query that cannot be scored fails the request with 503, or has the configured number.
#[utoipa::path(
    post,
    path = "/get_reward",
    tag = "doors",
    request_body(content = RewardRequest, examples(
        ("ChatML" = (value = json!({
            "query": ["<|im_start|>user\nWhat is 17 + 25?<|im_end|>\n<|im_start|>assistant\n17 + 25 = 42.<|im_end|>"],
            "prompts": ["<|im_start|>user\nWhat is 17 + 25?<|im_end|>\n<|im_start|>assistant\n"],
            "labels": ["42"]
        }))),
        ("nothing" = (value = json!({"query": [], "prompts": [], "labels": []}))),
    )),
    responses((status = 200, body = RewardReply), Failures)
)]
async fn get_reward(
    State(app): State<App>,
    Json(request): Json<RewardRequest>,
) -> Result<Reply<RewardReply>, Problem> {
    let door = app.config().doors.openrlhf.clone();
    let door = door.ok_or_else(|| Problem::new(Code::NotFound))?;
    let components = door.scores.is_some() || door.extra_logs.is_some();
    let request = ScoreRequest {
        pipeline: PipelineRef::Name(door.pipeline.clone()),
        samples: samples(request, &door)?,
        on_miss: OnMiss::Default,
        detail: if components { Detail::Components } else { Detail::None },
        deadline_ms: Some(door.deadline_ms),
        state: None,
    };
    let response = app.service().score(request).await?;
    app.telemetry().rewards(&response);
    reply(&response.results, &door).map(Reply)
}

fn samples(request: RewardRequest, door: &OpenRlhf) -> Result<Vec<Sample>, Problem> {
    let RewardRequest { query, prompts, labels } = request;
    as_many(query.len(), prompts.as_ref().map(Vec::len), "/prompts")?;
    as_many(query.len(), labels.as_ref().map(Vec::len), "/labels")?;
    let samples = query.iter().enumerate().map(|(index, query)| {
        let prompt = prompts.as_ref().map(|prompts| prompts[index].as_str());
        let mut sample = conversation(query, prompt, door)
            .map_err(|detail| refused(&format!("/query/{index}"), detail))?;
        if let Some(labels) = &labels {
            label(&mut sample, &labels[index])
                .map_err(|detail| refused(&format!("/labels/{index}"), detail))?;
        }
        Ok(sample)
    });
    samples.collect()
}

fn as_many(queries: usize, given: Option<usize>, pointer: &str) -> Result<(), Problem> {
    match given {
        Some(given) if given != queries => {
            Err(refused(pointer, format!("{given} for {queries} queries")))
        }
        _ => Ok(()),
    }
}

fn refused(pointer: &str, detail: impl Into<String>) -> Problem {
    Problem::new(Code::Invalid).errors(vec![FieldError::at(pointer, detail)])
}

/// The prompt and the completion of one query.
fn conversation(query: &str, prompt: Option<&str>, door: &OpenRlhf) -> Result<Sample, String> {
    let template = door.source_template.of(prompt.unwrap_or(query));
    let not_written = || format!("not a text that the template `{template:?}` writes");
    if template == SourceTemplate::None {
        // What a reward server without templates does: the text as it stands.
        let completion = prompt.map_or(Some(query), |prompt| after(prompt, query));
        let completion = completion.ok_or("the query does not continue its prompt")?;
        return Ok(sample(Told::Prompt(prompt.unwrap_or_default().to_owned()), completion));
    }
    let (messages, completion) = match prompt {
        Some(prompt) => {
            let Conversation { messages, said } = template.read(prompt).ok_or_else(not_written)?;
            let rest = after(prompt, query).ok_or("the query does not continue its prompt")?;
            (messages, said.unwrap_or_default() + template.completion(rest))
        }
        None => {
            let Conversation { messages, said } = template.read(query).ok_or_else(not_written)?;
            let said = said.ok_or("the query does not end with the assistant's turn")?;
            (messages, template.completion(&said).to_owned())
        }
    };
    let kept = |message: &Message| !(door.drop_system && message.role == "system");
    Ok(sample(Told::Messages(messages.into_iter().filter(kept).collect()), &completion))
}

enum Told {
    Prompt(String),
    Messages(Vec<Message>),
}

fn sample(told: Told, completion: &str) -> Sample {
    let completion = Some(Completion::Text(completion.to_owned()));
    match told {
        Told::Prompt(prompt) => Sample { prompt: Some(prompt), completion, ..Sample::default() },
        Told::Messages(turns) => Sample { messages: Some(turns), completion, ..Sample::default() },
    }
}

/// What follows the prompt: in the query it may be padded, or cut from the left.
fn after<'a>(prompt: &str, query: &'a str) -> Option<&'a str> {
    let follows = |part: &str| query.split_once(part).map(|(_, after)| after);
    let tail = prompt.char_indices().rev().nth(TAIL - 1).map_or(0, |(at, _)| at);
    query.strip_prefix(prompt).or_else(|| follows(prompt)).or_else(|| follows(&prompt[tail..]))
}

/// Fields of a sample that a label may bring.
const LABEL_FIELDS: [&str; 10] = [
    "prompt",
    "messages",
    "answer",
    "answers",
    "tests",
    "references",
    "reference_rewards",
    "features",
    "data_source",
    "images",
];

/// Puts what the label says into the sample.
fn label(sample: &mut Sample, label: &Value) -> Result<(), String> {
    match label {
        Value::Null => {}
        Value::String(text) => match fields(text) {
            Some(fields) => bring(sample, fields)?,
            None if text.is_empty() => {}
            None => match serde_json::from_str::<Vec<String>>(text) {
                Ok(answers) => sample.answers = answers,
                // A list of anything else may be an answer: `[1, 2]` is an interval.
                Err(_) => sample.answer = Some(text.clone()),
            },
        },
        Value::Bool(_) | Value::Number(_) => sample.answer = Some(label.to_string()),
        Value::Array(answers) => sample.answers = answers.iter().map(text_of).collect(),
        Value::Object(fields) => bring(sample, fields.clone())?,
    }
    Ok(())
}

/// The object that a string holds as JSON. A set as an answer, `{1, 2}`, is none.
fn fields(text: &str) -> Option<Map<String, Value>> {
    if !text.trim_start().starts_with('{') {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// An answer as text; numbers are as good.
fn text_of(answer: &Value) -> String {
    answer.as_str().map_or_else(|| answer.to_string(), str::to_owned)
}

/// The fields that a sample has; a data set's others are left alone.
fn bring(sample: &mut Sample, mut fields: Map<String, Value>) -> Result<(), String> {
    fields.retain(|field, value| LABEL_FIELDS.contains(&field.as_str()) && !value.is_null());
    if let Some(answer @ (Value::Number(_) | Value::Bool(_))) = fields.get("answer") {
        let answer = text_of(answer).into();
        fields.insert("answer".to_owned(), answer);
    }
    if let Some(Value::Array(answers)) = fields.get("answers") {
        let answers = answers.iter().map(text_of).collect();
        fields.insert("answers".to_owned(), answers);
    }
    if fields.contains_key("prompt") || fields.contains_key("messages") {
        (sample.prompt, sample.messages) = (None, None);
    }
    let Ok(Value::Object(mut all)) = serde_json::to_value(&*sample) else { return Ok(()) };
    all.extend(fields);
    *sample = serde_path_to_error::deserialize(Value::Object(all))
        .map_err(|error| format!("`{}`: {}", error.path(), error.inner()))?;
    Ok(())
}

fn reply(results: &[SampleResult], door: &OpenRlhf) -> Result<RewardReply, Problem> {
    let rewards = filled(results, door, |result| result.reward)?;
    let scores = match &door.scores {
        Some(column) => filled(results, door, |result| component(result, column))?,
        None => rewards.clone(),
    };
    let extra_logs = door.extra_logs.as_ref().map(|columns| logs(results, columns, door));
    Ok(RewardReply { rewards, scores, extra_logs })
}

fn component(result: &SampleResult, column: &str) -> Option<f64> {
    *result.components.as_ref()?.get(column)?
}

/// A number for every sample: the door's own where there is none, if it has one.
fn filled(
    results: &[SampleResult],
    door: &OpenRlhf,
    value: impl Fn(&SampleResult) -> Option<f64>,
) -> Result<Vec<f64>, Problem> {
    let values =
        results.iter().enumerate().map(|(index, result)| match (value(result), door.on_miss) {
            (Some(value), _) => Ok(value),
            (None, DoorMiss::Number(number)) => Ok(number),
            (None, DoorMiss::Error) => {
                let message = result.message.as_deref().unwrap_or("a column has no value");
                let detail = format!("{}: {message}", result.status);
                let error = FieldError::at(format!("/query/{index}"), detail);
                let retryable = result.retryable.unwrap_or(false);
                Err(Problem { retryable, ..Problem::new(Code::NoReward).errors(vec![error]) })
            }
        });
    values.collect()
}

/// The columns, and how many of a sample's have no value; those are 0, or the door's number.
fn logs(results: &[SampleResult], columns: &[String], door: &OpenRlhf) -> Map<String, Value> {
    let instead = if let DoorMiss::Number(number) = door.on_miss { number } else { 0.0 };
    let mut logs = Map::new();
    let mut misses: Vec<u32> =
        results.iter().map(|result| u32::from(result.status != "ok")).collect();
    for column in columns {
        let values = results.iter().zip(&mut misses).map(|(result, misses)| {
            component(result, column).unwrap_or_else(|| {
                *misses += 1;
                instead
            })
        });
        logs.insert(column.clone(), values.collect());
    }
    logs.insert("miss".to_owned(), misses.into_iter().map(f64::from).collect());
    logs
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn door(more: &Value) -> OpenRlhf {
        let mut door = json!({"pipeline": "p"});
        door.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(door).unwrap()
    }

    #[test]
    fn a_section_says_a_word_or_a_number() {
        assert_eq!(door(&json!({})).on_miss, DoorMiss::Error);
        assert_eq!(door(&json!({"on_miss": "error"})).on_miss, DoorMiss::Error);
        assert_eq!(door(&json!({"on_miss": -1})).on_miss, DoorMiss::Number(-1.0));
        for wrong in [json!({"on_miss": "null"}), json!({"on_miss": null}), json!({"x": 1})] {
            let mut door = json!({"pipeline": "p"});
            door.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
            assert!(serde_json::from_value::<OpenRlhf>(door).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_prompt_is_found_whole_padded_or_cut() {
        assert_eq!(after("ab", "abc"), Some("c"));
        assert_eq!(after("ab", "<pad><pad>abc"), Some("c"));
        let prompt = format!("{}é{}", "x".repeat(100), "y".repeat(79));
        assert_eq!(after(&prompt, &format!("é{}!", "y".repeat(79))), Some("!"));
        assert_eq!(after(&prompt, &"y".repeat(79)), None);
        assert_eq!(after("", "abc"), Some("abc"));
    }

    #[test]
    fn a_label_is_an_answer_answers_or_fields() {
        let told = |value: Value| {
            let mut sample = Sample { prompt: Some("p".to_owned()), ..Sample::default() };
            label(&mut sample, &value).map(|()| sample)
        };
        assert_eq!(told(json!("42")).unwrap().answer.as_deref(), Some("42"));
        assert_eq!(told(json!(42)).unwrap().answer.as_deref(), Some("42"));
        assert_eq!(told(json!("{1, 2}")).unwrap().answer.as_deref(), Some("{1, 2}"));
        assert_eq!(told(json!("[1, 2]")).unwrap().answer.as_deref(), Some("[1, 2]"));
        assert_eq!(told(json!(r#"["41", "42"]"#)).unwrap().answers, ["41", "42"]);
        assert_eq!(told(json!(r#"{"answer": 42}"#)).unwrap().answer.as_deref(), Some("42"));
        assert_eq!(told(json!({"answers": [42, "43"]})).unwrap().answers, ["42", "43"]);
        assert_eq!(told(json!(["42", 42.5])).unwrap().answers, ["42", "42.5"]);
        let misnamed = json!({"ground_truth": "42"});
        for nothing in [json!(null), json!(""), json!(misnamed.to_string()), misnamed] {
            let sample = told(nothing).unwrap();
            assert_eq!((sample.answer, sample.prompt.as_deref()), (None, Some("p")));
        }
        let fields =
            json!({"answer": "42", "features": {"x": 1.5}, "style": "rule", "tests": null});
        for label in [fields.clone(), json!(fields.to_string())] {
            let sample = told(label).unwrap();
            assert_eq!((sample.answer.as_deref(), sample.features["x"]), (Some("42"), 1.5));
        }
        let messages = told(json!({"messages": [{"role": "user", "content": "q"}]})).unwrap();
        assert_eq!((messages.prompt, messages.messages.unwrap().len()), (None, 1));
        assert!(told(json!({"features": {"x": "y"}})).unwrap_err().starts_with("`features.x`"));
    }
}
