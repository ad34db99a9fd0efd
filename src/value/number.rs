//! Numbers of up to 38 significant digits, exact in order and arithmetic.
//!
//! A number is held in the form in which it is stored and in which keys are compared: bytes whose order is the order of
//! the values.
//!
//! ```text
//! zero       02
//! positive   03  exponent + 130  pair + 1 ...
//! negative   01  255 - (exponent + 130)  255 - (pair + 1) ...  FF
//! ```
//!
//! The exponent is that of the first significant digit (-130 to 125, so its bias fits one byte). Pairs are two decimal
//! digits each, from the first significant digit on, the last filled up with a zero. The closing `FF` makes a longer
//! negative number sort before its prefix.

use super::NumberFault;

const DIGITS_MAX: usize = 38;
const EXPONENT_MIN: i64 = -130;
const EXPONENT_MAX: i64 = 125;
const BYTES_MAX: usize = 22;

const NEGATIVE: u8 = 1;
const ZERO: u8 = 2;
const POSITIVE: u8 = 3;

/// A DynamoDB number: `Ord` and `Eq` are numeric, since the form is normalised.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Number {
    /// Zero beyond `len`, so that comparing whole arrays is comparing the used bytes.
    bytes: [u8; BYTES_MAX],
    len: u8,
}

impl Number {
    /// Reads `[+-] digits [. digits] [e [+-] digits]`, with a digit on at least one side of the point and no white space.
    pub fn parse(text: &str) -> Result<Number, NumberFault> {
        let written = Written::read(text.as_bytes()).ok_or(NumberFault::NotNumeric)?;
        if written.digit_count == 0 {
            return zero_with_exponent(written.exponent);
        }
        if written.digit_count > DIGITS_MAX {
            return Err(range_fault(written.exponent).unwrap_or(NumberFault::TooManyDigits));
        }
        Number::from_digits(written.negative, &written.digits[..written.digit_count], written.exponent)
    }

    pub fn zero() -> Number {
        let mut bytes = [0; BYTES_MAX];
        bytes[0] = ZERO;
        Number { bytes, len: 1 }
    }

    /// The order-preserving bytes, 1 to 22 of them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The number whose [`as_bytes`](Self::as_bytes) these are; `None` for bytes that are nobody's.
    pub fn from_bytes(encoded: &[u8]) -> Option<Number> {
        let (&sign, rest) = encoded.split_first()?;
        let sound = match sign {
            ZERO => rest.is_empty(),
            POSITIVE => pairs_are_sound(rest.get(1..)?, |byte| byte.checked_sub(1)),
            NEGATIVE => {
                let (&end, body) = rest.split_last()?;
                end == 0xFF && pairs_are_sound(body.get(1..)?, |byte| (255 - byte).checked_sub(1))
            }
            _ => false,
        };
        if !sound || encoded.len() > BYTES_MAX {
            return None;
        }
        let mut bytes = [0; BYTES_MAX];
        bytes[..encoded.len()].copy_from_slice(encoded);
        Some(Number { bytes, len: encoded.len() as u8 })
    }

    pub fn is_zero(&self) -> bool {
        self.bytes[0] == ZERO
    }

    pub fn is_negative(&self) -> bool {
        self.bytes[0] == NEGATIVE
    }

    /// Exact; a result past the range or past 38 digits is refused, never rounded.
    pub fn checked_add(self, other: Number) -> Result<Number, NumberFault> {
        add_signed(&Decimal::of(&self), &Decimal::of(&other))
    }

    /// Exact, like [`checked_add`](Self::checked_add).
    pub fn checked_sub(self, other: Number) -> Result<Number, NumberFault> {
        let mut negated = Decimal::of(&other);
        negated.negative = !negated.negative;
        add_signed(&Decimal::of(&self), &negated)
    }

    /// AWS's arithmetic: 1, and a byte for every two significant digits left and right of the point, each side rounded
    /// up by itself, and one for a sign; zero is 1 (aws-verified.md section 1, 23 captured literals).
    pub fn size_bytes(&self) -> usize {
        let decimal = Decimal::of(self);
        let digits = decimal.digits().len();
        if digits == 0 {
            return 1;
        }
        let integer = usize::try_from(decimal.exponent + 1).unwrap_or(0);
        let (whole, fraction) = match integer {
            0 => (0, digits),
            _ if digits <= integer => (digits, 0),
            _ => (integer, digits - integer),
        };
        1 + whole.div_ceil(2) + fraction.div_ceil(2) + usize::from(decimal.negative)
    }

