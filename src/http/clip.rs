//! `/v1/clip/…`: images and texts in one space.
//!
//! Each takes JSON, or `multipart/form-data`: a part `request` with the JSON, and a part per file that
//! images refer to as `{"part": "name"}`.

use axum::{Json as Reply, extract::State};

use super::{App, Problem, problem::Failures, upload::Upload};
use crate::service::{
    ClipScoreRequest, ClipScoreResponse, EmbedRequest, EmbedResponse, ImageSimilarityRequest,
    ImageSimilarityResponse, RetrievalRequest, RetrievalResponse, ZeroShotRequest,
    ZeroShotResponse,
};

/// Score images against texts
///
/// Pairs, or every image with every text, by a named convention. An image is a data URL, base64,
/// `{"b64": …}`, bare pixels `{"shape": [height, width, 3], "data": …}`, `{"part": "name"}` of a
/// `multipart/form-data` request whose part `request` is this JSON, or an `https` address where
/// `[images] hosts` in the configuration names its host. One broken image voids only itself.
#[utoipa::path(
    post,
    path = "/v1/clip/score",
    tag = "clip",
    request_body(content = ClipScoreRequest, examples(
        ("pairs" = (value = json!({
            "model": "tiny-clip", "metric": "clipscore", "prefix": "",
            "items": [
                {"id": "a", "image": {"shape": [1, 2, 3], "data": "/wAA/wAA"}, "text": "a red square"},
                {"id": "b", "image": {"shape": [1, 2, 3], "data": "/wAA/wAA"}, "text": "a blue square"}
            ]
        }))),
        ("every image with every text" = (value = json!({
            "model": "tiny-clip",
            "images": [{"shape": [1, 2, 3], "data": "/wAA/wAA"}],
            "texts": ["a red square", "a blue square"]
        }))),
    )),
    responses((status = 200, body = ClipScoreResponse), Failures)
)]
pub(super) async fn score(
    State(app): State<App>,
    Upload { body, parts }: Upload<ClipScoreRequest>,
) -> Result<Reply<ClipScoreResponse>, Problem> {
    Ok(Reply(app.service().clip_score(body, &parts).await?))
}

/// Embed images and texts
///
/// As vectors of length 1. Takes the same forms as `/v1/clip/score`.
#[utoipa::path(
    post,
    path = "/v1/clip/embed",
    tag = "clip",
    request_body(content = EmbedRequest, example = json!({
        "model": "tiny-clip", "encoding": "base64",
        "images": [{"shape": [1, 2, 3], "data": "/wAA/wAA"}], "texts": ["a red square"]
    })),
    responses((status = 200, body = EmbedResponse), Failures)
)]
pub(super) async fn embed(
    State(app): State<App>,
    Upload { body, parts }: Upload<EmbedRequest>,
) -> Result<Reply<EmbedResponse>, Problem> {
    Ok(Reply(app.service().clip_embed(body, &parts).await?))
}

/// Classify images
///
/// Softmax over labels. Takes the same forms as `/v1/clip/score`.
#[utoipa::path(
    post,
    path = "/v1/clip/zero-shot",
    tag = "clip",
    request_body(content = ZeroShotRequest, example = json!({
        "model": "tiny-clip",
        "images": [{"shape": [1, 2, 3], "data": "/wAA/wAA"}],
        "labels": ["red", "blue"], "templates": ["a {} square", "a photo of a {} square"]
    })),
    responses((status = 200, body = ZeroShotResponse), Failures)
)]
pub(super) async fn zero_shot(
    State(app): State<App>,
    Upload { body, parts }: Upload<ZeroShotRequest>,
) -> Result<Reply<ZeroShotResponse>, Problem> {
    Ok(Reply(app.service().clip_zero_shot(body, &parts).await?))
}

/// Find each other's halves
///
/// The rank, reciprocal rank and probability of each image's text among all texts, and of each text's
/// image. Takes the same forms as `/v1/clip/score`.
#[utoipa::path(
    post,
    path = "/v1/clip/retrieval",
    tag = "clip",
    request_body(content = RetrievalRequest, example = json!({
        "model": "tiny-clip",
        "items": [
            {"image": {"shape": [1, 2, 3], "data": "/wAA/wAA"}, "text": "a red square"},
            {"image": {"shape": [1, 2, 3], "data": "AAD/AAD/"}, "text": "a blue square"}
        ],
        "negatives": ["a green star"]
    })),
    responses((status = 200, body = RetrievalResponse), Failures)
)]
pub(super) async fn retrieval(
    State(app): State<App>,
    Upload { body, parts }: Upload<RetrievalRequest>,
) -> Result<Reply<RetrievalResponse>, Problem> {
    Ok(Reply(app.service().clip_retrieval(body, &parts).await?))
}

/// Compare images with images
///
/// Cosines (`image_image`): how well an identity is preserved. Takes the same forms as
/// `/v1/clip/score`.
#[utoipa::path(
    post,
    path = "/v1/clip/image-similarity",
    tag = "clip",
    request_body(content = ImageSimilarityRequest, example = json!({
        "model": "tiny-clip",
        "items": [{
            "image": {"shape": [1, 2, 3], "data": "/wAA/wAA"},
            "reference": {"shape": [1, 1, 3], "data": "/wAA"}
        }]
    })),
    responses((status = 200, body = ImageSimilarityResponse), Failures)
)]
pub(super) async fn image_similarity(
    State(app): State<App>,
    Upload { body, parts }: Upload<ImageSimilarityRequest>,
) -> Result<Reply<ImageSimilarityResponse>, Problem> {
    Ok(Reply(app.service().clip_image_similarity(body, &parts).await?))
}
