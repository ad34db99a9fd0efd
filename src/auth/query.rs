//! A signature in the query string: a presigned request.

use super::Signature;
use super::error::AuthError;

const NAMES: [&str; 5] =
    ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"];

/// The values of the parameters of [`NAMES`], empty where there is none.
pub(super) struct Parameters([String; NAMES.len()]);

impl Parameters {
    /// The parameters of a query that is presigned, which the presence of the first one tells, even without a value.
    pub(super) fn signed(query: &str) -> Option<Self> {
        let mut values: [Option<String>; NAMES.len()] = Default::default();
        for parameter in query.split('&') {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            if let Some(at) = NAMES.iter().position(|known| *known == name) {
                values[at] = Some(percent_decoded(value));
            }
        }
        values[0].is_some().then(|| Self(values.map(Option::unwrap_or_default)))
    }

    pub(super) fn signature(&self) -> Result<Signature<'_>, AuthError> {
        let missing: Vec<_> =
            NAMES.iter().zip(&self.0).filter(|(_, value)| value.is_empty()).map(|(name, _)| *name).collect();
        if !missing.is_empty() {
            return Err(AuthError::IncompleteQuery { missing });
        }
        let [algorithm, credential, ..] = &self.0;
        Ok(Signature { algorithm, credential })
    }
}

fn percent_decoded(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                decoded.push(hex_digit(*high) << 4 | hex_digit(*low));
                after
            }
            _ => {
                decoded.push(*first);
                after
            }
        };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn hex_digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs_are_decoded_where_they_are_an_escape() {
        for (text, decoded) in
            [("a%2Fb%2fc", "a/b/c"), ("%", "%"), ("%4", "%4"), ("%zz%41", "%zzA"), ("%ff", "\u{fffd}")]
        {
            assert_eq!(percent_decoded(text), decoded);
        }
    }
}
