//! The run itself.

use candle_core::{D, Device, Tensor};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    config::ClipTraining,
    export::export,
    figures::{ClipFigures, measure},
    words::{PAD_ID, Words},
};
use crate::{
    model::image::{Pixels, Processor, patches},
    train::{
        TrainError,
        batches::padded,
        checkpoint::{self, Place},
        nn::{Clip, ClipConfig, Params, log_softmax},
        optim::{AdamW, Schedule, clip_global_norm, gradients},
        progress::{Progress, StepFigures},
        synthetic::shapes::{Caption, Shape},
    },
};

/// How a run is started and ended; does not change its numbers.
#[derive(Clone, Debug, Default)]
pub struct ClipOptions {
    /// Continue from the newest checkpoint in the output directory, if there is one.
    pub resume: bool,
}

/// Trains a CLIP on pictures of shapes, writes it to the configuration's output directory, and says how
/// well it does on new pictures.
///
/// # Errors
/// When files cannot be written, the configuration is impossible, the checkpoint is another run's, or
/// the loss stops being a number.
pub fn train(config: &ClipTraining, options: &ClipOptions) -> Result<ClipFigures, TrainError> {
    let mut run = Run::new(config)?;
    let directory = config.output.join("checkpoints");
    let identity = config.identity()?;
    if options.resume
        && let Some(Place { step, .. }) =
            checkpoint::resume(&directory, &run.params, &mut run.optimiser, &identity)?
    {
        tracing::info!(step, "resumed");
    }
    let mut progress = Progress::new(config.steps, run.optimiser.steps(), config.report_every);
    while run.optimiser.steps() < config.steps {
        let figures = run.step(config)?;
        let step = run.optimiser.steps();
        progress.step(step, figures);
        if progress.reports(step) {
            let ClipFigures { seen, held_out, form, colour } = run.measure()?;
            progress.validated(step, seen);
            tracing::info!(step, seen, held_out, form, colour, "accuracy");
        }
        if config.checkpoint_every > 0 && step.is_multiple_of(config.checkpoint_every) {
            let place = Place { step, ..Place::default() };
            checkpoint::save(&directory, &run.params, &run.optimiser, &identity, place)?;
        }
    }
    progress.finish();
    export(&config.output, &run.architecture, &run.words, &run.params)?;
    run.measure()
}

/// Pictures as the network reads them.
pub(super) struct Pictures {
    processor: Processor,
    patch: usize,
    device: Device,
}

impl Pictures {
    /// A new picture of `shape`.
    pub(super) fn draw(&self, shape: &Shape, rng: &mut impl Rng) -> Result<Pixels, TrainError> {
        let pixels = self.processor.pixels(&shape.draw(rng));
        pixels.map_err(|miss| TrainError::Data(miss.to_string()))
    }

    /// `[pictures, patches, 3 · patch²]`.
    pub(super) fn batch(&self, pixels: &[&Pixels]) -> Result<Tensor, TrainError> {
        let (side, patch) = (self.processor.side(), self.patch);
        let values = patches(pixels, side, patch, self.processor.values());
        let shape = (pixels.len(), (side / patch).pow(2), 3 * patch * patch);
        Ok(Tensor::from_vec(values, shape, &self.device)?)
    }
}

/// All that a run holds in memory.
struct Run {
    words: Words,
    pictures: Pictures,
    shapes: Vec<(Shape, Pixels)>,
    architecture: ClipConfig,
    params: Params,
    network: Clip,
    optimiser: AdamW,
    schedule: Schedule,
}

impl Run {
    fn new(config: &ClipTraining) -> Result<Self, TrainError> {
        let device = Device::Cpu;
        let mut architecture = config.architecture.clone();
        let words = Words::new(architecture.max_position_embeddings)?;
        if architecture.vocab_size == 0 {
            architecture.vocab_size = words.vocabulary();
        }
        let processor = Processor::clip(architecture.image_size);
        let pictures = Pictures { processor, patch: architecture.patch_size, device };
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        let drawn = (0..config.pictures).map(|_| {
            let nameless = config.nameless > 0.0 && rng.random_bool(config.nameless.min(1.0));
            let shape =
                if nameless { Shape::nameless(&mut rng) } else { Shape::random(&mut rng, false) };
            Ok((shape, pictures.draw(&shape, &mut rng)?))
        });
        let shapes = drawn.collect::<Result<Vec<_>, TrainError>>()?;
        if shapes.is_empty() || config.batch_size == 0 {
            return Err(TrainError::Config("a step needs pictures".to_owned()));
        }
        let mut params = Params::new(config.seed, &Device::Cpu);
        let network = Clip::new(&mut params, &architecture)?;
        let optimiser = AdamW::new(&params, config.optimiser.clone())?;
        let schedule = Schedule {
            peak: config.learning_rate,
            warmup: config.warmup_steps,
            total: config.steps,
            decay: config.decay,
            floor: 0.01,
        };
        Ok(Self { words, pictures, shapes, architecture, params, network, optimiser, schedule })
    }

