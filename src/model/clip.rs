//! A dual encoder put together from its files: images and texts to unit vectors in one space.

mod aesthetic;
mod tokens;

use std::sync::Arc;

use candle_core::{Device, Tensor};

use aesthetic::AestheticHead;
pub use tokens::ClipText;

use super::{
    Encoded, ForwardError, Layout, LoadError, ModelOptions, PackedBatch, Weights,
    arch::{DUAL_ENCODERS, DualEncoder, DualShape},
    device::{named, precision},
    image::{Pixels, Processor, patches},
    kernels::{Pass, side_by_side},
    load::{config, replicas},
    lots,
};

/// An image or a text in the space.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    /// The vector, of length 1; or what the model computed, if it has no direction (not finite, zero).
    pub vector: Vec<f32>,
    /// The aesthetic score of an image, where the model has that head.
    pub aesthetic: Option<f32>,
}

impl Embedded {
    fn new(mut vector: Vec<f32>, aesthetic: Option<&AestheticHead>) -> Self {
        let length = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
        if length > 0.0 && length.is_finite() {
            #[expect(clippy::cast_possible_truncation, reason = "f32 is what models compute in")]
            vector.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
        }
        let aesthetic = aesthetic.map(|head| head.score(&vector));
        Self { vector, aesthetic }
    }

    /// Whether there is a direction, and no score that is not finite.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.vector.iter().all(|x| x.is_finite())
            && self.vector.iter().any(|x| *x != 0.0)
            && self.aesthetic.is_none_or(f32::is_finite)
    }
}

/// A CLIP or SigLIP model.
#[derive(Debug)]
pub struct ClipModel {
    network: Box<dyn DualEncoder>,
    processor: Arc<Processor>,
    text: Arc<ClipText>,
    aesthetic: Option<AestheticHead>,
    deterministic: bool,
    sha256: String,
    dtype: &'static str,
    device: Device,
    architecture: &'static str,
    bytes: usize,
}

impl ClipModel {
    /// Whether the files are those of a dual encoder, by the architecture that `config.json` names.
    #[must_use]
    pub fn is_one(layout: &Layout) -> bool {
        config(layout).is_ok_and(|config| {
            let named = config["architectures"][0].as_str().unwrap_or("none").to_owned();
            DUAL_ENCODERS.iter().any(|(name, ..)| *name == named)
        })
    }

    /// Loads configuration, weights, tokenizer, image processor and, where `aesthetic.safetensors` is
    /// there, the aesthetic head. Of the options `device`, `dtype`, `deterministic` and `preprocess`
    /// apply.
    ///
    /// # Errors
    /// Naming the file, tensor or option that does not fit.
    pub fn load(layout: &Layout, options: &ModelOptions) -> Result<Self, LoadError> {
        let devices = options.devices()?;
        Self::on(devices.first().unwrap_or(&Device::Cpu), layout, options)
    }

