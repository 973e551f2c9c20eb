//! An exponential that compilers vectorise.

/// `e^x` for `x ≤ 88`, relative error below 2e-7; 0 below −87.
///
/// Range reduction to `2^n · e^r`, `|r| ≤ ln 2 / 2`, then the degree-6 Taylor polynomial's minimax
/// neighbour (coefficients after Cephes' `expf`). Branch-free, and without a conversion to integers, whose
/// saturation costs more than all the rest.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Adding 1.5 · 2²³ rounds to the nearest integer, and leaves it in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    const BIAS: u32 = 127;
    let clamped = if x < -87.0 { -87.0 } else { x };
    let clamped = if clamped > 88.0 { 88.0 } else { clamped };
    let rounded = clamped * LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = clamped - n * LN_2_HIGH - n * LN_2_LOW;
    let poly = 1.987_569_1e-4_f32;
    let poly = poly * r + 1.398_2e-3;
    let poly = poly * r + 8.333_452e-3;
    let poly = poly * r + 4.166_579_6e-2;
    let poly = poly * r + 1.666_666_5e-1;
    let poly = poly * r + 0.5;
    let mantissa = poly * r * r + r + 1.0;
    // The bits above those of an exponent are shifted out.
    let scale = f32::from_bits((rounded.to_bits() << 23).wrapping_add(BIAS << 23));
    if x < -87.0 { 0.0 } else { mantissa * scale }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_library() {
        for step in -8700..=8800_i16 {
            let x = f32::from(step) / 100.0;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) / exact - 1.0).abs() < 3e-7, "e^{x}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-1e9), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
    }
}
