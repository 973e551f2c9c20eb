//! The forms in which images arrive.

use std::{collections::HashMap, sync::Arc};

use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::{Data, Image, Miss, MissStatus};

/// Files sent beside the request, by name.
pub type Parts = HashMap<String, Arc<Vec<u8>>>;

/// An image: PNG, JPEG, WebP or GIF (first frame), or bare pixels.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, ToSchema)]
#[serde(
    untagged,
    expecting = "expected a text (data URL, base64 or address), or one of {\"b64\"}, {\"url\"}, {\"part\"}, {\"shape\", \"data\"}"
)]
pub enum ImageInput {
    /// A data URL, base64, or an `https` address where configuration lets images be fetched.
    Text(String),
    /// A file as base64.
    Base64(Base64Image),
    /// A file to fetch, where configuration lets images be fetched.
    Url(UrlImage),
    /// A file that is a part of the multipart request.
    Part(PartImage),
    /// Pixels without a file: nothing is lost to a codec.
    Pixels(PixelsImage),
}

/// A file as base64.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Base64Image {
    /// The file's base64.
    pub b64: String,
}

/// A file to fetch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UrlImage {
    /// Its `https` address.
    #[schema(example = "https://images.example.org/a.png")]
    pub url: String,
}

/// A file that is a part of the multipart request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartImage {
    /// The part's name.
    pub part: String,
}

/// Pixels without a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PixelsImage {
    /// Height, width and 3.
    #[schema(example = json!([1, 2, 3]))]
    pub shape: [u32; 3],
    /// The type of a value: `u8`.
    #[serde(default)]
    pub dtype: PixelType,
    /// Base64 of the values, row by row: red, green, blue.
    #[schema(example = "AAAA////")]
    pub data: String,
}

/// The type of a pixel's value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PixelType {
    /// A byte, 0 to 255.
    #[default]
    U8,
}

impl ImageInput {
    /// Whether it is elsewhere and must be fetched.
    pub(super) fn is_address(&self) -> bool {
        match self {
            Self::Url(_) => true,
            Self::Text(text) => Image::is_address(text),
            Self::Base64(_) | Self::Part(_) | Self::Pixels(_) => false,
        }
    }

    pub(super) fn read(self, parts: &Parts) -> Result<Image, Miss> {
        match self {
            Self::Text(text) => Ok(Image::of_text(text)),
            Self::Base64(Base64Image { b64 }) => Ok(Image::File(Data::Text(b64))),
            Self::Url(UrlImage { url }) => Ok(Image::Remote(url)),
            Self::Part(PartImage { part }) => match parts.get(&part) {
                Some(bytes) => Ok(Image::File(Data::Bytes(Arc::clone(bytes)))),
                None => Err(invalid(format!("the request has no part `{part}`"))),
            },
            Self::Pixels(PixelsImage { shape: [height, width, 3], data, .. }) => {
                Ok(Image::Rgb { width, height, data: Data::Text(data) })
            }
            Self::Pixels(PixelsImage { shape, .. }) => {
                Err(invalid(format!("the shape {shape:?} is not [height, width, 3]")))
            }
        }
    }
}

fn invalid(message: String) -> Miss {
    Miss::new(MissStatus::InvalidInput, message)
}
