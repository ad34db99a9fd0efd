//! Request ids that look like AWS's: 52 characters of `0-9A-V`, of which the last 26 are the same in every one.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::service::RequestId;

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";
const ENDING: &[u8; 26] = b"VV4KQNSO5AEMVJF66Q9ASUAAJG";

/// A connection's own source of ids (splitmix64): nothing is shared between connections, no two start at the same place.
pub(super) struct RequestIds {
    state: u64,
}

impl RequestIds {
    pub(super) fn new() -> Self {
        static NEXT_CONNECTION: LazyLock<(RandomState, AtomicU64)> = LazyLock::new(Default::default);
        let (hasher, connections) = &*NEXT_CONNECTION;
        Self { state: hasher.hash_one(connections.fetch_add(1, Ordering::Relaxed)) }
    }

    pub(super) fn next_id(&mut self) -> RequestId {
        let mut id = [0; RequestId::LEN];
        let (random, ending) = id.split_at_mut(RequestId::LEN - ENDING.len());
        ending.copy_from_slice(ENDING);
        for part in random.chunks_mut(13) {
            let mut bits = self.next_u64();
            for digit in part {
                *digit = DIGITS[(bits & 31) as usize];
                bits >>= 5;
            }
        }
        RequestId(id)
    }

    fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_52_characters_and_differ_within_and_across_connections() {
        let mut seen = HashSet::new();
        for _ in 0..10 {
            let mut ids = RequestIds::new();
            for _ in 0..100 {
                let id = ids.next_id();
                assert_eq!(id.as_str().len(), 52);
                assert!(id.as_str().bytes().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase()), "{id}");
                assert!(seen.insert(id), "{id} came twice");
            }
        }
    }
}
