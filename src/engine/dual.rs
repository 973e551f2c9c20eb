//! Runs dual encoders: one lane of images and one of texts per model.
//!
//! Images are decoded and resized by a bounded number of threads off the async ones; equal inputs of a
//! request are embedded once, and embeddings are remembered by content, so that a group's prompt costs
//! one text. A broken image is the miss of that image alone.

mod memo;
mod worker;

use std::{collections::HashMap, sync::Arc, time::Instant};

use futures::future::join_all;
use tokio::sync::Semaphore;

use super::{Engine, LaneConfig, Snapshot};
use crate::{
    domain::{
        BoxFuture, DualInfo, Embeddable, Embedders, Embedding, Embeddings, Image, Miss, MissStatus,
        ModelInfo,
    },
    model::{
        ClipModel, Embedded, Encoded, LoadError,
        image::{ImageLimits, Picture, Pixels, decode},
    },
};
use memo::{Key, Memo};
use worker::{Bounds, Worker};

/// Bytes of pixels that may wait for a model.
const WAITING_PIXELS: usize = 256 << 20;

/// A dual encoder with its queues and threads. Dropping it finishes what was accepted.
#[derive(Debug)]
pub struct DualLane {
    name: String,
    info: DualInfo,
    device: &'static str,
    model: Arc<ClipModel>,
    memo: Arc<Memo>,
    images: Worker<Pixels>,
    texts: Worker<Encoded>,
    decoding: Arc<Semaphore>,
    limits: ImageLimits,
}

/// An input of which the content was looked at.
enum Prepared {
    Known(Embedding),
    Tokens(Encoded),
    Image(Image),
    Lost(Miss),
}

impl DualLane {
    /// Starts the threads, after a first image and a first text.
    pub(super) fn start(
        name: &str,
        model: ClipModel,
        config: LaneConfig,
        decoding: &Arc<Semaphore>,
    ) -> Result<Self, LoadError> {
        warm_up(&model)?;
        let shape = model.shape();
        let model = Arc::new(model);
        let bytes = 3 * shape.image_size * shape.image_size;
        let positions = shape.patches() + 1;
        let of =
            |queue| Bounds { batch: config.batch_tokens, items: config.batch_sequences, queue };
        let pixels = (WAITING_PIXELS / bytes).max(1) * positions;
        let (for_images, for_texts) = (Arc::clone(&model), Arc::clone(&model));
        let images = Worker::start(
            &format!("{name}-images"),
            of(pixels.min(config.queue_tokens)),
            move |images: &[&Pixels]| for_images.images(images).map_err(|error| error.to_string()),
        )?;
        let texts = Worker::start(
            &format!("{name}-texts"),
            of(config.queue_tokens),
            move |texts: &[&Encoded]| for_texts.texts(texts).map_err(|error| error.to_string()),
        )?;
        Ok(Self {
            name: name.to_owned(),
            info: info(&model),
            device: model.device(),
            memo: Arc::new(Memo::new(config.cache_entries)),
            images,
            texts,
            decoding: Arc::clone(decoding),
            limits: ImageLimits::default(),
            model,
        })
    }

    /// Its model's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its embeddings come from.
    #[must_use]
    pub fn info(&self) -> &DualInfo {
        &self.info
    }

