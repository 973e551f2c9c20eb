//! Checkpoints with something else about them: other names of heads, tensors that are missing or too many,
//! texts and templates that a model cannot take.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use assay::{
    cli::start,
    config::Settings,
    domain::{Batch, Completion, Miss, MissStatus, Sample, Scorers, Scores},
    engine::{Engine, LaneConfig},
    model::{Format, Layout, ModelOptions, Reduce, RewardModel, StepOptions, Truncate},
};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde_json::{Value, json};

fn golden(case: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models").join(case)
}

/// A golden's files, to be changed and loaded.
struct Checkpoint {
    config: Value,
    tokenizer_config: Value,
    tensors: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>,
    case: PathBuf,
}

impl Checkpoint {
    fn of(case: &str) -> Self {
        let case = golden(case);
        let json =
            |file: &str| serde_json::from_slice(&fs::read(case.join(file)).unwrap()).unwrap();
        let bytes = fs::read(case.join("model.safetensors")).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = tensors
            .tensors()
            .into_iter()
            .map(|(name, view)| (name, (view.dtype(), view.shape().to_vec(), view.data().to_vec())))
            .collect();
        Self {
            config: json("config.json"),
            tokenizer_config: json("tokenizer_config.json"),
            tensors,
            case,
        }
    }

    fn rename(&mut self, from: &str, to: &str) {
        let tensor = self.tensors.remove(from).unwrap();
        self.tensors.insert(to.to_owned(), tensor);
    }

    fn add(&mut self, name: &str, shape: &[usize], value: f32) {
        let bytes = value.to_le_bytes().repeat(shape.iter().product());
        self.tensors.insert(name.to_owned(), (Dtype::F32, shape.to_vec(), bytes));
    }

