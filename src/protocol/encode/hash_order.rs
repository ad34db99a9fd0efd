//! The order in which a Java `HashSet` lists its members.

use crate::value::Number;

/// Orders `members`, which come ordered by value, as a `HashSet<BigDecimal>` does into which they were put in that order.
pub(super) fn sort(members: &mut [Number]) {
    sort_by_hash(members, hash_code);
}

/// Orders distinct texts as a `HashSet<String>` does into which they were put in this order.
pub(crate) fn sort_texts(members: &mut [String]) {
    // String.hashCode()
    let hash =
        |text: &String| text.encode_utf16().fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
    sort_by_hash(members, hash);
}

fn sort_by_hash<M>(members: &mut [M], hash_code: impl Fn(&M) -> i32) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(texts: &str) -> Vec<Number> {
        texts.split_whitespace().map(|text| Number::parse(text).unwrap()).collect()
    }

    fn hash_ordered(texts: &str) -> Vec<Number> {
        let mut members = numbers(texts);
        members.sort_unstable();
        sort(&mut members);
        members
    }

    // The expected values below are what OpenJDK 17 printed.

    #[test]
    fn hash_codes_are_those_of_java() {
        let hash = |text: &str| hash_code(&Number::parse(text).unwrap());
        let known = [
            ("0", 0),
            ("1", 31),
            ("-1", -31),
            ("100", 3100),
            ("1.5", 466),
            ("-1.5", -464),
            ("0.001", 34),
            ("-0.00000123", -3805),
            ("9223372036854775807", 2147482656),
            ("-9223372036854775808", -2147483648),
            ("9223372036854775808", -2147483648),
            ("12345678901234567890123456789012345678", -880932667),
            ("-1234567890123456789.0123456789012345678", 880932686),
            ("1e125", 1827627100),
            ("1e-130", 161),
        ];
        for (text, expected) in known {
            assert_eq!(hash(text), expected, "{text}");
        }
    }

    #[test]
    fn small_sets_are_ordered_as_aws_orders_them() {
        // us-east-1, 2026-10: what a Scan made of a number set sent as 3, 1, 5, 2.
        assert_eq!(hash_ordered("3 1 5 2"), numbers("5 3 2 1"));
    }

    #[test]
    fn the_table_grows_past_three_quarters() {
        let multiples = |count: u32| (0..count).map(|n| format!("{} ", n * 7)).collect::<String>();
        assert_eq!(hash_ordered(&multiples(12)), numbers("0 63 14 77 28 42 56 7 70 21 35 49"));
        assert_eq!(hash_ordered(&multiples(13)), numbers("0 63 28 56 21 84 49 14 77 42 7 70 35"));
        assert_eq!(
            hash_ordered(&multiples(25)),
            numbers("0 126 91 56 21 147 112 77 42 168 7 133 98 63 28 154 119 84 49 14 140 105 70 35 161")
        );
    }

    #[test]
    fn fractions_and_signs_hash_too() {
        let expected = "801.87 -33043.1 -25910.9 -444456 -91933.5 -499253 1.19413 -21342.5 950840 -637342 745.18 -632.157 \
            -425.983 -87.901 -7564.59 -799.054 -7.95288 5334.74 -674.169 16360 24168.4 7009.23 855.7 -925.973 -78725.6 \
            -36861.2 -1439.46 82435.5 -35.9557 -2.09692 357.722 3.94925 -0.15734 7.87854 -88.5239 -99.6572 -2.8951 520388 \
            9.14506 -0.68236 944.053 -87.3231 -0.64267 -22.0513 -8293.11 1.86884 -2551.92 6.5059 -12.3548 104.298 -274902 \
            -2.58053 80715.6 667.2 -132437 -9422.93 6957.15 -17602.2 2443.07 367503";
        assert_eq!(hash_ordered(expected), numbers(expected));
    }

    #[test]
    fn texts_of_one_bucket_stay_as_they_were_put() {
        let sorted = |names: &str| {
            let mut names: Vec<String> = names.split(' ').map(String::from).collect();
            sort_texts(&mut names);
            names.join(" ")
        };
        assert_eq!(sorted("b a"), "a b");
        assert_eq!(sorted("zz aa mm"), "zz aa mm");
        assert_eq!(sorted("mm zz aa b"), "mm zz aa b");
    }
}
