//! The formulas that several nodes share.

use serde::Deserialize;
use utoipa::ToSchema;

/// What a variance is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Variance {
    /// The number of values.
    Population,
    /// One less than the number of values; a single value has variance 0.
    Sample,
}

impl Variance {
    /// What the summed squared deviation of `count` values is divided by.
    pub(crate) fn divisor(self, count: usize) -> f64 {
        match self {
            Self::Population => count as f64,
            Self::Sample => count.saturating_sub(1).max(1) as f64,
        }
    }

    /// The standard deviation of the values, 0 for fewer than two. Deviations are scaled before they
    /// are squared: a large spread does not overflow.
    pub(crate) fn std(self, values: &[f64]) -> f64 {
        let center = mean(values);
        let largest = values.iter().map(|value| (value - center).abs()).fold(0.0, f64::max);
        if values.len() < 2 || largest == 0.0 {
            return 0.0;
        }
        let squares: f64 = values.iter().map(|value| ((value - center) / largest).powi(2)).sum();
        largest * (squares / self.divisor(values.len())).sqrt()
    }
}

/// The arithmetic mean, summed in order. NaN for no values.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The middle value, or the midpoint of the two middle ones. NaN for no values.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => f64::NAN,
        (len, middle) if len % 2 == 1 => sorted[middle],
        (_, middle) => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// The value at a share in `[0, 1]` of the way through sorted values, the nearest there is. NaN for no values.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let index = (last * share).round() as usize;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}

/// `1 / (1 + e^−x)`, exact at both ends: the exponential is never of a positive number.
pub(crate) fn logistic(x: f64) -> f64 {
    let small = (-x.abs()).exp();
    if x >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) }
}

/// `log σ(x)`, without the loss of `σ(x)` rounding to 0 or 1.
pub(crate) fn log_logistic(x: f64) -> f64 {
    x.min(0.0) - (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
    }

    #[test]
    fn the_nearest_value_stands_for_a_share() {
        let sorted = [1.0, 2.0, 3.0, 4.0, 10.0];
        assert_eq!(quantile(&sorted, 0.5), 3.0);
        assert_eq!(quantile(&sorted, 0.95), 10.0);
        assert_eq!(quantile(&sorted[..1], 0.95), 1.0);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn the_two_conventions_of_the_standard_deviation() {
        let refs = [0.2, -0.3, 1.0, 0.5];
        assert_close(Variance::Sample.std(&refs), 0.544671, 1e-6);
        assert_close(Variance::Population.std(&refs), 0.471699, 1e-6);
        assert_eq!(Variance::Sample.std(&[3.0]), 0.0);
        assert_eq!(Variance::Population.std(&[]), 0.0);
    }

    #[test]
    fn a_large_spread_does_not_overflow() {
        assert_close(Variance::Population.std(&[-1e300, 1e300]) / 1e300, 1.0, 1e-12);
    }

    #[test]
    fn the_median_of_an_even_number_is_the_midpoint() {
        assert_eq!(median(&[4.0, 1.0, 3.0]), 3.0);
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&[f64::MAX, f64::MAX]), f64::MAX);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn the_logistic_is_exact_far_out() {
        assert_eq!((logistic(0.0), logistic(1000.0), logistic(-1000.0)), (0.5, 1.0, 0.0));
        assert_close(logistic(1.0), 0.731058578630, 1e-12);
        assert_eq!(log_logistic(-1000.0), -1000.0);
        assert_close(log_logistic(0.0), -std::f64::consts::LN_2, 1e-15);
        assert_close(log_logistic(40.0), -4.248354255291589e-18, 1e-30);
    }
}
