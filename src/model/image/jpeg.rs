//! What the JPEG decoder lets pass and Pillow does not: files that end early, and CMYK.

use memchr::memmem::rfind;

use super::decode::{invalid, unsupported};
use crate::domain::Miss;

const START_OF_SCAN: &[u8] = &[0xFF, 0xDA];
const END_OF_IMAGE: &[u8] = &[0xFF, 0xD9];

/// Refuses files without an end (a scan must be followed by the end of the image; neither marker occurs
/// within a scan's data) and files of four colour components.
pub(super) fn check(bytes: &[u8]) -> Result<(), Miss> {
    if rfind(bytes, END_OF_IMAGE) <= rfind(bytes, START_OF_SCAN) {
        return Err(invalid("the JPEG file ends early"));
    }
    match components(bytes) {
        Some(1 | 3) | None => Ok(()),
        Some(4) => Err(unsupported("the JPEG file is CMYK: convert it to RGB")),
        Some(other) => Err(unsupported(format!("the JPEG file has {other} colour components"))),
    }
}

/// The number of components in the frame's header (ITU T.81, B.2.2).
fn components(bytes: &[u8]) -> Option<u8> {
    let mut at = 2;
    loop {
        let &[0xFF, marker, high, low] = bytes.get(at..at + 4)?.first_chunk()? else { return None };
        match marker {
            0xFF => at += 1,
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                return bytes.get(at + 9).copied();
            }
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MissStatus;

    /// Start, a comment, a frame of so many components, a scan, and perhaps the end.
    fn file(count: u8, end: &[u8]) -> Vec<u8> {
        let head = [0xFF, 0xD8, 0xFF, 0xFE, 0, 4, 0xFF, 0xD9];
        let frame = [0xFF, 0xC0, 0, 17, 8, 0, 1, 0, 1, count];
        [&head, &frame[..], START_OF_SCAN, &[0, 8, 1], end].concat()
    }

    #[test]
    fn four_components_and_early_ends_are_refused() {
        assert_eq!(check(&file(3, END_OF_IMAGE)), Ok(()));
        assert_eq!(check(&file(1, &[0xFF, 0xD9, 0, 0])), Ok(()));
        let status = |bytes: &[u8]| check(bytes).unwrap_err().status;
        assert_eq!(status(&file(4, END_OF_IMAGE)), MissStatus::Unsupported);
        assert_eq!(status(&file(3, &[])), MissStatus::InvalidInput);
        assert_eq!(status(&file(3, END_OF_IMAGE)[..2]), MissStatus::InvalidInput);
    }
}
