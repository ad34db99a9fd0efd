//! Preflight requests of browsers. DynamoDB lets any page call it (texts and values by dynalite's captures).

use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderValue, ORIGIN,
};
use hyper::{Method, StatusCode};

use super::response::{Envelope, HttpResponse};

/// A page's question what it may send; the answer is that it may.
pub(super) struct Preflight {
    headers: Option<HeaderValue>,
    method: Option<HeaderValue>,
}

impl Preflight {
    pub(super) fn of(method: &Method, headers: &HeaderMap) -> Option<Self> {
        (*method == Method::OPTIONS && headers.contains_key(ORIGIN)).then(|| Self {
            headers: headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned(),
            method: headers.get(ACCESS_CONTROL_REQUEST_METHOD).cloned(),
        })
    }

    pub(super) fn answer(self, envelope: &Envelope) -> HttpResponse {
        let mut response = envelope.empty(StatusCode::OK);
        let headers = response.headers_mut();
        if let Some(allowed) = self.headers {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        }
        if let Some(allowed) = self.method {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, allowed);
        }
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("172800"));
        response
    }
}
