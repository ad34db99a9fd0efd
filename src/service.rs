//! The one entry into the database: what a transport hands over and what it gets back. HTTP is one such transport; a client in
//! the same process is another.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use hyper::header::HeaderValue;

use crate::protocol::error::ApiError;
use crate::protocol::operation::Operation;

/// Answers requests. Implemented once, by the database.
pub trait Handler: Send + Sync + 'static {
    fn handle(&self, request: Request) -> impl Future<Output = Response> + Send;

    /// False once the database can only answer errors, so that a health check takes the server out of service.
    fn is_healthy(&self) -> bool {
        true
    }
}

/// One call of one operation, its body still as it came: decoding is the operation's first step.
#[derive(Clone, Debug)]
pub struct Request {
    pub operation: Operation,
    pub body: Bytes,
    pub caller: Caller,
    pub request_id: RequestId,
    /// Where the client has sent it.
    pub host: Host,
}

/// The address by which a client reaches the server, as its `Host` header says; unknown in the same process.
#[derive(Clone, Debug, Default)]
pub struct Host(pub(crate) Option<HeaderValue>);

impl Host {
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_ref()?.to_str().ok().filter(|host| !host.is_empty())
    }
}

/// A finished answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// The HTTP status: 200, or the one that belongs to the error.
    pub status: u16,
    /// JSON, ready to be sent.
    pub body: Bytes,
    /// The bare name of the exception, for the header that the Rust and Java SDKs look at before the body.
    pub error_type: Option<&'static str>,
}

impl From<ApiError> for Response {
    fn from(error: ApiError) -> Self {
        let mut body = Vec::with_capacity(256);
        error.write_body(&mut body);
        Self { status: error.kind.status(), body: body.into(), error_type: Some(error.kind.name()) }
    }
}

/// Who is calling, as the credential scope of the signature says. Tables belong to (access key, Region).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub access_key: Arc<str>,
    pub region: Arc<str>,
    pub account_id: Arc<str>,
}

impl Caller {
    /// The account in every ARN. DynamoDB Local answers the same one, whoever calls.
    pub const ACCOUNT_ID: &'static str = "000000000000";

    pub fn new(access_key: &str, region: &str) -> Self {
        Self { access_key: access_key.into(), region: region.into(), account_id: Self::ACCOUNT_ID.into() }
    }
}

/// The name of one request, in the answer's `x-amzn-RequestId` and in the log.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(pub(crate) [u8; RequestId::LEN]);

impl RequestId {
    pub const LEN: usize = 52;

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// For a caller in the same process that has no use for names.
impl Default for RequestId {
    fn default() -> Self {
        Self([b'A'; Self::LEN])
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
