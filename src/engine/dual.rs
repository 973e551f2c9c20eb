//! Runs dual encoders: one lane of images and one of texts per model.
//!
//! Images are decoded and resized by a bounded number of threads off the async ones; equal inputs of a
//! request are embedded once, and embeddings are remembered by content, so that a group's prompt costs
//! one text. A broken image is the miss of that image alone.

mod intake;
mod memo;
mod worker;

use std::{collections::HashMap, sync::Arc, time::Instant};

use futures::future::{join_all, try_join_all};
use tokio::task::JoinError;

use super::{Engine, LaneConfig, Snapshot, allowance::fitting, fetch::Fetched, key::Key};
use crate::{
    domain::{
        BoxFuture, Data, DualInfo, Embeddable, Embedders, Embedding, Embeddings, Image, Miss,
        MissStatus, ModelInfo,
    },
    model::{ClipModel, Embedded, Encoded, LoadError, image::Pixels},
};
pub(super) use intake::Intake;
use memo::Memo;
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
    intake: Arc<Intake>,
}

/// An input of which the content was looked at.
enum Prepared {
    Known(Embedding),
    Tokens(Encoded),
    Image(Image),
    Remote(String),
    Lost(Miss),
}

/// The different inputs, each with what is known of it, and which of them each input is.
type Sorted = (Vec<(Key, Prepared)>, Vec<usize>);

