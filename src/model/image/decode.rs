//! Files to pixels, within limits.
//!
//! What a file announces is checked before anything of that size is allocated. Alpha is dropped and
//! palettes are expanded, as Pillow's `convert("RGB")` does; of an animation the first frame is taken;
//! EXIF orientation is ignored, as in Pillow. Colours that have no exact 8-bit RGB form (16 bits a
//! channel, CMYK) are refused. PNG is exact; other decoders differ from Pillow's by a few steps.

use std::{borrow::Cow, io::Cursor};

use base64::{DecodeError, Engine, engine::general_purpose::STANDARD_PAD_INDIFFERENT as BASE64};
use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::jpeg;
use crate::domain::{Data, Image, Miss, MissStatus};

/// What an image may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageLimits {
    /// Width times height.
    pub pixels: u64,
    /// Width, and height.
    pub side: u32,
}

impl Default for ImageLimits {
    fn default() -> Self {
        Self { pixels: 16 << 20, side: 1 << 16 }
    }
}

/// Decoded pixels: `height` rows of `width` red, green and blue bytes. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Picture {
    /// A picture of these bytes; `None` unless there are `3 · width · height` of them and at least one
    /// pixel.
    #[must_use]
    pub fn new(width: usize, height: usize, rgb: Vec<u8>) -> Option<Self> {
        let bytes = width.checked_mul(height)?.checked_mul(3)?;
        (bytes > 0 && bytes == rgb.len()).then_some(Self { width, height, rgb })
    }

    /// Pixels in a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// The bytes, row by row.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }
}

/// The pixels of what a caller sent.
///
/// # Errors
/// `invalid_input` for what is no image, is damaged or exceeds the limits; `unsupported` for images of
/// another sort: formats that are not served, 16 bits a channel, CMYK.
pub fn decode(image: &Image, limits: ImageLimits) -> Result<Picture, Miss> {
    match image {
        Image::File(data) => file(&bytes(data)?, limits),
        Image::Remote(_) => Err(unsupported("the image is an address, not a file")),
        Image::Rgb { width, height, data } => {
            check([*width, *height], limits)?;
            let bytes = bytes(data)?.into_owned();
            let found = bytes.len();
            Picture::new(*width as usize, *height as usize, bytes).ok_or_else(|| {
                invalid(format!("{found} bytes are not {width} x {height} pixels of 3 bytes"))
            })
        }
    }
}

fn bytes(data: &Data) -> Result<Cow<'_, [u8]>, Miss> {
    match data {
        Data::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
        Data::Text(text) => base64(text).map(Cow::Owned),
    }
}

/// The bytes of base64 or of a data URL, whose media type is not trusted and may be anything.
fn base64(text: &str) -> Result<Vec<u8>, Miss> {
    let payload = match text.strip_prefix("data:") {
        None => text,
        Some(rest) => match rest.split_once(";base64,") {
            Some((media, payload)) if !media.contains(',') => payload,
            _ => return Err(invalid("the data URL does not say `;base64,`")),
        },
    };
    let payload = payload.trim();
    let decoded = match BASE64.decode(payload) {
        // Rarely in lines, so that is only looked for when it fails.
        Err(DecodeError::InvalidByte(_, b' ' | b'\t' | b'\r' | b'\n')) => {
            BASE64.decode(payload.split_ascii_whitespace().collect::<String>())
        }
        decoded => decoded,
    };
    decoded.map_err(|error| invalid(format!("the image is not base64: {error}")))
}

fn file(bytes: &[u8], limits: ImageLimits) -> Result<Picture, Miss> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let mut reader = reader.map_err(|error| invalid(error.to_string()))?;
    match reader.format() {
        Some(ImageFormat::Jpeg) => jpeg::check(bytes)?,
        Some(ImageFormat::Png | ImageFormat::Gif | ImageFormat::WebP) => {}
        Some(_) => return Err(unsupported("the format is none of PNG, JPEG, WebP and GIF")),
        None => return Err(invalid("the bytes are no PNG, JPEG, WebP or GIF file")),
    }
    reader.limits(reader_limits(limits));
    let decoder = reader.into_decoder().map_err(|error| damaged(&error))?;
    let (width, height) = decoder.dimensions();
    check([width, height], limits)?;
    if !matches!(
        decoder.color_type(),
        ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8
    ) {
        return Err(unsupported("the image has more than 8 bits a channel"));
    }
    let image = DynamicImage::from_decoder(decoder).map_err(|error| damaged(&error))?;
    let rgb = image.into_rgb8().into_raw();
    Picture::new(width as usize, height as usize, rgb).ok_or_else(|| invalid("the image is empty"))
}