    /// The model once for each of the options' replicas. Those on a CPU are one and the same.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn replicas(layout: &Layout, options: &ModelOptions) -> Result<Vec<Arc<Self>>, LoadError> {
        replicas(options, |device| Self::on(device, layout, options))
    }

    fn on(device: &Device, layout: &Layout, options: &ModelOptions) -> Result<Self, LoadError> {
        let config = config(layout)?;
        let named = config["architectures"][0].as_str().unwrap_or("none");
        let (architecture, build, defaults) = DUAL_ENCODERS
            .iter()
            .find(|(name, ..)| *name == named)
            .ok_or_else(|| LoadError::Architecture(named.to_owned()))?;
        let (precision, dtype) = precision(options.dtype, device)?;
        let weights = Weights::open(layout, precision, device)?;
        let bytes = weights.bytes();
        let (network, sha256) = rayon::join(|| build(&config, &weights), || weights.sha256());
        let network = network?;
        weights.finish()?;
        let shape = network.shape();
        let processor = Processor::load(layout, shape.image_size, *defaults, options.preprocess)?;
        Ok(Self {
            processor: Arc::new(processor),
            text: Arc::new(ClipText::load(layout, &shape)?),
            aesthetic: AestheticHead::load(layout, shape.width)?,
            network,
            deterministic: options.deterministic,
            sha256,
            dtype,
            device: device.clone(),
            architecture,
            bytes,
        })
    }

    /// What it reads and writes.
    #[must_use]
    pub fn shape(&self) -> DualShape {
        self.network.shape()
    }

    /// How pictures become pixels.
    #[must_use]
    pub fn processor(&self) -> &Arc<Processor> {
        &self.processor
    }

    /// How texts become tokens.
    #[must_use]
    pub fn text(&self) -> &Arc<ClipText> {
        &self.text
    }

    /// Whether images have an aesthetic score.
    #[must_use]
    pub fn has_aesthetic(&self) -> bool {
        self.aesthetic.is_some()
    }

    /// Whether it runs on a GPU.
    #[must_use]
    pub fn is_on_gpu(&self) -> bool {
        !self.device.is_cpu()
    }

    /// What the checkpoint calls itself.
    #[must_use]
    pub fn architecture(&self) -> &'static str {
        self.architecture
    }

    /// Bytes of its weights in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// SHA-256 of the weights, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The type it computes in.
    #[must_use]
    pub fn dtype(&self) -> &'static str {
        self.dtype
    }

    /// Where it runs: `cpu` or `cuda`.
    #[must_use]
    pub fn device(&self) -> &'static str {
        named(&self.device)
    }

    /// The images' vectors, in order. In deterministic mode each image is computed alone.
    ///
    /// # Errors
    /// When the device fails.
    pub fn images(&self, images: &[&Pixels]) -> Result<Vec<Embedded>, ForwardError> {
        let forward = |images: &[&Pixels]| {
            let shape = self.network.shape();
            let (side, patch) = (shape.image_size, shape.patch_size);
            let values = patches(images, side, patch, self.processor.values());
            let rows = (images.len() * shape.patches(), 3 * patch * patch);
            self.network.images(&Tensor::from_vec(values, rows, &self.device)?)
        };
        let positions = self.network.shape().patches();
        self.each(images, |_| positions, forward, self.aesthetic.as_ref())
    }

    /// The texts' vectors, in order. In deterministic mode each text is computed alone.
    ///
    /// # Errors
    /// When the device fails.
    pub fn texts(&self, texts: &[&Encoded]) -> Result<Vec<Embedded>, ForwardError> {
        let forward =
            |texts: &[&Encoded]| self.network.texts(&PackedBatch::new(texts.iter().copied()));
        self.each(texts, |text| text.ids.len(), forward, None)
    }

    /// `positions`: of an item, what it takes to compute it.
    fn each<T: Sync>(
        &self,
        items: &[&T],
        positions: impl Fn(&T) -> usize,
        forward: impl Fn(&[&T]) -> Result<Tensor, candle_core::Error> + Sync,
        head: Option<&AestheticHead>,
    ) -> Result<Vec<Embedded>, ForwardError> {
        let single = lots::single(items.len());
        let side_by_side = side_by_side(&self.device);
        let lots = if self.deterministic {
            single
        } else {
            let cost = |index: usize| positions(items[index]);
            let work = (0..items.len()).map(cost).sum::<usize>() * self.bytes / 4;
            lots::deal(single, if side_by_side { Pass::cores(work) } else { 1 }, cost)
        };
        lots::each(&lots, side_by_side, |lot| {
            let _pass = Pass::begin();
            let items: Vec<&T> = lot.iter().map(|index| items[*index]).collect();
            let rows = forward(&items)?.to_vec2::<f32>()?;
            Ok(rows.into_iter().map(|row| Embedded::new(row, head)).collect())
        })
    }
}
