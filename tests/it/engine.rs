//! The engine: batching, cache, deadlines, abandonment, isolation of failures.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use assay::{
    domain::{Batch, Completion, MissStatus, Sample, Scorers, Scores},
    engine::{Engine, LaneConfig},
    model::{Layout, ModelOptions, RewardModel},
};

fn engine(config: LaneConfig) -> Engine {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models/llama");
    let layout = Layout::Directory(path);
    let model = RewardModel::load(&layout, &ModelOptions::default()).unwrap();
    let engine = Engine::new(config);
    engine.insert("rm", model, None).unwrap();
    engine
}

fn batch(completions: &[&str]) -> Batch {
    let sample = |completion: &&str| Sample {
        prompt: Some("What is 7 + 5?".to_owned()),
        completion: Some(Completion::Text((*completion).to_owned())),
        ..Sample::default()
    };
    Batch::new(completions.iter().map(sample).collect()).unwrap()
}

async fn score(engine: &Engine, completions: &[&str]) -> Scores {
    let deadline = Instant::now() + Duration::from_secs(60);
    engine.score(&["rm".to_owned()], batch(completions), deadline).await.remove(0).scores
}

#[tokio::test]
async fn equal_texts_are_computed_once() {
    let engine = engine(LaneConfig::default());
    let scores = score(&engine, &["a", "b", "a", "a"]).await;
    assert_eq!(scores[0].as_ref().unwrap().value, scores[3].as_ref().unwrap().value);
    let again = score(&engine, &["b", "c"]).await;
    assert!(again[0].as_ref().unwrap().cached && !again[1].as_ref().unwrap().cached);
    let stats = engine.lane("rm").unwrap().stats();
    assert_eq!(stats.sequences, 3);
    assert_eq!(stats.cache_hits + stats.coalesced, 3);
    assert_eq!((stats.queued_sequences, stats.queued_tokens), (0, 0));
}

#[tokio::test]
async fn without_a_cache_everything_is_computed_again_and_alike() {
    let engine = engine(LaneConfig { cache_entries: 0, ..LaneConfig::default() });
    let first = score(&engine, &["a"]).await;
    let second = score(&engine, &["a"]).await;
    assert_eq!(first[0].as_ref().unwrap().value, second[0].as_ref().unwrap().value);
    assert_eq!(engine.lane("rm").unwrap().stats().sequences, 2);
}

#[tokio::test]
async fn a_batch_of_one_scores_as_a_batch_of_many() {
    let texts = ["7 + 5 = 12", "I do not know", "12", "", "Seven and five are twelve."];
    let alone = engine(LaneConfig { batch_sequences: 1, ..LaneConfig::default() });
    let together = engine(LaneConfig::default());
    let one = score(&alone, &texts).await;
    let many = score(&together, &texts).await;
    for (one, many) in one.iter().zip(&many) {
        let (one, many) = (one.as_ref().unwrap().value, many.as_ref().unwrap().value);
        assert!((one - many).abs() < 1e-5 * one.abs().max(1.0), "{one} {many}");
    }
    assert_eq!(alone.lane("rm").unwrap().stats().batches, 5);
}

#[tokio::test]
async fn a_deadline_that_has_passed_is_a_timeout_of_what_is_not_known() {
    let engine = engine(LaneConfig::default());
    score(&engine, &["known"]).await;
    let past = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
    let scores =
        engine.score(&["rm".to_owned()], batch(&["known", "new"]), past).await.remove(0).scores;
    assert!(scores[0].is_ok());
    assert!(scores[1].as_ref().unwrap_err().retryable());
}

#[tokio::test]
async fn a_full_queue_is_waited_for_until_the_deadline() {
    // Room for one token: sequences pass one at a time, and all of them do.
    let engine = engine(LaneConfig { queue_tokens: 1, ..LaneConfig::default() });
    let scores = score(&engine, &["a", "b", "c", "d"]).await;
    assert!(scores.iter().all(Result::is_ok));
}

#[tokio::test]
async fn an_absent_model_misses_and_says_so() {
    let engine = engine(LaneConfig::default());
    let deadline = Instant::now() + Duration::from_secs(60);
    let models = ["ghost".to_owned(), "rm".to_owned()];
    let scores = engine.score(&models, batch(&["a"]), deadline).await;
    assert_eq!(scores[0].scores[0].as_ref().unwrap_err().status, MissStatus::ModelError);
    assert!(scores[1].scores[0].is_ok());
}

#[tokio::test]
async fn a_model_that_is_replaced_ends_what_it_has_accepted() {
    let engine = engine(LaneConfig::default());
    let texts: Vec<String> = (0..64).map(|index| format!("answer {index}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let replace = async {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models/qwen2");
        let model = RewardModel::load(&Layout::Directory(path), &ModelOptions::default()).unwrap();
        engine.insert("rm", model, None).unwrap();
    };
    let (scores, ()) = tokio::join!(score(&engine, &texts), replace);
    assert!(scores.iter().all(Result::is_ok));
}

#[tokio::test]
async fn completions_of_one_prompt_score_as_they_do_alone() {
    let prompt = "Why is the sky blue? ".repeat(8);
    let answers = ["", "Air.", "Air scatters blue light.", "Air scatters red light.", "Because."];
    let samples = answers.map(|answer| Sample {
        prompt: Some(prompt.clone()),
        completion: Some(Completion::Text(answer.to_owned())),
        ..Sample::default()
    });
    let deadline = Instant::now() + Duration::from_secs(60);
    let models = ["rm".to_owned()];
    let together = engine(LaneConfig::default());
    let group = Batch::new(samples.to_vec()).unwrap();
    let many = together.score(&models, group, deadline).await.remove(0);
    let alone = engine(LaneConfig { batch_sequences: 1, ..LaneConfig::default() });
    for (sample, many) in samples.into_iter().zip(many.scores) {
        let one = alone.score(&models, Batch::new(vec![sample]).unwrap(), deadline).await;
        let (one, many) = (one[0].scores[0].as_ref().unwrap().value, many.unwrap().value);
        assert!((one - many).abs() < 1e-6 * one.abs().max(1.0), "{one} {many}");
    }
}
