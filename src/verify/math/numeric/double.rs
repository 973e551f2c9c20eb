//! Real numbers of about 106 bits as unevaluated sums of two doubles, and their elementary functions.
//!
//! The sums and products are Dekker's and Knuth's; the functions reduce their argument and sum a Taylor
//! series. The relative error of an operation is below [`EPSILON`]; of an elementary function below
//! [`FUNCTION_EPSILON`], for arguments of moderate size.

use std::ops::{Add, Div, Mul, Neg, Sub};

/// Relative error of a sum, product, quotient or square root.
pub(super) const EPSILON: f64 = 1.0 / (1u128 << 100) as f64;
/// Relative error of an elementary function.
pub(super) const FUNCTION_EPSILON: f64 = 1.0 / (1u128 << 95) as f64;

/// `high + low`, with `low` below half a unit of the last place of `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Double {
    pub(super) high: f64,
    pub(super) low: f64,
}

pub(super) const ZERO: Double = Double { high: 0.0, low: 0.0 };
pub(super) const ONE: Double = Double { high: 1.0, low: 0.0 };
/// π, rounded down to two doubles.
pub(super) const PI: Double =
    Double { high: std::f64::consts::PI, low: 1.224_646_799_147_353_2e-16 };
/// ln 2
const LN_2: Double = Double { high: std::f64::consts::LN_2, low: 2.319_046_813_846_299_6e-17 };

fn two_sum(a: f64, b: f64) -> Double {
    let high = a + b;
    let part = high - a;
    Double { high, low: (a - (high - part)) + (b - part) }
}

fn quick_two_sum(a: f64, b: f64) -> Double {
    let high = a + b;
    Double { high, low: b - (high - a) }
}

fn two_product(a: f64, b: f64) -> Double {
    let high = a * b;
    Double { high, low: a.mul_add(b, -high) }
}

impl From<f64> for Double {
    fn from(high: f64) -> Self {
        Self { high, low: 0.0 }
    }
}

impl Add for Double {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let sum = two_sum(self.high, other.high);
        let tail = two_sum(self.low, other.low);
        let sum = quick_two_sum(sum.high, sum.low + tail.high);
        quick_two_sum(sum.high, sum.low + tail.low)
    }
}

impl Neg for Double {
    type Output = Self;
    fn neg(self) -> Self {
        Self { high: -self.high, low: -self.low }
    }
}

impl Sub for Double {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Double {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let product = two_product(self.high, other.high);
        let cross = self.high.mul_add(other.low, self.low * other.high);
        quick_two_sum(product.high, product.low + cross)
    }
}

impl Div for Double {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let first = self.high / other.high;
        let rest = self - other * first.into();
        let second = rest.high / other.high;
        let rest = rest - other * second.into();
        let third = rest.high / other.high;
        quick_two_sum(first, second) + third.into()
    }
}

impl Double {
    pub(super) fn is_finite(self) -> bool {
        self.high.is_finite() && self.low.is_finite()
    }

    pub(super) fn abs(self) -> Self {
        if self.high < 0.0 { -self } else { self }
    }

    /// The product with a power of two.
    pub(super) fn times(self, power: f64) -> Self {
        Self { high: self.high * power, low: self.low * power }
    }

    fn scaled(self, power: i32) -> Self {
        // In two steps: the factor alone may be out of range.
        let (half, rest) = (power / 2, power - power / 2);
        let factor = (f64::powi(2.0, half), f64::powi(2.0, rest));
        Self { high: self.high * factor.0 * factor.1, low: self.low * factor.0 * factor.1 }
    }

    pub(super) fn sqrt(self) -> Self {
        if self.high <= 0.0 {
            return ZERO;
        }
        let root = self.high.sqrt();
        let rest = self - two_product(root, root);
        two_sum(root, rest.high / (2.0 * root))
    }

    pub(super) fn floor(self) -> Self {
        let high = self.high.floor();
        let low = if high == self.high { self.low.floor() } else { 0.0 };
        quick_two_sum(high, low)
    }

