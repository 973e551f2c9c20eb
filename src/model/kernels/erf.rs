//! An error function that compilers vectorise.

/// `erf x`, absolute error below 5e-7.
///
/// An odd rational function of degree 13 over 8 (coefficients after Eigen's), beyond whose range f32 knows
/// only ±1. Branch-free.
#[inline(always)]
pub(super) fn erf(x: f32) -> f32 {
    let x = x.clamp(-4.0, 4.0);
    let squared = x * x;
    let top = -2.726_142_3e-10_f32;
    let top = top * squared + 2.770_681_4e-8;
    let top = top * squared - 2.101_024e-6;
    let top = top * squared - 5.692_506_4e-5;
    let top = top * squared - 7.349_906_3e-4;
    let top = top * squared - 2.954_6e-3;
    let top = top * squared - 1.609_603_3e-2;
    let bottom = -1.456_607_2e-5_f32;
    let bottom = bottom * squared - 2.133_740_6e-4;
    let bottom = bottom * squared - 1.682_827e-3;
    let bottom = bottom * squared - 7.373_329_2e-3;
    let bottom = bottom * squared - 1.426_473_9e-2;
    x * top / bottom
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!` (DLMF 7.6.2), whose terms have one sign.
    fn series(x: f64) -> f64 {
        let (mut term, mut sum, mut odd) = (x, 0.0, 1.0);
        while term.abs() > 1e-18 * f64::abs(sum).max(1e-300) && odd < 999.0 {
            sum += term;
            odd += 2.0;
            term *= 2.0 * x * x / odd;
        }
        std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp() * sum
    }

    #[test]
    fn agrees_with_its_series() {
        // Abramowitz & Stegun 1964, table 7.1.
        assert!((series(0.5) - 0.520_499_877_8).abs() < 1e-10);
        for step in -6000..=6000_i16 {
            let x = f32::from(step) / 1000.0;
            let off = (f64::from(erf(x)) - series(f64::from(x))).abs();
            assert!(off < 5e-7, "erf {x}: {off}");
        }
        assert_eq!(erf(0.0), 0.0);
        assert!((erf(f32::INFINITY) - 1.0).abs() < 5e-7);
    }
}