    fn step(&mut self, config: &ClipTraining) -> Result<StepFigures, TrainError> {
        let step = self.optimiser.steps();
        let rate = self.schedule.rate(step);
        // A stream of its own for each step, so that a run resumes anywhere.
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        rng.set_stream(step as u64 + 1);
        let chosen = (0..config.batch_size).map(|_| rng.random_range(0..self.shapes.len()));
        let chosen: Vec<&(Shape, Pixels)> =
            chosen.collect::<Vec<_>>().into_iter().map(|at| &self.shapes[at]).collect();
        let captions: Vec<Caption> =
            chosen.iter().map(|(shape, _)| shape.caption(&mut rng)).collect();
        let loss = self.loss(&chosen, &captions)?;
        let value = f64::from(loss.to_scalar::<f32>()?);
        if !value.is_finite() {
            return Err(TrainError::Diverged(step + 1));
        }
        let mut gradients = gradients(&self.params, &loss.backward()?)?;
        let gradient_norm = clip_global_norm(&mut gradients, config.max_grad_norm)?;
        self.optimiser.step(&self.params, &gradients, rate)?;
        Ok(StepFigures { loss: value, gradient_norm, rate, reward: None })
    }

    fn loss(
        &self,
        chosen: &[&(Shape, Pixels)],
        captions: &[Caption],
    ) -> Result<Tensor, TrainError> {
        let pixels: Vec<&Pixels> = chosen.iter().map(|(_, pixels)| pixels).collect();
        let images = self.network.images(&self.pictures.batch(&pixels)?)?;
        let ids = captions.iter().map(|caption| self.words.encode(&caption.text));
        let ids = ids.collect::<Result<Vec<_>, _>>()?;
        let ids: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
        let (ids, lengths) = padded(&ids, PAD_ID, &self.pictures.device)?;
        let texts = self.network.texts(&ids, &lengths)?;
        let logits = self.network.logits(&images, &texts)?;
        let fits = chosen.iter().flat_map(|(shape, _)| {
            captions.iter().map(|caption| if caption.fits(shape) { 1.0_f32 } else { 0.0 })
        });
        let count = chosen.len();
        let fits = Tensor::from_vec(fits.collect::<Vec<_>>(), (count, count), logits.device())?;
        let by_image = shared(&logits, &fits)?;
        let by_text = shared(&logits.t()?.contiguous()?, &fits.t()?.contiguous()?)?;
        Ok(((by_image + by_text)? * 0.5)?)
    }

    fn measure(&self) -> Result<ClipFigures, TrainError> {
        measure(&self.network, &self.words, &self.pictures)
    }
}

/// Mean cross-entropy of each row's softmax with a target that is even over what fits. Every row has
/// something that fits.
fn shared(logits: &Tensor, fits: &Tensor) -> Result<Tensor, TrainError> {
    let target = fits.broadcast_div(&fits.sum_keepdim(D::Minus1)?)?;
    let rows = (log_softmax(logits)? * target)?.sum(D::Minus1)?;
    Ok(rows.mean_all()?.neg()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probability_is_shared_among_what_fits() {
        let tensor = |rows: [[f32; 2]; 2]| Tensor::new(&rows, &Device::Cpu).unwrap();
        let logits = tensor([[0.0, 0.0], [3_f32.ln(), 0.0]]);
        let loss = shared(&logits, &tensor([[1.0, 1.0], [1.0, 0.0]])).unwrap();
        // Row one: ln 2 twice by half; row two: −ln(3/4).
        let expected = 0.5 * (2_f32.ln() + (4_f32 / 3.0).ln());
        assert!((loss.to_scalar::<f32>().unwrap() - expected).abs() < 1e-6);
    }
}
