//! Tasks that a verifier can check: sums, and small programs.
//!
//! A network that imitates solutions for a short while solves some of the tasks; rewards from the
//! verifier sharpen that. Imitation has seen the space of problems: this shows learning from a verifiable
//! reward, not discovery.

use std::path::Path;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use super::{
    arms::Arm,
    vocabulary::{Vocabulary, letters},
};
use crate::train::{
    TrainError,
    checkpoint::write_synced,
    credit::Scale,
    language_model::LanguageModelConfig,
    nn::DecoderConfig,
    objective::LossType,
    optim::Decay,
    policy::{PolicyConfig, PolicyLoss, pretrain},
    synthetic::{PreferencePair, write_jsonl},
};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// `07+29=`, checked by the math verifier.
    Arithmetic,
    /// The line through two points as a Python function, checked by running it.
    Programs,
}

/// One problem with a solution.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The prompt.
    pub prompt: String,
    /// A completion that is right.
    pub solution: String,
    /// What the verifier needs: fields of a sample.
    pub fields: Map<String, Value>,
}

impl Task {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Arithmetic => "arithmetic",
            Self::Programs => "programs",
        }
    }

    /// The pipeline that grades it.
    #[must_use]
    pub fn pipeline(self) -> &'static str {
        match self {
            Self::Arithmetic => "math",
            Self::Programs => "code",
        }
    }

    /// Longest completion, in letters, with its end.
    #[must_use]
    pub fn max_completion(self) -> usize {
        match self {
            Self::Arithmetic => 4,
            Self::Programs => 28,
        }
    }

    fn max_tokens(self) -> usize {
        match self {
            Self::Arithmetic => 16,
            Self::Programs => 64,
        }
    }

    fn vocabulary(self) -> Vocabulary {
        match self {
            Self::Arithmetic => letters("0123456789+="),
            Self::Programs => letters("0123456789+*=() :defrtunx"),
        }
    }

    /// A problem.
    #[must_use]
    pub fn problem(self, rng: &mut impl Rng) -> Problem {
        match self {
            Self::Arithmetic => {
                let (a, b) = (rng.random_range(0..30), rng.random_range(0..30));
                let sum: i32 = a + b;
                // Two digits always: a rare form would never be sampled, and so never be rewarded.
                Problem {
                    prompt: format!("{a:02}+{b:02}="),
                    solution: format!("{sum:02}"),
                    fields: Map::from_iter([("answer".to_owned(), sum.to_string().into())]),
                }
            }
            Self::Programs => {
                let (a, b) = (rng.random_range(1..6), rng.random_range(0..6));
                let f = |x: i32| a * x + b;
                let case = |x| json!({"args": [x], "expected": f(x)});
                let cases: Vec<Value> = [0, 1, 2, 7].map(case).to_vec();
                let tests = json!({"mode": "call", "entry": "f", "cases": cases});
                Problem {
                    prompt: format!("f(1)={} f(2)={}", f(1), f(2)),
                    solution: format!("def f(x): return {a}*x+{b}"),
                    fields: Map::from_iter([("tests".to_owned(), tests)]),
                }
            }
        }
    }

    /// Problems that follow from a seed.
    #[must_use]
    pub fn problems(self, count: usize, seed: u64) -> Vec<Problem> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..count).map(|_| self.problem(&mut rng)).collect()
    }

    /// Trains the network to imitate `texts` solutions, or takes what `root` has, and writes the prompts
    /// to train and to evaluate on.
    ///
    /// # Errors
    /// When files cannot be read or written.
    pub fn prepare(self, root: &Path, texts: usize) -> Result<(), TrainError> {
        std::fs::create_dir_all(root).map_err(TrainError::file(root))?;
        write_prompts(&root.join("prompts.jsonl"), &self.problems(20_000, 21))?;
        write_prompts(&root.join("eval.jsonl"), &self.problems(500, 22))?;
        let base = root.join("base");
        if base.join("config.json").exists() {
            return Ok(());
        }
        let tokenizer = root.join("tokenizer");
        self.vocabulary().write(&tokenizer, self.max_tokens())?;
        let solved = |problem: Problem| PreferencePair {
            prompt: problem.prompt,
            chosen: problem.solution,
            rejected: String::new(),
            subset: String::new(),
            margin: None,
        };
        let data = root.join("solutions.jsonl");
        let pairs: Vec<_> = self.problems(texts, 23).into_iter().map(solved).collect();
        write_jsonl(&data, &pairs)?;
        let config = LanguageModelConfig {
            data,
            tokenizer,
            architecture: DecoderConfig {
                hidden_size: 96,
                intermediate_size: 192,
                num_key_value_heads: 4,
                max_position_embeddings: self.max_tokens(),
                ..DecoderConfig::default()
            },
            completion_only_loss: true,
            epochs: 1,
            batch_size: 128,
            learning_rate: 1e-3,
            warmup_steps: 20,
            // A rate that has come to rest leaves a network that hardly moves again.
            decay: Decay::Constant,
            seed: 24,
            report_every: 0,
            ..LanguageModelConfig::default()
        };
        let loss = pretrain(&config, &base)?;
        tracing::info!(task = self.name(), loss, "the base policy imitates");
        Ok(())
    }

    /// Common settings of the runs.
    #[must_use]
    pub fn common(self, root: &Path, url: &str, steps: usize) -> PolicyConfig {
        PolicyConfig {
            base: root.join("base"),
            prompts: root.join("prompts.jsonl"),
            eval_prompts: Some(root.join("eval.jsonl")),
            output: root.join("runs"),
            reward_url: url.to_owned(),
            pipeline: self.pipeline().to_owned(),
            steps,
            prompts_per_step: 32,
            num_generations: 8,
            max_completion_length: self.max_completion(),
            loss_type: LossType::DrGrpo,
            scale_rewards: Scale::Batch,
            // Of a base that solves half, four groups in ten would teach nothing.
            dynamic_sampling: 4,
            learning_rate: 3e-4,
            warmup_steps: 10,
            eval_every: (steps / 10).max(1),
            eval_generations: 1,
            eval_temperature: 0.0,
            checkpoint_every: 0,
            report_every: 0,
            ..PolicyConfig::default()
        }
    }
}

