//! Pictures of coloured shapes with captions: the data of the shipped CLIP.
//!
//! A shape has one of 8 forms, 8 colours and 2 sizes, before one of 3 backgrounds; place, turn and shades
//! vary. Captions name some of it: always the form or the colour, sometimes size and background. One
//! colour of each form, and one form of each colour, is held out: a model that names those has learned to
//! compose. Everything follows from a seed.

mod draw;

use std::{fs, io::BufWriter, path::Path};

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use rand::{Rng, RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::{model::image::Picture, train::TrainError};

/// The forms, by name.
pub const FORMS: [&str; 8] =
    ["circle", "square", "triangle", "star", "cross", "ring", "heart", "moon"];

/// The colours, by name.
pub const COLOURS: [&str; 8] =
    ["red", "green", "blue", "yellow", "purple", "orange", "pink", "brown"];

const SIZES: [&str; 2] = ["small", "large"];
const BACKGROUNDS: [&str; 3] = ["white", "grey", "black"];

/// What a caption may begin with, before its noun phrase.
const OPENINGS: [&str; 5] = ["", "", "", "a photo of ", "a picture of "];

/// What is in a picture: positions in the lists of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Which of [`FORMS`].
    pub form: usize,
    /// Which of [`COLOURS`]; `None` for one that has no name.
    pub colour: Option<usize>,
    /// Large, not small.
    pub large: bool,
    /// Which background: white, grey or black.
    pub background: usize,
}

/// A caption, with what it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caption {
    /// The words.
    pub text: String,
    form: Option<usize>,
    colour: Option<usize>,
    large: Option<bool>,
    background: Option<usize>,
}

impl Shape {
    /// One of the shapes that are not held out, or with `any` one of all.
    pub fn random(rng: &mut impl Rng, any: bool) -> Self {
        loop {
            let shape = Self {
                form: rng.random_range(0..FORMS.len()),
                colour: Some(rng.random_range(0..COLOURS.len())),
                large: rng.random(),
                background: rng.random_range(0..BACKGROUNDS.len()),
            };
            if any || !shape.is_held_out() {
                return shape;
            }
        }
    }

    /// A shape in a colour without a name, which is far from all that have one: its captions name the
    /// form, and so teach it whatever the colour.
    pub fn nameless(rng: &mut impl Rng) -> Self {
        Self { colour: None, ..Self::random(rng, true) }
    }

    /// Whether no training picture shows this form in this colour.
    #[must_use]
    pub fn is_held_out(&self) -> bool {
        self.colour == Some((self.form + 2) % COLOURS.len())
    }

    /// A picture of it, 64 pixels square.
    pub fn draw(&self, rng: &mut impl Rng) -> Picture {
        draw::draw(self, rng)
    }

    /// Words for it.
    pub fn caption(&self, rng: &mut impl Rng) -> Caption {
        let names = rng.random_range(0..20);
        let colour = self.colour.filter(|_| !(3..6).contains(&names));
        let form = (names >= 3 || self.colour.is_none()).then_some(self.form);
        let large = rng.random_bool(0.3).then_some(self.large);
        let background = rng.random_bool(0.3).then_some(self.background);
        let opening = *OPENINGS.choose(rng).unwrap_or(&"");
        let mut words = Vec::new();
        words.extend(large.map(|large| SIZES[usize::from(large)]));
        words.extend(colour.map(|colour| COLOURS[colour]));
        words.push(form.map_or("shape", |form| FORMS[form]));
        let article = if words[0].starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        let mut text = format!("{opening}{article} {}", words.join(" "));
        if let Some(background) = background {
            text += &format!(" on a {} background", BACKGROUNDS[background]);
        }
        Caption { text, form, colour, large, background }
    }
}

impl Caption {
    /// Whether it is true of `shape`.
    #[must_use]
    pub fn fits(&self, shape: &Shape) -> bool {
        self.form.is_none_or(|form| form == shape.form)
            && self.colour.is_none_or(|colour| Some(colour) == shape.colour)
            && self.large.is_none_or(|large| large == shape.large)
            && self.background.is_none_or(|background| background == shape.background)
    }
}

/// Every word that a caption may have.
#[must_use]
pub fn words() -> Vec<&'static str> {
    let mut words: Vec<&str> = OPENINGS.iter().flat_map(|text| text.split_whitespace()).collect();
    words.extend(["a", "an", "on", "shape", "background"]);
    words.extend(FORMS.iter().chain(&COLOURS).chain(&SIZES).chain(&BACKGROUNDS));
    words.sort_unstable();
    words.dedup();
    words
}

/// Writes `count` PNG files and `captions.jsonl`, whose lines name a file and say what it shows.
///
/// # Errors
/// When a file cannot be written.
pub fn write_shapes(directory: &Path, count: usize, seed: u64) -> Result<(), TrainError> {
    fs::create_dir_all(directory).map_err(TrainError::file(directory))?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut lines = String::new();
    for index in 0..count {
        let shape = Shape::random(&mut rng, true);
        let (picture, caption) = (shape.draw(&mut rng), shape.caption(&mut rng));
        let name = format!("{index:05}.png");
        write_png(&directory.join(&name), &picture)?;
        let line = json!({
            "image": name,
            "caption": caption.text,
            "form": FORMS[shape.form],
            "colour": shape.colour.map(|colour| COLOURS[colour]),
            "held_out": shape.is_held_out(),
        });
        lines += &format!("{line}\n");
    }
    let path = directory.join("captions.jsonl");
    fs::write(&path, lines).map_err(TrainError::file(&path))
}

fn write_png(path: &Path, picture: &Picture) -> Result<(), TrainError> {
    let file = fs::File::create(path).map_err(TrainError::file(path))?;
    let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let (width, height) = (side(picture.width()), side(picture.height()));
    PngEncoder::new(BufWriter::new(file))
        .write_image(picture.rgb(), width, height, ExtendedColorType::Rgb8)
        .map_err(|error| TrainError::Data(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn one_colour_of_each_form_is_held_out() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let all: Vec<Shape> = (0..4000).map(|_| Shape::random(&mut rng, true)).collect();
        let held: HashSet<_> =
            all.iter().filter(|s| s.is_held_out()).map(|s| (s.form, s.colour.unwrap())).collect();
        assert_eq!(held.len(), 8);
        assert_eq!(held.iter().map(|(form, _)| form).collect::<HashSet<_>>().len(), 8);
        assert_eq!(held.iter().map(|(_, colour)| colour).collect::<HashSet<_>>().len(), 8);
        assert!((0..4000).all(|_| !Shape::random(&mut rng, false).is_held_out()));
    }

    #[test]
    fn captions_say_what_is_there_in_known_words() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let known: HashSet<&str> = words().into_iter().collect();
        let mut partial = 0;
        for _ in 0..2000 {
            let shape = Shape::random(&mut rng, true);
            let caption = shape.caption(&mut rng);
            assert!(caption.fits(&shape), "{caption:?}");
            assert!(caption.text.split(' ').all(|word| known.contains(word)), "{caption:?}");
            partial += usize::from(caption.form.is_none() || caption.colour.is_none());
            assert!(caption.form.is_some() || caption.colour.is_some());
            assert!(!caption.text.contains("a orange"), "{caption:?}");
        }
        // 30 of 100.
        assert!((500..700).contains(&partial), "{partial}");
    }

    #[test]
    fn equal_seeds_give_equal_pictures() {
        let draw = |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            Shape::random(&mut rng, true).draw(&mut rng)
        };
        assert_eq!(draw(5), draw(5));
        assert_ne!(draw(5), draw(6));
    }
}