fn check([width, height]: [u32; 2], limits: ImageLimits) -> Result<(), Miss> {
    if width == 0 || height == 0 {
        return Err(invalid(format!("an image of {width} x {height} has no pixels")));
    }
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > limits.side || pixels > limits.pixels {
        let ImageLimits { pixels, side } = limits;
        return Err(invalid(format!(
            "{width} x {height} pixels are too many: at most {pixels}, and {side} a side"
        )));
    }
    Ok(())
}

/// A decoder's own bounds: its buffers hold 4 bytes a pixel, and some rows more.
fn reader_limits(limits: ImageLimits) -> Limits {
    let mut bounds = Limits::default();
    bounds.max_image_width = Some(limits.side);
    bounds.max_image_height = Some(limits.side);
    bounds.max_alloc = Some(limits.pixels * 8 + (1 << 20));
    bounds
}

fn damaged(error: &image::ImageError) -> Miss {
    match error {
        image::ImageError::Unsupported(_) => unsupported(error.to_string()),
        image::ImageError::Decoding(_)
        | image::ImageError::Encoding(_)
        | image::ImageError::Parameter(_)
        | image::ImageError::Limits(_)
        | image::ImageError::IoError(_) => invalid(format!("the image cannot be decoded: {error}")),
    }
}

pub(super) fn invalid(message: impl Into<Cow<'static, str>>) -> Miss {
    Miss::new(MissStatus::InvalidInput, message)
}

pub(super) fn unsupported(message: impl Into<Cow<'static, str>>) -> Miss {
    Miss::new(MissStatus::Unsupported, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Result<Picture, Miss> {
        decode(&Image::File(Data::Text(text.to_owned())), ImageLimits::default())
    }

    /// One red pixel.
    const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

    #[test]
    fn base64_and_data_urls_are_one() {
        let red = Picture::new(1, 1, vec![255, 0, 0]).unwrap();
        for form in [
            PNG.to_owned(),
            PNG.trim_end_matches('=').to_owned(),
            format!("data:image/png;base64,{PNG}"),
            format!("data:image;base64,{PNG}"),
            format!("data:;base64,{PNG}"),
            format!("data:image/png;charset=x;base64,{PNG}"),
            format!("{}\n  {}\n", &PNG[..60], &PNG[60..]),
        ] {
            assert_eq!(text(&form).unwrap(), red, "{form}");
        }
    }

    #[test]
    fn what_is_no_image_says_so() {
        for (form, message) in [
            ("", "no PNG"),
            ("data:image/png,abc", "does not say"),
            ("data:a,b;base64,AAAA", "does not say"),
            ("!!!", "not base64"),
            ("aGVsbG8gd29ybGQ=", "no PNG"),
            (&PNG[..80], "cannot be decoded"),
        ] {
            let miss = text(form).unwrap_err();
            assert_eq!(miss.status, MissStatus::InvalidInput, "{form}");
            assert!(miss.message.contains(message), "{form}: {miss}");
        }
    }

    #[test]
    fn pixels_without_a_file_must_be_as_many_as_they_say() {
        let rgb = |width, height, bytes: Vec<u8>| {
            let data = Data::Bytes(bytes.into());
            decode(&Image::Rgb { width, height, data }, ImageLimits::default())
        };
        let picture = rgb(2, 1, vec![1, 2, 3, 4, 5, 6]).unwrap();
        assert_eq!((picture.width(), picture.height(), picture.rgb()[3]), (2, 1, 4));
        for (width, height) in [(0, 0), (1, 1), (2, 2), (u32::MAX, u32::MAX), (1 << 16, 1 << 15)] {
            assert!(rgb(width, height, vec![0; 6]).is_err(), "{width} x {height}");
        }
    }
}
