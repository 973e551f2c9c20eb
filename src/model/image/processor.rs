//! A model's own image processor: the rules of `preprocessor_config.json`.
//!
//! In the order of Hugging Face's slow processors (`CLIPImageProcessor`, `SiglipImageProcessor` with
//! Pillow): RGB, resize, crop about the centre, rescale, normalise. A resize to `shortest_edge` truncates
//! the long side's length; a crop begins at `⌊(length − crop) / 2⌋` and pads with zeros what is missing.

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Filter, Picture, Window, decode::invalid, resize};
use crate::{
    domain::Miss,
    model::{Layout, LoadError},
};

/// How images are resized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Preprocess {
    /// As Pillow does it, to the bit.
    #[default]
    Exact,
    /// The same kernel with other roundings: some values differ by up to 8 steps of 255, and 16 where a crop
    /// cuts. Faster on large
    /// images.
    Fast,
}

/// What `preprocessor_config.json` leaves out, as the family's processor has it.
#[derive(Clone, Copy, Debug)]
pub(in crate::model) struct Defaults {
    /// Resize the shortest edge and crop (CLIP), or to a square (SigLIP).
    pub(in crate::model) crops: bool,
    pub(in crate::model) mean: [f32; 3],
    pub(in crate::model) std: [f32; 3],
}

/// What a vision tower reads: `side` rows of `side` red, green and blue bytes, before rescaling.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pixels {
    /// The `3 · side · side` bytes.
    pub rgb: Vec<u8>,
}

/// A length, or one for each direction.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
enum Size {
    Square(usize),
    Sides { height: usize, width: usize },
    Shortest { shortest_edge: usize },
}

#[derive(Debug, Deserialize)]
#[serde(default)]
struct Config {
    do_resize: bool,
    size: Option<Size>,
    resample: u8,
    do_center_crop: Option<bool>,
    crop_size: Option<Size>,
    do_rescale: bool,
    rescale_factor: f64,
    do_normalize: bool,
    image_mean: Option<[f32; 3]>,
    image_std: Option<[f32; 3]>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            do_resize: true,
            size: None,
            resample: 3,
            do_center_crop: None,
            crop_size: None,
            do_rescale: true,
            rescale_factor: 1.0 / 255.0,
            do_normalize: true,
            image_mean: None,
            image_std: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resize {
    Shortest(usize),
    To { width: usize, height: usize },
}

/// Pictures to pixels.
#[derive(Debug)]
pub struct Processor {
    resize: Option<(Resize, Filter)>,
    crop: Option<usize>,
    side: usize,
    values: [Vec<f32>; 3],
    how: Preprocess,
}

/// OpenAI's statistics, which most CLIP models keep.
#[expect(clippy::excessive_precision, reason = "as configurations write them")]
pub(in crate::model) const CLIP: Defaults = Defaults {
    crops: true,
    mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
    std: [0.268_629_54, 0.261_302_58, 0.275_777_11],
};

/// SigLIP's.
pub(in crate::model) const SIGLIP: Defaults =
    Defaults { crops: false, mean: [0.5; 3], std: [0.5; 3] };

impl Processor {
    /// CLIP's own processor, for images of `side` pixels.
    #[must_use]
    pub fn clip(side: usize) -> Self {
        let config = Config::default();
        let resize = Some((Resize::Shortest(side), Filter::Bicubic));
        let values = table(&config, CLIP);
        Self { resize, crop: Some(side), side, values, how: Preprocess::Exact }
    }

    /// Reads `preprocessor_config.json`, or the image part of `processor_config.json`; without either
    /// the family's defaults hold. Its output must be `side` pixels square.
    ///
    /// # Errors
    /// When a file cannot be read or asks for what is not supported.
    pub(in crate::model) fn load(
        layout: &Layout,
        side: usize,
        defaults: Defaults,
        how: Preprocess,
    ) -> Result<Self, LoadError> {
        let (file, value) = read(layout)?;
        let bad = |reason: String| LoadError::Config { file, reason };
        let config: Config =
            serde_path_to_error::deserialize(value).map_err(|error| bad(error.to_string()))?;
        let filter = match config.resample {
            2 => Filter::Bilinear,
            3 => Filter::Bicubic,
            other => return Err(bad(format!("resample {other} is not supported: only 2 and 3"))),
        };
        let size = config.size.unwrap_or(if defaults.crops {
            Size::Shortest { shortest_edge: side }
        } else {
            Size::Square(side)
        });
        let resize = config.do_resize.then(|| (Resize::of(size, defaults.crops), filter));
        let crop = match (config.do_center_crop.unwrap_or(defaults.crops), config.crop_size) {
            (false, _) => None,
            (true, None) => Some(side),
            (true, Some(size)) => {
                Some(square(size).ok_or_else(|| bad("crop_size must be a square".to_owned()))?)
            }
        };
        let out = match (crop, resize) {
            (Some(crop), _) => Some(crop),
            (None, Some((Resize::To { width, height }, _))) if width == height => Some(width),
            (None, Some(_)) => return Err(bad("images would not come out square".to_owned())),
            (None, None) => None,
        };
        if out.is_some_and(|out| out != side) {
            return Err(bad(format!(
                "images come out {out:?} pixels wide, the model reads {side}"
            )));
        }
        let values = table(&config, defaults);
        Ok(Self { resize, crop, side, values, how })
    }

