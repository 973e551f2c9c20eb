//! Rewards from a running service: the only way a policy gets any.
//!
//! One call per step. A call that fails in a way that may pass (no connection, 408, 429, 5xx) is repeated
//! with the same `Idempotency-Key` and the same bytes, so that a pipeline with state counts it once.
//! Samples that miss for a reason that may pass are asked for again by themselves, where the pipeline's
//! scope allows it. What is still without a reward is `None`; nothing here ever makes a number of it.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use serde::Deserialize;
use serde_json::{Value, json};

/// Why there are no rewards at all.
#[derive(Debug, thiserror::Error)]
pub enum RewardError {
    /// The service refused the request: repeating it would not help.
    #[error("{url} answered {status}: {detail}")]
    Refused {
        /// What was called.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The problem's title and detail.
        detail: String,
    },
    /// No answer after all attempts.
    #[error("{url}: no answer after {attempts} attempts: {last}")]
    Unreachable {
        /// What was called.
        url: String,
        /// How often.
        attempts: u32,
        /// The last failure.
        last: String,
    },
    /// The answer is not one.
    #[error("{url}: {detail}")]
    Malformed {
        /// What was called.
        url: String,
        /// What is wrong with it.
        detail: String,
    },
}

/// The rewards of a step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scored {
    /// One per sample; `None` where it could not be scored.
    pub rewards: Vec<Option<f64>>,
    /// Every column of every node, by its name in replies.
    pub components: BTreeMap<String, Vec<Option<f64>>>,
    /// How many samples miss, by status.
    pub misses: BTreeMap<String, usize>,
    /// Seconds of each call that was made.
    pub seconds: Vec<f64>,
}

/// Whatever gives rewards.
pub trait RewardSource {
    /// The rewards of samples, in order. A repeated `key` with equal samples counts once.
    ///
    /// # Errors
    /// When there are none.
    fn score(&mut self, key: &str, samples: &[Value]) -> Result<Scored, RewardError>;
}

/// A pipeline of a running service.
#[derive(Debug)]
pub struct HttpRewards {
    agent: ureq::Agent,
    url: String,
    pipeline: String,
    key: Option<String>,
    run: String,
    by_sample: bool,
    attempts: u32,
    pause: Duration,
}

#[derive(Deserialize)]
struct Reply {
    results: Vec<Sampled>,
}

#[derive(Deserialize)]
struct Sampled {
    reward: Option<f64>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    retryable: Option<bool>,
    #[serde(default)]
    components: BTreeMap<String, Option<f64>>,
}

/// Times that samples with a passing miss are asked for again.
const SECOND_CHANCES: usize = 2;

