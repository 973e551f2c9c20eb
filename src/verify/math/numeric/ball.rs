//! Complex balls: a midpoint of two [`Double`]s and a radius that bounds its error.

use super::double::{Double, EPSILON, FUNCTION_EPSILON, ONE, PI, ZERO};

/// A disc of the complex plane that holds the exact value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ball {
    pub(super) re: Double,
    pub(super) im: Double,
    pub(super) radius: f64,
}

impl Ball {
    /// A real number with a relative error of one rounding.
    pub(super) fn real(re: Double) -> Self {
        Self { re, im: ZERO, radius: re.high.abs() * EPSILON }
    }

    /// A real number that is represented exactly.
    pub(super) fn exactly(value: f64) -> Self {
        Self { re: value.into(), im: ZERO, radius: 0.0 }
    }

    pub(super) fn i() -> Self {
        Self { re: ZERO, im: ONE, radius: 0.0 }
    }

    pub(super) fn pi() -> Self {
        Self::real(PI)
    }

    /// The modulus of the midpoint, roughly.
    pub(super) fn size(self) -> f64 {
        self.re.high.hypot(self.im.high)
    }

    pub(super) fn is_finite(self) -> bool {
        self.re.is_finite() && self.im.is_finite() && self.radius.is_finite()
    }

    /// The imaginary part may be nought.
    pub(super) fn is_real(self) -> bool {
        self.im.high.abs() <= self.radius
    }

    /// The value may be nought.
    pub(super) fn may_vanish(self) -> bool {
        self.size() <= self.radius * 1.5
    }

    /// Real, and surely negative (`Some(true)`) or positive (`Some(false)`).
    pub(super) fn negative(self) -> Option<bool> {
        (self.is_real() && self.re.high.abs() > self.radius * 1.5).then_some(self.re.high < 0.0)
    }

    fn rounded(re: Double, im: Double, radius: f64) -> Self {
        let ball = Self { re, im, radius: 0.0 };
        Self { radius: (radius + 2.0 * ball.size() * EPSILON) * (1.0 + 1e-12), ..ball }
    }

    pub(super) fn add(self, other: Self) -> Self {
        // The rounding of a sum is relative to its terms.
        let radius = self.radius + other.radius + (self.size() + other.size()) * EPSILON;
        Self::rounded(self.re + other.re, self.im + other.im, radius)
    }

    pub(super) fn neg(self) -> Self {
        Self { re: -self.re, im: -self.im, ..self }
    }

    pub(super) fn sub(self, other: Self) -> Self {
        self.add(other.neg())
    }

    pub(super) fn mul(self, other: Self) -> Self {
        let (a, b) = (self.size(), other.size());
        let radius =
            a * other.radius + b * self.radius + self.radius * other.radius + 4.0 * a * b * EPSILON;
        Self::rounded(
            self.re * other.re - self.im * other.im,
            self.re * other.im + self.im * other.re,
            radius,
        )
    }

    /// The quotient, unless the divisor may vanish.
    pub(super) fn div(self, other: Self) -> Option<Self> {
        if other.may_vanish() {
            return None;
        }
        // By a power of two near its size, so that the square of the divisor stays in range.
        let size = other.size();
        let scale = 2f64.powi(-(size.log2().floor().clamp(-1000.0, 1000.0) as i32));
        let (a, b) = (other.re.times(scale), other.im.times(scale));
        let norm = a * a + b * b;
        let (re, im) = ((a / norm).times(scale), -(b / norm).times(scale));
        let radius = other.radius / (size * (size - other.radius)) + 8.0 * EPSILON / size;
        Some(self.mul(Self { re, im, radius }))
    }

    pub(super) fn powi(self, exponent: i64) -> Option<Self> {
        let (mut square, mut result) = (self, Self::exactly(1.0));
        let mut left = exponent.unsigned_abs();
        while left > 0 {
            if left & 1 == 1 {
                result = result.mul(square);
            }
            square = square.mul(square);
            left >>= 1;
        }
        if exponent < 0 { Self::exactly(1.0).div(result) } else { Some(result) }
    }

    pub(super) fn modulus(self) -> Self {
        let size = (self.re * self.re + self.im * self.im).sqrt();
        Self { re: size, im: ZERO, radius: self.radius + 4.0 * size.high * EPSILON }
    }

