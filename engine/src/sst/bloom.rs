//! A bloom: tells that a key is certainly absent, or may be there.
//!
//! ```text
//! bits, 10 per key, rounded up to whole bytes
//! ```
//!
//! Probe `i` of 7 looks at bit `(low + i * high) * bits >> 32`, where `low` and `high` are the halves of the key's hash
//! (xxh3, 64 bits), in 32-bit arithmetic. About one absent key in 120 passes.

const BITS_PER_KEY: usize = 10;
const PROBE_COUNT: u32 = 7;

pub(super) fn build(hashes: &[u64]) -> Vec<u8> {
    let mut bits = vec![0; (hashes.len() * BITS_PER_KEY).div_ceil(8).max(8)];
    let bit_count = bit_count(&bits);
    for &hash in hashes {
        for bit in probes(hash, bit_count) {
            bits[bit / 8] |= 1 << (bit % 8);
        }
    }
    bits
}

pub(super) fn may_hold(bits: &[u8], hash: u64) -> bool {
    probes(hash, bit_count(bits)).all(|bit| bits.get(bit / 8).is_none_or(|byte| byte & 1 << (bit % 8) != 0))
}

fn bit_count(bits: &[u8]) -> u64 {
    bits.len() as u64 * 8
}

fn probes(hash: u64, bit_count: u64) -> impl Iterator<Item = usize> {
    let (low, high) = (hash as u32, (hash >> 32) as u32 | 1);
    (0..PROBE_COUNT).map(move |probe| {
        let mixed = low.wrapping_add(probe.wrapping_mul(high));
        ((u64::from(mixed) * bit_count) >> 32) as usize
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::hash;

    #[test]
    fn keys_that_were_added_pass_and_few_others_do() {
        for count in [1u32, 10, 1_000, 20_000] {
            let hashes: Vec<u64> = (0..count).map(|key| hash(&key.to_be_bytes())).collect();
            let bits = build(&hashes);
            assert!(hashes.iter().all(|&hash| may_hold(&bits, hash)));
            let passed = (0..20_000u32).filter(|key| may_hold(&bits, hash(format!("absent {key}").as_bytes()))).count();
            assert!(passed < 260, "{passed} of 20,000 absent keys pass with {count} keys");
        }
    }
}