    /// Where it computes: `cpu` or `cuda`.
    #[must_use]
    pub fn device(&self) -> &'static str {
        self.device
    }

    /// What the checkpoint calls itself.
    #[must_use]
    pub fn architecture(&self) -> &'static str {
        self.model.architecture()
    }

    /// Bytes of its weights in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.model.bytes()
    }

    /// Longest text, in tokens.
    #[must_use]
    pub fn max_tokens(&self) -> usize {
        self.model.text().max_tokens()
    }

    /// What both lanes have done so far.
    #[must_use]
    pub fn stats(&self) -> Snapshot {
        let cache_hits = self.memo.hits();
        Snapshot { cache_hits, ..self.images.stats().and(self.texts.stats()) }
    }

    async fn embed(&self, inputs: Vec<Embeddable>, deadline: Instant) -> Embeddings {
        let count = inputs.len();
        let (memo, model) = (Arc::clone(&self.memo), Arc::clone(&self.model));
        let sorted = tokio::task::spawn_blocking(move || sort(inputs, &memo, &model)).await;
        let Ok((unique, places)) = sorted else {
            return vec![Err(failed("the inputs could not be read")); count];
        };
        let deadline = tokio::time::Instant::from_std(deadline);
        let jobs = unique.into_iter().map(|(key, input)| self.one(key, input, deadline));
        let done = join_all(jobs).await;
        places.into_iter().map(|place| done[place].clone()).collect()
    }

    async fn one(
        &self,
        key: Key,
        input: Prepared,
        deadline: tokio::time::Instant,
    ) -> Result<Embedding, Miss> {
        let (embedded, tokens, truncated) = match input {
            Prepared::Known(embedding) => return Ok(embedding),
            Prepared::Lost(miss) => return Err(miss),
            Prepared::Tokens(text) => {
                let (tokens, truncated) = (text.ids.len(), text.truncated);
                (self.texts.run(key, text, tokens, deadline).await?, tokens, truncated)
            }
            Prepared::Image(image) => {
                let pixels = self.pixels(image).await?;
                let patches = self.model.shape().patches();
                (self.images.run(key, pixels, patches + 1, deadline).await?, patches, false)
            }
        };
        let embedding = embedding(embedded, tokens, truncated)?;
        self.memo.put(key, embedding.clone());
        Ok(embedding)
    }

    /// Decodes and resizes, off the async threads. One permit is one image in memory as pixels.
    async fn pixels(&self, image: Image) -> Result<Pixels, Miss> {
        // The semaphore is never closed; should it be, decoding unbounded is still right.
        let permit = Arc::clone(&self.decoding).acquire_owned().await.ok();
        let (processor, limits) = (Arc::clone(self.model.processor()), self.limits);
        let work = move || {
            // Held by the work itself: it goes on when its caller leaves.
            let _permit = permit;
            let picture: Picture = decode(&image, limits)?;
            processor.pixels(&picture)
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|_| Err(failed("the image's decoder panicked")))
    }
}

/// The different inputs, each with what is known of it, and which of them each input is.
fn sort(
    inputs: Vec<Embeddable>,
    memo: &Memo,
    model: &ClipModel,
) -> (Vec<(Key, Prepared)>, Vec<usize>) {
    let mut seen: HashMap<Key, usize> = HashMap::new();
    let (mut unique, mut places) = (Vec::new(), Vec::with_capacity(inputs.len()));
    for input in inputs {
        let key = memo.key(&input);
        let place = *seen.entry(key).or_insert(unique.len());
        if place == unique.len() {
            let prepared = match (memo.get(key), input) {
                (Some(known), _) => Prepared::Known(known),
                (None, Embeddable::Image(image)) => Prepared::Image(image),
                (None, Embeddable::Text(text)) => {
                    model.text().encode(&text).map_or_else(Prepared::Lost, Prepared::Tokens)
                }
            };
            unique.push((key, prepared));
        }
        places.push(place);
    }
    (unique, places)
}

fn embedding(embedded: Embedded, tokens: usize, truncated: bool) -> Result<Embedding, Miss> {
    if !embedded.is_sound() {
        return Err(failed("the model's output has no direction"));
    }
    Ok(Embedding {
        vector: embedded.vector.into(),
        aesthetic: embedded.aesthetic.map(f64::from),
        tokens,
        truncated,
        cached: false,
    })
}

fn info(model: &ClipModel) -> DualInfo {
    let shape = model.shape();
    let model_info = ModelInfo {
        sha256: model.sha256().to_owned(),
        dtype: model.dtype().to_owned(),
        template: model.processor().name(),
        calibration: None,
    };
    DualInfo {
        model: model_info,
        width: shape.width,
        logit_scale: shape.logit_scale,
        logit_bias: shape.logit_bias,
        aesthetic: model.has_aesthetic(),
    }
}

fn warm_up(model: &ClipModel) -> Result<(), LoadError> {
    let side = model.shape().image_size;
    let grey = Pixels { rgb: vec![128; 3 * side * side] };
    let text = model.text().encode("a").map_err(|miss| LoadError::Option(miss.to_string()))?;
    let first = [model.images(&[&grey])?, model.texts(&[&text])?].concat();
    if first.len() == 2 && first.iter().all(Embedded::is_sound) {
        return Ok(());
    }
    Err(LoadError::Option("the model's first embeddings are not finite".to_owned()))
}

fn failed(message: &'static str) -> Miss {
    Miss::new(MissStatus::ModelError, message)
}

impl Embedders for Engine {
    fn dual_info(&self, model: &str) -> Option<DualInfo> {
        self.dual_lane(model).map(|lane| lane.info().clone())
    }

    fn embed<'a>(
        &'a self,
        model: &'a str,
        inputs: Vec<Embeddable>,
        deadline: Instant,
    ) -> BoxFuture<'a, Embeddings> {
        Box::pin(async move {
            match self.dual_lane(model) {
                Some(lane) => lane.embed(inputs, deadline).await,
                None => vec![Err(Miss::not_loaded(model)); inputs.len()],
            }
        })
    }
}
