//! Which items of a sweep are done: what a run leaves to the one that goes on.

use std::collections::BTreeSet;

/// The items of one shard that are done: all below `next` but those that are open.
///
/// Open items are at most those in flight, however long one of them takes while others are done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    next: u64,
    open: BTreeSet<u64>,
}

impl Ledger {
    /// What an earlier run left.
    pub fn new(next: u64, open: impl IntoIterator<Item = u64>) -> Self {
        let open = open.into_iter().filter(|number| *number < next).collect();
        Self { next, open }
    }

    /// Every item with this number or a higher one is still to be begun.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The items before that which are not done.
    pub fn open(&self) -> impl Iterator<Item = u64> + '_ {
        self.open.iter().copied()
    }

    /// An item is begun.
    pub(super) fn begin(&mut self, number: u64) {
        self.open.insert(number);
        self.next = self.next.max(number + 1);
    }

    /// An item is done.
    pub(super) fn finish(&mut self, number: u64) {
        self.open.remove(&number);
    }

    /// The first item from this number on that is not done and belongs to the shard.
    pub(super) fn first_left(&self, from: u64, shard: Shard) -> u64 {
        let left = self.open.range(from..).next().copied();
        left.unwrap_or_else(|| shard.first_from(from.max(self.next)))
    }
}

/// A part of a sweep: of every `count` items one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// The whole sweep.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// The part with this index, counted from 0; `None` unless it is below the count.
    pub fn new(index: u64, count: u64) -> Option<Self> {
        (index < count).then_some(Self { index, count })
    }

    /// The index, from 0, and the count.
    pub fn parts(self) -> (u64, u64) {
        (self.index, self.count)
    }

    /// How many of the items below `size` belong to it.
    pub fn share(self, size: u64) -> u64 {
        size.saturating_sub(self.index).div_ceil(self.count)
    }

    /// Whether the item belongs to it.
    pub fn holds(self, number: u64) -> bool {
        number % self.count == self.index
    }

    /// The first item of it from this number on.
    fn first_from(self, number: u64) -> u64 {
        let behind = number % self.count;
        let step = (self.index + self.count - behind) % self.count;
        number.saturating_add(step)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn shards_are_disjoint_and_complete(size in 0_u64..500, count in 1_u64..40) {
            let mut seen = vec![0; usize::try_from(size).expect("small")];
            for index in 0..count {
                let shard = Shard::new(index, count).expect("below the count");
                let ledger = Ledger::default();
                let (mut number, mut share) = (ledger.first_left(0, shard), 0);
                while number < size {
                    prop_assert!(shard.holds(number));
                    seen[usize::try_from(number).expect("small")] += 1;
                    share += 1;
                    number = ledger.first_left(number + 1, shard);
                }
                prop_assert_eq!(share, shard.share(size));
            }
            prop_assert!(seen.iter().all(|times| *times == 1));
        }
    }

    #[test]
    fn what_was_in_flight_comes_first_and_what_is_done_never_again() {
        let shard = Shard::new(1, 2).expect("a shard");
        let mut ledger = Ledger::default();
        for number in [1, 3, 5, 7] {
            ledger.begin(number);
        }
        ledger.finish(3);
        ledger.finish(7);
        let ledger = Ledger::new(ledger.next(), ledger.open().collect::<Vec<_>>());
        assert_eq!(ledger.first_left(0, shard), 1);
        assert_eq!(ledger.first_left(2, shard), 5);
        assert_eq!(ledger.first_left(6, shard), 9);
        assert_eq!(Shard::new(2, 2), None);
    }
}
