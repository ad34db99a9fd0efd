//! `NextToken` of ExecuteStatement.
//!
//! ```text
//! base64 of: version u8 | digest of statement and parameters, 32 bytes | place of the range u32 LE | last key, encoded, or nothing
//! ```
//!
//! A token goes on only with the statement, to the byte, and the parameters that it was made for (us-east-1, 2026-10).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::protocol::decode::Parameter;
use crate::validation::request_digest::{Digester, RequestDigest};
use crate::validation::violation::{StatementViolation, Violation};
use crate::value::{AttributeValue, Item, ItemView, encode_item};

const VERSION: u8 = 1;
const DIGEST_BYTES: usize = 32;
const HEADER_BYTES: usize = 1 + DIGEST_BYTES + 4;

/// What a token stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    digest: RequestDigest,
    /// With a list or a map among the parameters no page can be gone on from (an emulator's captures, 2026).
    is_resumable: bool,
}

/// Where a page goes on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resume {
    /// Among the ranges that the statement reads.
    pub range: usize,
    /// The last row of that range that was read.
    pub after: Option<Item>,
}

impl Binding {
    pub fn new(statement: &str, parameters: &[Parameter]) -> Binding {
        let mut digest = Digester::default();
        digest.text(statement);
        digest.count(parameters.len());
        let mut is_resumable = true;
        for parameter in parameters {
            digest.text(parameter.given.value.type_name().as_str());
            match &parameter.given.value {
                AttributeValue::N(_) => digest.count(parameter.numbers.len()),
                AttributeValue::Ns(_) => digest.flag(true),
                AttributeValue::L(_) | AttributeValue::M(_) => is_resumable = false,
                other => digest.item(&[(String::new(), other.clone())].into_iter().collect()),
            }
            let mut numbers: Vec<String> = parameter.numbers.iter().map(|number| unscaled(number)).collect();
            numbers.sort_unstable();
            numbers.iter().for_each(|number| digest.text(number));
        }
        Binding { digest: digest.finish(), is_resumable }
    }

    pub fn encode(&self, resume: &Resume) -> String {
        let mut token = Vec::with_capacity(HEADER_BYTES);
        token.push(VERSION);
        token.extend_from_slice(&self.digest);
        token.extend_from_slice(&u32::try_from(resume.range).unwrap_or(u32::MAX).to_le_bytes());
        token.extend(resume.after.iter().flat_map(encode_item));
        BASE64.encode(token)
    }

    /// Where a token goes on, or its refusal.
    pub fn decode(&self, token: &str) -> Result<Resume, Violation> {
        let resume = if self.is_resumable { self.read(token) } else { None };
        resume.ok_or_else(|| StatementViolation::NextTokenMismatch.into())
    }

    fn read(&self, token: &str) -> Option<Resume> {
        let token = BASE64.decode(token).ok()?;
        let (version, rest) = token.split_first()?;
        let (digest, rest) = rest.split_first_chunk::<DIGEST_BYTES>()?;
        let (range, key) = rest.split_first_chunk::<4>()?;
        if *version != VERSION || *digest != self.digest {
            return None;
        }
        let after = match key {
            [] => None,
            key => Some(ItemView::parse(key).ok()?.to_item()),
        };
        Some(Resume { range: usize::try_from(u32::from_le_bytes(*range)).ok()?, after })
    }
}

/// A number as digits and scale, in which `1E2` and `1e+2` are the same and `0` and `0.0` are not. It has been read as a
/// number before.
fn unscaled(number: &str) -> String {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (negative, magnitude) = match mantissa.strip_prefix('-') {
        Some(magnitude) => ("-", magnitude),
        None => ("", mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    let scale = fraction.len() as i128 - exponent.parse::<i128>().unwrap_or(0);
    let digits = [whole, fraction].concat();
    match digits.trim_start_matches('0') {
        "" => format!("0/{scale}"),
        digits => format!("{negative}{digits}/{scale}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::decode;
    use crate::protocol::shapes::ExecuteStatementInput;

    fn binding(statement: &str, parameters: &str) -> Binding {
        let body = format!(r#"{{"Parameters": {parameters}}}"#);
        let input: ExecuteStatementInput = decode(body.as_bytes()).expect(&body);
        Binding::new(statement, &input.parameters.expect("some"))
    }

    fn resume() -> Resume {
        Resume { range: 3, after: Some([("pk".to_string(), AttributeValue::S("é".into()))].into_iter().collect()) }
    }

    #[test]
    fn a_token_goes_on_with_its_statement_and_parameters() {
        let token = binding("a", r#"[{"N": "1E2"}, {"NS": ["1", "2.0"]}, {"SS": ["a", "b"]}]"#).encode(&resume());
        let same = binding("a", r#"[{"N": "1e+2"}, {"NS": ["2.0", "1"]}, {"SS": ["b", "a"]}]"#);
        assert_eq!(same.decode(&token), Ok(resume()));
        for (statement, parameters) in [
            ("a ", r#"[{"N": "1E2"}, {"NS": ["1", "2.0"]}, {"SS": ["a", "b"]}]"#),
            ("a", r#"[{"N": "100"}, {"NS": ["1", "2.0"]}, {"SS": ["a", "b"]}]"#),
            ("a", r#"[{"N": "1E2"}, {"NS": ["1", "2"]}, {"SS": ["a", "b"]}]"#),
            ("a", r#"[{"N": "1E2"}, {"NS": ["1", "2.0"]}, {"SS": ["a"]}]"#),
            ("a", r#"[{"N": "1E2"}]"#),
        ] {
            assert!(binding(statement, parameters).decode(&token).is_err(), "{statement} {parameters}");
        }
    }

    #[test]
    fn lists_and_maps_can_not_be_gone_on_from() {
        let list = binding("a", r#"[{"L": [{"S": "a"}]}]"#);
        assert!(list.decode(&list.encode(&resume())).is_err());
    }

    #[test]
    fn damaged_tokens_are_refused() {
        let binding = binding("a", r#"[{"S": "a"}]"#);
        let token = binding.encode(&resume());
        assert!(binding.decode(&token).is_ok());
        for damaged in ["", "a", "AAAA", &token[..token.len() - 4], &token[4..]] {
            assert!(binding.decode(damaged).is_err(), "{damaged}");
        }
    }
}
