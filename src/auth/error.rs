//! Why a request without a usable signature is refused.

use std::fmt;

use crate::protocol::error::{ApiError, ErrorKind};

/// AWS's reasons. Their texts are those of us-east-1 as dynalite's tests and comments record them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthError {
    /// No signature, or one of another scheme.
    Missing,
    /// In the header and in the query.
    SignedTwice,
    IncompleteHeader {
        missing: Vec<&'static str>,
        has_date: bool,
        header: String,
    },
    IncompleteQuery {
        missing: Vec<&'static str>,
    },
    UnsupportedAlgorithm(String),
    /// A credential that is not `keyid/date/region/service/term`.
    CredentialForm(String),
    NoRegion,
    UnknownKey,
}

impl AuthError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Missing => ErrorKind::MissingAuthenticationTokenException,
            Self::SignedTwice | Self::NoRegion => ErrorKind::InvalidSignatureException,
            Self::IncompleteHeader { .. }
            | Self::IncompleteQuery { .. }
            | Self::UnsupportedAlgorithm(_)
            | Self::CredentialForm(_) => ErrorKind::IncompleteSignatureException,
            Self::UnknownKey => ErrorKind::UnrecognizedClientException,
        }
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("Request is missing Authentication Token"),
            Self::SignedTwice => {
                f.write_str("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
            }
            Self::IncompleteHeader { missing, has_date, header } => {
                for name in missing {
                    write!(f, "Authorization header requires '{name}' parameter. ")?;
                }
                if !has_date {
                    f.write_str(
                        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
                    )?;
                }
                write!(f, "Authorization={header}")
            }
            Self::IncompleteQuery { missing } => {
                for name in missing {
                    write!(f, "AWS query-string parameters must include '{name}'. ")?;
                }
                f.write_str("Re-examine the query-string parameters.")
            }
            Self::UnsupportedAlgorithm(name) => {
                write!(f, "Unsupported AWS 'algorithm': '{name}' (only AWS4-HMAC-SHA256 for now). ")
            }
            Self::CredentialForm(credential) => write!(
                f,
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, \
                 got '{credential}'"
            ),
            Self::NoRegion => f.write_str("Credential should be scoped to a valid region, not ''. "),
            Self::UnknownKey => f.write_str("The security token included in the request is invalid."),
        }
    }
}

impl std::error::Error for AuthError {}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        ApiError::new(error.kind(), error.to_string())
    }
}
