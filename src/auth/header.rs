//! A signature in the `Authorization` header.

use hyper::header::{DATE, HeaderMap, HeaderName};

use super::Signature;
use super::error::AuthError;

const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");

/// Reads the header's value. Of each parameter AWS asks first whether it is there.
pub(super) fn signature<'a>(authorization: &'a str, headers: &HeaderMap) -> Result<Signature<'a>, AuthError> {
    let (mut credential, mut signature, mut signed_headers) = ("", "", "");
    let mut parts = authorization.trim().split([',', ' ']);
    let algorithm = parts.next().unwrap_or_default();
    if !algorithm.starts_with("AWS4-") {
        return Err(AuthError::Missing);
    }
    for part in parts {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match name {
            "Credential" => credential = value,
            "Signature" => signature = value,
            "SignedHeaders" => signed_headers = value,
            _ => {}
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
