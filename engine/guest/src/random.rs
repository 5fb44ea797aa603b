//! `Math.random`: xoshiro256++ (Blackman and Vigna, 2019), seeded by the host when a run first draws.

use std::cell::Cell;

use ampoule_abi::Op;

use crate::door;

/// A generator that has no state until its first number is drawn, so that none is frozen into an image.
#[derive(Default)]
pub(crate) struct Random {
    state: Cell<Option<[u64; 4]>>,
}

impl Random {
    /// The next number in `[0, 1)`, with 53 random bits.
    pub(crate) fn unit(&self) -> f64 {
        (self.next() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// 64 bits of the host's own generator, for keys.
    pub(crate) fn secure(&self) -> u64 {
        door::call(Op::Random, &[])
    }

    fn next(&self) -> u64 {
        let mut s = self.state.get().unwrap_or_else(|| spread(door::call(Op::Random, &[])));
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        self.state.set(Some(s));
        result
    }
}

/// SplitMix64 makes four words of one seed: the way its authors advise, and never all zeroes.
fn spread(mut seed: u64) -> [u64; 4] {
    std::array::from_fn(|_| {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_published_generator() {
        let random = Random { state: Cell::new(Some([1, 2, 3, 4])) };
        let first: [u64; 4] = std::array::from_fn(|_| random.next());
        assert_eq!(first, [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386]);
    }

    #[test]
    fn stays_in_the_unit_interval() {
        let random = Random { state: Cell::new(Some(spread(7))) };
        assert!((0..10_000).map(|_| random.unit()).all(|x| (0.0..1.0).contains(&x)));
    }
}