    /// Width and height of what comes out.
    #[must_use]
    pub fn side(&self) -> usize {
        self.side
    }

    /// What a byte of each channel is worth after rescaling and normalising: `3 × 256` values.
    #[must_use]
    pub fn values(&self) -> &[Vec<f32>; 3] {
        &self.values
    }

    /// What it does, in a few words: part of a score's provenance.
    #[must_use]
    pub fn name(&self) -> String {
        let resize = match self.resize {
            Some((Resize::Shortest(edge), filter)) => format!("{filter:?} to shortest edge {edge}"),
            Some((Resize::To { width, height }, filter)) => {
                format!("{filter:?} to {width} x {height}")
            }
            None => "as it is".to_owned(),
        };
        let crop = self.crop.map_or(String::new(), |crop| format!(", crop {crop}"));
        let how = if self.how == Preprocess::Fast { ", fast" } else { "" };
        format!("{}{crop}{how}", resize.to_lowercase())
    }

    /// The pixels of `picture`.
    ///
    /// # Errors
    /// `invalid_input` when the processor does not resize and the picture has another size.
    pub fn pixels(&self, picture: &Picture) -> Result<Pixels, Miss> {
        let (width, height) = (picture.width(), picture.height());
        let (resized, filter) = match self.resize {
            Some((resize, filter)) => (resize.of_picture(width, height), Some(filter)),
            None => ([width, height], None),
        };
        let crop = self.crop.unwrap_or(resized[0]);
        if self.crop.is_none() && resized != [self.side; 2] {
            return Err(invalid(format!(
                "{width} x {height} pixels, but the model reads {0} x {0} and does not resize",
                self.side
            )));
        }
        let window = Window { columns: kept(resized[0], crop), rows: kept(resized[1], crop) };
        let part = match (filter, self.how) {
            (None, _) => resize(picture, resized, Filter::Bilinear, &window),
            (Some(filter), Preprocess::Exact) => resize(picture, resized, filter, &window),
            (Some(filter), Preprocess::Fast) => fast(picture, resized, filter, &window)?,
        };
        Ok(Pixels { rgb: padded(&part, self.side) })
    }
}

/// The first file that is there, and its part about images.
fn read(layout: &Layout) -> Result<(&'static str, Value), LoadError> {
    const FILES: [(&str, &str); 2] =
        [("preprocessor_config.json", ""), ("processor_config.json", "/image_processor")];
    for (file, part) in FILES {
        let bytes = layout.open(file).map_err(|error| LoadError::unreadable(file, &error))?;
        let Some(bytes) = bytes else { continue };
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|error| LoadError::Config { file, reason: error.to_string() })?;
        if let Some(part) = value.pointer(part) {
            return Ok((file, part.clone()));
        }
    }
    Ok((FILES[0].0, Value::Object(serde_json::Map::new())))
}

impl Resize {
    /// A bare number is the shortest edge for CLIP and a square for SigLIP.
    fn of(size: Size, shortest: bool) -> Self {
        match size {
            Size::Shortest { shortest_edge } => Self::Shortest(shortest_edge),
            Size::Square(edge) if shortest => Self::Shortest(edge),
            Size::Square(edge) => Self::To { width: edge, height: edge },
            Size::Sides { height, width } => Self::To { width, height },
        }
    }

    fn of_picture(self, width: usize, height: usize) -> [usize; 2] {
        match self {
            Self::To { width, height } => [width, height],
            Self::Shortest(edge) if width <= height => [edge, long(edge, height, width)],
            Self::Shortest(edge) => [long(edge, width, height), edge],
        }
    }
}

/// `int(edge · long / short)`.
fn long(edge: usize, long: usize, short: usize) -> usize {
    edge * long / short
}

