//! What a run reported on its private pipe.

/// One report: what kind, and its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    /// `c` compiled, `e` does not compile, `r` result, `m` out of memory, `f` the sandbox's fault.
    pub(super) kind: u8,
    /// What it says.
    pub(super) text: &'a [u8],
}

/// The frames in `bytes`, each a length, the nonce (16 bytes), a kind and a text. Frames with another nonce,
/// and what follows anything malformed, are dropped and reported as not sound.
pub(super) fn frames<'a>(mut bytes: &'a [u8], nonce: &[u8]) -> (Vec<Frame<'a>>, bool) {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let Some((length, rest)) = bytes.split_first_chunk::<4>() else { return (found, false) };
        let length = u32::from_le_bytes(*length) as usize;
        let Some((frame, rest)) = rest.split_at_checked(length) else { return (found, false) };
        let Some((&kind, text)) = frame.strip_prefix(nonce).and_then(<[u8]>::split_first) else {
            return (found, false);
        };
        found.push(Frame { kind, text });
        bytes = rest;
    }
    (found, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(nonce: &[u8], kind: u8, text: &[u8]) -> Vec<u8> {
        let body = [nonce, &[kind], text].concat();
        [&(body.len() as u32).to_le_bytes()[..], &body].concat()
    }

    #[test]
    fn frames_are_read_one_by_one() {
        let bytes = [frame(b"abc", b'c', b""), frame(b"abc", b'r', b"[1]")].concat();
        let (found, sound) = frames(&bytes, b"abc");
        assert!(sound);
        assert_eq!(found[1], Frame { kind: b'r', text: b"[1]" });
    }

    #[test]
    fn a_wrong_nonce_or_a_torn_frame_is_not_sound() {
        assert!(!frames(&frame(b"xyz", b'r', b"1"), b"abc").1);
        let whole = frame(b"abc", b'r', b"1");
        for cut in 1..whole.len() {
            assert!(!frames(&whole[..cut], b"abc").1, "{cut}");
        }
        assert_eq!(frames(b"", b"abc"), (vec![], true));
    }
}
