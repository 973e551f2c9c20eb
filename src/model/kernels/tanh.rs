//! A hyperbolic tangent that compilers vectorise.

/// `tanh x`, relative error below 1e-6.
///
/// An odd rational function of degree 13 over 6 (coefficients after Eigen's `ptanh`), beyond whose range
/// f32 knows only ±1. Branch-free.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    let x = x.clamp(-7.905_311, 7.905_311);
    let squared = x * x;
    let top = -2.760_768_5e-16_f32;
    let top = top * squared + 2.000_188e-13;
    let top = top * squared - 8.604_672e-11;
    let top = top * squared + 5.122_297_3e-8;
    let top = top * squared + 1.485_722_35e-5;
    let top = top * squared + 6.372_619_5e-4;
    let top = top * squared + 4.893_524_7e-3;
    let bottom = 1.198_258_4e-6_f32;
    let bottom = bottom * squared + 1.185_347_1e-4;
    let bottom = bottom * squared + 2.268_434_7e-3;
    let bottom = bottom * squared + 4.893_525e-3;
    x * top / bottom
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_library() {
        for step in -10_000..=10_000_i16 {
            let x = f32::from(step) / 1000.0;
            let exact = f64::from(x).tanh();
            let off = (f64::from(tanh(x)) - exact).abs();
            assert!(off <= 1e-6 * exact.abs(), "tanh {x}: {off}");
        }
        assert_eq!(tanh(0.0), 0.0);
        assert!((tanh(1e9) - 1.0).abs() < 1e-6 && (tanh(-1e9) + 1.0).abs() < 1e-6);
    }
}