/// What an arm changes of the common settings.
pub type Change = fn(PolicyConfig) -> PolicyConfig;

/// What is compared: plain GRPO and what is to keep its entropy.
#[must_use]
pub fn arms(task: Task) -> Vec<(Arm, Change)> {
    let arm = |name: &str| Arm {
        name: name.to_owned(),
        pipeline: task.pipeline().to_owned(),
        spec: Value::Null,
        beta: 0.0,
        threshold: None,
    };
    vec![
        (arm("grpo"), |config| config),
        (arm("clip-higher"), |config| PolicyConfig {
            epsilon_high: Some(0.28),
            num_iterations: 2,
            ..config
        }),
        (arm("clip-cov"), |config| PolicyConfig {
            policy_loss: PolicyLoss::ClipCov,
            cov_share: 2e-2,
            cov_band: (0.2, 5.0),
            ..config
        }),
        (arm("kl-cov"), |config| PolicyConfig {
            policy_loss: PolicyLoss::KlCov,
            cov_share: 2e-2,
            num_iterations: 2,
            ..config
        }),
    ]
}

fn write_prompts(path: &Path, problems: &[Problem]) -> Result<(), TrainError> {
    let line = |problem: &Problem| {
        let mut fields = problem.fields.clone();
        fields.insert("prompt".to_owned(), problem.prompt.clone().into());
        format!("{}\n", Value::Object(fields))
    };
    write_synced(path, problems.iter().map(line).collect::<String>().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::tokenizer::ChatTokenizer;

    #[test]
    fn solutions_are_right_and_can_be_written() {
        for task in [Task::Arithmetic, Task::Programs] {
            let directory = tempfile::tempdir().unwrap();
            task.vocabulary().write(directory.path(), task.max_tokens()).unwrap();
            let chat = ChatTokenizer::load(directory.path()).unwrap();
            for problem in task.problems(200, 1) {
                let ids = chat.encode(&problem.prompt, &problem.solution).unwrap();
                let prompt = chat.prompt(&problem.prompt).unwrap().len();
                let known = chat.vocabulary() as u32;
                assert!(ids.iter().all(|id| (1..known).contains(id)), "{problem:?}");
                assert!(ids.len() - prompt <= task.max_completion(), "{problem:?}");
                assert!(prompt + task.max_completion() <= task.max_tokens());
            }
        }
        let problem = &Task::Arithmetic.problems(1, 3)[0];
        let (a, b) = problem.prompt.trim_end_matches('=').split_once('+').unwrap();
        let sum: i32 = a.parse::<i32>().unwrap() + b.parse::<i32>().unwrap();
        assert_eq!(problem.fields["answer"], sum.to_string());
    }
}
