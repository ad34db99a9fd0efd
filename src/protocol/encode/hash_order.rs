//! The order in which a Java `HashSet<BigDecimal>` lists its members.

use crate::value::Number;

/// Orders `members`, which come ordered by value, as a `HashSet` does into which they were put in that order.
pub(super) fn sort(members: &mut [Number]) {
    let buckets = bucket_count(members.len());
    // Members of one bucket stay in the order in which they were put: the sort is stable.
    members.sort_by_cached_key(|member| bucket(hash_code(member), buckets));
}

/// The size of the table after so many insertions: it doubles when it is more than three quarters full.
fn bucket_count(members: usize) -> u32 {
    let mut buckets: u32 = 16;
    while members > buckets as usize / 4 * 3 && buckets < 1 << 30 {
        buckets *= 2;
    }
    buckets
}

fn bucket(hash: i32, buckets: u32) -> u32 {
    let hash = hash as u32;
    (hash ^ (hash >> 16)) & (buckets - 1)
}

/// `BigDecimal.hashCode()` of the number as its text reads: no exponent and no zeros after a fraction.
fn hash_code(number: &Number) -> i32 {
    let (negative, digits, exponent) = number.parts();
    let Ok(integer_digits) = usize::try_from(exponent + 1) else {
        // Below 0.1: the zeros after the point count for the scale.
        return combine(negative, &digits, 0, digits.len() as i64 - exponent - 1);
    };
    let zeros = integer_digits.saturating_sub(digits.len());
    let scale = digits.len().saturating_sub(integer_digits);
    combine(negative, &digits, if digits.is_empty() { 0 } else { zeros }, scale as i64)
}

/// The hash of `digits` followed by `zeros`, an integer, with `scale` of its digits behind the point.
fn combine(negative: bool, digits: &[u8], zeros: usize, scale: i64) -> i32 {
    // The magnitude in base 2^32, least significant word first.
    let mut magnitude: Vec<u32> = Vec::new();
    for &digit in digits.iter().chain(std::iter::repeat_n(&0, zeros)) {
        let mut carry = u64::from(digit);
        for word in &mut magnitude {
            let product = u64::from(*word) * 10 + carry;
            *word = product as u32;
            carry = product >> 32;
        }
        if carry > 0 {
            magnitude.push(carry as u32);
        }
    }
    let hash = magnitude.iter().rev().fold(0i32, |hash, &word| hash.wrapping_mul(31).wrapping_add(word as i32));
    let signed = if negative { hash.wrapping_neg() } else { hash };
    signed.wrapping_mul(31).wrapping_add(scale as i32)
}
