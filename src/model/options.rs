//! How a model is to be run: what configuration says of it.

use std::{fmt, num::NonZeroUsize, str::FromStr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::image::Preprocess;

/// How a sample becomes text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `chat` when the model has a chat template, else `pair` for encoders and `raw` for decoders.
    #[default]
    Auto,
    /// The model's own chat template; a string prompt is one user turn.
    Chat,
    /// Prompt and completion concatenated, end-of-sequence token guaranteed.
    Raw,
    /// Prompt and completion as the two segments of a pair (cross-encoders).
    Pair,
}

/// What to do with a conversation that exceeds the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Truncate {
    /// Cut the prompt's oldest content from the left; never the template's own tokens, the system
    /// message or the completion.
    #[default]
    PromptLeft,
    /// A `too_long` miss.
    Error,
}

/// Which part of the completion is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScoreText {
    /// All of it.
    #[default]
    All,
    /// Only what follows the closing `</think>`. A completion that opens `<think>` and never closes it
    /// has answered nothing and is judged as empty; one without either tag is judged whole.
    AfterThink,
}

/// What becomes of the steps of a process reward model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reduce {
    /// The worst step.
    #[default]
    Min,
    /// All steps must be right.
    Product,
    /// The final step.
    Last,
    /// The average step.
    Mean,
}

impl Reduce {
    /// One number of the steps' probabilities; NaN when there are none.
    #[must_use]
    pub fn of(self, steps: &[f32]) -> f32 {
        match (self, steps) {
            (_, []) => f32::NAN,
            (Self::Min, steps) => steps.iter().copied().fold(f32::INFINITY, f32::min),
            (Self::Product, steps) => steps.iter().product(),
            (Self::Last, [.., last]) => *last,
            (Self::Mean, steps) => steps.iter().sum::<f32>() / steps.len() as f32,
        }
    }
}

/// How a process reward model reads steps. A sample's steps are its `steps`, else its completion cut at
/// blank lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StepOptions {
    /// What is put behind each step, where the model judges it. Default: `<extra_0>` for Qwen's; for a
    /// language model it must be named.
    pub marker: Option<String>,
    /// What stands between steps. Default: nothing for Qwen's, a line break for a language model.
    pub separator: Option<String>,
    /// A language model's token for a right step.
    pub good: Option<String>,
    /// Its token for a wrong one.
    pub bad: Option<String>,
    /// The column: `min`, `product`, `last` or `mean` of the steps' probabilities.
    pub reduce: Reduce,
}

/// The type that weights are computed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DType {
    /// f32 on a CPU, bf16 on CUDA.
    #[default]
    Auto,
    /// 32-bit floats.
    F32,
    /// 16-bit IEEE floats (CUDA only).
    F16,
    /// bfloat16 (CUDA only).
    Bf16,
}

/// Where a model runs: `auto`, `cpu`, `cuda` or `cuda:N`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceChoice {
    /// The first GPU of a build with `cuda` that sees one, else the CPU.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// The GPU of that number, from 0; an error where there is none.
    Cuda(usize),
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown =
            || format!("`{text}` is no device: \"auto\", \"cpu\", \"cuda\" or \"cuda:N\" is");
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            other => {
                let number = other.strip_prefix("cuda:").and_then(|number| number.parse().ok());
                number.map(Self::Cuda).ok_or_else(unknown)
            }
        }
    }
}

impl TryFrom<String> for DeviceChoice {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<DeviceChoice> for String {
    fn from(device: DeviceChoice) -> Self {
        device.to_string()
    }
}

/// Mean and standard deviation of a model's raw score on a reference set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Mean raw score.
    pub mean: f64,
    /// Standard deviation of the raw score; positive.
    pub std: f64,
}

impl Calibration {
    /// Whether a score can be standardised by it.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.mean.is_finite() && self.std.is_finite() && self.std > 0.0
    }
}

/// How one model is to be run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ModelOptions {
    /// Where it runs: `auto` (the first GPU of a build with `cuda` that sees one, else the CPU), `cpu`, `cuda` (the first
    /// GPU; an error where there is none) or `cuda:N`.
    #[schema(value_type = String, pattern = "^(auto|cpu|cuda(:[0-9]+)?)$", default = "auto")]
    pub device: DeviceChoice,
    /// Copies that serve one queue, each with a thread of its own; default 1. On GPUs each is on one of its own, from
    /// `device` on; on a CPU they share the weights.
    #[schema(value_type = Option<usize>, minimum = 1)]
    pub replicas: Option<NonZeroUsize>,
    /// The type it is computed in.
    pub dtype: DType,
    /// How a sample becomes text.
    pub format: Format,
    /// Longest sequence in tokens; 0: the model's own limit.
    pub max_tokens: usize,
    /// What to do with longer ones.
    pub truncate: Truncate,
    /// Which part of the completion is judged.
    pub score_text: ScoreText,
    /// Bit-equal scores whatever the batch: each sequence is computed alone.
    pub deterministic: bool,
    /// How a CLIP model's images are resized.
    pub preprocess: Preprocess,
    /// Which label is the reward, for a model with several.
    pub label: Option<usize>,
    /// Figures for `calibrated = true`. Default: `mean` and `std` of the model's `config.json`, where
    /// OpenRLHF leaves them.
    pub calibration: Option<Calibration>,
    /// How a process reward model reads steps.
    pub steps: StepOptions,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_what_they_were_written_as() {
        for (text, device) in [
            ("auto", DeviceChoice::Auto),
            ("cpu", DeviceChoice::Cpu),
            ("cuda:0", DeviceChoice::Cuda(0)),
            ("cuda:13", DeviceChoice::Cuda(13)),
        ] {
            assert_eq!(text.parse(), Ok(device));
            assert_eq!(device.to_string(), text);
        }
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        for wrong in [
            "",
            "gpu",
            "CPU",
            "cuda:",
            "cuda:-1",
            "cuda:1,2",
            "cuda 1",
            "cuda:99999999999999999999",
        ] {
            assert!(wrong.parse::<DeviceChoice>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn steps_become_one_number() {
        let steps = [0.5, 0.25, 0.75];
        assert_eq!(Reduce::Min.of(&steps), 0.25);
        assert_eq!(Reduce::Product.of(&steps), 0.09375);
        assert_eq!(Reduce::Last.of(&steps), 0.75);
        assert_eq!(Reduce::Mean.of(&steps), 0.5);
        for reduce in [Reduce::Min, Reduce::Product, Reduce::Last, Reduce::Mean] {
            assert!(reduce.of(&[]).is_nan());
        }
    }
}
