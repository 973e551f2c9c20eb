//! Rotary frequencies from a configuration: plain, linear, Llama 3's bands, YaRN, LongRoPE.

use std::f64::consts::PI;

use serde::Deserialize;

use crate::model::{LoadError, arch::invalid, kernels::Rope};

/// `rope_scaling` of older configurations, `rope_parameters` of newer ones.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Scaling {
    rope_type: Option<String>,
    #[serde(rename = "type")]
    older_type: Option<String>,
    pub(super) rope_theta: Option<f64>,
    pub(super) partial_rotary_factor: Option<f64>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<f64>,
    attention_factor: Option<f64>,
    beta_fast: Option<f64>,
    beta_slow: Option<f64>,
    mscale: Option<f64>,
    mscale_all_dim: Option<f64>,
    truncate: Option<bool>,
    short_factor: Option<Vec<f64>>,
    long_factor: Option<Vec<f64>>,
    /// Newer configurations with two kinds of layers give each its own.
    pub(super) full_attention: Option<Box<Self>>,
    pub(super) sliding_attention: Option<Box<Self>>,
}

/// What frequencies are computed from.
pub(super) struct Rotary<'a> {
    /// Base wavelength.
    pub(super) theta: f64,
    /// Dimensions that turn; even.
    pub(super) dim: usize,
    pub(super) scaling: Option<&'a Scaling>,
    /// Longest sequence, and the longest before the context was extended, where that is known.
    pub(super) context: f64,
    pub(super) original_context: Option<f64>,
    /// Type `yarn` means LongRoPE.
    pub(super) yarn_is_longrope: bool,
}

impl Rotary<'_> {
    pub(super) fn rope(&self) -> Result<Rope, LoadError> {
        let Some(scaling) = self.scaling else { return Ok(self.by(|_, frequency| frequency)) };
        match scaling.rope_type.as_deref().or(scaling.older_type.as_deref()) {
            // `dynamic` only changes anything beyond the model's own limit, where nothing is scored.
            None | Some("default" | "dynamic") => Ok(self.by(|_, frequency| frequency)),
            Some("linear") => {
                let factor = required(scaling.factor, "factor")?;
                Ok(self.by(|_, frequency| frequency / factor))
            }
            Some("llama3") => {
                let bands = Bands::of(scaling)?;
                Ok(self.by(|_, frequency| bands.scaled(frequency)))
            }
            Some("longrope" | "su") => self.longrope(scaling),
            Some("yarn") if self.yarn_is_longrope => self.longrope(scaling),
            Some("yarn") => self.yarn(scaling),
            Some(other) => Err(invalid(format!("rope type `{other}` is not supported"))),
        }
    }

    fn frequencies(&self, scaled: impl Fn(usize, f64) -> f64) -> Vec<f32> {
        let plain = (0..self.dim / 2)
            .map(|pair| scaled(pair, self.theta.powf(-((2 * pair) as f64) / self.dim as f64)));
        plain.map(narrow).collect()
    }

    fn by(&self, scaled: impl Fn(usize, f64) -> f64) -> Rope {
        Rope::plain(self.frequencies(scaled))
    }

    fn original(&self, scaling: &Scaling) -> Result<f64, LoadError> {
        let own = scaling.original_max_position_embeddings.or(self.original_context);
        required(own, "original_max_position_embeddings")
    }

    /// Ding et al. 2024, §3: a factor per frequency, one list for short sequences and one for long.
    fn longrope(&self, scaling: &Scaling) -> Result<Rope, LoadError> {
        let original = self.original(scaling)?;
        let by = |factors: &Option<Vec<f64>>, name| match factors {
            Some(factors) if factors.len() == self.dim / 2 => {
                Ok(self.frequencies(|pair, frequency| frequency / factors[pair]))
            }
            Some(factors) => Err(invalid(format!(
                "`{name}` has {} entries for {} frequencies",
                factors.len(),
                self.dim / 2
            ))),
            None => Err(invalid(format!("rope scaling lacks `{name}`"))),
        };
        let factor = scaling.factor.unwrap_or(self.context / original);
        let stretch = if factor <= 1.0 { 1.0 } else { (1.0 + factor.ln() / original.ln()).sqrt() };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a length")]
        let limit = original as usize;
        Ok(Rope {
            frequencies: by(&scaling.short_factor, "short_factor")?,
            long: Some((limit, by(&scaling.long_factor, "long_factor")?)),
            scale: narrow(scaling.attention_factor.unwrap_or(stretch)),
        })
    }

    /// Peng et al. 2023, §3.2–3.4: long wavelengths are stretched, short ones kept, a ramp between.
    fn yarn(&self, scaling: &Scaling) -> Result<Rope, LoadError> {
        let original = self.original(scaling)?;
        let factor = scaling.factor.unwrap_or(self.context / original);
        let dim = self.dim as f64;
        let turning =
            |turns: f64| dim * (original / (turns * 2.0 * PI)).ln() / (2.0 * self.theta.ln());
        let (mut low, mut high) = (
            turning(scaling.beta_fast.filter(|beta| *beta != 0.0).unwrap_or(32.0)),
            turning(scaling.beta_slow.filter(|beta| *beta != 0.0).unwrap_or(1.0)),
        );
        if scaling.truncate.unwrap_or(true) {
            (low, high) = (low.floor(), high.ceil());
        }
        (low, high) = (low.max(0.0), high.min(dim - 1.0));
        let width = if low == high { 0.001 } else { high - low };
        let stretched = |pair: usize| ((pair as f64 - low) / width).clamp(0.0, 1.0);
        let frequencies = self.frequencies(|pair, frequency| {
            let share = stretched(pair);
            frequency / factor * share + frequency * (1.0 - share)
        });
        let magnitude = |scale: f64| {
            if factor <= 1.0 { 1.0 } else { 0.1 * scale * factor.ln() + 1.0 }
        };
        let known = |value: Option<f64>| value.filter(|value| *value != 0.0);
        let stretch = match (known(scaling.mscale), known(scaling.mscale_all_dim)) {
            (Some(own), Some(all)) => magnitude(own) / magnitude(all),
            _ => magnitude(1.0),
        };
        let scale = narrow(scaling.attention_factor.unwrap_or(stretch));
        Ok(Rope { frequencies, long: None, scale })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "f32 is what models compute in")]
fn narrow(value: f64) -> f32 {
    value as f32
}

fn required(value: Option<f64>, name: &str) -> Result<f64, LoadError> {
    value.ok_or_else(|| invalid(format!("rope scaling lacks `{name}`")))
}

/// Llama 3.1's scaling: long wavelengths are stretched, short ones kept, those between blended.
struct Bands {
    factor: f64,
    low: f64,
    high: f64,
    context: f64,
}

impl Bands {
    fn of(scaling: &Scaling) -> Result<Self, LoadError> {
        Ok(Self {
            factor: required(scaling.factor, "factor")?,
            low: required(scaling.low_freq_factor, "low_freq_factor")?,
            high: required(scaling.high_freq_factor, "high_freq_factor")?,
            context: required(
                scaling.original_max_position_embeddings,
                "original_max_position_embeddings",
            )?,
        })
    }

    fn scaled(&self, frequency: f64) -> f64 {
        let wavelength = 2.0 * PI / frequency;
        if wavelength < self.context / self.high {
            frequency
        } else if wavelength > self.context / self.low {
            frequency / self.factor
        } else {
            let share = (self.context / wavelength - self.low) / (self.high - self.low);
            (1.0 - share) * frequency / self.factor + share * frequency
        }
    }
}
