//! Pillow's resampling, bit for bit (8-bit channels).
//!
//! Each output pixel is a weighted sum of a window of input pixels; the window widens with the scale, so
//! that shrinking is anti-aliased. Weights are normalised in f64 and rounded to 22 fractional bits; the
//! first pass, usually the horizontal one, rounds to 8 bits before the second. Other libraries that
//! resample with the same kernel differ in these roundings, by up to 7 steps of 255.

use std::ops::Range;

use multiversion::multiversion;

use super::Picture;

/// Fractional bits of a weight: 32 less 8 for the value and 2 for sums that overshoot.
const PRECISION: u32 = 32 - 8 - 2;

/// The interpolation kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The tent.
    Bilinear,
    /// Keys 1981, with a = −1/2 (Catmull and Rom's).
    Bicubic,
}

impl Filter {
    /// How far the kernel reaches at scale 1.
    fn support(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        const A: f64 = -0.5;
        let x = x.abs();
        match self {
            Self::Bilinear if x < 1.0 => 1.0 - x,
            Self::Bicubic if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
            Self::Bilinear | Self::Bicubic => 0.0,
        }
    }
}

/// The part of a resized image that is computed: what a crop keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Columns of the output.
    pub columns: Range<usize>,
    /// Rows of the output.
    pub rows: Range<usize>,
}

/// What a line of `from` samples is resized to: for each wanted output sample, where its inputs begin,
/// and their weights.
struct Taps {
    starts: Vec<usize>,
    weights: Vec<Vec<i32>>,
}

impl Taps {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "truncation as in C; lengths are far below 2^52, bounds are clamped to be positive"
    )]
    fn new(from: usize, to: usize, wanted: Range<usize>, filter: Filter) -> Self {
        let scale = from as f64 / to as f64;
        let stretch = scale.max(1.0);
        let support = filter.support() * stretch;
        let mut taps = Self { starts: Vec::new(), weights: Vec::new() };
        for index in wanted {
            let centre = (index as f64 + 0.5) * scale;
            let start = (centre - support + 0.5).max(0.0) as usize;
            let end = ((centre + support + 0.5) as usize).min(from);
            let weights: Vec<f64> = (start..end)
                .map(|at| filter.weight((at as f64 - centre + 0.5) * stretch.recip()))
                .collect();
            let total: f64 = weights.iter().sum();
            let fixed = |weight: &f64| {
                let weight = if total == 0.0 { *weight } else { weight / total };
                // `as` truncates, so this rounds halves away from zero.
                (weight * f64::from(1 << PRECISION) + 0.5_f64.copysign(weight)) as i32
            };
            taps.starts.push(start);
            taps.weights.push(weights.iter().map(fixed).collect());
        }
        taps
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &[i32])> {
        self.starts.iter().copied().zip(self.weights.iter().map(Vec::as_slice))
    }

    /// The inputs that any output needs.
    fn reach(&self) -> Range<usize> {
        let ends = self.iter().map(|(start, weights)| start + weights.len());
        self.starts.iter().copied().min().unwrap_or(0)..ends.max().unwrap_or(0)
    }
}

/// `picture` resized to `width × height` by `filter`, and of that the pixels in `window` alone.
///
/// # Panics
/// When the window is empty or not inside the output.
#[must_use]
#[expect(clippy::expect_used, reason = "both passes fill their buffers")]
pub fn resize(
    picture: &Picture,
    [width, height]: [usize; 2],
    filter: Filter,
    window: &Window,
) -> Picture {
    let Window { columns, rows } = window;
    assert!(!columns.is_empty() && columns.end <= width, "columns outside the output");
    assert!(!rows.is_empty() && rows.end <= height, "rows outside the output");
    let across = Taps::new(picture.width(), width, columns.clone(), filter);
    let down = Taps::new(picture.height(), height, rows.clone(), filter);
    let stride = 3 * columns.len();
    let mut out = vec![0; stride * rows.len()];
    if vertical_first([picture.width(), picture.height()], [width, height]) {
        let needed = across.reach();
        let narrow = 3 * needed.start..3 * needed.end;
        let mut line = vec![0; narrow.len()];
        for ((start, weights), out) in down.iter().zip(out.chunks_exact_mut(stride)) {
            let lines = picture.rgb().chunks_exact(3 * picture.width()).skip(start);
            vertical(lines.map(|line| &line[narrow.clone()]), weights, &mut line);
            horizontal(&line, &across, needed.start, out);
        }
    } else {
        let needed = down.reach();
        let mut narrow = vec![0; stride * needed.len()];
        let source = picture.rgb().chunks_exact(3 * picture.width());
        for (row, out) in source.skip(needed.start).zip(narrow.chunks_exact_mut(stride)) {
            horizontal(row, &across, 0, out);
        }
        for ((start, weights), out) in down.iter().zip(out.chunks_exact_mut(stride)) {
            vertical(narrow.chunks_exact(stride).skip(start - needed.start), weights, out);
        }
    }
    Picture::new(columns.len(), rows.len(), out).expect("as many bytes as pixels")
}

