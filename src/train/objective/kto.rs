//! KTO: good and bad completions that need not come in pairs.
//!
//! With `r = log π − log π_ref` of a whole completion and the reference point
//! `z = max(0, mean r of completions of other prompts)`, through which no gradient flows:
//! `w_d (1 − σ(β (r − z)))` for desirable, `w_u (1 − σ(β (z − r)))` for undesirable ones, averaged.
//! Ethayarajh et al. 2024 (arXiv 2402.01306), Eq. 8.

use super::{Evaluation, Label, Objective, View, sigmoid};

/// The loss. Every sequence has a label; mismatched ones give the reference point.
#[derive(Clone, Debug, PartialEq)]
pub struct Kto {
    /// Inverse temperature of the implicit reward.
    pub beta: f64,
    /// Weight of desirable completions.
    pub desirable_weight: f64,
    /// Weight of undesirable ones.
    pub undesirable_weight: f64,
}

impl Objective for Kto {
    fn evaluate(&self, view: &View<'_>) -> Evaluation {
        let mut total = Evaluation::zero(view);
        let lead = |sequence: usize| {
            let (policy, reference) = view.sums(sequence);
            policy - reference
        };
        let of = |wanted: bool| {
            let labels = view.labels.iter().enumerate();
            labels.filter(move |(_, label)| (**label == Label::Mismatched) == wanted)
        };
        let mismatched = of(true).count().max(1) as f64;
        let point = of(true).map(|(sequence, _)| lead(sequence)).sum::<f64>() / mismatched;
        let point = point.max(0.0);
        let count = of(false).count().max(1) as f64;
        for (sequence, label) in of(false) {
            let (side, weight) = match label {
                Label::Chosen => (1.0, self.desirable_weight / count),
                Label::Rejected | Label::Mismatched => (-1.0, self.undesirable_weight / count),
            };
            let value = sigmoid(side * self.beta * (lead(sequence) - point));
            total.loss += weight * (1.0 - value);
            let slope = -weight * side * self.beta * value * (1.0 - value);
            total.by_log_prob[view.sequences[sequence].clone()].fill(slope);
        }
        total.figures.push(("kto/reference_point", point));
        total
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{Case, close, derivatives_hold},
        *,
    };

    const KTO: Kto = Kto { beta: 0.1, desirable_weight: 1.0, undesirable_weight: 2.0 };

    #[test]
    fn gains_and_losses_around_the_reference_point() {
        // z = mean(3, 1) = 2. Good: r = 5, 1 − σ(0.3). Bad: r = −1, 2 · (1 − σ(0.3)).
        let case = Case {
            labels: vec![Label::Chosen, Label::Rejected, Label::Mismatched, Label::Mismatched],
            ..Case::leads(&[5.0, -1.0, 3.0, 1.0])
        };
        close(case.loss(&KTO), 3.0 * (1.0 - 0.574_442_517) / 2.0);
        let total = KTO.evaluate(&case.view());
        assert_eq!(total.by_log_prob[2..], [0.0, 0.0]);
        assert!(total.by_log_prob[0] < 0.0 && total.by_log_prob[1] > 0.0);
    }

    #[test]
    fn the_reference_point_is_never_negative() {
        let labels = vec![Label::Chosen, Label::Rejected, Label::Mismatched];
        let case = Case { labels: labels.clone(), ..Case::leads(&[0.0, 0.0, -4.0]) };
        close(case.loss(&KTO), 0.75);
        // With the point at 0 whatever the mismatched one does, differences see the whole derivative.
        let mut case = Case { labels, ..Case::sequences(&[2, 3, 1]) };
        case.log_probs[5] = case.reference[5] - 3.0;
        derivatives_hold(&KTO, &case);
    }
}
