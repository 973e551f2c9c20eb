//! Arithmetic modulo a prime that is drawn once per process.
//!
//! The prime `p` is of the form `M k + 1`, so that the field holds the `M`-th roots of unity and with
//! them `i`, the sines and cosines of most rational multiples of a half turn and the square roots of the
//! small primes, all chosen in accord: `2 cos 45° = √2` holds in the field. It is random because
//! modulo a known prime every multiple of it would equal nought.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

/// The order of the roots of unity that are in the field: 2^6 · 3^2 · 5 · 7 · 11 · 13.
pub(super) const ORDER: u64 = 2_882_880;
/// Primes whose square roots are in the field by choice of the prime.
const WITH_ROOT: [u64; 9] = [17, 19, 23, 29, 31, 37, 41, 43, 47];

/// Residues at three independent points, in Montgomery form.
pub(super) type Lanes = [u64; 3];

/// The field and its chosen roots.
#[derive(Debug)]
pub(super) struct Field {
    p: u64,
    /// `-1/p` modulo 2^64
    inverse: u64,
    /// 2^128 modulo `p`
    square: u64,
    one: u64,
    /// A primitive root of unity of order [`ORDER`].
    root: u64,
    /// Square roots of the primes below 50, by prime.
    roots: Vec<(u64, u64)>,
    seed: u64,
}

/// The field of this process.
pub(super) fn field() -> &'static Field {
    static FIELD: OnceLock<Field> = OnceLock::new();
    FIELD.get_or_init(|| Field::draw(RandomState::new().hash_one("prime")))
}

