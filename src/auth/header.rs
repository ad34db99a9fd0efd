//! A signature in the `Authorization` header.

use hyper::header::{DATE, HeaderMap, HeaderName};

use super::Signature;
use super::error::AuthError;

const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");

/// Reads the header's value. Of each parameter AWS asks first whether it is there.
pub(super) fn signature<'a>(authorization: &'a str, headers: &HeaderMap) -> Result<Signature<'a>, AuthError> {
    let (mut credential, mut signature, mut signed_headers) = ("", "", "");
    let (algorithm, mut rest) = split_part(authorization.trim());
    if !algorithm.starts_with("AWS4-") {
        return Err(AuthError::Missing);
    }
    while !rest.is_empty() {
        let part;
        (part, rest) = split_part(rest);
        if let Some(value) = part.strip_prefix("Credential=") {
            credential = value;
        } else if let Some(value) = part.strip_prefix("SignedHeaders=") {
            signed_headers = value;
        } else if let Some(value) = part.strip_prefix("Signature=") {
            signature = value;
        }
    }
    let has_date = headers.contains_key(X_AMZ_DATE) || headers.contains_key(DATE);
    let parameters = [("Credential", credential), ("Signature", signature), ("SignedHeaders", signed_headers)];
    if !has_date || parameters.iter().any(|(_, value)| value.is_empty()) {
        let missing = parameters.iter().filter(|(_, value)| value.is_empty()).map(|&(name, _)| name).collect();
        return Err(AuthError::IncompleteHeader { missing, has_date, header: authorization.to_owned() });
    }
    Ok(Signature { algorithm, credential })
}

/// The text up to the next comma or space, and the text after it.
fn split_part(text: &str) -> (&str, &str) {
    match memchr::memchr2(b',', b' ', text.as_bytes()) {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, ""),
    }
}
