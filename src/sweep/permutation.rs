//! The order in which a space is gone through: a pseudo-random permutation that is computed, not stored.
//!
//! A Feistel network over the smallest even number of bits that holds the space, walked along its cycle until it is
//! inside again (cycle walking: Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002). It spreads load; it
//! is no cipher.

/// Rounds of the network. Fewer leave neighbours near each other.
const ROUNDS: u64 = 6;

/// A permutation of the numbers below `size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permutation {
    size: u64,
    seed: u64,
    /// Bits of each half.
    half: u32,
}

impl Permutation {
    /// The permutation that the seed stands for.
    pub fn new(size: u64, seed: u64) -> Self {
        let bits = u64::BITS - size.saturating_sub(1).leading_zeros();
        Self {
            size,
            seed,
            half: bits.div_ceil(2).max(1),
        }
    }

    /// What stands at this place; `place` is below the size.
    pub fn at(self, place: u64) -> u64 {
        self.walk(place, Self::forth)
    }

    /// The place at which it stands: the inverse of [`Self::at`].
    pub fn place_of(self, number: u64) -> u64 {
        self.walk(number, Self::back)
    }

    /// The network permutes a power of four, less than four times the size: four steps on the average suffice.
    fn walk(self, from: u64, step: impl Fn(Self, u64) -> u64) -> u64 {
        debug_assert!(from < self.size, "{from} of {}", self.size);
        let mut number = step(self, from);
        while number >= self.size {
            number = step(self, number);
        }
        number
    }

    fn forth(self, number: u64) -> u64 {
        let (left, right) = (0..ROUNDS).fold(self.halves(number), |(left, right), round| {
            (right, left ^ self.mixed(right, round))
        });
        left << self.half | right
    }

    fn back(self, number: u64) -> u64 {
        let rounds = (0..ROUNDS).rev();
        let (left, right) = rounds.fold(self.halves(number), |(left, right), round| {
            (right ^ self.mixed(left, round), left)
        });
        left << self.half | right
    }

    fn halves(self, number: u64) -> (u64, u64) {
        (number >> self.half, number & self.mask())
    }

    fn mask(self) -> u64 {
        (1 << self.half) - 1
    }

    fn mixed(self, half: u64, round: u64) -> u64 {
        mix(mix(self.seed.wrapping_add(round)) ^ half) & self.mask()
    }
}

/// The finaliser of `SplitMix64` (Steele, Lea, Flood 2014): every bit of the input moves every bit of the output.
pub(super) fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_number_comes_once_and_is_found_again(size in 1_u64..5_000, seed in any::<u64>()) {
            let permutation = Permutation::new(size, seed);
            let mut seen = vec![false; usize::try_from(size).expect("small")];
            for place in 0..size {
                let number = permutation.at(place);
                prop_assert_eq!(permutation.place_of(number), place);
                let seen = &mut seen[usize::try_from(number).expect("below the size")];
                prop_assert!(!std::mem::replace(seen, true), "{} comes twice", number);
            }
        }

        #[test]
        fn large_sizes_stay_in_bounds(size in 1_u64..=1 << 62, seed in any::<u64>(), part in any::<u64>()) {
            let permutation = Permutation::new(size, seed);
            let number = permutation.at(part % size);
            prop_assert!(number < size);
            prop_assert_eq!(permutation.place_of(number), part % size);
        }
    }

    #[test]
    fn neighbours_are_spread_and_the_seed_decides() {
        let size = 1 << 16;
        let [one, other] = [1, 2].map(|seed| Permutation::new(size, seed));
        let near = |permutation: Permutation| {
            let close =
                |place: &u64| permutation.at(*place).abs_diff(permutation.at(place + 1)) < 256;
            (0..size - 1).filter(close).count()
        };
        // By chance, 2·256/65536 of all neighbours are that near: about 512.
        assert!(near(one) < 800, "{}", near(one));
        assert!(near(other) < 800, "{}", near(other));
        let alike = (0..size)
            .filter(|place| one.at(*place) == other.at(*place))
            .count();
        assert!(alike < 20, "{alike}");
    }
}
