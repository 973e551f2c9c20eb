//! Preference losses on scores: Bradley–Terry and its variants.

use candle_core::Tensor;
use serde::{Deserialize, Serialize};

use super::{TrainError, nn::softplus};

/// Variant of the Bradley–Terry loss. The default is the plain one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PreferenceLoss {
    /// Probability `a`, in `[0, 0.5]`, that a label is wrong: the loss becomes
    /// `(1 − a) · loss + a · loss of the flipped pair` (arXiv 2401.06080, §3.2).
    pub label_smoothing: f64,
    /// Weight of `r_chosen² + r_rejected²`, which keeps scores centred and bounded
    /// (0.001 in arXiv 2310.02743's configuration, 0.005 in arXiv 2502.18770's `Reg`).
    pub score_l2: f64,
}

impl PreferenceLoss {
    /// Mean over pairs of `−ln σ(chosen − rejected − margin)` with the variants applied. All tensors
    /// are `[pairs]`; without `margins` they are 0 (arXiv 2401.06080, §3.3: the preference strength).
    ///
    /// # Errors
    /// When the lengths differ.
    pub fn of(
        &self,
        chosen: &Tensor,
        rejected: &Tensor,
        margins: Option<&Tensor>,
    ) -> Result<Tensor, TrainError> {
        let mut difference = (chosen - rejected)?;
        if let Some(margins) = margins {
            difference = (difference - margins)?;
        }
        let mut loss = softplus(&difference.neg()?)?;
        if self.label_smoothing > 0.0 {
            let flipped = (softplus(&difference)? * self.label_smoothing)?;
            loss = ((loss * (1.0 - self.label_smoothing))? + flipped)?;
        }
        if self.score_l2 > 0.0 {
            let squares = (chosen.sqr()? + rejected.sqr()?)?;
            loss = (loss + (squares * self.score_l2)?)?;
        }
        Ok(loss.mean_all()?)
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    fn loss(variant: &PreferenceLoss, chosen: &[f32], rejected: &[f32], margin: f32) -> f64 {
        let tensor = |values: &[f32]| Tensor::new(values, &Device::Cpu).unwrap();
        let margins = (margin != 0.0).then(|| tensor(&vec![margin; chosen.len()]));
        let loss = variant.of(&tensor(chosen), &tensor(rejected), margins.as_ref()).unwrap();
        f64::from(loss.to_scalar::<f32>().unwrap())
    }

    fn close(got: f64, expected: f64) {
        assert!((got - expected).abs() < 1e-6, "{got} {expected}");
    }

    #[test]
    fn bradley_terry() {
        let plain = PreferenceLoss::default();
        // ln(1 + e^−0.8), and 0.8 more with the label flipped.
        close(loss(&plain, &[1.2], &[0.4], 0.0), 0.371_101);
        close(loss(&plain, &[0.4], &[1.2], 0.0), 1.171_101);
        close(loss(&plain, &[0.3], &[0.0], 0.0), 0.554_355_244);
        close(loss(&plain, &[1.2, 0.4], &[0.4, 1.2], 0.0), (0.371_101 + 1.171_101) / 2.0);
        close(loss(&plain, &[-200.0], &[200.0], 0.0), 400.0);
    }

    #[test]
    fn variants() {
        let plain = PreferenceLoss::default();
        close(loss(&plain, &[0.3], &[0.0], 0.85), 1.005_492_481);
        let smooth = PreferenceLoss { label_smoothing: 0.1, ..plain.clone() };
        close(loss(&smooth, &[0.3], &[0.0], 0.0), 0.584_355_244);
        // 0.371101 + 0.005 · (1.44 + 0.16)
        let bounded = PreferenceLoss { score_l2: 0.005, ..plain };
        close(loss(&bounded, &[1.2], &[0.4], 0.0), 0.379_101);
    }

    #[test]
    fn the_gradient_is_the_probability_of_being_wrong() {
        let chosen = Var::new(&[0.3f32], &Device::Cpu).unwrap();
        let rejected = Tensor::new(&[0.0f32], &Device::Cpu).unwrap();
        let loss = PreferenceLoss::default().of(&chosen, &rejected, None).unwrap();
        let gradients = loss.backward().unwrap();
        let gradient = gradients.get(&chosen).unwrap().to_vec1::<f32>().unwrap()[0];
        // −σ(−0.3)
        close(f64::from(gradient), -0.425_557_48);
    }
}