    /// Appends the text AWS returns: no exponent, no leading or trailing zeros.
    pub fn write(&self, out: &mut Vec<u8>) {
        let decimal = Decimal::of(self);
        let digits = decimal.digits();
        if digits.is_empty() {
            out.push(b'0');
            return;
        }
        if decimal.negative {
            out.push(b'-');
        }
        let text = |digit: &u8| b'0' + digit;
        if decimal.exponent < 0 {
            out.extend_from_slice(b"0.");
            out.resize(out.len() + (-decimal.exponent - 1) as usize, b'0');
            out.extend(digits.iter().map(text));
            return;
        }
        let integer = (decimal.exponent + 1) as usize;
        if digits.len() <= integer {
            out.extend(digits.iter().map(text));
            out.resize(out.len() + integer - digits.len(), b'0');
        } else {
            out.extend(digits[..integer].iter().map(text));
            out.push(b'.');
            out.extend(digits[integer..].iter().map(text));
        }
    }

    /// The significant digits (0 to 9 each, none for zero), the exponent of the first one, and the sign.
    pub fn parts(&self) -> (bool, Vec<u8>, i64) {
        let decimal = Decimal::of(self);
        (decimal.negative, decimal.digits().to_vec(), decimal.exponent)
    }

    /// From the significant digits (values 0 to 9, the first not 0) and the exponent of the first digit.
    fn from_digits(negative: bool, digits: &[u8], exponent: i64) -> Result<Number, NumberFault> {
        if let Some(fault) = range_fault(exponent) {
            return Err(fault);
        }
        let end = digits.iter().rposition(|&digit| digit != 0).map_or(0, |last| last + 1);
        let digits = &digits[..end];
        if digits.len() > DIGITS_MAX {
            return Err(NumberFault::TooManyDigits);
        }
        let mut number = Number { bytes: [0; BYTES_MAX], len: 0 };
        let flip = |byte: u8| if negative { 255 - byte } else { byte };
        number.push(if negative { NEGATIVE } else { POSITIVE });
        number.push(flip((exponent - EXPONENT_MIN) as u8));
        for pair in digits.chunks(2) {
            number.push(flip(pair[0] * 10 + pair.get(1).copied().unwrap_or(0) + 1));
        }
        if negative {
            number.push(0xFF);
        }
        Ok(number)
    }

    fn push(&mut self, byte: u8) {
        self.bytes[usize::from(self.len)] = byte;
        self.len += 1;
    }
}

fn range_fault(exponent: i64) -> Option<NumberFault> {
    match exponent {
        _ if exponent > EXPONENT_MAX => Some(NumberFault::Overflow),
        _ if exponent < EXPONENT_MIN => Some(NumberFault::Underflow),
        _ => None,
    }
}

/// AWS checks a zero by the exponent it is written with: `0e126` overflows (aws-verified.md section 13).
fn zero_with_exponent(exponent: i64) -> Result<Number, NumberFault> {
    range_fault(exponent).map_or(Ok(Number::zero()), Err)
}

fn pairs_are_sound(pairs: &[u8], digits_of: impl Fn(u8) -> Option<u8>) -> bool {
    let two_digits = |byte: &u8| digits_of(*byte).filter(|&pair| pair <= 99);
    let first_is_significant = pairs.first().and_then(two_digits).is_some_and(|pair| pair >= 10);
    let last_is_significant = pairs.last().and_then(two_digits).is_some_and(|pair| pair != 0);
    pairs.len() <= DIGITS_MAX / 2
        && first_is_significant
        && last_is_significant
        && pairs.iter().all(|byte| two_digits(byte).is_some())
}

/// A number's text, taken apart.
struct Written {
    negative: bool,
    digits: [u8; DIGITS_MAX],
    /// Significant digits without trailing zeros; may exceed what `digits` holds.
    digit_count: usize,
    /// Of the first significant digit; of a zero, the exponent as written.
    exponent: i64,
}

impl Written {
    fn read(text: &[u8]) -> Option<Written> {
        let (negative, text) = match text.split_first() {
            Some((b'-', rest)) => (true, rest),
            Some((b'+', rest)) => (false, rest),
            _ => (false, text),
        };
        let mut written = Written { negative, digits: [0; DIGITS_MAX], digit_count: 0, exponent: 0 };
        let mut seen_digit = false;
        // Where the point stands, counted from the first significant digit.
        let (mut significant, mut point, mut leading_fraction_zeros) = (0usize, None, 0i64);
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            match byte {
                b'0'..=b'9' => {
                    seen_digit = true;
                    if byte != b'0' || significant > 0 {
                        written.take_digit(significant, byte - b'0');
                        significant += 1;
                    } else if point.is_some() {
                        leading_fraction_zeros += 1;
                    }
                }
                b'.' if point.is_none() => point = Some(significant),
                b'e' | b'E' => break,
                _ => return None,
            }
            at += 1;
        }
        let given_exponent = match text.get(at) {
            Some(_) => read_exponent(text.get(at + 1..)?)?,
            None => 0,
        };
        if !seen_digit {
            return None;
        }
        let first_digit = match point {
            _ if significant == 0 => 0,
            Some(0) => -leading_fraction_zeros - 1,
            Some(before) => before as i64 - 1,
            None => significant as i64 - 1,
        };
        written.exponent = first_digit.saturating_add(given_exponent);
        Some(written)
    }

    fn take_digit(&mut self, position: usize, digit: u8) {
        if position < DIGITS_MAX {
            self.digits[position] = digit;
        }
        if digit != 0 {
            self.digit_count = position + 1;
        }
    }
}

