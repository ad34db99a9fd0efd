//! One request, taken through AWS's order of checks: method and content type, JSON, target, authorization, operation.
//!
//! What the headers say is read at once, before the body; what is wrong with them is said after it, because a body that is not
//! JSON comes first.

use std::cell::RefCell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_TYPE, EXPECT, HOST, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};

use super::body::{self, BodyFault, Received};
use super::connection::Server;
use super::cors::Preflight;
use super::limits::HEAD_BYTES_MAX;
use super::request_id::RequestIds;
use super::response::{Envelope, HttpResponse};
use super::watch::{Phase, Watch};
use super::{health, target};
use crate::auth::{AuthError, KnownCaller};
use crate::protocol::error::{ApiError, ErrorKind};
use crate::protocol::json;
use crate::protocol::operation::Operation;
use crate::service::{Caller, Handler, Host, Request, RequestId, Response};

/// Answered, in XML, to whatever is no request of the API (us-east-1, by dynalite's captures).
const UNKNOWN_OPERATION: &[u8] = b"<UnknownOperationException/>\n";

/// The requests of one connection.
pub(super) struct Session<H> {
    // Counted once a request: an Arc of the connection's own, for the server's would be counted by all of them.
    context: Arc<Context<H>>,
    request_ids: RefCell<RequestIds>,
    known_caller: RefCell<KnownCaller>,
}

struct Context<H> {
    server: Arc<Server<H>>,
    watch: Arc<Watch>,
}

/// What the method and the headers ask for.
enum Question {
    Health,
    Preflight(Preflight),
    Call(Call),
    /// A method that the API does not have.
    Nothing,
}

struct Call {
    content_type: ContentType,
    target: Option<Operation>,
    host: Host,
    caller: Result<Caller, AuthError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ContentType {
    AmzJson,
    Json,
    /// None, or one that a body can't have.
    Other,
}

/// The connection is of no more use.
#[derive(Debug)]
pub(super) struct Unreadable;

impl<H: Handler> Session<H> {
    pub(super) fn new(server: Arc<Server<H>>, watch: Arc<Watch>) -> Self {
        Self {
            context: Arc::new(Context { server, watch }),
            request_ids: RefCell::new(RequestIds::new()),
            known_caller: RefCell::default(),
        }
    }

    pub(super) fn answer(
        &self,
        request: hyper::Request<Incoming>,
    ) -> impl Future<Output = Result<HttpResponse, Unreadable>> + Send + use<H> {
        let (head, body) = request.into_parts();
        let envelope = Envelope::new(self.request_ids.borrow_mut().next_id(), &head.headers);
        let question = self.question(&head);
        let client_waits = head.headers.contains_key(EXPECT);
        let is_head_large = head_bytes(&head) > HEAD_BYTES_MAX;
        drop(head);
        let context = self.context.clone();
        context.watch.enter(Phase::Body);
        async move {
            if is_head_large {
                let answer = envelope.empty(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
                return Ok(last(answer));
            }
            let memory = &context.server.bodies;
            let answer = match body::receive(body, client_waits, memory).await {
                Ok(body) => {
                    context.watch.enter(Phase::Handling);
                    context.answer(question, body, &envelope).await
                }
                Err(BodyFault::TooLarge) => envelope.empty_in_chunks(StatusCode::PAYLOAD_TOO_LARGE),
                Err(BodyFault::Broken) => return Err(Unreadable),
            };
            context.watch.enter(Phase::Writing);
            Ok(context.last_if_stopping(answer))
        }
    }

    fn question(&self, head: &Parts) -> Question {
        if head.method == Method::POST {
            return Question::Call(Call {
                content_type: ContentType::of(&head.headers),
                target: target::operation(&head.headers),
                host: Host(head.headers.get(HOST).cloned()),
                caller: self.known_caller.borrow_mut().authenticate(&head.headers, head.uri.query()),
            });
        }
        match Preflight::of(&head.method, &head.headers) {
            Some(preflight) => Question::Preflight(preflight),
            None if head.method == Method::GET => Question::Health,
            None => Question::Nothing,
        }
    }
}

impl<H: Handler> Context<H> {
    async fn answer(&self, question: Question, body: Received, envelope: &Envelope) -> HttpResponse {
        match question {
            Question::Call(call) if call.content_type != ContentType::Other || body.bytes.is_empty() => {
                let content_type = call.content_type.echo();
                let answer = match call.check(&body.bytes) {
                    Ok((operation, caller, host)) => {
                        let request_id = envelope.request_id();
                        let Received { bytes, room: _until_answered } = body;
                        let request = Request { operation, body: bytes, caller, request_id, host };
                        handle(&*self.server.handler, request).await
                    }
                    Err(error) => Response::from(error),
                };
                envelope.json(answer, content_type)
            }
            Question::Call(_) | Question::Nothing => {
                envelope.checked(StatusCode::NOT_FOUND, Bytes::from_static(UNKNOWN_OPERATION))
            }
            Question::Preflight(preflight) => preflight.answer(envelope),
            Question::Health => health::answer(self.server.handler.is_healthy(), envelope),
        }
    }

