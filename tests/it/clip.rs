//! `/v1/clip/…` and the pipeline `clip`, by the shipped model.

use std::path::PathBuf;

use assay::{
    config::EMBEDDED_MODELS,
    model::{ClipModel, Layout, ModelOptions},
    train::synthetic::shapes::{COLOURS, FORMS, Shape},
};
use axum::{
    body::Body,
    http::{Method, Request, header},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use rand::SeedableRng;
use serde_json::{Value, json};

use crate::app::{Answer, TestApp};

fn file(path: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn base64(path: &str) -> String {
    STANDARD.encode(file(path))
}

const CIRCLE: &str = "examples/red-circle.png";

async fn clip(path: &str, body: Value) -> Answer {
    TestApp::shared().call(Method::POST, &format!("/v1/clip/{path}"), &body).await
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn the_shipped_model_tells_forms_and_colours() {
    let (_, files) = EMBEDDED_MODELS.iter().find(|(name, _)| *name == "tiny-clip").unwrap();
    let size: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(size < 2_000_000, "{size} bytes");
    let model = ClipModel::load(&Layout::Embedded(files), &ModelOptions::default()).unwrap();
    let texts = FORMS.iter().flat_map(|form| COLOURS.map(|colour| format!("a {colour} {form}")));
    let texts: Vec<_> = texts.map(|text| model.text().encode(&text).unwrap()).collect();
    let texts = model.texts(&texts.iter().collect::<Vec<_>>()).unwrap();
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(77);
    let (mut right, mut count) = ([0.0; 2], [0.0; 2]);
    for at in 0..4 * 64 {
        let (form, colour) = (at / 8 % 8, at % 8);
        let shape = Shape { form, colour: Some(colour), ..Shape::random(&mut rng, true) };
        let pixels = model.processor().pixels(&shape.draw(&mut rng)).unwrap();
        let image = &model.images(&[&pixels]).unwrap()[0].vector;
        let cosine = |text: &[f32]| image.iter().zip(text).map(|(x, y)| x * y).sum::<f32>();
        let best =
            (0..64).max_by(|a, b| cosine(&texts[*a].vector).total_cmp(&cosine(&texts[*b].vector)));
        let kind = usize::from(shape.is_held_out());
        count[kind] += 1.0;
        right[kind] += f64::from(u8::from(best == Some(form * 8 + colour)));
    }
    // models/README.md has the figures on four times as many pictures.
    assert!(right[0] / count[0] >= 0.9, "seen: {}", right[0] / count[0]);
    assert!(right[1] / count[1] >= 0.7, "held out: {}", right[1] / count[1]);
}

#[tokio::test]
async fn the_right_caption_wins_in_every_form() {
    let texts = ["a red circle", "a blue square", "a green star"];
    let png = base64(CIRCLE);
    let data_url = format!("data:image;base64,{png}");
    let mut seen = Vec::new();
    for image in [json!(png), json!({"b64": png}), json!(data_url)] {
        let body = json!({"model": "tiny-clip", "images": [image], "texts": texts});
        let answer = clip("score", body).await.good();
        let row = answer["scores"][0].as_array().unwrap().clone();
        assert!(number(&row[0]) > number(&row[1]) && number(&row[0]) > number(&row[2]), "{row:?}");
        // The scores are in the matrix: an image has a status, and no score of its own.
        assert_eq!(answer["results"], json!([{"status": "ok"}]));
        assert_eq!(answer["texts"].as_array().unwrap().len(), 3);
        seen.push(row);
    }
    assert!(seen.iter().all(|row| *row == seen[0]));
}

#[tokio::test]
async fn metrics_are_functions_of_the_cosine() {
    let of = async |metric: &str, more: Value| {
        let mut item = json!({"image": base64(CIRCLE), "text": "a red circle"});
        item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let body = json!({"model": "tiny-clip", "metric": metric, "prefix": "", "items": [item]});
        let answer = clip("score", body).await.good();
        (number(&answer["scores"][0]), answer)
    };
    let (cosine, answer) = of("cosine", json!({})).await;
    let scale = number(&answer["provenance"]["tiny-clip"]["logit_scale"]);
    assert!((number(&answer["results"][0]["cosine"]) - cosine).abs() < 1e-12);
    for (metric, expected) in [
        ("clipscore", 2.5 * cosine),
        ("torchmetrics", 100.0 * cosine),
        ("logit", scale * cosine),
        // Alone in its group.
        ("rlcf", 2.5 * cosine),
    ] {
        let (found, _) = of(metric, json!({})).await;
        assert!((found - expected).abs() < 1e-9, "{metric}: {found} for {expected}");
    }
    let (reference, _) = of("ref_clipscore", json!({"references": ["a red circle"]})).await;
    let clipscore = 2.5 * cosine;
    assert!((reference - 2.0 * clipscore / (clipscore + 1.0)).abs() < 1e-6);
}

#[tokio::test]
async fn rlcf_compares_the_candidates_of_an_image() {
    let item = |text: &str| json!({"image": base64(CIRCLE), "text": text});
    let items = [item("a red circle"), item("a blue square"), item("a green star")];
    let of = async |metric: &str| {
        let body = json!({"model": "tiny-clip", "metric": metric, "prefix": "", "items": items});
        let answer = clip("score", body).await.good();
        answer["scores"].as_array().unwrap().iter().map(number).collect::<Vec<_>>()
    };
    let (plain, rlcf) = (of("clipscore").await, of("rlcf").await);
    let mean = plain.iter().sum::<f64>() / 3.0;
    for (plain, rlcf) in plain.iter().zip(&rlcf) {
        assert!((plain - mean - rlcf).abs() < 1e-9);
    }
}

#[tokio::test]
async fn pixels_without_a_file_are_the_same_image() {
    let picture = image::load_from_memory(&file(CIRCLE)).unwrap().into_rgb8();
    let (width, height) = picture.dimensions();
    let raw = json!({"shape": [height, width, 3], "dtype": "u8", "data": STANDARD.encode(picture.as_raw())});
    let body = json!({"model": "tiny-clip", "images": [raw, base64(CIRCLE)], "encoding": "base64"});
    let answer = clip("embed", body).await.good();
    assert_eq!(answer["images"][0]["embedding"], answer["images"][1]["embedding"]);
    let bytes = STANDARD.decode(answer["images"][0]["embedding"].as_str().unwrap()).unwrap();
    let values = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
    let length: f32 = values.map(|value| value * value).sum();
    assert!((length - 1.0).abs() < 1e-5);
    assert_eq!(bytes.len() as u64, 4 * answer["model"]["width"].as_u64().unwrap());
}

fn form(parts: &[(&str, &[u8])]) -> Request<Body> {
    const BOUNDARY: &str = "a-boundary";
    let mut body = Vec::new();
    for (name, bytes) in parts {
        let head = format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\r\n"
        );
        body.extend(head.as_bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
    Request::post("/v1/clip/score")
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
        .body(Body::from(body))
        .unwrap()
}

#[tokio::test]
async fn files_may_be_parts_of_the_request() {
    let request = json!({"model": "tiny-clip", "texts": ["a red circle", "a blue square"],
        "images": [{"part": "one"}, {"part": "none"}]});
    let (request, png) = (request.to_string(), file(CIRCLE));
    let app = TestApp::shared();
    let answer = app.send(form(&[("request", request.as_bytes()), ("one", &png)])).await.good();
    assert!(number(&answer["scores"][0][0]) > number(&answer["scores"][0][1]));
    assert_eq!(answer["scores"][1], json!([null, null]));
    assert_eq!(answer["results"][1]["status"], "invalid_input");

    app.send(form(&[("one", &png)])).await.problem(422, "invalid");
    let twice = [("request", request.as_bytes()), ("one", &png[..]), ("one", &png)];
    app.send(form(&twice)).await.problem(422, "invalid");
    app.send(form(&[("request", b"{")])).await.problem(400, "malformed");
    let cut = Request::post("/v1/clip/score")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")
        .body(Body::from("--b\r\ncontent-disposition: form-data; name=\"x\"\r\n\r\nno end"))
        .unwrap();
    app.send(cut).await.problem(400, "malformed");
}

#[tokio::test]
async fn hostile_images_void_only_themselves() {
    let hostile = [
        ("truncated.png", "invalid_input"),
        ("truncated.jpg", "invalid_input"),
        ("cmyk.jpg", "unsupported"),
        ("sixteen_bit.png", "unsupported"),
        ("bomb.png", "invalid_input"),
        ("empty.png", "invalid_input"),
        ("text.png", "invalid_input"),
        ("whole.bmp", "unsupported"),
        ("animated.gif", "ok"),
        ("animated.webp", "ok"),
        ("wide.png", "ok"),
        ("whole.jpg", "ok"),
    ];
    let mut items: Vec<Value> = hostile
        .iter()
        .map(|(name, _)| {
            let image = base64(&format!("tests/golden/images/hostile/{name}"));
            json!({"id": name, "image": image, "text": "a red circle"})
        })
        .collect();
    items.push(json!({"image": base64(CIRCLE), "text": "a red circle"}));
    items.push(json!({"image": {"shape": [0, 0, 3], "data": ""}, "text": "a red circle"}));
    items.push(json!({"image": {"shape": [60_000, 60_000, 3], "data": "AAAA"}, "text": "x"}));
    items.push(json!({"image": "no base64!", "text": "a red circle"}));
    items.push(json!({"image": base64(CIRCLE)}));
    let answer = clip("score", json!({"model": "tiny-clip", "items": items})).await.good();
    let results = answer["results"].as_array().unwrap();
    for ((name, status), result) in hostile.iter().zip(results) {
        assert_eq!((&result["id"], &result["status"]), (&json!(name), &json!(status)), "{result}");
        assert_eq!(result["score"].is_null(), *status != "ok", "{result}");
    }
    let rest: Vec<&Value> = results[hostile.len()..].iter().map(|r| &r["status"]).collect();
    assert_eq!(rest, ["ok", "invalid_input", "invalid_input", "invalid_input", "missing_field"]);
}

#[tokio::test]
async fn images_are_classified_and_find_their_texts() {
    let labels: Vec<String> = ["red", "green", "blue"].map(str::to_owned).into();
    let body = json!({"model": "tiny-clip", "images": [base64(CIRCLE), "x"], "labels": labels,
        "templates": ["a {} circle", "a photo of a {} shape"]});
    let answer = clip("zero-shot", body).await.good();
    let result = &answer["results"][0];
    assert_eq!(result["label"], "red");
    let probabilities = result["probabilities"].as_array().unwrap();
    assert!((probabilities.iter().map(number).sum::<f64>() - 1.0).abs() < 1e-9);
    assert_eq!(result["logits"].as_array().unwrap().len(), 3);
    assert_eq!(answer["results"][1]["status"], "invalid_input");

    let square = json!({"shape": [1, 1, 3], "data": "AAD/"});
    let items = json!([
        {"image": base64(CIRCLE), "text": "a red circle"},
        {"image": square, "text": "something no picture shows"},
        {"image": "x", "text": "a red circle"},
    ]);
    let body = json!({"model": "tiny-clip", "items": items, "negatives": ["a green star"]});
    let answer = clip("retrieval", body).await.good();
    let first = &answer["results"][0];
    // The third pair's text is the same and comes later.
    assert_eq!(first["image_to_text"]["rank"], 1);
    assert_eq!(first["image_to_text"]["reciprocal_rank"], 1.0);
    assert_eq!(first["text_to_image"]["rank"], 1);
    assert_eq!(answer["results"][2]["status"], "invalid_input");
    assert!(answer["results"][2]["image_to_text"].is_null());
    assert!(answer["summary"]["text_to_image_recall_at_1"].is_f64());
}

#[tokio::test]
async fn images_resemble_themselves() {
    let images = json!([base64(CIRCLE), {"shape": [1, 1, 3], "data": "AAD/"}]);
    let body = json!({"model": "tiny-clip", "images": images, "references": images});
    let answer = clip("image-similarity", body).await.good();
    let cell = |row: usize, column: usize| number(&answer["scores"][row][column]);
    assert!((cell(0, 0) - 1.0).abs() < 1e-6 && (cell(1, 1) - 1.0).abs() < 1e-6);
    assert_eq!(cell(0, 1), cell(1, 0));
    assert!(cell(0, 1) < 0.9);
    let pair = json!([{"id": "a", "image": images[0], "reference": images[1]}]);
    let pairs = clip("image-similarity", json!({"model": "tiny-clip", "items": pair})).await.good();
    assert_eq!(number(&pairs["scores"][0]), cell(0, 1));
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_its_place() {
    let image = json!({"shape": [1, 1, 3], "data": "AAD/"});
    let pairs = |metric: &str| json!({"model": "tiny-clip", "metric": metric, "items": [{"image": image, "text": "a"}]});
    let both = json!({"model": "tiny-clip", "items": [], "images": [], "texts": []});
    for (body, pointer) in [
        (pairs("siglip_prob"), "/metric"),
        (pairs("aesthetic"), "/metric"),
        (pairs("no_such"), "/metric"),
        (both, ""),
        (json!({"model": "tiny-clip", "images": []}), ""),
        (
            json!({"model": "tiny-clip", "images": [image], "texts": ["a"], "metric": "ref_clipscore"}),
            "/metric",
        ),
        (json!({"model": "tiny-clip", "images": vec![&image; 257], "texts": []}), "/images"),
    ] {
        let problem = clip("score", body.clone()).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
    }
    let unknown = json!({"model": "tiny-rm-0", "images": [], "texts": []});
    clip("score", unknown).await.problem(404, "not_found");
    let none = json!({"model": "tiny-clip", "images": [image], "labels": []});
    clip("zero-shot", none).await.problem(422, "invalid");
    let nothing = clip("score", json!({"model": "tiny-clip", "items": []})).await.good();
    assert_eq!((&nothing["scores"], &nothing["mean"]), (&json!([]), &Value::Null));
}

#[tokio::test]
async fn a_pipeline_scores_captions_of_an_image() {
    let sample = |caption: &str| json!({"images": [base64(CIRCLE)], "completion": caption});
    let samples = [sample("a red circle"), sample("a blue square"), json!({"completion": "x"})];
    let nodes = json!({
        "clip": {"kind": "clip_score", "models": ["tiny-clip"], "prefix": ""},
        "rlcf": {"kind": "rlcf", "inputs": ["clip"]},
    });
    let inline = json!({"pipeline": {"output": "rlcf", "nodes": nodes}, "samples": samples});
    let app = TestApp::shared();
    let rlcf = app.call(Method::POST, "/v1/score", &inline).await.good();
    let named = json!({"pipeline": "clip", "samples": samples});
    let plain = app.call(Method::POST, "/v1/score", &named).await.good();
    let of = |answer: &Value, at: usize| number(&answer["rewards"][at]);
    assert!(of(&plain, 0) > of(&plain, 1));
    assert!((of(&rlcf, 0) - (of(&plain, 0) - of(&plain, 1)) / 2.0).abs() < 1e-9);
    assert_eq!(plain["results"][2]["status"], "missing_field");
    assert!(plain["provenance"]["models"]["tiny-clip"]["sha256"].is_string());
    assert!(number(&plain["usage"]["tokens"]) > 0.0);
}

#[tokio::test]
async fn models_list_it_and_equal_inputs_cost_once() {
    let app = TestApp::new();
    let list = app.get("/v1/models").await.good();
    let names: Vec<&Value> =
        list["data"].as_array().unwrap().iter().map(|entry| &entry["id"]).collect();
    assert!(names.contains(&&json!("tiny-clip")), "{names:?}");
    let image = base64(CIRCLE);
    let body =
        json!({"model": "tiny-clip", "images": vec![&image; 8], "texts": vec!["a red circle"; 5]});
    let before = app.get("/v1/models/tiny-clip").await.good();
    let first = app.call(Method::POST, "/v1/clip/score", &body).await.good();
    let second = app.call(Method::POST, "/v1/clip/score", &body).await.good();
    assert_eq!(first["scores"], second["scores"]);
    let after = app.get("/v1/models/tiny-clip").await.good();
    let computed = |entry: &Value| number(&entry["stats"]["sequences"]);
    assert_eq!(computed(&after) - computed(&before), 2.0);
    assert_eq!(number(&after["stats"]["cache_hits"]), 2.0);
}
