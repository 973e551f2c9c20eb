//! What ships inside the binary.

use crate::model::Layout;

/// The configuration that `assay serve` uses without arguments.
pub const EMBEDDED: &str = include_str!("embedded.toml");

/// A model's files, by name.
type Files = &'static [(&'static str, &'static [u8])];

macro_rules! files {
    ($model:literal $(, $more:literal)*) => {
        &[
            ("config.json", include_bytes!(concat!("../../models/", $model, "/config.json"))),
            ("tokenizer.json", include_bytes!(concat!("../../models/", $model, "/tokenizer.json"))),
            (
                "tokenizer_config.json",
                include_bytes!(concat!("../../models/", $model, "/tokenizer_config.json")),
            ),
            (
                "model.safetensors",
                include_bytes!(concat!("../../models/", $model, "/model.safetensors")),
            ),
            $(($more, include_bytes!(concat!("../../models/", $model, "/", $more))),)*
        ]
    };
}

/// The models in the binary; `path = "embedded:NAME"` in a configuration.
pub const EMBEDDED_MODELS: &[(&str, Files)] = &[
    ("tiny-rm-0", files!("tiny-rm-0")),
    ("tiny-rm-1", files!("tiny-rm-1")),
    ("tiny-rm-2", files!("tiny-rm-2")),
    ("tiny-rm-3", files!("tiny-rm-3")),
    ("tiny-rm-4", files!("tiny-rm-4")),
    ("tiny-clip", files!("tiny-clip", "preprocessor_config.json")),
];

pub(super) fn layout(name: &str) -> Option<Layout> {
    let (_, files) = EMBEDDED_MODELS.iter().find(|(model, _)| *model == name)?;
    Some(Layout::Embedded(files))
}