    pub(super) fn exp(self) -> Self {
        let scale = self.re.exp();
        let (sine, cosine) = if self.im == ZERO { (ZERO, ONE) } else { self.im.sin_cos() };
        let size = scale.high;
        // |e^(z+h) - e^z| <= |e^z| (e^|h| - 1); the reduction of z loses its own bits.
        let lost = (2.0 + self.size()) * FUNCTION_EPSILON;
        let radius = size * (self.radius.exp_m1() + lost);
        Self { re: scale * cosine, im: scale * sine, radius }
    }

    /// The principal logarithm, unless the argument may vanish or lies on the cut within its error.
    pub(super) fn ln(self) -> Option<Self> {
        if self.may_vanish() {
            return None;
        }
        let size = self.size();
        let near_cut = self.re.high < 0.0 && self.im.high.abs() <= self.radius;
        if near_cut && self.im != ZERO {
            return None;
        }
        let norm = self.modulus().re.ln();
        let angle = match (self.im == ZERO, self.re.high > 0.0) {
            (true, true) => ZERO,
            (true, false) => PI,
            _ => self.im.atan2(self.re),
        };
        let relative = self.radius / size;
        let radius = relative / (1.0 - relative)
            + (1.0 + norm.high.abs() + angle.high.abs()) * FUNCTION_EPSILON;
        Some(Self { re: norm, im: angle, radius })
    }

    /// The principal square root.
    pub(super) fn sqrt(self) -> Option<Self> {
        if self.im == ZERO && !self.may_vanish() {
            let root = self.re.abs().sqrt();
            let radius = self.radius / root.high + 2.0 * root.high * EPSILON;
            let negative = self.re.high < 0.0;
            return Some(if negative {
                Self { re: ZERO, im: root, radius }
            } else {
                Self { re: root, im: ZERO, radius }
            });
        }
        if self.size() == 0.0 && self.radius == 0.0 {
            return Some(self);
        }
        let half = Self::exactly(0.5);
        Some(self.ln()?.mul(half).exp())
    }

    /// Sine and cosine, by the exponential unless the argument is real.
    pub(super) fn sin_cos(self) -> Option<(Self, Self)> {
        if self.im == ZERO {
            let (sine, cosine) = self.re.sin_cos();
            let radius = self.radius + (1.0 + self.size()) * FUNCTION_EPSILON;
            let real = |re| Self { re, im: ZERO, radius };
            return Some((real(sine), real(cosine)));
        }
        let up = self.mul(Self::i()).exp();
        let down = Self::exactly(1.0).div(up)?;
        let half = Self::exactly(0.5);
        let sine = up.sub(down).mul(half).mul(Self::i()).neg();
        Some((sine, up.add(down).mul(half)))
    }

    /// The inverse tangent of a real number, or of a complex one off the cuts.
    pub(super) fn atan(self) -> Option<Self> {
        if self.im == ZERO {
            let re = self.re.atan2(ONE);
            return Some(Self { re, im: ZERO, radius: self.radius + 2.0 * FUNCTION_EPSILON });
        }
        // atan z = (ln(1 + i z) - ln(1 - i z)) / 2i
        let turned = self.mul(Self::i());
        let one = Self::exactly(1.0);
        let difference = one.add(turned).ln()?.sub(one.sub(turned).ln()?);
        Some(difference.mul(Self::exactly(0.5)).mul(Self::i()).neg())
    }

    /// The inverse sine: `atan(z / sqrt(1 - z^2))`, real for real arguments in [-1, 1].
    pub(super) fn asin(self) -> Option<Self> {
        let one = Self::exactly(1.0);
        let rest = one.sub(self.mul(self));
        if rest.may_vanish() {
            // At the ends only an exact argument has a known value.
            let exact = self.radius == 0.0 && self.im == ZERO && self.re.low == 0.0;
            let half = Self::pi().mul(Self::exactly(0.5));
            return match self.re.high {
                1.0 if exact => Some(half),
                -1.0 if exact => Some(half.neg()),
                _ => None,
            };
        }
        self.div(rest.sqrt()?)?.atan()
    }
}