    fn last_if_stopping(&self, answer: HttpResponse) -> HttpResponse {
        if self.server.is_stopping() { last(answer) } else { answer }
    }
}

/// An answer after which the connection closes.
fn last(mut answer: HttpResponse) -> HttpResponse {
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// Line by line, each with its end.
fn head_bytes(head: &Parts) -> usize {
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let lines = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    target + lines.sum::<usize>()
}

impl Call {
    fn check(self, body: &[u8]) -> Result<(Operation, Caller, Host), ApiError> {
        match (self.target, self.caller) {
            // An empty body is refused last of all: it needs a good target and a signature to be looked at.
            (Some(_), Ok(_)) if body.is_empty() => Err(ApiError::without_message(ErrorKind::SerializationException)),
            (Some(operation), Ok(caller)) => Ok((operation, caller, self.host)),
            // The operation's decoder finds what is no JSON; without one it has to be found here.
            _ if !body.is_empty() && !json::is_well_formed(body) => {
                Err(ApiError::without_message(ErrorKind::SerializationException))
            }
            (None, _) => Err(ApiError::without_message(ErrorKind::UnknownOperationException)),
            (Some(_), Err(error)) => Err(error.into()),
        }
    }
}

/// Lets the handler answer. Should it panic, the client is told and the connection lives on.
async fn handle<H: Handler>(handler: &H, request: Request) -> Response {
    let (operation, request_id) = (request.operation, request.request_id);
    let mut handling = pin!(handler.handle(request));
    let answer = poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| handling.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(answer)) => Poll::Ready(Some(answer)),
        Err(_) => Poll::Ready(None),
    })
    .await;
    let answer = answer.unwrap_or_else(|| panicked(operation, request_id));
    tracing::debug!(%operation, status = answer.status, error = answer.error_type, %request_id, "answered");
    answer
}

fn panicked(operation: Operation, request_id: RequestId) -> Response {
    tracing::error!(%operation, %request_id, "a request panicked: this is a bug");
    Response::from(ApiError::internal())
}

impl ContentType {
    /// Parameters after a semicolon mean nothing.
    fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(CONTENT_TYPE) else { return Self::Other };
        match value.as_bytes() {
            b"application/x-amz-json-1.0" => Self::AmzJson,
            other => match other.split(|&c| c == b';').next().unwrap_or_default().trim_ascii() {
                b"application/x-amz-json-1.0" => Self::AmzJson,
                b"application/json" => Self::Json,
                _ => Self::Other,
            },
        }
    }

    /// The content type of the answer.
    fn echo(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::AmzJson => "application/x-amz-json-1.0",
            Self::Json | Self::Other => "application/json",
        })
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request's body ended early or is no HTTP")
    }
}

impl std::error::Error for Unreadable {}