impl HttpRewards {
    /// Connects to `pipeline` at `url` (`http://host:port`), with a bearer token if it needs one. `run` is
    /// a name that no other run has; idempotency keys begin with it.
    ///
    /// # Errors
    /// When the service cannot be reached or has no such pipeline.
    pub fn connect(
        url: &str,
        pipeline: &str,
        key: Option<String>,
        run: &str,
    ) -> Result<Self, RewardError> {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(300)))
            .http_status_as_error(false)
            .build()
            .new_agent();
        let mut client = Self {
            agent,
            url: url.trim_end_matches('/').to_owned(),
            pipeline: pipeline.to_owned(),
            key,
            run: run.to_owned(),
            by_sample: false,
            attempts: 8,
            pause: Duration::from_millis(200),
        };
        let entry = client.call("GET", &format!("/v1/pipelines/{pipeline}"), "", None)?;
        client.by_sample = entry["scope"] == "sample";
        Ok(client)
    }

    /// One request until it is answered, or given up.
    fn call(
        &self,
        method: &str,
        path: &str,
        key: &str,
        body: Option<&[u8]>,
    ) -> Result<Value, RewardError> {
        let url = format!("{}{path}", self.url);
        let mut last = String::new();
        for attempt in 0..self.attempts {
            if attempt > 0 {
                // 0.2, 0.4, … 6.4 s: a service that restarts is waited for.
                thread::sleep(self.pause * 2_u32.saturating_pow(attempt - 1).min(32));
            }
            match self.once(method, &url, key, body) {
                Ok((status, answer)) if status < 300 => return Ok(answer),
                Ok((status @ (408 | 425 | 429 | 500..), answer)) => {
                    last = format!("{status} {}", detail(&answer));
                }
                Ok((status, answer)) => {
                    return Err(RewardError::Refused { url, status, detail: detail(&answer) });
                }
                Err(error) => last = error.to_string(),
            }
            tracing::debug!(url, attempt, last, "the service did not answer");
        }
        Err(RewardError::Unreachable { url, attempts: self.attempts, last })
    }

    fn once(
        &self,
        method: &str,
        url: &str,
        key: &str,
        body: Option<&[u8]>,
    ) -> Result<(u16, Value), ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        if let Some(token) = &self.key {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut response = match body {
            Some(body) => {
                let request = request.header("content-type", "application/json");
                self.agent.run(request.header("idempotency-key", key).body(body)?)?
            }
            None => self.agent.run(request.body(())?)?,
        };
        let status = response.status().as_u16();
        let answer = response.body_mut().with_config().limit(1 << 30).read_json();
        Ok((status, if status < 300 { answer? } else { answer.unwrap_or_default() }))
    }

    /// Scores samples and notes them at their places of `scored` and `statuses`; returns the places that
    /// may still be scored later.
    fn ask(
        &self,
        key: &str,
        samples: &[Value],
        places: &[usize],
        scored: &mut Scored,
        statuses: &mut [String],
    ) -> Result<Vec<usize>, RewardError> {
        let chosen: Vec<&Value> = places.iter().map(|place| &samples[*place]).collect();
        let body = json!({"pipeline": self.pipeline, "samples": chosen, "detail": "components"});
        let begun = Instant::now();
        let answer = self.call("POST", "/v1/score", key, Some(body.to_string().as_bytes()))?;
        scored.seconds.push(begun.elapsed().as_secs_f64());
        let malformed = |detail: String| RewardError::Malformed { url: self.url.clone(), detail };
        let Reply { results } =
            serde_json::from_value(answer).map_err(|error| malformed(error.to_string()))?;
        if results.len() != places.len() {
            return Err(malformed(format!("{} results of {}", results.len(), places.len())));
        }
        let mut later = Vec::new();
        for (place, result) in places.iter().zip(results) {
            scored.rewards[*place] = result.reward;
            if result.reward.is_none() && result.retryable == Some(true) {
                later.push(*place);
            }
            statuses[*place] = result.status;
            for (name, value) in result.components {
                let column = scored.components.entry(name);
                column.or_insert_with(|| vec![None; samples.len()])[*place] = value;
            }
        }
        Ok(later)
    }
}

impl RewardSource for HttpRewards {
    fn score(&mut self, key: &str, samples: &[Value]) -> Result<Scored, RewardError> {
        let mut scored = Scored { rewards: vec![None; samples.len()], ..Scored::default() };
        let mut statuses = vec![String::new(); samples.len()];
        let mut places: Vec<usize> = (0..samples.len()).collect();
        for chance in 0..=SECOND_CHANCES {
            let key = format!("{}-{key}-{chance}", self.run);
            places = self.ask(&key, samples, &places, &mut scored, &mut statuses)?;
            if places.is_empty() || !self.by_sample {
                break;
            }
            tracing::warn!(samples = places.len(), "rewards were missing and may come yet");
        }
        for (reward, status) in scored.rewards.iter().zip(statuses) {
            if reward.is_none() {
                *scored.misses.entry(status).or_default() += 1;
            }
        }
        Ok(scored)
    }
}

