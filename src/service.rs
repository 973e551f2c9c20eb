//! What the service does, without HTTP: typed requests to typed answers.
//!
//! The doors (`http`) and the command line call the same functions.

mod admin;
mod apply;
mod changes;
mod clip;
mod compare;
mod error;
mod references;
mod registry;
mod score;
mod select;
mod state;
mod verify_code;
mod verify_math;

use std::{
    num::{NonZeroU32, NonZeroUsize},
    sync::Arc,
    time::{Duration, Instant},
};

pub use admin::Shelf;
pub use apply::{ApplyRequest, ApplyResponse};
pub use changes::{Changes, ChangesError, Recorded};
pub use clip::{
    Base64Image, Classified, ClipItem, ClipResult, ClipResults, ClipScoreRequest,
    ClipScoreResponse, EmbedRequest, EmbedResponse, Embedded, Encoding, ImageInput, ImagePair,
    ImageSimilarityRequest, ImageSimilarityResponse, ItemStatus, Neighbour, PartImage, Parts,
    PixelType, PixelsImage, RetrievalItem, RetrievalRequest, RetrievalResponse, RetrievalResult,
    RetrievalSummary, Scores, UrlImage, Vector, ZeroShotRequest, ZeroShotResponse,
};
pub use compare::{CompareRequest, CompareResponse, CompareSummary, Comparison, Pair, Strength};
pub use error::{FieldError, ServiceError};
pub use references::{ReferenceItem, ReferencesRequest, ReferencesResponse};
pub use registry::{Pipeline, PipelineRef, Pipelines};
pub use score::{
    Detail, OnMiss, Provenance, SampleResult, ScoreRequest, ScoreResponse, UsageReport,
};
pub use select::{SelectRequest, SelectResponse};
pub use state::{StateResponse, StateSeed, StateSeeds};
pub use verify_code::{CodeItem, CodeRequest, CodeResponse, CodeResult, Isolation};
pub use verify_math::{Gold, MathItem, MathRequest, MathResponse, MathResult};

use admin::Admin;

use crate::{
    engine::Engine,
    nodes::World,
    pipeline::{ReferenceCache, Services},
    state::{MemoryStore, ReferenceStore},
    verify::code::SandboxConfig,
};

/// Bounds of requests and stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceConfig {
    /// How long a request may take when it does not say.
    pub deadline: Duration,
    /// The longest a request may ask for.
    pub max_deadline: Duration,
    /// Samples of one request.
    pub max_samples: usize,
    /// Images of one request.
    pub max_images: usize,
    /// Prompts with stored references, over all pipelines.
    pub max_references: usize,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(60),
            max_deadline: Duration::from_secs(600),
            max_samples: 16_384,
            max_images: 256,
            max_references: 1_000_000,
        }
    }
}

/// Rewards of references that are remembered: some 50 MB.
const REFERENCE_CACHE: NonZeroUsize = NonZeroUsize::new(1 << 19).expect("not zero");

/// Everything a request needs.
#[derive(Debug)]
pub struct Service {
    /// The reward models.
    pub engine: Arc<Engine>,
    /// The pipelines.
    pub pipelines: Pipelines,
    services: Services,
    config: ServiceConfig,
    admin: Admin,
}

impl Service {
    /// A service over the engine's models, without pipelines yet; states live in memory. More models come
    /// from `shelf`, and what is changed is kept in `changes`.
    #[must_use]
    pub fn new(
        engine: Arc<Engine>,
        config: ServiceConfig,
        sandbox: SandboxConfig,
        shelf: Arc<dyn Shelf>,
        changes: Changes,
    ) -> Self {
        let services = Services {
            world: World::new(Arc::clone(&engine) as _, sandbox)
                .with_embedders(Arc::clone(&engine) as _),
            states: Arc::new(MemoryStore::default()),
            references: Arc::new(ReferenceStore::new(config.max_references)),
            reference_cache: Arc::new(ReferenceCache::new(REFERENCE_CACHE)),
        };
        let admin = Admin::new(shelf, changes);
        Self { engine, pipelines: Pipelines::default(), services, config, admin }
    }

    /// What sources may reach.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.services.world
    }

    fn deadline(&self, wanted_ms: Option<NonZeroU32>) -> Instant {
        let wanted =
            wanted_ms.map_or(self.config.deadline, |ms| Duration::from_millis(u64::from(ms.get())));
        Instant::now() + wanted.min(self.config.max_deadline)
    }
}
