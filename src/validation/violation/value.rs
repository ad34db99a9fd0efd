//! The texts for values that are not DynamoDB values, as each validation layer words them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::value::{NumberFault, TypeName, ValueFault};

/// A fault of a value and the layer that words it. us-east-1, 2026-10, unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueViolation {
    pub fault: ValueFault,
    /// Read by the newer layer; it reads numbers with 64-bit exponents and sorts the members of a set that it refuses.
    pub newer: bool,
}

impl fmt::Display for ValueViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            ValueFault::Number { raw, fault } => self.number(f, raw, *fault),
            ValueFault::EmptySet(TypeName::Bs) => {
                f.write_str("One or more parameter values were invalid: Binary sets should not be empty")
            }
            // Two spaces, and "An number", are AWS's.
            ValueFault::EmptySet(TypeName::Ns) => {
                f.write_str("One or more parameter values were invalid: An number set  may not be empty")
            }
            ValueFault::EmptySet(_) => {
                f.write_str("One or more parameter values were invalid: An string set  may not be empty")
            }
            ValueFault::DuplicateMembers { set, members } => self.duplicates(f, *set, members),
            ValueFault::NullFalse => f.write_str(
                "One or more parameter values were invalid: Null attribute value types must have the value of true",
            ),
            ValueFault::NoType => {
                f.write_str("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
            }
            ValueFault::SeveralTypes => f.write_str(
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
            ),
            // Transactions show it exactly (us-east-1, 2026-10-09); elsewhere from an emulator's captures.
            ValueFault::EmptyAttributeName => f.write_str("Empty attribute name"),
            ValueFault::Nesting { .. } => f.write_str(
                "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit",
            ),
        }
    }
}

impl ValueViolation {
    fn number(&self, f: &mut fmt::Formatter<'_>, raw: &str, fault: NumberFault) -> fmt::Result {
        let fault = if self.newer { fault } else { as_java_big_decimal(raw, fault) };
        match fault {
            // The older layer has no colon after which nothing would follow.
            NumberFault::NotNumeric if raw.is_empty() && !self.newer => {
                f.write_str("The parameter cannot be converted to a numeric value")
            }
            NumberFault::NotNumeric => write!(f, "The parameter cannot be converted to a numeric value: {raw}"),
            NumberFault::Overflow => {
                f.write_str("Number overflow. Attempting to store a number with magnitude larger than supported range")
            }
            NumberFault::Underflow => f.write_str(
                "Number underflow. Attempting to store a number with magnitude smaller than supported range",
            ),
            NumberFault::TooManyDigits => {
                f.write_str("Attempting to store more than 38 significant digits in a Number")
            }
        }
    }

    fn duplicates(&self, f: &mut fmt::Formatter<'_>, set: TypeName, members: &[String]) -> fmt::Result {
        if set == TypeName::Ns {
            return f.write_str(if self.newer {
                "One or more parameter values were invalid: Input collection contains duplicates."
            } else {
                "Input collection contains duplicates"
            });
        }
        f.write_str("One or more parameter values were invalid: Input collection [")?;
        if self.newer {
            let separator = if set == TypeName::Bs { "," } else { ", " };
            for (place, member) in sorted_to_the_repeat(set, members).into_iter().enumerate() {
                write!(f, "{}\"{member}\"", if place == 0 { "" } else { separator })?;
            }
        } else {
            f.write_str(&members.join(", "))?;
        }
        // No space before "of type": AWS's.
        f.write_str(if set == TypeName::Bs { "]of type BS contains duplicates." } else { "] contains duplicates." })
    }
}

/// The newer layer lists the members up to the first repeat in byte order, then the repeat, then the rest as sent.
fn sorted_to_the_repeat(set: TypeName, members: &[String]) -> Vec<&str> {
    let order = |member: &str| match set {
        // A member that is no base64 never gets here; its text then orders it.
        TypeName::Bs => STANDARD.decode(member).unwrap_or_else(|_| member.as_bytes().to_vec()),
        _ => member.as_bytes().to_vec(),
    };
    let mut seen = std::collections::HashSet::new();
    let repeat = members.iter().position(|member| !seen.insert(order(member))).unwrap_or(members.len());
    let mut listed: Vec<&str> = members[..repeat].iter().map(String::as_str).collect();
    listed.sort_by_cached_key(|member| order(member));
    listed.extend(members[repeat..].iter().map(String::as_str));
    listed
}