/// Whether Pillow 13 shrinks columns of pixels before rows, which rounds differently: tall images that lose
/// more than twice as many rows as columns. A rule found by comparing both orders with its results.
fn vertical_first([width, height]: [usize; 2], [to_width, to_height]: [usize; 2]) -> bool {
    to_height < height && height - to_height > 2 * width.saturating_sub(to_width)
}

/// The first product is rounded, not truncated.
const HALF: i32 = 1 << (PRECISION - 1);

fn clip(sum: i32) -> u8 {
    u8::try_from((sum >> PRECISION).clamp(0, 255)).unwrap_or(u8::MAX)
}

/// `row` begins with the pixel `from` of its line.
#[multiversion(targets("x86_64+avx2", "x86_64+avx512f"))]
fn horizontal(row: &[u8], taps: &Taps, from: usize, out: &mut [u8]) {
    for ((start, weights), out) in taps.iter().zip(out.as_chunks_mut::<3>().0) {
        let pixels = &row.as_chunks::<3>().0[start - from..][..weights.len()];
        let mut sums = [HALF; 3];
        for (pixel, weight) in pixels.iter().zip(weights) {
            for (sum, value) in sums.iter_mut().zip(pixel) {
                *sum += i32::from(*value) * weight;
            }
        }
        *out = sums.map(clip);
    }
}

fn vertical<'a>(rows: impl Iterator<Item = &'a [u8]>, weights: &[i32], out: &mut [u8]) {
    let mut sums = vec![HALF; out.len()];
    for (row, weight) in rows.zip(weights) {
        add(&mut sums, row, *weight);
    }
    for (out, sum) in out.iter_mut().zip(sums) {
        *out = clip(sum);
    }
}

#[multiversion(targets("x86_64+avx2", "x86_64+avx512f"))]
fn add(sums: &mut [i32], row: &[u8], weight: i32) {
    for (sum, value) in sums.iter_mut().zip(row) {
        *sum += i32::from(*value) * weight;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(width: usize, height: usize) -> Window {
        Window { columns: 0..width, rows: 0..height }
    }

    fn ramp(width: usize, height: usize) -> Picture {
        let bytes = (0..3 * width * height).map(|at| u8::try_from(at * 37 % 251).unwrap());
        Picture::new(width, height, bytes.collect()).unwrap()
    }

    #[test]
    fn the_same_size_is_the_same_picture() {
        let picture = ramp(7, 5);
        for filter in [Filter::Bilinear, Filter::Bicubic] {
            assert_eq!(resize(&picture, [7, 5], filter, &whole(7, 5)), picture);
        }
    }

    #[test]
    fn halving_a_line_by_hand() {
        // Tent of width 4 about the middle of each half, cut off at the edges: for the first output,
        // centre 1, weights 0.25, 0.75 · … of pixels 0, 1, 2: (0.75, 0.75, 0.25) / 1.75.
        let line: Vec<u8> = [0, 100, 200, 40].into_iter().flat_map(|v| [v; 3]).collect();
        let line = Picture::new(4, 1, line).unwrap();
        let half = resize(&line, [2, 1], Filter::Bilinear, &whole(2, 1));
        // (75 + 50) / 1.75 = 71.43; (0.25 · 100 + 0.75 · 200 + 0.75 · 40) / 1.75 = 117.14
        assert_eq!(half.rgb(), [71, 71, 71, 117, 117, 117]);
    }

    #[test]
    fn a_window_is_a_crop_of_the_whole() {
        let picture = ramp(31, 17);
        for size in [[9, 5], [50, 40], [31, 3], [30, 4]] {
            let all = resize(&picture, size, Filter::Bicubic, &whole(size[0], size[1]));
            let window = Window { columns: 2..8, rows: 1..3 };
            let part = resize(&picture, size, Filter::Bicubic, &window);
            for (row, part) in window.rows.zip(part.rgb().chunks_exact(18)) {
                assert_eq!(part, &all.rgb()[3 * (row * size[0] + 2)..][..18]);
            }
        }
    }
}
