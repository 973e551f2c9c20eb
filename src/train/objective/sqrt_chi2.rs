//! `coefficient · √χ²(π ‖ π_ref)` over sequences, which bounds what a correlated proxy can mislead.
//!
//! `χ² = mean[(e^s − 1) + (e^−s − 1)]`, `s = Σ_t log π − log π_ref` of a sequence that π sampled; the
//! second term has mean 0 and keeps the estimate positive. Beyond |s| = 10 the exponentials go on as
//! straight lines, and χ² is at least 1e-4. Laidlaw et al. 2025, *Correlated Proxies* (arXiv 2403.03185),
//! Eq. 3 and the authors' code; λ = σ_proxy √(1 − r²) is its coefficient in theory, 8e-4 in their example.

use super::{Evaluation, Objective, View};

/// Where the exponentials become lines.
const LINEAR_BEYOND: f64 = 10.0;
/// Below it the root would be too steep.
const FLOOR: f64 = 1e-4;

/// The penalty.
#[derive(Clone, Debug, PartialEq)]
pub struct SqrtChi2 {
    /// Weight.
    pub coefficient: f64,
}

/// `eˣ − 1`, and its slope, linear above the limit.
fn exponential(x: f64) -> (f64, f64) {
    let top = LINEAR_BEYOND.exp();
    if x > LINEAR_BEYOND {
        (top * (1.0 + x - LINEAR_BEYOND) - 1.0, top)
    } else {
        (x.exp_m1(), x.exp())
    }
}

impl Objective for SqrtChi2 {
    fn evaluate(&self, view: &View<'_>) -> Evaluation {
        let mut total = Evaluation::zero(view);
        let count = view.kept().count().max(1) as f64;
        let mut chi2 = 0.0;
        for (index, sequence) in view.kept() {
            let (policy, reference) = view.sums(index);
            let (up, rise) = exponential(policy - reference);
            let (down, fall) = exponential(reference - policy);
            chi2 += (up + down) / count;
            total.by_log_prob[sequence].fill((rise - fall) / count);
        }
        let root = chi2.max(FLOOR).sqrt();
        total.loss = self.coefficient * root;
        let slope = if chi2 > FLOOR { self.coefficient / (2.0 * root) } else { 0.0 };
        total.by_log_prob.iter_mut().for_each(|derivative| *derivative *= slope);
        total.figures.push(("chi2", chi2));
        total
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{Case, close, derivatives_hold},
        *,
    };

    #[test]
    fn the_root_of_the_papers_estimate() {
        let penalty = SqrtChi2 { coefficient: 1.0 };
        close(Case::leads(&[0.1, -0.2, 0.5]).loss(&penalty), 0.319_057_872);
        close(Case::leads(&[0.0]).loss(&penalty), 0.01);
        derivatives_hold(&penalty, &Case::sequences(&[2, 3]));
    }

    #[test]
    fn far_away_it_is_linear() {
        let (value, slope) = exponential(12.0);
        close(value / 66_078.397_384, 1.0);
        close(slope, 10f64.exp());
        derivatives_hold(&SqrtChi2 { coefficient: 1e-3 }, &Case::leads(&[12.0, -0.5]));
    }
}
