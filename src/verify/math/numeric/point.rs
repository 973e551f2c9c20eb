//! Where expressions are compared: values of the symbols, drawn from a secret of the process.

use super::super::field::mix;
use super::ball::Ball;

/// An assignment of values to symbols.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point<'a> {
    index: u64,
    /// One symbol with a value of its own.
    fixed: Option<(&'a str, f64)>,
}

impl<'a> Point<'a> {
    /// The point of that number.
    pub(super) fn new(index: u64) -> Self {
        Self { index, fixed: None }
    }

    /// The same point, but for the value of `name`.
    pub(super) fn with(self, name: &'a str, value: f64) -> Self {
        Self { fixed: Some((name, value)), ..self }
    }

    /// The value of a symbol. Among the first seven points are both signs, values within (-1, 1) and
    /// values up to some thousands.
    pub(super) fn value(self, name: &str) -> Ball {
        if let Some((fixed, value)) = self.fixed
            && fixed == name
        {
            return Ball::exactly(value);
        }
        let seed =
            name.bytes().fold(mix(self.index ^ secret()), |seed, b| mix(seed ^ u64::from(b)));
        let (low, high, sign) = match self.index % 8 {
            0 => (0.25, 2.25, Some(1.0)),
            1 => (0.25, 2.25, Some(-1.0)),
            2 => (0.02, 0.98, None),
            4 => (3.0, 23.0, Some(1.0)),
            5 => (3.0, 23.0, None),
            6 => (40.0, 2000.0, None),
            _ => (0.25, 2.25, None),
        };
        let sign = sign.unwrap_or(if mix(seed) & 1 == 1 { -1.0 } else { 1.0 });
        Ball::exactly(sign * (low + unit(seed) * (high - low)))
    }

    /// A secret fraction in (0, 1).
    pub(super) fn fraction(self, key: u64) -> f64 {
        unit(mix(self.index ^ secret().rotate_left(9) ^ mix(key)))
    }
}

/// 52 bits as a fraction in [0, 1).
fn unit(seed: u64) -> f64 {
    (seed >> 12) as f64 / (1u64 << 52) as f64
}

fn secret() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    static SECRET: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    *SECRET.get_or_init(|| RandomState::new().hash_one("points"))
}
