use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng as _, SeedableRng as _},
};

/// Draws the random bits of one run. Every run has one; it needs no grant.
///
/// Different in every run, unless the job fixes a seed: then the same bits in the same order, on any machine. ChaCha8 keyed by
/// the seed (D. J. Bernstein, "ChaCha, a variant of Salsa20", 2008).
#[derive(Clone, Debug)]
pub struct Random(ChaCha8Rng);

/// The machine gives no randomness; nothing may run then.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no randomness: {0}")]
pub struct NoEntropy(#[from] getrandom::Error);

impl Random {
    /// A new secret seed from the operating system.
    pub fn fresh() -> Result<Self, NoEntropy> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        Ok(Self(ChaCha8Rng::from_seed(seed)))
    }

    /// The same sequence for the same seed, for ever.
    pub fn seeded(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fixes_the_sequence_for_ever() {
        let mut random = Random::seeded(7);
        assert_eq!(
            [random.bits(), random.bits()],
            [Random::seeded(7).bits(), {
                let mut r = Random::seeded(7);
                r.bits();
                r.bits()
            }]
        );
        assert_ne!(Random::seeded(7).bits(), Random::seeded(8).bits());
        assert_ne!(Random::fresh().unwrap().bits(), Random::fresh().unwrap().bits());
    }
}
