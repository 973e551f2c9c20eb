//! Best-of-n by proxies, watched by gold.
//!
//! A pool of completions of the base policy is scored once; the expected gold of the best of n follows
//! for every n, without sampling n at a time (the service's analysis `best_of_n`).

use serde_json::json;

use super::summary::Estimate;
use crate::{metrics::metric, train::TrainError};

/// The curve of one proxy and seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Numbers of draws.
    pub n: Vec<usize>,
    /// Upper bound of the divergence, in nats.
    pub kl: Vec<f64>,
    /// Expected proxy reward of the pick.
    pub proxy: Vec<f64>,
    /// Expected gold reward of the pick.
    pub gold: Vec<f64>,
}

/// The curve of a proxy over a pool. `proxy` and `gold` hold one list per prompt.
///
/// # Errors
/// When a list is empty, or the two differ in length.
pub fn curve(proxy: &[Vec<f64>], gold: &[Vec<f64>], n: &[usize]) -> Result<Curve, TrainError> {
    let prompts: Vec<_> =
        proxy.iter().zip(gold).map(|(proxy, gold)| json!({"proxy": proxy, "gold": gold})).collect();
    let bad = |error: String| TrainError::Data(format!("best_of_n: {error}"));
    let entry = metric("best_of_n").ok_or_else(|| bad("there is no such analysis".to_owned()))?;
    let figures = entry
        .compute(json!({"prompts": prompts, "ns": n}))
        .map_err(|error| bad(format!("{}: {}", error.pointer, error.message)))?;
    let column = |name: &str| -> Vec<f64> {
        let points = figures["points"].as_array().into_iter().flatten();
        points.filter_map(|point| point[name].as_f64()).collect()
    };
    Ok(Curve { n: n.to_vec(), kl: column("kl"), proxy: column("proxy"), gold: column("gold") })
}

/// The mean of several curves of equal length: that of an average member.
#[must_use]
pub fn averaged(curves: &[Curve]) -> Curve {
    let mean = |of: fn(&Curve) -> &Vec<f64>| -> Vec<f64> {
        let at = |index| curves.iter().map(|curve| of(curve)[index]).sum::<f64>();
        (0..curves[0].n.len()).map(|index| at(index) / curves.len() as f64).collect()
    };
    Curve {
        n: curves[0].n.clone(),
        kl: curves[0].kl.clone(),
        proxy: mean(|curve| &curve.proxy),
        gold: mean(|curve| &curve.gold),
    }
}

/// By how much one proxy's gold exceeds another's at position `at`, seed by seed.
#[must_use]
pub fn advantage(of: &[Curve], over: &[Curve], at: usize) -> Estimate {
    let pairs = of.iter().zip(over).map(|(of, over)| of.gold[at] - over.gold[at]);
    Estimate::of(&pairs.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_those_of_the_analysis() {
        let proxy = vec![vec![-1.0, 2.0, 0.0, 1.0]];
        let gold = vec![vec![0.1, 0.2, 0.4, 0.9]];
        let got = curve(&proxy, &gold, &[1, 2, 4]).unwrap();
        let expected = [0.4, 0.466_667, 0.2];
        assert!(got.gold.iter().zip(expected).all(|(got, want)| (got - want).abs() < 1e-6));
        let other = Curve { gold: vec![0.0; 3], ..got.clone() };
        let both = averaged(&[got.clone(), other.clone()]);
        assert!((both.gold[0] - 0.2).abs() < 1e-12);
        let lead = advantage(&[got.clone(), got.clone()], &[other.clone(), got], 0);
        assert!((lead.mean - 0.2).abs() < 1e-12 && (lead.error - 0.2).abs() < 1e-12);
        assert!(curve(&[vec![]], &[vec![]], &[1]).is_err());
    }
}