/// A step of the SplitMix64 generator.
pub(super) fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Field {
    fn draw(seed: u64) -> Self {
        let mut state = seed;
        loop {
            state = mix(state);
            let p = ((state >> 2) | 1 << 61) / ORDER * ORDER + 1;
            let field = Self::modulo(p, mix(state ^ seed));
            if field.is_prime() && WITH_ROOT.iter().all(|&q| field.is_square(field.residue(q))) {
                return field.with_roots();
            }
        }
    }

    /// The arithmetic modulo an odd `p` below 2^62, without roots.
    fn modulo(p: u64, seed: u64) -> Self {
        let mut inverse = p;
        for _ in 0..5 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(p.wrapping_mul(inverse)));
        }
        let one = ((1u128 << 64) % u128::from(p)) as u64;
        let square = (u128::from(one) * u128::from(one) % u128::from(p)) as u64;
        let inverse = inverse.wrapping_neg();
        Self { p, inverse, square, one, root: one, roots: Vec::new(), seed }
    }

    /// Miller and Rabin's test with the first twelve primes, which decides below 2^64.
    fn is_prime(&self) -> bool {
        let odd = (self.p - 1) >> (self.p - 1).trailing_zeros();
        let minus_one = self.neg(self.one);
        [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37].into_iter().all(|base| {
            let mut x = self.pow(self.residue(base), odd);
            let mut exponent = odd;
            if x == self.one {
                return true;
            }
            while exponent < self.p - 1 {
                if x == minus_one {
                    return true;
                }
                x = self.mul(x, x);
                exponent <<= 1;
            }
            false
        })
    }

    fn is_square(&self, a: u64) -> bool {
        self.pow(a, (self.p - 1) / 2) == self.one
    }

    fn with_roots(mut self) -> Self {
        let order = |root: u64, field: &Self| {
            [2, 3, 5, 7, 11, 13].iter().all(|q| field.pow(root, ORDER / q) != field.one)
        };
        self.root = (2..)
            .map(|h| self.pow(self.residue(h), (self.p - 1) / ORDER))
            .find(|&root| order(root, &self))
            .unwrap_or(self.one);
        let eighth = self.pow(self.root, ORDER / 8);
        let mut roots = vec![(2, self.add(eighth, self.inv(eighth)))];
        roots.extend([3, 5, 7, 11, 13].map(|q| (q, self.gauss_sum(q))));
        roots.extend(WITH_ROOT.map(|q| (q, self.sqrt(self.residue(q)).unwrap_or(self.one))));
        self.roots = roots;
        self
    }

    /// The square root of an odd prime as a sum of roots of unity (Gauss), in accord with `cos` and `sin`.
    fn gauss_sum(&self, q: u64) -> u64 {
        let root = self.pow(self.root, ORDER / q);
        let mut sum = 0;
        for a in 1..q {
            let term = self.pow(root, a);
            let residue = (1..q).any(|b| b * b % q == a);
            sum = if residue { self.add(sum, term) } else { self.sub(sum, term) };
        }
        if q % 4 == 1 { sum } else { self.mul(sum, self.neg(self.i())) }
    }

    /// A square root (Tonelli and Shanks), if there is one.
    fn sqrt(&self, a: u64) -> Option<u64> {
        if a == 0 || !self.is_square(a) {
            return (a == 0).then_some(0);
        }
        let twos = (self.p - 1).trailing_zeros();
        let odd = (self.p - 1) >> twos;
        let other = (2..).map(|h| self.residue(h)).find(|&h| !self.is_square(h))?;
        let (mut m, mut c) = (twos, self.pow(other, odd));
        let (mut t, mut r) = (self.pow(a, odd), self.pow(a, odd.div_ceil(2)));
        while t != self.one {
            let mut least = 0;
            let mut square = t;
            while square != self.one {
                square = self.mul(square, square);
                least += 1;
            }
            let b = self.pow(c, 1 << (m - least - 1));
            m = least;
            c = self.mul(b, b);
            t = self.mul(t, c);
            r = self.mul(r, b);
        }
        Some(r)
    }

    /// The chosen square root of a prime, if the field has one.
    pub(super) fn prime_root(&self, q: u64) -> Option<u64> {
        match self.roots.iter().find(|(prime, _)| *prime == q) {
            Some((_, root)) => Some(*root),
            None => self.sqrt(self.residue(q % self.p)),
        }
    }

    /// `exp(π i n / d)`, if the field has it.
    pub(super) fn half_turns(&self, n: i64, d: i64) -> Option<u64> {
        let half = i64::try_from(ORDER / 2).ok()?;
        if d <= 0 || half % d != 0 {
            return None;
        }
        let steps = i128::from(n) * i128::from(half / d);
        Some(self.pow(self.root, u64::try_from(steps.rem_euclid(i128::from(ORDER))).ok()?))
    }

    /// The imaginary unit.
    pub(super) fn i(&self) -> u64 {
        self.pow(self.root, ORDER / 4)
    }

    pub(super) fn one(&self) -> u64 {
        self.one
    }

    /// The order of the multiplicative group: exponents count modulo this.
    pub(super) fn exponents(&self) -> u64 {
        self.p - 1
    }

    pub(super) fn residue(&self, a: u64) -> u64 {
        self.mul(a % self.p, self.square)
    }

    /// The residue of an integer given by its little-endian words.
    pub(super) fn residue_of_words(&self, words: &[u64]) -> u64 {
        // 2^64 in Montgomery form is 2^128 mod p.
        words
            .iter()
            .rev()
            .fold(0, |sum, &word| self.add(self.mul(sum, self.square), self.residue(word)))
    }

    /// A random residue that depends on `key`, different in each lane.
    pub(super) fn random(&self, key: u64) -> Lanes {
        let base = mix(key ^ self.seed);
        [1, 2, 3].map(|lane| self.residue(mix(base.wrapping_add(lane)) % (self.p - 2) + 1))
    }

    /// Random exponents that depend on `key`.
    pub(super) fn random_exponents(&self, key: u64) -> Lanes {
        let base = mix(key ^ self.seed.rotate_left(17));
        [1, 2, 3].map(|lane| mix(base.wrapping_add(lane)) % (self.p - 1))
    }

    pub(super) fn add(&self, a: u64, b: u64) -> u64 {
        let sum = a + b;
        if sum >= self.p { sum - self.p } else { sum }
    }

    pub(super) fn sub(&self, a: u64, b: u64) -> u64 {
        if a >= b { a - b } else { a + self.p - b }
    }

    pub(super) fn neg(&self, a: u64) -> u64 {
        if a == 0 { 0 } else { self.p - a }
    }

    pub(super) fn mul(&self, a: u64, b: u64) -> u64 {
        let product = u128::from(a) * u128::from(b);
        let quotient = (product as u64).wrapping_mul(self.inverse);
        let sum = (product + u128::from(quotient) * u128::from(self.p)) >> 64;
        let reduced = sum as u64;
        if reduced >= self.p { reduced - self.p } else { reduced }
    }

    pub(super) fn pow(&self, base: u64, mut exponent: u64) -> u64 {
        let (mut square, mut result) = (base, self.one);
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = self.mul(result, square);
            }
            square = self.mul(square, square);
            exponent >>= 1;
        }
        result
    }

    /// The inverse; nought for nought.
    pub(super) fn inv(&self, a: u64) -> u64 {
        self.pow(a, self.p - 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roots_agree_with_one_another() {
        for seed in 0..3 {
            let field = Field::draw(seed);
            for &(q, root) in &field.roots {
                assert_eq!(field.mul(root, root), field.residue(q), "square root of {q}");
            }
            assert_eq!(field.mul(field.i(), field.i()), field.neg(field.one()));
            let cosine = |n, d| {
                let e = field.half_turns(n, d).unwrap();
                field.add(e, field.inv(e))
            };
            assert_eq!(cosine(1, 4), field.prime_root(2).unwrap());
            assert_eq!(cosine(1, 6), field.prime_root(3).unwrap());
            // 4 cos 72° = √5 - 1
            let two = field.residue(2);
            let sqrt5 = field.prime_root(5).unwrap();
            assert_eq!(field.mul(two, cosine(2, 5)), field.sub(sqrt5, field.one()));
            // sin 2π/7 + sin 4π/7 + sin 8π/7 = √7/2
            let sine = |n, d| {
                let e = field.half_turns(n, d).unwrap();
                field.mul(field.sub(e, field.inv(e)), field.inv(field.i()))
            };
            let sum = field.add(field.add(sine(2, 7), sine(4, 7)), sine(8, 7));
            assert_eq!(sum, field.prime_root(7).unwrap());
        }
    }

    #[test]
    fn words_are_reduced() {
        let field = field();
        let big = field.residue_of_words(&[7, 3]);
        let two64 = field.mul(field.residue(1 << 32), field.residue(1 << 32));
        assert_eq!(big, field.add(field.mul(two64, field.residue(3)), field.residue(7)));
    }
}
