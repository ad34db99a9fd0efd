//! Latches: whoever decides on the versions of a key holds the latch of its stripe until the outcome is in the memtable.

use smallvec::SmallVec;

use crate::key::STRIPE_COUNT;
use crate::sync::{Mutex, MutexGuard};

/// One latch per stripe.
pub(crate) struct Latches([Mutex<()>; STRIPE_COUNT]);

/// The stripes whose latches a transaction needs: one bit each, so duplicates vanish and the order is ascending.
#[derive(Default)]
pub(crate) struct LatchSet([u64; STRIPE_COUNT / 64]);

impl LatchSet {
    pub(crate) fn add(&mut self, stripe: usize) {
        self.0[stripe / 64] |= 1 << (stripe % 64);
    }

    fn ascending(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(word, &bits)| {
            let mut bits = bits;
            std::iter::from_fn(move || {
                (bits != 0).then(|| {
                    let bit = bits.trailing_zeros() as usize;
                    bits &= bits - 1;
                    word * 64 + bit
                })
            })
        })
    }
}

/// Latches of a transaction, until it is dropped.
pub(super) type HeldLatches<'a> = SmallVec<[MutexGuard<'a, ()>; 4]>;

impl Latches {
    pub(crate) fn new() -> Self {
        Latches([const { Mutex::new(()) }; STRIPE_COUNT])
    }

    /// Takes the latches. Everyone takes them in ascending order, so nobody waits in a circle.
    pub(crate) fn acquire(&self, set: &LatchSet) -> HeldLatches<'_> {
        set.ascending().map(|stripe| self.0[stripe].lock()).collect()
    }

    /// Takes and releases every latch once: afterwards, nobody is still inside a transaction that had begun before.
    pub(crate) fn pass_all(&self) {
        for latch in &self.0 {
            drop(latch.lock());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_lists_each_stripe_once_in_ascending_order() {
        let mut set = LatchSet::default();
        for stripe in [255, 0, 64, 63, 64, 200, 0] {
            set.add(stripe);
        }
        assert_eq!(set.ascending().collect::<Vec<_>>(), [0, 63, 64, 200, 255]);
    }

    #[test]
    fn a_held_latch_can_not_be_taken_again() {
        let latches = Latches::new();
        let mut set = LatchSet::default();
        set.add(7);
        let held = latches.acquire(&set);
        assert!(latches.0[7].try_lock().is_none());
        assert!(latches.0[8].try_lock().is_some());
        drop(held);
        assert!(latches.0[7].try_lock().is_some());
    }
}
