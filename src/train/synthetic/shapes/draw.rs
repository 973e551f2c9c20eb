//! Shapes to pixels.

use rand::{Rng, RngExt};

use super::Shape;
use crate::model::image::Picture;

const SIDE: usize = 64;
/// Samples across a pixel, each way: soft edges.
const SAMPLES: usize = 2;

/// A representative of each colour, in the order of the names.
const COLOURS: [[f64; 3]; 8] = [
    [215., 40., 40.],
    [50., 160., 60.],
    [45., 85., 215.],
    [240., 215., 50.],
    [135., 60., 175.],
    [240., 140., 35.],
    [245., 150., 190.],
    [125., 80., 45.],
];
const BACKGROUNDS: [f64; 3] = [245., 128., 15.];

/// The shape about the middle of the picture, a little displaced and turned, in shades of its colours.
pub(super) fn draw(shape: &Shape, rng: &mut impl Rng) -> Picture {
    let colour = shape.colour.map_or_else(|| nameless(rng), |colour| COLOURS[colour]);
    let mut about = |value: f64, spread: f64| value + rng.random_range(-spread..=spread);
    let colour = colour.map(|value| about(value, 14.0));
    let grey = about(BACKGROUNDS[shape.background], 10.0);
    let radius = SIDE as f64 * if shape.large { about(0.42, 0.03) } else { about(0.26, 0.02) };
    let reach = 0.46 * SIDE as f64 - radius;
    let shift = reach.clamp(0.0, 6.0);
    let [x0, y0] = [SIDE as f64 / 2.0; 2].map(|middle| about(middle, shift));
    let (sin, cos) = about(0.0, 0.18).sin_cos();
    let covered = |pixel: usize| {
        let (row, column) = (pixel / SIDE, pixel % SIDE);
        let at =
            |pixel: usize, sample: usize| pixel as f64 + (sample as f64 + 0.5) / SAMPLES as f64;
        let samples = (0..SAMPLES * SAMPLES).filter(|sample| {
            let x = (at(column, sample % SAMPLES) - x0) / radius;
            let y = (y0 - at(row, sample / SAMPLES)) / radius;
            inside(shape.form, x * cos - y * sin, x * sin + y * cos)
        });
        samples.count() as f64 / (SAMPLES * SAMPLES) as f64
    };
    let mut rgb = Vec::with_capacity(3 * SIDE * SIDE);
    for pixel in 0..SIDE * SIDE {
        let share = covered(pixel);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let byte =
            |value: f64| (share * value + (1.0 - share) * grey).round().clamp(0., 255.) as u8;
        rgb.extend(colour.map(byte));
    }
    #[expect(clippy::expect_used, reason = "there are 3 bytes a pixel")]
    Picture::new(SIDE, SIDE, rgb).expect("a full picture")
}

/// A colour far from all that have a name, and from the backgrounds.
fn nameless(rng: &mut impl Rng) -> [f64; 3] {
    let greys = BACKGROUNDS.map(|grey| [grey; 3]);
    loop {
        let colour = [(); 3].map(|()| rng.random_range(0.0..255.0));
        let far = |other: &[f64; 3]| {
            colour.iter().zip(other).map(|(a, b): (&f64, &f64)| (a - b).powi(2)).sum::<f64>()
                > 60_f64.powi(2)
        };
        if COLOURS.iter().chain(&greys).all(far) {
            return colour;
        }
    }
}

/// Whether the form holds a point; forms fill about the unit circle, y upwards.
fn inside(form: usize, x: f64, y: f64) -> bool {
    let r = x.hypot(y);
    match form {
        0 => r < 0.95,
        1 => x.abs().max(y.abs()) < 0.82,
        2 => y > -0.7 && y < 1.0 - 1.8 * x.abs(),
        3 => star(x, y),
        4 => (x.abs() < 0.3 && y.abs() < 0.95) || (y.abs() < 0.3 && x.abs() < 0.95),
        5 => (0.58..0.98).contains(&r),
        6 => {
            let (x, y) = (1.2 * x, 1.2 * y + 0.1);
            (x * x + y * y - 1.0).powi(3) < x * x * y.powi(3)
        }
        _ => r < 0.95 && (x - 0.45).hypot(y - 0.1) > 0.75,
    }
}

/// A five-pointed star: between two radii, by the angle to the nearest point.
fn star(x: f64, y: f64) -> bool {
    use std::f64::consts::{FRAC_PI_2, PI};
    let fifth = 2.0 * PI / 5.0;
    let turned = (y.atan2(x) - FRAC_PI_2).rem_euclid(fifth);
    let angle = turned.min(fifth - turned);
    // The edge runs from the outer point (1, 0°) to the inner one (0.42, 36°).
    let (inner_x, inner_y) = (0.42 * (fifth / 2.0).cos(), 0.42 * (fifth / 2.0).sin());
    let (px, py) = (x.hypot(y) * angle.cos(), x.hypot(y) * angle.sin());
    (1.0 - px) * inner_y - py * (1.0 - inner_x) > 0.0
}
