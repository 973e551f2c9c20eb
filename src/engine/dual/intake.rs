//! Images on their way to a model: fetched, decoded and resized, each by a bounded number at once.

use std::sync::Arc;

use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use super::failed;
use crate::{
    domain::{Image, Miss, MissStatus},
    engine::fetch::{Fetched, Fetcher},
    model::image::{ImageLimits, Pixels, Processor, decode},
};

/// What all models share of it.
#[derive(Debug)]
pub(in crate::engine) struct Intake {
    decoding: Arc<Semaphore>,
    fetcher: Option<Arc<Fetcher>>,
    limits: ImageLimits,
}

impl Intake {
    /// One that decodes as many images at once as there are cores, and fetches by `fetcher`.
    pub(in crate::engine) fn new(fetcher: Option<Fetcher>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            decoding: Arc::new(Semaphore::new(cores)),
            fetcher: fetcher.map(Arc::new),
            limits: ImageLimits::default(),
        }
    }

    /// Whether images are fetched at all.
    pub(in crate::engine) fn fetches(&self) -> bool {
        self.fetcher.is_some()
    }

    /// The file at an address.
    pub(super) async fn fetch(&self, address: &str, deadline: Instant) -> Result<Fetched, Miss> {
        match &self.fetcher {
            Some(fetcher) => fetcher.fetch(address, deadline).await,
            None => Err(Miss::new(MissStatus::Unsupported, Image::NOT_FETCHED)),
        }
    }

    /// Decodes and resizes, off the async threads. One permit is one image in memory as pixels.
    pub(super) async fn pixels(
        &self,
        image: Image,
        processor: &Arc<Processor>,
        deadline: Instant,
    ) -> Result<Pixels, Miss> {
        let permit = timeout_at(deadline, Arc::clone(&self.decoding).acquire_owned()).await;
        let late =
            |_| Miss::new(MissStatus::Overloaded, "other images were decoded until the deadline");
        // The semaphore is never closed; should it be, decoding unbounded is still right.
        let permit = permit.map_err(late)?.ok();
        let (processor, limits) = (Arc::clone(processor), self.limits);
        let work = move || {
            // Held by the work itself: it goes on when its caller leaves.
            let _permit = permit;
            let picture = decode(&image, limits)?;
            processor.pixels(&picture)
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|_| Err(failed("the image's decoder panicked")))
    }
}
