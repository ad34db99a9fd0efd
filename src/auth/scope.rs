//! The credential scope: `keyid/date/region/service/term`.

use super::error::AuthError;

pub(super) struct Scope<'a> {
    pub(super) access_key: &'a str,
    pub(super) region: &'a str,
}

impl<'a> Scope<'a> {
    /// Trailing slashes mean nothing.
    pub(super) fn parse(credential: &'a str) -> Result<Self, AuthError> {
        let mut elements = credential.trim_end_matches('/').split('/');
        let scope =
            (elements.next(), elements.next(), elements.next(), elements.next(), elements.next(), elements.next());
        match scope {
            (Some(access_key), Some(_date), Some(region), Some(_service), Some(_term), None) => {
                Ok(Self { access_key, region })
            }
            _ => Err(AuthError::CredentialForm(credential.to_owned())),
        }
    }
}
