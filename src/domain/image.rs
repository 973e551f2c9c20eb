//! Images as they arrive: not yet decoded.

/// Bytes, or their base64.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Data {
    /// Base64, or a data URL that holds it.
    Text(String),
    /// The bytes themselves.
    Bytes(Vec<u8>),
}

/// An image as a caller sent it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Image {
    /// A PNG, JPEG, WebP or GIF file.
    File(Data),
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
