//! How well forms and colours are told apart.

use candle_core::Tensor;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{run::Pictures, words::Words};
use crate::train::{
    TrainError,
    batches::padded,
    nn::Clip,
    synthetic::shapes::{COLOURS, FORMS, Shape},
};

/// Accuracies on new pictures. 64-way: the caption of the right form and colour among all 64
/// "a COLOUR FORM".
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClipFigures {
    /// 64-way, on the combinations that were trained on.
    pub seen: f64,
    /// 64-way, on the combinations that no training picture showed.
    pub held_out: f64,
    /// The form among 8 "a FORM", on all combinations.
    pub form: f64,
    /// The colour among 8 "a COLOUR shape", on all combinations.
    pub colour: f64,
}

/// Pictures of each combination.
const EACH: usize = 16;
/// Not the seed of any run's pictures.
const SEED: u64 = 0x5EED_7E57;

/// The network's figures on pictures of its own.
pub(super) fn measure(
    network: &Clip,
    words: &Words,
    pictures: &Pictures,
) -> Result<ClipFigures, TrainError> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let combinations = (0..FORMS.len() * COLOURS.len()).map(|at| (at / 8, at % 8));
    let shapes: Vec<Shape> = combinations
        .flat_map(|(form, colour)| std::iter::repeat_n((form, colour), EACH))
        .map(|(form, colour)| Shape { form, colour: Some(colour), ..Shape::random(&mut rng, true) })
        .collect();
    let drawn = shapes.iter().map(|shape| pictures.draw(shape, &mut rng));
    let drawn = drawn.collect::<Result<Vec<_>, _>>()?;
    let images = network.images(&pictures.batch(&drawn.iter().collect::<Vec<_>>())?)?;
    let both = FORMS.iter().flat_map(|form| COLOURS.map(|colour| format!("a {colour} {form}")));
    let both = best(network, words, &images, &both.collect::<Vec<_>>())?;
    let forms = best(network, words, &images, &FORMS.map(|form| format!("a {form}")))?;
    let colours = COLOURS.map(|colour| format!("a {colour} shape"));
    let colours = best(network, words, &images, &colours)?;
    let share = |wanted: &dyn Fn(&Shape) -> bool, right: &dyn Fn(usize) -> bool| {
        let asked: Vec<usize> = (0..shapes.len()).filter(|at| wanted(&shapes[*at])).collect();
        asked.iter().filter(|at| right(**at)).count() as f64 / asked.len() as f64
    };
    let exact = |at: usize| {
        Some(both[at] % COLOURS.len()) == shapes[at].colour
            && both[at] / COLOURS.len() == shapes[at].form
    };
    Ok(ClipFigures {
        seen: share(&|shape| !shape.is_held_out(), &exact),
        held_out: share(&Shape::is_held_out, &exact),
        form: share(&|_| true, &|at| forms[at] == shapes[at].form),
        colour: share(&|_| true, &|at| Some(colours[at]) == shapes[at].colour),
    })
}

/// The text nearest to each image.
fn best(
    network: &Clip,
    words: &Words,
    images: &Tensor,
    texts: &[String],
) -> Result<Vec<usize>, TrainError> {
    let ids = texts.iter().map(|text| words.encode(text)).collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
    let (ids, lengths) = padded(&ids, super::words::PAD_ID, images.device())?;
    let rows: Vec<Vec<f32>> = images.matmul(&network.texts(&ids, &lengths)?.t()?)?.to_vec2()?;
    let nearest = |row: Vec<f32>| {
        let all = row.into_iter().enumerate();
        all.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(at, _)| at)
    };
    Ok(rows.into_iter().map(nearest).collect())
}
