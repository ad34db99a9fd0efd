//! Who is calling, by the signature that a request carries (SigV4, in the `Authorization` header or presigned in the query).
//!
//! The signature itself is taken on trust, as are its date and the list of signed headers. What is read is the credential scope.

mod error;
mod header;
mod query;
mod scope;

pub use error::AuthError;

use std::borrow::Cow;

use hyper::header::{AUTHORIZATION, HeaderMap};

use crate::service::Caller;
use scope::Scope;

/// The parts of a signature that have been found to be there.
struct Signature<'a> {
    algorithm: &'a str,
    credential: &'a str,
}

/// Reads signatures, and remembers the last caller: a client signs all requests of a connection with the same credentials.
#[derive(Default)]
pub struct KnownCaller {
    last: Option<(Box<str>, Caller)>,
}

impl KnownCaller {
    /// The caller of a request with these headers and this query, or AWS's reason to refuse it.
    pub fn authenticate(&mut self, headers: &HeaderMap, query: Option<&str>) -> Result<Caller, AuthError> {
        let query = query.and_then(query::Parameters::signed);
        match (headers.get(AUTHORIZATION).filter(|value| !value.is_empty()), query) {
            (Some(_), Some(_)) => Err(AuthError::SignedTwice),
            (None, None) => Err(AuthError::Missing),
            (Some(authorization), None) => {
                let authorization = match authorization.to_str() {
                    Ok(ascii) => Cow::Borrowed(ascii),
                    Err(_) => String::from_utf8_lossy(authorization.as_bytes()),
                };
                self.caller(header::signature(&authorization, headers)?)
            }
            (None, Some(parameters)) => self.caller(parameters.signature()?),
        }
    }

    fn caller(&mut self, signature: Signature<'_>) -> Result<Caller, AuthError> {
        if let Some((credential, caller)) = &self.last
            && **credential == *signature.credential
            && signature.algorithm == ALGORITHM
        {
            return Ok(caller.clone());
        }
        let caller = new_caller(&signature)?;
        self.last = Some((signature.credential.into(), caller.clone()));
        Ok(caller)
    }
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// In AWS's order: the algorithm, the credential's form, its scope, its key.
fn new_caller(signature: &Signature<'_>) -> Result<Caller, AuthError> {
    if signature.algorithm != ALGORITHM {
        return Err(AuthError::UnsupportedAlgorithm(signature.algorithm.to_owned()));
    }
    let scope = Scope::parse(signature.credential)?;
    if scope.region.is_empty() {
        return Err(AuthError::NoRegion);
    }
    if scope.access_key.is_empty() {
        return Err(AuthError::UnknownKey);
    }
    Ok(Caller::new(scope.access_key, scope.region))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authenticate(headers: &[(&'static str, &'static str)], query: Option<&str>) -> Result<Caller, String> {
        let headers = headers.iter().map(|&(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        KnownCaller::default().authenticate(&headers, query).map_err(|error| error.to_string())
    }

    const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKID/20261121/eu-west-1/dynamodb/aws4_request, \
                          SignedHeaders=host;x-amz-date, Signature=0123";

    #[test]
    fn the_scope_of_a_signed_header_names_the_caller() {
        let caller = authenticate(&[("authorization", SIGNED), ("x-amz-date", "20261121T000000Z")], None);
        assert_eq!(caller, Ok(Caller::new("AKID", "eu-west-1")));
    }

    #[test]
    fn a_presigned_query_names_the_caller() {
        let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20261121%2Fus-east-2%2Fdynamodb%2Faws4_request\
                     &X-Amz-Date=20261121T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0123";
        assert_eq!(authenticate(&[], Some(query)), Ok(Caller::new("AKID", "us-east-2")));
    }

    #[test]
    fn callers_of_one_connection_are_told_apart() {
        let mut known = KnownCaller::default();
        for key in ["ONE", "TWO", "TWO", "ONE"] {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, SIGNED.replace("AKID", key).parse().unwrap());
            headers.insert("date", "a".parse().unwrap());
            assert_eq!(known.authenticate(&headers, None).ok(), Some(Caller::new(key, "eu-west-1")));
        }
    }

    #[test]
    fn a_malformed_credential_is_refused_in_aws_words() {
        let refused = |credential: &str| {
            let mut headers = HeaderMap::new();
            let header = format!("AWS4-HMAC-SHA256 Credential={credential},SignedHeaders=host,Signature=b");
            headers.insert(AUTHORIZATION, header.parse().unwrap());
            headers.insert("date", "a".parse().unwrap());
            KnownCaller::default().authenticate(&headers, None).map_err(|error| error.to_string())
        };
        let form = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b/c/d'";
        assert_eq!(refused("a/b/c/d"), Err(form.to_owned()));
        assert_eq!(refused("a/b//d/e"), Err("Credential should be scoped to a valid region, not ''. ".to_owned()));
        assert_eq!(refused("/b/c/d/e"), Err("The security token included in the request is invalid.".to_owned()));
        assert_eq!(refused("a/b/c/d/e"), Ok(Caller::new("a", "c")));
    }

    /// Headers and messages as dynalite's tests record them from AWS.
    #[test]
    fn what_is_missing_is_named() {
        let header = |value| authenticate(&[("authorization", value)], None);
        let missing = Err("Request is missing Authentication Token".to_owned());
        assert_eq!(authenticate(&[], None), missing);
        assert_eq!(header("AWS4"), missing);
        assert_eq!(authenticate(&[("authorization", "X")], Some("X-Amz-Algorith")), missing);
        assert_eq!(
            authenticate(&[], Some("X-Amz-Credential=a&X-Amz-Signature=b&X-Amz-SignedHeaders=c&X-Amz-Date=d")),
            missing
        );
        assert_eq!(
            authenticate(&[("authorization", "X")], Some("X-Amz-Algorithm")),
            Err("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.".to_owned())
        );
        assert_eq!(
            header("AWS4-"),
            Err("Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
                 Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a \
                 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-"
                .to_owned())
        );
        for value in
            ["AWS4- Signature=b Credential=a", "AWS4- Signature=b,Credential=a", "AWS4- Signature=b, Credential=a"]
        {
            assert_eq!(
                authenticate(&[("authorization", value), ("date", "a")], None),
                Err(format!("Authorization header requires 'SignedHeaders' parameter. Authorization={value}"))
            );
        }
        assert_eq!(
            authenticate(&[], Some("X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&X-Amz-Date=d")),
            Err("AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the query-string parameters.".to_owned())
        );
    }
}
