//! What identifies an input within one lane.

use std::hash::{BuildHasher, Hash, RandomState};

use siphasher::sip128::{Hasher128, SipHasher13};

/// 128 bits of keyed hash, so that no caller can make two inputs collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(u128);

/// Makes keys, by a secret of its own.
#[derive(Debug)]
pub(super) struct Keys([u64; 2]);

impl Keys {
    pub(super) fn new() -> Self {
        // The library's only source of secrets.
        Self([(); 2].map(|()| RandomState::new().hash_one(())))
    }

    pub(super) fn of(&self, content: &impl Hash) -> Key {
        let mut hasher = SipHasher13::new_with_keys(self.0[0], self.0[1]);
        content.hash(&mut hasher);
        Key(hasher.finish128().as_u128())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_contents_apart_and_depend_on_the_secret() {
        let (keys, others) = (Keys::new(), Keys::new());
        assert_eq!(keys.of(&"a"), keys.of(&"a"));
        assert_ne!(keys.of(&"a"), keys.of(&"b"));
        assert_ne!(keys.of(&("a", "b")), keys.of(&("ab", "")));
        assert_ne!(keys.of(&"a"), others.of(&"a"));
    }
}
