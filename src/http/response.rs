//! Answers as they go out: body, checksum, request id.

use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::StatusCode;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    ORIGIN,
};

use crate::service::{RequestId, Response};

const X_AMZN_REQUESTID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const X_AMZ_CRC32: HeaderName = HeaderName::from_static("x-amz-crc32");
const X_AMZN_ERRORTYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// Below this a body does not get smaller by enough to be worth it.
const GZIP_BYTES_MIN: usize = 512;

pub(super) type HttpResponse = hyper::Response<AnswerBody>;

/// What every answer to a request carries, whatever it says.
pub(super) struct Envelope {
    request_id: RequestId,
    /// A browser's page asks. Any page may: DynamoDB itself answers `*`.
    is_cross_origin: bool,
    accepts_gzip: bool,
}

impl Envelope {
    pub(super) fn new(request_id: RequestId, headers: &HeaderMap) -> Self {
        Self {
            request_id,
            is_cross_origin: headers.contains_key(ORIGIN),
            accepts_gzip: headers.get(ACCEPT_ENCODING).is_some_and(accepts_gzip),
        }
    }

    pub(super) fn request_id(&self) -> RequestId {
        self.request_id
    }

    /// An answer of the API: JSON under the content type of the request.
    pub(super) fn json(&self, answer: Response, content_type: HeaderValue) -> HttpResponse {
        let compressed =
            (self.accepts_gzip && answer.body.len() >= GZIP_BYTES_MIN).then(|| gzip(&answer.body)).flatten();
        let is_compressed = compressed.is_some();
        let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = self.checked(status, compressed.unwrap_or(answer.body));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, content_type);
        if is_compressed {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if let Some(error_type) = answer.error_type {
            headers.insert(X_AMZN_ERRORTYPE, HeaderValue::from_static(error_type));
        }
        response
    }

    /// An answer in plain bytes, with their checksum.
    ///
    /// The checksum is that of the bytes on the wire, after any compression: the Java SDK checks it there
    /// (`calculateCrc32FromCompressedData`), and the Go SDK fails a call over a wrong one.
    pub(super) fn checked(&self, status: StatusCode, body: Bytes) -> HttpResponse {
        let checksum = crc32fast::hash(&body);
        let mut response = self.plain(status, AnswerBody { bytes: body, is_sized: true });
        response.headers_mut().insert(X_AMZ_CRC32, HeaderValue::from(checksum));
        response
    }

    /// An answer that has no body.
    pub(super) fn empty(&self, status: StatusCode) -> HttpResponse {
        self.plain(status, AnswerBody { bytes: Bytes::new(), is_sized: true })
    }

    /// Nothing either, but sent in chunks, as AWS answers a body that is too large (by dynalite's captures).
    pub(super) fn empty_in_chunks(&self, status: StatusCode) -> HttpResponse {
        self.plain(status, AnswerBody { bytes: Bytes::new(), is_sized: false })
    }

    fn plain(&self, status: StatusCode, body: AnswerBody) -> HttpResponse {
        let mut response = hyper::Response::new(body);
        *response.status_mut() = status;
        // Room for all headers of a usual answer, hyper's own included.
        let mut headers = HeaderMap::with_capacity(6);
        if let Ok(id) = HeaderValue::from_str(self.request_id.as_str()) {
            headers.insert(X_AMZN_REQUESTID, id);
        }
        if self.is_cross_origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
        *response.headers_mut() = headers;
        response
    }
}

/// A body that is there as a whole.
pub(super) struct AnswerBody {
    bytes: Bytes,
    is_sized: bool,
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        let bytes = std::mem::take(&mut self.bytes);
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_sized && self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        if self.is_sized { SizeHint::with_exact(self.bytes.len() as u64) } else { SizeHint::new() }
    }
}

/// Whether the client would rather have gzip: it is listed, and not with a weight of zero.
fn accepts_gzip(accepted: &HeaderValue) -> bool {
    accepted.to_str().is_ok_and(|accepted| accepted.split(',').any(asks_for_gzip))
}

fn asks_for_gzip(coding: &str) -> bool {
    let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
    let weight = parameters.trim().strip_prefix("q=").map(str::trim);
    name.trim().eq_ignore_ascii_case("gzip") && weight.is_none_or(|q| q.parse::<f32>().is_ok_and(|q| q > 0.0))
}

fn gzip(body: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_only_sent_to_those_who_ask_for_it() {
        for accepted in ["gzip", "deflate, gzip", "br;q=1.0, GZIP;q=0.5", "gzip ; q=1"] {
            assert!(accepts_gzip(&HeaderValue::from_static(accepted)), "{accepted}");
        }
        for accepted in ["", "identity", "gzip;q=0", "gzip;q=0.0", "gzipped", "*"] {
            assert!(!accepts_gzip(&HeaderValue::from_static(accepted)), "{accepted}");
        }
    }
}
