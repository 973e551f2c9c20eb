//! What each family does whatever its configuration says, and what it does where that says nothing.

use super::names::{self, Names};
use crate::model::arch::norm::NormKind;

/// Which layers see only a window of their sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Windows {
    /// None.
    Never,
    /// All, where the configuration has a window.
    Always,
    /// Those that `layer_types` or `max_window_layers` say, where `use_sliding_window` is true.
    Asked,
    /// All but every so many, the last of each round.
    AllButLast(usize),
    /// All but every so many, the first of each round.
    AllButFirst(usize),
}

/// One family.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) names: &'static Names,
    pub(super) norm: NormKind,
    pub(super) eps: f64,
    pub(super) activation: &'static str,
    /// `gelu` in the configuration means its approximation (the first Gemma).
    pub(super) gelu_is_approximate: bool,
    /// Whether the block has a gate.
    pub(super) gated: bool,
    /// Whether attention has biases.
    pub(super) attention_bias: bool,
    /// Whether the map out of attention may have one as well.
    pub(super) output_bias: bool,
    pub(super) mlp_bias: bool,
    /// Queries and keys are normalised.
    pub(super) qk_norm: bool,
    /// Soft caps in the configuration hold.
    pub(super) softcap: bool,
    /// Embeddings are multiplied by the root of their width.
    pub(super) scaled: bool,
    /// Attention and block read the same input.
    pub(super) parallel: bool,
    pub(super) causal: bool,
    /// The first layer's attention reads its input as it is.
    pub(super) first_is_bare: bool,
    /// Base wavelengths: of layers that see all, of those with a window.
    pub(super) thetas: [f64; 2],
    /// Layers with a window turn by wavelengths of their own.
    pub(super) two_ropes: bool,
    /// A scaling in older configurations holds for both.
    pub(super) scales_both: bool,
    /// The share of a head that turns.
    pub(super) rotary: f64,
    /// Scaling of type `yarn` means LongRoPE (Phi 3).
    pub(super) yarn_is_longrope: bool,
    pub(super) windows: Windows,
    pub(super) window: Option<usize>,
}

const LLAMA: Family = Family {
    names: &names::LLAMA,
    norm: NormKind::Rms,
    eps: 1e-6,
    activation: "silu",
    gelu_is_approximate: false,
    gated: true,
    attention_bias: false,
    output_bias: true,
    mlp_bias: false,
    qk_norm: false,
    softcap: false,
    scaled: false,
    parallel: false,
    causal: true,
    first_is_bare: false,
    thetas: [10_000.0; 2],
    two_ropes: false,
    scales_both: false,
    rotary: 1.0,
    yarn_is_longrope: false,
    windows: Windows::Never,
    window: None,
};

const QWEN2: Family =
    Family { attention_bias: true, output_bias: false, windows: Windows::Asked, ..LLAMA };

const GEMMA: Family = Family {
    norm: NormKind::RmsOffset,
    activation: "gelu_pytorch_tanh",
    gelu_is_approximate: true,
    scaled: true,
    ..LLAMA
};

const GEMMA2: Family = Family {
    names: &names::GEMMA2,
    gelu_is_approximate: false,
    softcap: true,
    windows: Windows::AllButLast(2),
    window: Some(4096),
    ..GEMMA
};

const GPT_NEOX: Family = Family {
    names: &names::GPT_NEOX,
    norm: NormKind::Layer,
    eps: 1e-5,
    activation: "gelu",
    gated: false,
    attention_bias: true,
    mlp_bias: true,
    parallel: true,
    rotary: 0.25,
    ..LLAMA
};

const MODERNBERT: Family = Family {
    names: &names::MODERNBERT,
    norm: NormKind::LayerNoBias,
    eps: 1e-5,
    activation: "gelu",
    causal: false,
    first_is_bare: true,
    thetas: [160_000.0, 10_000.0],
    two_ropes: true,
    scales_both: true,
    windows: Windows::AllButFirst(3),
    // 64 tokens to either side, and the token itself.
    window: Some(65),
    ..LLAMA
};

/// The families, by `model_type`.
pub(super) const FAMILIES: &[(&str, Family)] = &[
    ("llama", LLAMA),
    ("mistral", Family { windows: Windows::Always, ..LLAMA }),
    ("qwen2", QWEN2),
    ("qwen3", Family { qk_norm: true, windows: Windows::Asked, ..LLAMA }),
    ("gemma", GEMMA),
    ("gemma2", GEMMA2),
    (
        "gemma3_text",
        Family {
            softcap: false,
            qk_norm: true,
            thetas: [1_000_000.0, 10_000.0],
            two_ropes: true,
            windows: Windows::AllButLast(6),
            ..GEMMA2
        },
    ),
    (
        "phi3",
        Family {
            names: &names::PHI3,
            eps: 1e-5,
            yarn_is_longrope: true,
            windows: Windows::Always,
            ..LLAMA
        },
    ),
    ("internlm2", Family { names: &names::INTERNLM2, ..LLAMA }),
    ("gpt_neox", GPT_NEOX),
    ("modernbert", MODERNBERT),
];