fn detail(answer: &Value) -> String {
    let part = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
    format!("{} {}", part("title"), part("detail")).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Read, Write},
        net::TcpListener,
        thread::JoinHandle,
    };

    use super::*;

    /// What a request said: its first line, its idempotency key and its body.
    type Seen = (String, String, Value);

    /// A service that gives these answers, one a connection, and tells what it was asked. An empty status
    /// hangs up without an answer.
    fn service(answers: Vec<(&'static str, Value)>) -> (String, JoinHandle<Vec<Seen>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let serve = move || {
            let mut seen = Vec::new();
            for (status, answer) in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut lines = Vec::new();
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    if line.trim().is_empty() {
                        break;
                    }
                    lines.push(line.trim().to_owned());
                }
                let header = |name: &str| {
                    let found = lines.iter().find_map(|line| {
                        let (key, value) = line.split_once(": ")?;
                        key.eq_ignore_ascii_case(name).then(|| value.to_owned())
                    });
                    found.unwrap_or_default()
                };
                let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
                reader.read_exact(&mut body).unwrap();
                let body = serde_json::from_slice(&body).unwrap_or_default();
                seen.push((lines[0].clone(), header("idempotency-key"), body));
                if !status.is_empty() {
                    let answer = answer.to_string();
                    write!(
                        stream,
                        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n\
                         content-length: {}\r\nconnection: close\r\n\r\n{answer}",
                        answer.len()
                    )
                    .unwrap();
                }
            }
            seen
        };
        (url, thread::spawn(serve))
    }

    fn connected(url: &str) -> HttpRewards {
        let client = HttpRewards::connect(url, "p", None, "run").unwrap();
        HttpRewards { pause: Duration::from_millis(1), attempts: 3, ..client }
    }

    fn ok(reward: f64) -> Value {
        json!({"reward": reward, "status": "ok", "components": {"rm.a": reward * 2.0}})
    }

    fn samples() -> Vec<Value> {
        ["a", "b", "c"].map(|completion| json!({"completion": completion})).to_vec()
    }

    #[test]
    fn a_failed_call_is_repeated_with_its_key_and_bytes() {
        let (url, asked) = service(vec![
            ("200 OK", json!({"scope": "run"})),
            ("503 Service Unavailable", json!({"title": "overloaded"})),
            ("", json!(null)),
            ("200 OK", json!({"results": [ok(1.0), ok(-2.0), ok(0.5)]})),
        ]);
        let scored = connected(&url).score("step-4", &samples()).unwrap();
        assert_eq!(scored.rewards, [Some(1.0), Some(-2.0), Some(0.5)]);
        assert_eq!(scored.components["rm.a"], [Some(2.0), Some(-4.0), Some(1.0)]);
        let asked = asked.join().unwrap();
        assert_eq!(asked[0].0, "GET /v1/pipelines/p HTTP/1.1");
        assert_eq!(asked[1].1, "run-step-4-0");
        assert_eq!(asked[1], asked[2]);
        assert_eq!(asked[1], asked[3]);
    }

    #[test]
    fn a_missing_reward_stays_missing_unless_it_may_come() {
        let gone = json!({"reward": null, "status": "gold_unparsable", "retryable": false});
        let late = json!({"reward": null, "status": "timeout", "retryable": true});
        let (url, asked) = service(vec![
            ("200 OK", json!({"scope": "sample"})),
            ("200 OK", json!({"results": [gone, late, ok(3.0)]})),
            ("200 OK", json!({"results": [ok(7.0)]})),
        ]);
        let scored = connected(&url).score("s", &samples()).unwrap();
        assert_eq!(scored.rewards, [None, Some(7.0), Some(3.0)]);
        assert_eq!(scored.misses, BTreeMap::from([("gold_unparsable".to_owned(), 1)]));
        let asked = asked.join().unwrap();
        assert_eq!(asked[2].1, "run-s-1");
        assert_eq!(asked[2].2["samples"], json!([{"completion": "b"}]));
    }

    #[test]
    fn groups_are_not_taken_apart() {
        let late = json!({"reward": null, "status": "timeout", "retryable": true});
        let (url, asked) = service(vec![
            ("200 OK", json!({"scope": "group"})),
            ("200 OK", json!({"results": [ok(1.0), late, ok(3.0)]})),
        ]);
        let scored = connected(&url).score("s", &samples()).unwrap();
        assert_eq!(scored.rewards, [Some(1.0), None, Some(3.0)]);
        assert_eq!(scored.misses, BTreeMap::from([("timeout".to_owned(), 1)]));
        assert_eq!(asked.join().unwrap().len(), 2);
    }

    #[test]
    fn a_refusal_is_final_and_says_why() {
        let (url, asked) = service(vec![
            ("200 OK", json!({"scope": "sample"})),
            ("422 Unprocessable", json!({"title": "invalid", "detail": "no such field"})),
        ]);
        let error = connected(&url).score("s", &samples()).unwrap_err();
        assert!(error.to_string().ends_with("answered 422: invalid no such field"), "{error}");
        asked.join().unwrap();
        let (url, asked) = service(vec![("404 Not Found", json!({"title": "unknown pipeline"}))]);
        assert!(HttpRewards::connect(&url, "p", None, "run").is_err());
        asked.join().unwrap();
    }

    #[test]
    fn silence_is_an_error_not_a_reward() {
        let (url, asked) = service(vec![
            ("200 OK", json!({"scope": "sample"})),
            ("500 Internal", json!({"title": "bug"})),
            ("500 Internal", json!({})),
            ("500 Internal", json!({})),
        ]);
        let error = connected(&url).score("s", &samples()).unwrap_err();
        assert!(matches!(error, RewardError::Unreachable { attempts: 3, .. }), "{error}");
        asked.join().unwrap();
        let (url, asked) = service(vec![
            ("200 OK", json!({"scope": "sample"})),
            ("200 OK", json!({"results": [ok(1.0)]})),
        ]);
        let error = connected(&url).score("s", &samples()).unwrap_err();
        assert!(error.to_string().ends_with("1 results of 3"), "{error}");
        asked.join().unwrap();
    }
}