fn square(size: Size) -> Option<usize> {
    match size {
        Size::Square(edge) => Some(edge),
        Size::Sides { height, width } if height == width => Some(height),
        Size::Sides { .. } | Size::Shortest { .. } => None,
    }
}

/// What a crop of `crop` keeps of `length`.
fn kept(length: usize, crop: usize) -> std::ops::Range<usize> {
    let start = length.saturating_sub(crop) / 2;
    start..length.min(start + crop)
}

/// The picture about the centre of a black square.
fn padded(picture: &Picture, side: usize) -> Vec<u8> {
    let (width, height) = (picture.width(), picture.height());
    if width == side && height == side {
        return picture.rgb().to_vec();
    }
    let before = |length: usize| (side - length).div_ceil(2);
    let mut out = vec![0; 3 * side * side];
    for (row, values) in picture.rgb().chunks_exact(3 * width).enumerate() {
        let at = 3 * ((before(height) + row) * side + before(width));
        out[at..at + values.len()].copy_from_slice(values);
    }
    out
}

/// `((byte · factor) − mean) / std`, in the order and precision of the reference.
#[expect(clippy::cast_possible_truncation, reason = "f32 is what models compute in")]
fn table(config: &Config, defaults: Defaults) -> [Vec<f32>; 3] {
    let (mean, std) = if config.do_normalize {
        (config.image_mean.unwrap_or(defaults.mean), config.image_std.unwrap_or(defaults.std))
    } else {
        ([0.0; 3], [1.0; 3])
    };
    let factor = if config.do_rescale { config.rescale_factor } else { 1.0 };
    std::array::from_fn(|channel| {
        (0..=u8::MAX)
            .map(|byte| ((f64::from(byte) * factor) as f32 - mean[channel]) / std[channel])
            .collect()
    })
}

/// [`resize()`] by a library with vector instructions and other roundings.
#[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^52")]
fn fast(
    picture: &Picture,
    [width, height]: [usize; 2],
    filter: Filter,
    window: &Window,
) -> Result<Picture, Miss> {
    let failed = |error: &dyn std::fmt::Display| invalid(format!("cannot be resized: {error}"));
    let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let (from_width, from_height) = (picture.width(), picture.height());
    let source = ImageRef::new(side(from_width), side(from_height), picture.rgb(), PixelType::U8x3)
        .map_err(|error| failed(&error))?;
    let (columns, rows) = (window.columns.len(), window.rows.len());
    let mut out = Image::new(side(columns), side(rows), PixelType::U8x3);
    let across = from_width as f64 / width as f64;
    let down = from_height as f64 / height as f64;
    let filter = match filter {
        Filter::Bilinear => FilterType::Bilinear,
        Filter::Bicubic => FilterType::CatmullRom,
    };
    let (left, top) = (window.columns.start as f64 * across, window.rows.start as f64 * down);
    // Rounding must not reach beyond the picture.
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).crop(
        left,
        top,
        (columns as f64 * across).min(from_width as f64 - left),
        (rows as f64 * down).min(from_height as f64 - top),
    );
    Resizer::new().resize(&source, &mut out, &options).map_err(|error| failed(&error))?;
    Picture::new(columns, rows, out.into_vec()).ok_or_else(|| failed(&"it came out empty"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_truncated_and_crops_begin_left_of_the_middle() {
        let shortest = Resize::Shortest(224);
        assert_eq!(shortest.of_picture(640, 427), [335, 224]); // 335.74
        assert_eq!(shortest.of_picture(427, 640), [224, 335]);
        assert_eq!(shortest.of_picture(30_000, 1), [6_720_000, 224]);
        assert_eq!(kept(335, 224), 55..279); // 55.5
        assert_eq!(kept(224, 224), 0..224);
        assert_eq!(kept(100, 224), 0..100);
    }

    #[test]
    fn what_a_crop_misses_is_black() {
        let picture = Picture::new(1, 2, vec![9; 6]).unwrap();
        let out = padded(&picture, 4);
        let lit: Vec<usize> = (0..16).filter(|at| out[3 * at] == 9).collect();
        // One row above, two columns to the left.
        assert_eq!(lit, [6, 10]);
    }

    #[test]
    fn bytes_are_normalised_by_hand() {
        let config = Config::default();
        let defaults = Defaults { crops: true, mean: [0.5, 0.0, 0.25], std: [0.5, 1.0, 0.5] };
        let values = table(&config, defaults);
        assert_eq!([values[0][0], values[0][255], values[1][255]], [-1.0, 1.0, 1.0]);
        assert!((values[2][51] - (0.2 - 0.25) / 0.5).abs() < 1e-7);
    }
}
