//! Images as they arrive: not yet decoded.

use std::sync::Arc;

/// Bytes, or their base64.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Data {
    /// Base64, or a data URL that holds it.
    Text(String),
    /// The bytes themselves.
    Bytes(Arc<Vec<u8>>),
}

/// An image as a caller sent it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Image {
    /// A PNG, JPEG, WebP or GIF file.
    File(Data),
    /// The address of such a file, to be fetched where configuration allows that.
    Remote(String),
    /// Pixels without a file format: `height` rows of `width` red, green and blue bytes.
    Rgb {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// The `3 · width · height` bytes.
        data: Data,
    },
}

impl Image {
    /// Why an address is of no use where nothing is fetched.
    pub const NOT_FETCHED: &str = "images are not fetched by their address: `[images] hosts` in the configuration says from where they may be";

    /// What a caller's text means: an address, or else a data URL or base64.
    #[must_use]
    pub fn of_text(text: String) -> Self {
        if Self::is_address(&text) { Self::Remote(text) } else { Self::File(Data::Text(text)) }
    }

    /// Whether a caller's text is an address.
    #[must_use]
    pub fn is_address(text: &str) -> bool {
        text.starts_with("https://") || text.starts_with("http://")
    }
}