    pub(super) fn exp(self) -> Self {
        let turns = (self.high / LN_2.high).round();
        if turns.abs() > 1000.0 {
            return Self::from(if turns > 0.0 { f64::INFINITY } else { 0.0 });
        }
        // exp(x) = 2^n (exp(r / 512))^512
        let reduced = (self - LN_2 * turns.into()).scaled(-9);
        let mut term = reduced;
        let mut sum = reduced;
        for n in 2..=9 {
            term = term * reduced / f64::from(n).into();
            sum = sum + term;
        }
        // (1 + s)^2 - 1 = 2 s + s^2 keeps the low bits of s.
        for _ in 0..9 {
            sum = sum + sum + sum * sum;
        }
        (sum + ONE).scaled(turns as i32)
    }

    /// The natural logarithm of a positive number: two Newton steps from the double's.
    pub(super) fn ln(self) -> Self {
        if self.high <= 0.0 {
            return Self::from(f64::NAN);
        }
        let mut y = Self::from(self.high.ln());
        for _ in 0..2 {
            y = y + self * (-y).exp() - ONE;
        }
        y
    }

    /// Sine and cosine.
    pub(super) fn sin_cos(self) -> (Self, Self) {
        let quarter = PI.scaled(-1);
        let turns = (self.high / quarter.high).round();
        if turns.abs() > 1e6 || !turns.is_finite() {
            return (f64::NAN.into(), f64::NAN.into());
        }
        let r = self - quarter * turns.into() - Self::from(turns * HALF_PI_TAIL);
        let square = r * r;
        let (mut sine, mut cosine) = (r, ONE);
        let (mut odd, mut even) = (r, ONE);
        for n in 1..=14 {
            let n = f64::from(n);
            even = -(even * square) / ((2.0 * n - 1.0) * (2.0 * n)).into();
            odd = -(odd * square) / ((2.0 * n) * (2.0 * n + 1.0)).into();
            cosine = cosine + even;
            sine = sine + odd;
        }
        match (turns as i64).rem_euclid(4) {
            0 => (sine, cosine),
            1 => (cosine, -sine),
            2 => (-sine, -cosine),
            _ => (-cosine, sine),
        }
    }

    /// The angle of the point `(x, self)`, in (-π, π]: two Newton steps from the double's.
    pub(super) fn atan2(self, x: Self) -> Self {
        let radius = (self * self + x * x).sqrt();
        let (sine, cosine) = (self / radius, x / radius);
        let mut angle = Self::from(self.high.atan2(x.high));
        for _ in 0..2 {
            let (s, c) = angle.sin_cos();
            angle = angle + (sine * c - cosine * s);
        }
        angle
    }
}

/// What is missing from π/2 as two doubles.
const HALF_PI_TAIL: f64 = -1.497_384_904_859_169_8e-33;

#[cfg(test)]
mod tests {
    use super::*;

    /// `value` must be `expected`, given to 32 digits as a sum of three parts.
    fn close(value: Double, expected: [f64; 3]) {
        let expected = Double::from(expected[0]) + expected[1].into() + expected[2].into();
        let error = (value - expected).abs().high;
        assert!(
            error <= expected.high.abs() * FUNCTION_EPSILON,
            "{value:?} {expected:?} {error:e}"
        );
    }

    // Expected values: mpmath 1.3 at 60 digits, split into doubles.
    #[test]
    fn functions_agree_with_mpmath() {
        close(ONE.exp(), [std::f64::consts::E, 1.4456468917292502e-16, -2.1277171080381768e-33]);
        close(
            Double::from(10.0).ln(),
            [std::f64::consts::LN_10, -2.1707562233822494e-16, -9.98e-33],
        );
        close(ONE.sin_cos().0, [0.8414709848078965, 1.776845092935536e-18, -1.47e-34]);
        close(ONE.sin_cos().1, [0.5403023058681398, -4.760954612604417e-17, -2.75e-33]);
        close(
            Double::from(2.0).sqrt(),
            [std::f64::consts::SQRT_2, -9.667293313452913e-17, 4.14e-33],
        );
        close(ONE.atan2(ONE), [std::f64::consts::FRAC_PI_4, 3.061616997868383e-17, 0.0]);
    }

    #[test]
    fn inverse_functions_undo() {
        for x in [0.37, 1.9, 12.5, 0.001] {
            let x = Double::from(x);
            assert!((x.exp().ln() - x).abs().high < 1e-28);
            let (s, c) = x.sin_cos();
            assert!((s * s + c * c - ONE).abs().high < 1e-29);
            assert!((x.sqrt() * x.sqrt() - x).abs().high < 1e-29 * x.high);
        }
    }
}
