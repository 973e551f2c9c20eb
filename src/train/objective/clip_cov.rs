//! Clip-Cov: some tokens that would cost the most entropy are not learned from.
//!
//! Among the tokens that the ratio does not clip and whose covariance of advantage and log-probability
//! lies in a band, a few are drawn at random and their gradient is cut; they still count in the mean.
//! Cui et al. 2025, *The Entropy Mechanism of RL* (arXiv 2505.22617), §4.2, Eq. 10. The paper's band is
//! (1, 5), its share 2e-4; the draw here is seeded, and an empty band cuts nothing.

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::{Clipped, Evaluation, Objective, View, covariances};

/// Clip-Cov around a token-level surrogate.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipCov {
    /// The surrogate whose tokens are cut.
    pub surrogate: Clipped,
    /// Share of all tokens that are cut; at least one is, when the band is not empty.
    pub share: f64,
    /// Covariances strictly between these may be cut.
    pub band: (f64, f64),
}

impl ClipCov {
    fn cut(&self, view: &View<'_>) -> Vec<usize> {
        let covariances = covariances(view);
        let count = ((covariances.len() as f64 * self.share) as usize).max(1);
        let clipped = |token: usize| {
            let log_ratio = view.log_probs[token] - view.old[token];
            self.surrogate.of(log_ratio, view.advantages[token]).2
        };
        let (low, high) = self.band;
        let within = |(token, c): &(usize, f64)| *c > low && *c < high && !clipped(*token);
        let mut tokens: Vec<usize> =
            covariances.into_iter().filter(within).map(|(token, _)| token).collect();
        tokens.shuffle(&mut ChaCha8Rng::seed_from_u64(view.draw));
        tokens.truncate(count);
        tokens
    }
}

impl Objective for ClipCov {
    fn evaluate(&self, view: &View<'_>) -> Evaluation {
        let mut total = self.surrogate.evaluate(view);
        let cut = self.cut(view);
        for (_, sequence) in view.kept() {
            let weight = self.surrogate.normaliser.weight(view, sequence.len());
            for token in sequence.filter(|token| cut.contains(token)) {
                let log_ratio = view.log_probs[token] - view.old[token];
                total.loss -= weight * self.surrogate.of(log_ratio, view.advantages[token]).0;
                total.by_log_prob[token] = 0.0;
            }
        }
        total.figures.push(("cov/cut_frac", cut.len() as f64 / view.kept_tokens().max(1) as f64));
        total
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Level, LossType,
            testing::{Case, close},
        },
        *,
    };

    fn clip_cov(band: (f64, f64)) -> ClipCov {
        let surrogate = Clipped {
            epsilon: 0.2,
            epsilon_high: 0.2,
            delta: None,
            level: Level::Token,
            normaliser: LossType::Bnpo,
        };
        ClipCov { surrogate, share: 2e-4, band }
    }

    #[test]
    fn one_of_two_candidates_is_cut() {
        let case = Case::entropy_mechanism();
        let objective = clip_cov((0.9, 5.0));
        // Candidates are tokens 0 and 4. Without 0: −0.048339 + e^.05 / 6; without 4: − e^−.1 / 6.
        let mut seen = [false; 2];
        for draw in 0..16 {
            let total = objective.evaluate(&View { draw, ..case.view() });
            let (which, loss) =
                if total.by_log_prob[0] == 0.0 { (0, 0.126_873) } else { (4, -0.199_145) };
            close(total.loss, loss);
            assert_eq!(total.by_log_prob[which], 0.0);
            assert_eq!(total, objective.evaluate(&View { draw, ..case.view() }));
            seen[which / 4] = true;
        }
        assert_eq!(seen, [true, true]);
    }

    #[test]
    fn an_empty_band_cuts_nothing() {
        let case = Case::entropy_mechanism();
        let plain = clip_cov((3.0, 5.0)).evaluate(&case.view());
        close(plain.loss, -0.048_339);
        assert_eq!(plain.figures[1], ("cov/cut_frac", 0.0));
    }
}