impl DualLane {
    /// Starts the threads, two for each of `replicas`, after a first image and a first text of each. There is at least one.
    pub(super) fn start(
        name: &str,
        replicas: &[Arc<ClipModel>],
        config: LaneConfig,
        intake: &Arc<Intake>,
    ) -> Result<Self, LoadError> {
        let model = replicas.first().ok_or_else(|| LoadError::Unusable("no replica".to_owned()))?;
        let mut tokens = config.tokens(model.is_on_gpu());
        for replica in replicas {
            warm_up(replica)?;
            tokens = fitting_images(replica, tokens, config.batch_sequences)?;
        }
        let shape = model.shape();
        let bytes = 3 * shape.image_size * shape.image_size;
        let positions = shape.patches() + 1;
        let of = |queue| Bounds { batch: tokens, items: config.batch_sequences, queue };
        let pixels = (WAITING_PIXELS / bytes).max(1) * positions;
        let each = || replicas.iter().map(Arc::clone);
        let images = Worker::start(
            &format!("{name}-images"),
            of(pixels.min(config.queue_tokens)),
            each().map(|model| move |images: &[&Pixels]| model.images(images)),
        )?;
        let texts = Worker::start(
            &format!("{name}-texts"),
            of(config.queue_tokens),
            each().map(|model| move |texts: &[&Encoded]| model.texts(texts)),
        )?;
        Ok(Self {
            name: name.to_owned(),
            info: info(model),
            device: model.device(),
            memo: Arc::new(Memo::new(config.cache_entries)),
            images,
            texts,
            intake: Arc::clone(intake),
            model: Arc::clone(model),
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

    /// How many copies of the model serve its queues.
    #[must_use]
    pub fn replicas(&self) -> usize {
        self.images.threads()
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
        let Ok((unique, places)) = self.sorted(inputs).await else {
            return vec![Err(failed("the inputs could not be read")); count];
        };
        let deadline = tokio::time::Instant::from_std(deadline);
        let jobs = unique.into_iter().map(|(key, input)| self.one(key, input, deadline));
        let done = join_all(jobs).await;
        places.into_iter().map(|place| done[place].clone()).collect()
    }

    /// What [`sort`] makes of the inputs. To hash images takes a while, so all cores do.
    async fn sorted(&self, mut inputs: Vec<Embeddable>) -> Result<Sorted, JoinError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let some = inputs.len().div_ceil(cores).max(1);
        let mut parts = Vec::new();
        while !inputs.is_empty() {
            let rest = inputs.split_off(some.min(inputs.len()));
            let (part, memo) = (std::mem::replace(&mut inputs, rest), Arc::clone(&self.memo));
            parts.push(tokio::task::spawn_blocking(move || {
                part.into_iter().map(|input| (memo.key(&input), input)).collect::<Vec<_>>()
            }));
        }
        let keyed = try_join_all(parts).await?.into_iter().flatten().collect();
        let (memo, model) = (Arc::clone(&self.memo), Arc::clone(&self.model));
        tokio::task::spawn_blocking(move || sort(keyed, &memo, &model)).await
    }

    async fn one(
        &self,
        key: Key,
        input: Prepared,
        deadline: tokio::time::Instant,
    ) -> Result<Embedding, Miss> {
        match input {
            Prepared::Known(embedding) => Ok(embedding),
            Prepared::Lost(miss) => Err(miss),
            Prepared::Tokens(text) => {
                let (tokens, truncated) = (text.ids.len(), text.truncated);
                let embedded = self.texts.run(key, text, tokens, deadline).await?;
                self.kept(key, embedded, tokens, truncated)
            }
            Prepared::Image(image) => {
                let pixels = self.intake.pixels(image, self.model.processor(), deadline).await?;
                self.seen(key, pixels, deadline).await
            }
            Prepared::Remote(address) => self.remote(&address, deadline).await,
        }
    }

    async fn seen(
        &self,
        key: Key,
        pixels: Pixels,
        deadline: tokio::time::Instant,
    ) -> Result<Embedding, Miss> {
        let patches = self.model.shape().patches();
        let embedded = self.images.run(key, pixels, patches + 1, deadline).await?;
        self.kept(key, embedded, patches, false)
    }

    /// What is at an address may change, so it is remembered by what was found there.
    async fn remote(
        &self,
        address: &str,
        deadline: tokio::time::Instant,
    ) -> Result<Embedding, Miss> {
        let Fetched { bytes, place } = self.intake.fetch(address, deadline).await?;
        let (image, memo) = (Image::File(Data::Bytes(bytes.into())), Arc::clone(&self.memo));
        let keyed = tokio::task::spawn_blocking(move || (memo.image_key(&image), image)).await;
        let (key, image) = keyed.map_err(|_| failed("the fetched image could not be read"))?;
        if let Some(known) = self.memo.get(key) {
            return Ok(known);
        }
        let pixels = self.intake.pixels(image, self.model.processor(), deadline).await?;
        drop(place);
        self.seen(key, pixels, deadline).await
    }

    fn kept(
        &self,
        key: Key,
        embedded: Embedded,
        tokens: usize,
        truncated: bool,
    ) -> Result<Embedding, Miss> {
        let embedding = embedding(embedded, tokens, truncated)?;
        self.memo.put(key, embedding.clone());
        Ok(embedding)
    }
}

fn sort(inputs: Vec<(Key, Embeddable)>, memo: &Memo, model: &ClipModel) -> Sorted {
    let mut seen: HashMap<Key, usize> = HashMap::new();
    let (mut unique, mut places) = (Vec::new(), Vec::with_capacity(inputs.len()));
    for (key, input) in inputs {
        let place = *seen.entry(key).or_insert(unique.len());
        if place == unique.len() {
            let prepared = match (memo.get(key), input) {
                (Some(known), _) => Prepared::Known(known),
                (None, Embeddable::Image(Image::Remote(address))) => Prepared::Remote(address),
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

/// How many tokens a batch may have: `tokens`, or what a GPU has the memory for as images.
fn fitting_images(model: &ClipModel, tokens: usize, items: usize) -> Result<usize, LoadError> {
    if !model.is_on_gpu() {
        return Ok(tokens);
    }
    let (grey, positions) = (grey(model), model.shape().patches() + 1);
    let fits = fitting(tokens, |tokens| {
        let images = (tokens / positions).clamp(1, items.max(1));
        model.images(&vec![&grey; images]).map(drop)
    })?;
    Ok(fits)
}

fn grey(model: &ClipModel) -> Pixels {
    let side = model.shape().image_size;
    Pixels { rgb: vec![128; 3 * side * side] }
}

fn warm_up(model: &ClipModel) -> Result<(), LoadError> {
    let grey = grey(model);
    let text = model.text().encode("a").map_err(|miss| LoadError::Unusable(miss.to_string()))?;
    let first = [model.images(&[&grey])?, model.texts(&[&text])?].concat();
    if first.len() == 2 && first.iter().all(Embedded::is_sound) {
        return Ok(());
    }
    Err(LoadError::Unusable("the model's first embeddings are not finite".to_owned()))
}

fn failed(message: &'static str) -> Miss {
    Miss::new(MissStatus::ModelError, message)
}

impl Embedders for Engine {
    fn dual_info(&self, model: &str) -> Option<DualInfo> {
        self.dual_lane(model).map(|lane| lane.info().clone())
    }

    fn fetches(&self) -> bool {
        self.intake.fetches()
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
