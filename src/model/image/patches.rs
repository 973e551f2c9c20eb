//! Pixels to what a patch embedding multiplies.

use super::Pixels;

/// The patches of images that are `side` pixels square, `[images · (side / patch)², 3 · patch²]`: row by
/// row of each image, within a patch channel by channel as a convolution's weight is laid out. `values`
/// says what each byte of a channel is worth.
#[must_use]
pub fn patches(images: &[&Pixels], side: usize, patch: usize, values: &[Vec<f32>; 3]) -> Vec<f32> {
    let across = side / patch;
    let mut out = Vec::with_capacity(images.len() * across * across * 3 * patch * patch);
    for image in images {
        for (row, column) in (0..across * across).map(|at| (at / across, at % across)) {
            for (channel, values) in values.iter().enumerate() {
                for y in row * patch..(row + 1) * patch {
                    let line = &image.rgb[3 * (y * side + column * patch)..][..3 * patch];
                    out.extend(line.as_chunks::<3>().0.iter().map(|p| values[p[channel] as usize]));
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_channel_by_channel() {
        // 4 x 4 pixels of value 10 · pixel + channel, in patches of 2.
        let rgb = (0..16).flat_map(|pixel| (0..3).map(move |channel| 10 * pixel + channel));
        let pixels = Pixels { rgb: rgb.collect() };
        let values: [Vec<f32>; 3] = std::array::from_fn(|_| (0..=255_u8).map(f32::from).collect());
        let out = patches(&[&pixels], 4, 2, &values);
        assert_eq!(out.len(), 48);
        let second = [20., 30., 60., 70., 21., 31., 61., 71., 22., 32., 62., 72.];
        assert_eq!(out[12..24], second);
    }
}