/// Digits with an optional sign; `None` past 64 bits, which AWS calls not convertible (aws-verified.md section 13).
fn read_exponent(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A number as digits, for arithmetic, size and text.
struct Decimal {
    negative: bool,
    /// The last one may be a filling zero.
    buffer: [u8; DIGITS_MAX],
    count: usize,
    exponent: i64,
}

impl Decimal {
    fn of(number: &Number) -> Decimal {
        let bytes = number.as_bytes();
        let mut decimal = Decimal { negative: number.is_negative(), buffer: [0; DIGITS_MAX], count: 0, exponent: 0 };
        if number.is_zero() {
            return decimal;
        }
        let end = bytes.len() - usize::from(decimal.negative);
        let plain = |byte: u8| if decimal.negative { 255 - byte } else { byte };
        decimal.exponent = i64::from(plain(bytes[1])) + EXPONENT_MIN;
        for &byte in &bytes[2..end] {
            let pair = plain(byte) - 1;
            decimal.buffer[decimal.count] = pair / 10;
            decimal.buffer[decimal.count + 1] = pair % 10;
            decimal.count += 2;
        }
        if decimal.buffer[decimal.count - 1] == 0 {
            decimal.count -= 1;
        }
        decimal
    }

    fn digits(&self) -> &[u8] {
        &self.buffer[..self.count]
    }

    /// The digit that stands for 10^`place`.
    fn digit_at(&self, place: i64) -> u8 {
        usize::try_from(self.exponent - place).ok().and_then(|at| self.digits().get(at)).copied().unwrap_or(0)
    }

    fn last_place(&self) -> i64 {
        self.exponent + 1 - self.count as i64
    }
}

/// Schoolbook addition over the digits of both, from the last place of either to one above the first of either. The range
/// of exponents bounds that to 295 places.
fn add_signed(a: &Decimal, b: &Decimal) -> Result<Number, NumberFault> {
    if a.count == 0 {
        return rebuild(b);
    }
    if b.count == 0 {
        return rebuild(a);
    }
    let low = a.last_place().min(b.last_place());
    let high = a.exponent.max(b.exponent) + 1;
    let sign = |decimal: &Decimal| if decimal.negative { -1i8 } else { 1 };
    // Least significant first; digits of -18 to 18 before the carries are settled.
    let mut sum: Vec<i8> =
        (low..=high).map(|place| sign(a) * a.digit_at(place) as i8 + sign(b) * b.digit_at(place) as i8).collect();
    let Some(first) = sum.iter().rposition(|&digit| digit != 0) else { return Ok(Number::zero()) };
    let negative = sum[first] < 0;
    let mut carry = 0i8;
    for digit in &mut sum {
        let value = if negative { -*digit } else { *digit } + carry;
        carry = value.div_euclid(10);
        *digit = value.rem_euclid(10);
    }
    let Some(first) = sum.iter().rposition(|&digit| digit != 0) else { return Ok(Number::zero()) };
    let digits: Vec<u8> = sum[..=first].iter().rev().map(|&digit| digit as u8).collect();
    Number::from_digits(negative, &digits, low + first as i64)
}

fn rebuild(decimal: &Decimal) -> Result<Number, NumberFault> {
    match decimal.count {
        0 => Ok(Number::zero()),
        _ => Number::from_digits(decimal.negative, decimal.digits(), decimal.exponent),
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Number {
        // Twenty digits at most: always in range.
        Number::parse(&value.to_string()).unwrap_or_else(|_| Number::zero())
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Number {
        Number::parse(&value.to_string()).unwrap_or_else(|_| Number::zero())
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = Vec::new();
        self.write(&mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

impl std::fmt::Debug for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn texts_are_expanded_and_trimmed() {
        for (given, stored) in [
            ("0", "0"),
            ("-0", "0"),
            ("+0.0", "0"),
            ("0e125", "0"),
            ("+5", "5"),
            (".5", "0.5"),
            ("5.", "5"),
            ("1.e5", "100000"),
            ("1e+2", "100"),
            ("00042", "42"),
            ("0042.1200", "42.12"),
            ("-1.50", "-1.5"),
            ("0.0000001", "0.0000001"),
            ("1E-130", &format!("0.{}1", "0".repeat(129))),
            ("1E125", &format!("1{}", "0".repeat(125))),
            ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        ] {
            assert_eq!(number(given).to_string(), stored, "{given}");
        }
    }

    #[test]
    fn faults_are_told_apart() {
        for text in [
            "",
            " 1",
            "1 ",
            "+",
            "-",
            ".",
            "++5",
            "+-5",
            "e2",
            "+e2",
            "1e",
            "1e+",
            "1.2.3",
            "1.2e3.4",
            "1+2",
            "1_000",
            "0x5",
            "NaN",
            "Infinity",
            "1e9223372036854775808",
            "\u{661}",
        ] {
            assert_eq!(Number::parse(text), Err(NumberFault::NotNumeric), "{text}");
        }
        for text in ["1e126", "-1e126", "0e126", "1e2147483648", "10e125", "1e9223372036854775807"] {
            assert_eq!(Number::parse(text), Err(NumberFault::Overflow), "{text}");
        }
        for text in ["1e-131", "0e-131", "0.1e-130", "1e-9223372036854775808"] {
            assert_eq!(Number::parse(text), Err(NumberFault::Underflow), "{text}");
        }
        assert_eq!(Number::parse(&"1".repeat(39)), Err(NumberFault::TooManyDigits));
        assert_eq!(number(&format!("{}0", "1".repeat(38))).to_string(), format!("{}0", "1".repeat(38)));
    }

    #[test]
    fn sizes_are_those_captured_on_aws() {
        let long = "11111111111111111111111111111111111113";
        for (text, bytes) in [
            ("0", 1),
            ("-0", 1),
            ("1", 2),
            ("12", 2),
            ("15", 2),
            ("100", 2),
            ("0042", 2),
            ("123", 3),
            ("1010", 3),
            ("1234", 3),
            ("123456", 4),
            (long, 20),
            ("1.2", 3),
            ("1.200", 3),
            ("1.5", 3),
            ("0.15", 2),
            ("0.0000001", 2),
            ("1.234", 4),
            ("3.14159", 5),
            ("100.5", 4),
            ("-42", 3),
            ("1E125", 2),
            ("1E-100", 2),
        ] {
            assert_eq!(number(text).size_bytes(), bytes, "{text}");
        }
    }

    #[test]
    fn arithmetic_is_exact_or_refused() {
        assert_eq!(number("0.1").checked_add(number("0.2")), Ok(number("0.3")));
        assert_eq!(
            number("1e37").checked_add(number("1")).unwrap().to_string(),
            "10000000000000000000000000000000000001"
        );
        assert_eq!(number("1e38").checked_add(number("1")), Err(NumberFault::TooManyDigits));
        assert_eq!(number("9.9e125").checked_add(number("9e125")), Err(NumberFault::Overflow));
        assert_eq!(number("1e-130").checked_sub(number("1.1e-129")).unwrap(), number("-1e-129"));
        assert_eq!(number("5").checked_sub(number("5")), Ok(Number::zero()));
        assert_eq!(number("1000").checked_sub(number("0.001")).unwrap().to_string(), "999.999");
        assert_eq!(number("3").checked_sub(number("10")).unwrap().to_string(), "-7");
    }

    proptest! {
        #[test]
        fn order_and_arithmetic_agree_with_integers(a in -10i128.pow(17)..10i128.pow(17), b in -10i128.pow(17)..10i128.pow(17), shift in 0u32..12) {
            let as_number = |value: i128| number(&format!("{value}e-{shift}"));
            let (x, y) = (as_number(a), as_number(b));
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
            prop_assert_eq!(x.as_bytes().cmp(y.as_bytes()), a.cmp(&b));
            prop_assert_eq!(x.checked_add(y), Ok(as_number(a + b)));
            prop_assert_eq!(x.checked_sub(y), Ok(as_number(a - b)));
            prop_assert_eq!(Number::from_bytes(x.as_bytes()), Some(x));
            prop_assert_eq!(number(&x.to_string()), x);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..26)) {
            if let Some(number) = Number::from_bytes(&bytes) {
                prop_assert_eq!(number.as_bytes(), &bytes[..]);
                prop_assert_eq!(Number::parse(&number.to_string()), Ok(number));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-+.e0-9]{0,50}") {
            if let Ok(number) = Number::parse(&text) {
                prop_assert_eq!(Number::parse(&number.to_string()), Ok(number));
            }
        }
    }
}
