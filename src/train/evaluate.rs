//! How good and how different scorers are: pure functions of score arrays.

use std::collections::BTreeMap;

/// Share of pairs whose chosen completion scores higher; a tie counts half. `None` without pairs.
/// Both slices have one entry per pair.
#[must_use]
pub fn pair_accuracy(chosen: &[f64], rejected: &[f64]) -> Option<f64> {
    let credit = |(chosen, rejected): (&f64, &f64)| match chosen.partial_cmp(rejected) {
        Some(std::cmp::Ordering::Greater) => 1.0,
        Some(std::cmp::Ordering::Equal) => 0.5,
        _ => 0.0,
    };
    let credits: Vec<f64> = chosen.iter().zip(rejected).map(credit).collect();
    mean(&credits)
}

/// Mean of `−ln σ(chosen − rejected)`: how well margins are calibrated as Bradley–Terry log-odds; `ln 2`
/// is a coin's. `None` without pairs.
#[must_use]
pub fn log_loss(chosen: &[f64], rejected: &[f64]) -> Option<f64> {
    let losses = chosen.iter().zip(rejected).map(|(chosen, rejected)| {
        let margin = chosen - rejected;
        // ln(1 + e^−m), without overflow for large −m.
        (-margin).max(0.0) + (-margin.abs()).exp().ln_1p()
    });
    mean(&losses.collect::<Vec<_>>())
}

/// [`pair_accuracy`] within each subset, with the number of its pairs. `subsets` names the subset of
/// each pair.
#[must_use]
pub fn accuracy_by_subset<'a>(
    chosen: &[f64],
    rejected: &[f64],
    subsets: &[&'a str],
) -> BTreeMap<&'a str, (f64, usize)> {
    let mut split: BTreeMap<&str, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for ((chosen, rejected), subset) in chosen.iter().zip(rejected).zip(subsets) {
        let (ours, theirs) = split.entry(subset).or_default();
        ours.push(*chosen);
        theirs.push(*rejected);
    }
    split
        .into_iter()
        .filter_map(|(subset, (ours, theirs))| {
            Some((subset, (pair_accuracy(&ours, &theirs)?, ours.len())))
        })
        .collect()
}

/// Mean and population standard deviation. `None` without values.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub fn mean_std(values: &[f64]) -> Option<(f64, f64)> {
    let mean = mean(values)?;
    let square: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some((mean, (square / values.len() as f64).sqrt()))
}

/// Pearson correlation of two equally long arrays. `None` when one of them is constant or empty.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub fn correlation(x: &[f64], y: &[f64]) -> Option<f64> {
    let ((mean_x, std_x), (mean_y, std_y)) = (mean_std(x)?, mean_std(y)?);
    let product: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let scale = std_x * std_y * x.len() as f64;
    (scale > 0.0).then(|| product / scale)
}

/// Correlation of each scorer with each other: row and column per scorer, 1 on the diagonal, `None`
/// where a scorer is constant. `scores` holds one equally long array per scorer.
#[must_use]
pub fn correlation_matrix(scores: &[Vec<f64>]) -> Vec<Vec<Option<f64>>> {
    scores.iter().map(|x| scores.iter().map(|y| correlation(x, y)).collect()).collect()
}

/// Population standard deviation over the scorers for each item: how much they disagree. `scores` holds
/// one equally long array per scorer; they should be calibrated to a common scale.
#[must_use]
pub fn disagreement(scores: &[Vec<f64>]) -> Vec<f64> {
    by_item(scores).iter().filter_map(|item| mean_std(item)).map(|(_, std)| std).collect()
}

/// `mean − lambda · variance` over the scorers for each item, the variance that of the population
/// (uncertainty-weighted optimisation, arXiv 2310.02743, equation 4).
#[must_use]
pub fn uncertainty_weighted(scores: &[Vec<f64>], lambda: f64) -> Vec<f64> {
    let value = |(mean, std): (f64, f64)| mean - lambda * std * std;
    by_item(scores).iter().filter_map(|item| mean_std(item)).map(value).collect()
}

/// Scores on the scale on which the reference set has mean 0 and standard deviation 1. Unchanged in
/// spread when `std` is 0.
#[must_use]
pub fn calibrated(scores: &[f64], (mean, std): (f64, f64)) -> Vec<f64> {
    let scale = if std > 0.0 { std } else { 1.0 };
    scores.iter().map(|score| (score - mean) / scale).collect()
}

fn by_item(scores: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let items = scores.iter().map(Vec::len).min().unwrap_or(0);
    (0..items).map(|item| scores.iter().map(|scorer| scorer[item]).collect()).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, expected: f64) {
        assert!((got - expected).abs() < 1e-9, "{got} {expected}");
    }

    #[test]
    fn a_tie_is_half_a_hit() {
        close(pair_accuracy(&[1.0, 2.0, 3.0, 0.0], &[0.0, 2.0, 4.0, -1.0]).unwrap(), 0.625);
        assert_eq!(pair_accuracy(&[], &[]), None);
    }

    #[test]
    fn a_pairs_log_loss_is_the_papers() {
        // Bradley–Terry on 1.2 against 0.4, and the same with the label flipped.
        let loss = |chosen: f64, rejected: f64| log_loss(&[chosen], &[rejected]).unwrap();
        assert!((loss(1.2, 0.4) - 0.371_101).abs() < 1e-6);
        assert!((loss(0.4, 1.2) - 1.171_101).abs() < 1e-6);
        close(loss(0.0, 1000.0), 1000.0);
    }

    #[test]
    fn subsets_are_counted_apart() {
        let by = accuracy_by_subset(&[1.0, 0.0, 1.0], &[0.0, 1.0, 0.0], &["a", "b", "b"]);
        assert_eq!(by, BTreeMap::from([("a", (1.0, 1)), ("b", (0.5, 2))]));
    }

    #[test]
    fn moments_are_those_of_the_population() {
        // 2, 4, 4, 4, 5, 5, 7, 9: mean 5, standard deviation 2.
        let (mean, std) = mean_std(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        close(mean, 5.0);
        close(std, 2.0);
        assert_eq!(calibrated(&[9.0, 5.0], (mean, std)), [2.0, 0.0]);
        assert_eq!(calibrated(&[9.0], (5.0, 0.0)), [4.0]);
    }

    #[test]
    fn correlations() {
        // Deviations −1.5 −0.5 0.5 1.5 and −0.5 −1.5 1.5 0.5: products sum to 3, squares to 5.
        close(correlation(&[1.0, 2.0, 3.0, 4.0], &[2.0, 1.0, 4.0, 3.0]).unwrap(), 0.6);
        close(correlation(&[1.0, 2.0], &[5.0, 3.0]).unwrap(), -1.0);
        assert_eq!(correlation(&[1.0, 1.0], &[1.0, 2.0]), None);
        let matrix = correlation_matrix(&[vec![1.0, 2.0], vec![4.0, 2.0]]);
        close(matrix[0][0].unwrap(), 1.0);
        close(matrix[1][0].unwrap(), -1.0);
    }

    #[test]
    fn uwo_has_the_papers_numbers() {
        let scores = [1.0, 2.0, 4.0, 3.0, 0.0].map(|score| vec![score]);
        close(uncertainty_weighted(&scores, 0.5)[0], 1.0);
        close(uncertainty_weighted(&scores, 0.1)[0], 1.8);
        close(disagreement(&scores)[0], 2f64.sqrt());
    }
}