/// The older layer reads numbers as Java's BigDecimal, whose scale has 32 bits: past them a text is no number, and a magnitude
/// that no longer fits wraps around into an underflow (us-east-1, 2026-10: `1e2147483647` on BatchWriteItem).
fn as_java_big_decimal(raw: &str, fault: NumberFault) -> NumberFault {
    if !matches!(fault, NumberFault::Overflow | NumberFault::Underflow) {
        return fault;
    }
    let (mantissa, exponent) = match raw.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()),
        None => (raw, Some(0)),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = whole.bytes().chain(fraction.bytes()).filter(u8::is_ascii_digit);
    let precision = digits.skip_while(|digit| *digit == b'0').count().max(1) as i64;
    let scale = exponent.and_then(|exponent| (fraction.len() as i64).checked_sub(exponent));
    let fits = |number: &i64| i32::try_from(*number).is_ok();
    match scale {
        Some(scale) if fits(&scale) && exponent.as_ref().is_some_and(fits) => {
            if fits(&(precision - scale)) {
                fault
            } else {
                NumberFault::Underflow
            }
        }
        _ => NumberFault::NotNumeric,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(fault: ValueFault, newer: bool) -> String {
        ValueViolation { fault, newer }.to_string()
    }

    fn duplicates(set: TypeName, members: &[&str], newer: bool) -> String {
        let members = members.iter().map(|member| member.to_string()).collect();
        let text = text(ValueFault::DuplicateMembers { set, members }, newer);
        text.replace("One or more parameter values were invalid: ", "INV ")
    }

    fn number(raw: &str, fault: NumberFault, newer: bool) -> String {
        text(ValueFault::Number { raw: raw.to_string(), fault }, newer)
    }

    #[test]
    fn duplicates_are_listed_sorted_by_the_newer_layer_and_as_sent_by_the_older() {
        let words = ["b", "a", "b", "0"];
        assert_eq!(
            duplicates(TypeName::Ss, &words, true),
            r#"INV Input collection ["a", "b", "b", "0"] contains duplicates."#
        );
        assert_eq!(duplicates(TypeName::Ss, &words, false), "INV Input collection [b, a, b, 0] contains duplicates.");
        let bytes = ["/w==", "AA==", "AA=="];
        assert_eq!(
            duplicates(TypeName::Bs, &bytes, true),
            r#"INV Input collection ["AA==","/w==","AA=="]of type BS contains duplicates."#
        );
        assert_eq!(
            duplicates(TypeName::Bs, &bytes, false),
            "INV Input collection [/w==, AA==, AA==]of type BS contains duplicates."
        );
        assert_eq!(
            duplicates(TypeName::Bs, &["", ""], true),
            r#"INV Input collection ["",""]of type BS contains duplicates."#
        );
        assert_eq!(duplicates(TypeName::Ns, &["2", "1", "2"], true), "INV Input collection contains duplicates.");
        assert_eq!(duplicates(TypeName::Ns, &["2", "1", "2"], false), "Input collection contains duplicates");
    }

    #[test]
    fn an_empty_number_ends_in_a_colon_on_the_newer_layer_only() {
        assert_eq!(number("", NumberFault::NotNumeric, true), "The parameter cannot be converted to a numeric value: ");
        assert_eq!(number("", NumberFault::NotNumeric, false), "The parameter cannot be converted to a numeric value");
    }

    #[test]
    fn the_older_layer_has_32_bit_exponents() {
        let overflow = NumberFault::Overflow;
        assert!(number("1e126", overflow, false).starts_with("Number overflow"));
        assert!(number("1e2147483646", overflow, false).starts_with("Number overflow"));
        assert!(number("1e2147483647", overflow, false).starts_with("Number underflow"));
        assert!(number("1e2147483647", overflow, true).starts_with("Number overflow"));
        assert!(number("-1e99999999999", overflow, false).ends_with("numeric value: -1e99999999999"));
        assert!(number("1e-2147483648", NumberFault::Underflow, false).ends_with("numeric value: 1e-2147483648"));
        assert!(number("1.5e-2147483647", NumberFault::Underflow, false).ends_with("numeric value: 1.5e-2147483647"));
        assert!(number("1e-131", NumberFault::Underflow, false).starts_with("Number underflow"));
    }
}