    fn write(&self, directory: &Path) {
        for file in ["tokenizer.json", "chat_template.jinja"] {
            if self.case.join(file).exists() {
                fs::copy(self.case.join(file), directory.join(file)).unwrap();
            }
        }
        fs::write(directory.join("config.json"), self.config.to_string()).unwrap();
        let settings = self.tokenizer_config.to_string();
        fs::write(directory.join("tokenizer_config.json"), settings).unwrap();
        let views = self.tensors.iter().map(|(name, (dtype, shape, bytes))| {
            (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
        });
        fs::write(
            directory.join("model.safetensors"),
            safetensors::serialize(views, None).unwrap(),
        )
        .unwrap();
    }

    fn load(&self, options: &ModelOptions) -> Result<RewardModel, String> {
        let directory = tempfile::tempdir().unwrap();
        self.write(directory.path());
        let layout = Layout::Directory(directory.path().to_owned());
        RewardModel::load(&layout, options).map_err(|error| error.to_string())
    }

    fn error(&self, options: &ModelOptions) -> String {
        self.load(options).unwrap_err()
    }
}

fn sample(prompt: &str, completion: &str) -> Sample {
    Sample {
        prompt: Some(prompt.to_owned()),
        completion: Some(Completion::Text(completion.to_owned())),
        ..Sample::default()
    }
}

fn score(model: &RewardModel) -> f32 {
    let tokens = model.text().encode(&sample("What is 7 + 5?", "12")).unwrap();
    model.score(&[&tokens]).unwrap()[0].value
}

fn miss(model: &RewardModel, sample: &Sample) -> Miss {
    model.text().encode(sample).unwrap_err()
}

#[test]
fn a_head_is_found_under_any_name_in_use() {
    let plain = score(&Checkpoint::of("llama").load(&ModelOptions::default()).unwrap());
    for name in [
        "v_head",
        "v_head.summary",
        "value_head",
        "value_head.summary",
        "classifier",
        "regression_layer",
        "reward_head",
        "my.own_head",
    ] {
        let mut checkpoint = Checkpoint::of("llama");
        checkpoint.rename("score.weight", &format!("{name}.weight"));
        checkpoint.config["value_head_prefix"] = json!("my.own_head");
        assert_eq!(score(&checkpoint.load(&ModelOptions::default()).unwrap()), plain, "{name}");
        checkpoint.add(&format!("{name}.bias"), &[1], 0.5);
        let biased = score(&checkpoint.load(&ModelOptions::default()).unwrap());
        assert!((biased - plain - 0.5).abs() < 1e-5, "{name}");
    }
    let mut nameless = Checkpoint::of("llama");
    nameless.rename("score.weight", "head_of_no_known_name.weight");
    assert!(nameless.error(&ModelOptions::default()).contains("it is not a reward model"));
    let mut two = Checkpoint::of("llama");
    two.add("v_head.weight", &[1, 32], 1.0);
    assert!(two.error(&ModelOptions::default()).contains("no place for `v_head.weight`"));
}

#[test]
fn a_language_model_needs_a_value_head_or_step_tokens() {
    let plain = score(&Checkpoint::of("llama").load(&ModelOptions::default()).unwrap());
    let mut checkpoint = Checkpoint::of("llama");
    checkpoint.config["architectures"] = json!(["LlamaForCausalLM"]);
    checkpoint.rename("score.weight", "v_head.summary.weight");
    checkpoint.add("lm_head.weight", &[326, 32], 1.0);
    assert_eq!(score(&checkpoint.load(&ModelOptions::default()).unwrap()), plain);
    checkpoint.tensors.remove("v_head.summary.weight");
    assert!(checkpoint.error(&ModelOptions::default()).contains("no reward model by itself"));
}

/// Every tensor of every single-file golden is needed, in its shape, and no other is wanted.
#[test]
fn tensors_are_read_strictly() {
    let mut checked = 0;
    for entry in fs::read_dir(golden("")).unwrap() {
        let case = entry.unwrap().file_name().into_string().unwrap();
        if !golden(&case).join("model.safetensors").exists() {
            continue;
        }
        let steps = StepOptions {
            marker: (case == "math_shepherd").then(|| " ки".to_owned()),
            good: (case == "math_shepherd").then(|| "+".to_owned()),
            bad: (case == "math_shepherd").then(|| "-".to_owned()),
            ..StepOptions::default()
        };
        let options = ModelOptions { label: Some(0), steps, ..ModelOptions::default() };
        let mut checkpoint = Checkpoint::of(&case);
        // One of each kind of tensor: what differs only in the layer's number says nothing new.
        let layered =
            |name: &String| name.split('.').any(|part| part.parse().is_ok_and(|n: u8| n > 1));
        let names: Vec<_> =
            checkpoint.tensors.keys().filter(|name| !layered(name)).cloned().collect();
        for name in names {
            let tensor = checkpoint.tensors.remove(&name).unwrap();
            let missing = checkpoint.error(&options);
            let headless = missing.contains("it is not a reward model");
            assert!(missing.contains(&name) || headless, "{case} without {name}: {missing}");
            let shape: Vec<usize> = tensor.1.iter().map(|dim| dim + 1).collect();
            checkpoint.add(&name, &shape, 1.0);
            let shaped = checkpoint.error(&options);
            assert!(shaped.contains("has shape") && shaped.contains(&name), "{case}: {shaped}");
            checkpoint.tensors.insert(name, tensor);
            checked += 1;
        }
        checkpoint.add("extra.weight", &[2], 1.0);
        assert!(checkpoint.error(&options).contains("no place for `extra.weight`"), "{case}");
    }
    assert!(checked > 300, "only {checked} tensors");
}

#[test]
fn weights_that_are_no_numbers_are_refused() {
    for value in [f32::NAN, f32::INFINITY] {
        let mut checkpoint = Checkpoint::of("qwen2");
        let name = "model.layers.1.mlp.down_proj.weight";
        let shape = checkpoint.tensors[name].1.clone();
        checkpoint.add(name, &shape, value);
        let error = checkpoint.error(&ModelOptions::default());
        assert!(error.contains(name) && error.contains("not finite"), "{error}");
    }
}

#[test]
fn openrlhf_figures_calibrate_and_scores_stay_raw() {
    let plain = score(&Checkpoint::of("llama").load(&ModelOptions::default()).unwrap());
    let mut checkpoint = Checkpoint::of("llama");
    checkpoint.config["mean"] = json!(0.5);
    checkpoint.config["std"] = json!(2.0);
    let model = checkpoint.load(&ModelOptions::default()).unwrap();
    assert_eq!(score(&model), plain);
    assert_eq!(model.calibration().map(|known| (known.mean, known.std)), Some((0.5, 2.0)));
    checkpoint.config["std"] = json!(0.0);
    assert_eq!(checkpoint.load(&ModelOptions::default()).unwrap().calibration(), None);
}

fn process(steps: StepOptions) -> Result<RewardModel, String> {
    Checkpoint::of("qwen2_prm").load(&ModelOptions { steps, ..ModelOptions::default() })
}

#[test]
fn steps_are_given_or_cut_at_blank_lines() {
    let steps = ["One.", "Two.", "Three."].map(str::to_owned).to_vec();
    let given = Sample { steps, ..sample("Count.", "whatever") };
    let cut = sample("Count.", "One.\n\n\nTwo.\n\n  Three.\n\n");
    let model = process(StepOptions::default()).unwrap();
    let given = model.text().encode(&given).unwrap();
    assert_eq!(given.marks.len(), 3);
    assert_eq!(given, model.text().encode(&cut).unwrap());
    let of = |reduce| {
        let model = process(StepOptions { reduce, ..StepOptions::default() }).unwrap();
        model.score(&[&given]).unwrap()[0].value
    };
    let [min, product, last, mean] =
        [Reduce::Min, Reduce::Product, Reduce::Last, Reduce::Mean].map(of);
    assert!(product <= min && min <= mean && min <= last && product > 0.0);
}

#[test]
fn steps_that_cannot_be_told_apart_are_misses() {
    let model = process(StepOptions::default()).unwrap();
    let forged = Sample { steps: vec!["a <extra_0> b".to_owned()], ..sample("p", "") };
    let found = miss(&model, &forged);
    assert!(found.status == MissStatus::InvalidInput && found.message.contains("<extra_0>"));
    let in_prompt = Sample { steps: vec!["a".to_owned()], ..sample("<extra_0>", "") };
    assert_eq!(miss(&model, &in_prompt).status, MissStatus::InvalidInput);
    assert!(miss(&model, &sample("p", " \n\n ")).message.contains("no steps"));
    let nothing = Sample { completion: None, ..sample("p", "") };
    assert_eq!(miss(&model, &nothing).status, MissStatus::MissingField);
}

#[test]
fn step_options_that_do_not_fit_are_refused() {
    let named = |text: &str| Some(text.to_owned());
    let error = |case: &str, steps: StepOptions| {
        Checkpoint::of(case).error(&ModelOptions { steps, ..ModelOptions::default() })
    };
    let marked = StepOptions { marker: named("x"), ..StepOptions::default() };
    assert!(error("llama", marked).contains("for process reward models"));
    let half = StepOptions { good: named("+"), ..StepOptions::default() };
    assert!(error("math_shepherd", half).contains("both `good` and `bad`"));
    let long = StepOptions { good: named("very good"), bad: named("-"), ..StepOptions::default() };
    assert!(error("math_shepherd", long).contains("tokens, where one is needed"));
    let unmarked = StepOptions { good: named("+"), bad: named("-"), ..StepOptions::default() };
    assert!(error("math_shepherd", unmarked).contains("`steps.marker` is needed"));
}

#[test]
fn a_mixture_without_an_answer_turn_is_a_miss() {
    let options = ModelOptions { format: Format::Raw, ..ModelOptions::default() };
    let model = Checkpoint::of("armorm").load(&options).unwrap();
    let found = miss(&model, &sample("Hi.", "Hello."));
    assert!(found.status == MissStatus::InvalidInput && found.message.contains("answer turn"));
}

#[test]
fn what_is_not_supported_is_named() {
    let error = |case: &str, key: &str, value: Value| {
        let mut checkpoint = Checkpoint::of(case);
        checkpoint.config[key] = value;
        checkpoint.error(&ModelOptions::default())
    };
    assert!(error("llama", "hidden_act", json!("swish2")).contains("hidden_act `swish2`"));
    assert!(error("llama", "num_key_value_heads", json!(3)).contains("does not divide"));
    let strange = json!({"rope_type": "spiral", "factor": 2.0});
    assert!(error("llama", "rope_scaling", strange).contains("rope type `spiral`"));
    assert!(error("llama", "model_type", json!("mamba")).contains("model_type `mamba`"));
    let short = json!({"type": "longrope", "short_factor": [1.0], "long_factor": [1.0]});
    assert!(error("phi3", "rope_scaling", short).contains("`short_factor` has 1 entries"));
    assert!(error("gemma3", "use_bidirectional_attention", json!(true)).contains("bidirectional"));
    assert!(error("modernbert", "classifier_pooling", json!("max")).contains("`max`"));
    assert!(error("bert", "position_embedding_type", json!("relative_key")).contains("absolute"));
    assert!(error("roberta", "max_position_embeddings", json!(2)).contains("leaves no position"));
}

#[test]
fn texts_over_the_limit_are_cut_or_missed() {
    let load = |truncate, max_tokens| {
        let options = ModelOptions { truncate, max_tokens, ..ModelOptions::default() };
        Checkpoint::of("gemma2").load(&options).unwrap()
    };
    let long = sample(&"many words ".repeat(200), "short");
    let cut = load(Truncate::PromptLeft, 64).text().encode(&long).unwrap();
    assert!(cut.truncated && cut.ids.len() <= 64);
    assert_eq!(miss(&load(Truncate::Error, 64), &long).status, MissStatus::TooLong);
    let endless = sample("p", &"word ".repeat(200));
    assert_eq!(miss(&load(Truncate::PromptLeft, 64), &endless).status, MissStatus::TooLong);
    // The steps of a process reward are never cut.
    let options = ModelOptions { max_tokens: 64, ..ModelOptions::default() };
    let model = Checkpoint::of("qwen2_prm").load(&options).unwrap();
    let endless = Sample { steps: vec!["word ".repeat(100)], ..sample("p", "") };
    assert_eq!(miss(&model, &endless).status, MissStatus::TooLong);
}

#[test]
fn an_empty_completion_has_a_score() {
    for case in ["llama", "gemma3", "gpt_neox", "bert", "modernbert", "deberta_v3", "distilbert"] {
        let model = Checkpoint::of(case).load(&ModelOptions::default()).unwrap();
        for sample in [sample("p", ""), sample("", "")] {
            let tokens = model.text().encode(&sample).unwrap();
            assert!(model.score(&[&tokens]).unwrap()[0].value.is_finite(), "{case}");
        }
    }
}

#[test]
fn special_tokens_that_are_missing_are_done_without() {
    let mut checkpoint = Checkpoint::of("llama");
    for key in ["bos_token", "eos_token", "pad_token", "chat_template"] {
        checkpoint.tokenizer_config.as_object_mut().unwrap().remove(key);
        checkpoint.config.as_object_mut().unwrap().remove(&format!("{key}_id"));
    }
    let model = checkpoint.load(&ModelOptions::default()).unwrap();
    assert!(score(&model).is_finite());
}

/// What a model says beside its score comes with `detail: full`, under the column's name.
#[tokio::test]
async fn steps_and_objectives_are_side_data_of_a_reply() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("assay.toml");
    let models = golden("");
    let text = format!(
        "models_root = {models:?}\n\
         [models.prm]\npath = \"qwen2_prm\"\nsteps = {{ reduce = \"last\" }}\n\
         [models.armo]\npath = \"armorm\"\n\
         [pipelines.p]\noutput = \"mean\"\n\
         nodes.rm = {{ kind = \"reward_models\", models = [\"prm\", \"armo\"] }}\n\
         nodes.mean = {{ kind = \"mean\", inputs = [\"rm\"] }}\n"
    );
    fs::write(&file, text).unwrap();
    let service = start(&Settings::read(&file, None).unwrap()).unwrap();
    let request = json!({
        "pipeline": "p", "detail": "full",
        "samples": [{"prompt": "What is 7 + 5?", "completion": "12", "steps": ["7 + 5", "12"]}],
    });
    let request = serde_json::from_value(request).unwrap();
    let reply = service.score(request).await.unwrap();
    let (components, details) = {
        let result = &reply.results[0];
        (result.components.clone().unwrap(), result.details.clone().unwrap())
    };
    let steps = details["rm.prm"]["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 2);
    assert_eq!(steps[1].as_f64(), components["rm.prm"]);
    assert_eq!(details["rm.armo"]["objectives"].as_array().unwrap().len(), 5);
}

async fn scored(model: RewardModel, samples: Vec<Sample>) -> Scores {
    let engine = Engine::new(LaneConfig::default());
    engine.insert("rm", model, None).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    engine.score(&["rm".to_owned()], Batch::new(samples).unwrap(), deadline).await.remove(0).scores
}

#[tokio::test]
async fn a_token_outside_the_vocabulary_voids_its_own_sample() {
    let mut checkpoint = Checkpoint::of("qwen2");
    // The think tags are the last two tokens that the tokenizer knows.
    let rows = 319;
    checkpoint.config["vocab_size"] = json!(rows);
    let (_, shape, bytes) = checkpoint.tensors.get_mut("model.embed_tokens.weight").unwrap();
    shape[0] = rows;
    bytes.truncate(rows * 32 * 4);
    let model = checkpoint.load(&ModelOptions::default()).unwrap();
    let scores = scored(model, vec![sample("a", "<think>b</think>"), sample("a", "b")]).await;
    let found = scores[0].as_ref().unwrap_err();
    assert!(found.message.contains("outside the model's vocabulary of 319"), "{found}");
    assert!(scores[1].is_ok());
}

#[tokio::test]
async fn templates_that_throw_or_never_end_void_their_own_samples() {
    let ok = "{% for m in messages %}{{ m.content }}{% endfor %}";
    let endless = "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}";
    for (bad, cause) in [
        ("{{ raise_exception('odd') }}", "odd"),
        (endless, "fuel"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", ""),
        ("{{ messages[0].content.nope.nope }}", ""),
        ("{{ 1 // 0 }}", ""),
    ] {
        let template =
            format!("{{% if messages[0].content == 'bad' %}}{bad}{{% else %}}{ok}{{% endif %}}");
        let mut checkpoint = Checkpoint::of("llama");
        checkpoint.tokenizer_config["chat_template"] = json!(template);
        let model = checkpoint.load(&ModelOptions::default()).unwrap();
        let scores = scored(model, vec![sample("bad", "x"), sample("good", "x")]).await;
        let found = scores[0].as_ref().unwrap_err();
        assert_eq!(found.status, MissStatus::InvalidInput, "{bad}: {found}");
        assert!(found.message.contains("template") && found.message.contains(cause), "{found}");
        assert!(scores[1].is_ok(), "{bad}");
    }
}

/// Finite weights may still overflow on the way: each such sequence is a miss, and the lane goes on.
#[tokio::test]
async fn an_output_that_is_no_number_is_a_miss_and_the_lane_lives() {
    let mut checkpoint = Checkpoint::of("bert");
    // The second segment and the twentieth position: together they are infinite.
    for (table, row) in [("token_type", 1), ("position", 20)] {
        let name = format!("bert.embeddings.{table}_embeddings.weight");
        let (_, shape, bytes) = checkpoint.tensors.get_mut(&name).unwrap();
        let width = 4 * shape[1];
        bytes[row * width..][..width].copy_from_slice(&f32::MAX.to_le_bytes().repeat(shape[1]));
    }
    let model = checkpoint.load(&ModelOptions::default()).unwrap();
    let long = "a long answer ".repeat(10);
    let scores = scored(model, vec![sample("a", "b"), sample("a", &long), sample("a", "c")]).await;
    let found = scores[1].as_ref().unwrap_err();
    assert_eq!(found.status, MissStatus::ModelError);
    assert!(found.message.contains("not finite"), "{found}");
    assert!(scores[0].is_ok() && scores[2].is_ok());
}
