//! Tails of the normal distribution, in a form that compilers vectorise.

use super::exp::exp;

/// `1 − Φ(|x|)`: the chance that a standard normal value lies further to one side than `x`. Absolute error below
/// 3e-7, and far less in the tails.
///
/// Abramowitz & Stegun, 7.1.26 (`erfc z` as a polynomial in `1 / (1 + p z)` times `exp(−z²)`), halved, at
/// `z = |x| / √2`. Branch-free.
#[inline(always)]
pub(super) fn tail(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let poly = 1.061_405_4_f32;
    let poly = poly * t - 1.453_152;
    let poly = poly * t + 1.421_413_8;
    let poly = poly * t - 0.284_496_72;
    let poly = poly * t + 0.254_829_6;
    0.5 * poly * t * exp(-z * z)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `1 − Φ(x)` by the Maclaurin series of Φ, whose terms stay below 10⁶ here: right to 1e-9.
    fn series(x: f64) -> f64 {
        let (mut power, mut sum) = (x, 0.0);
        for n in 0..160 {
            let n = f64::from(n);
            sum += power / (2.0 * n + 1.0);
            power *= -x * x / (2.0 * (n + 1.0));
        }
        0.5 - sum / std::f64::consts::TAU.sqrt()
    }

    #[test]
    fn agrees_with_the_series() {
        for step in 0..=5_500_i16 {
            let x = f32::from(step) / 1000.0;
            let off = (f64::from(tail(x)) - series(f64::from(x))).abs();
            assert!(off < 3e-7, "{x}: {off}");
            assert_eq!(tail(-x), tail(x));
        }
        // Abramowitz & Stegun, table 26.1: Φ(1) = 0.8413447, Φ(2) = 0.9772499.
        assert!((tail(0.0) - 0.5).abs() < 2e-7 && (tail(1.0) - 0.158_655_3).abs() < 2e-7);
        assert!((tail(2.0) - 0.022_750_1).abs() < 2e-7);
        assert!(tail(6.0) < 2e-9 && tail(1e9) == 0.0);
    }
}
