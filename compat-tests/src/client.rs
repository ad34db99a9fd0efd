//! The official AWS SDK, pointed at a server, and its errors as tests look at them.

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::{Client, Config};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use hyper_util::client::legacy::{self, connect};
use hyper_util::rt::TokioExecutor;

/// A client without retries: a test wants to see the first answer.
pub fn connect(url: &str, access_key: &str, region: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new(region.to_owned()))
        .credentials_provider(Credentials::new(access_key, "secret", None, None, "compat-tests"))
        .retry_config(RetryConfig::disabled())
        .http_client(PlainHttp::new())
        .build();
    Client::from_conf(config)
}

/// The same for streams, which have a client of their own.
pub fn connect_streams(url: &str, access_key: &str, region: &str) -> aws_sdk_dynamodbstreams::Client {
    use aws_sdk_dynamodbstreams::config::{BehaviorVersion, Credentials, Region, retry::RetryConfig};

    let config = aws_sdk_dynamodbstreams::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new(region.to_owned()))
        .credentials_provider(Credentials::new(access_key, "secret", None, None, "compat-tests"))
        .retry_config(RetryConfig::disabled())
        .http_client(PlainHttp::new())
        .build();
    aws_sdk_dynamodbstreams::Client::from_conf(config)
}

/// HTTP/1.1 over TCP with connections kept alive, and nothing else.
#[derive(Clone, Debug)]
struct PlainHttp(legacy::Client<connect::HttpConnector, SdkBody>);

impl PlainHttp {
    fn new() -> Self {
        let mut connector = connect::HttpConnector::new();
        connector.set_nodelay(true);
        Self(legacy::Client::builder(TokioExecutor::new()).build(connector))
    }
}

impl HttpClient for PlainHttp {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for PlainHttp {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let response = client.request(request).await.map_err(|error| ConnectorError::io(error.into()))?;
            HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// An error that the service answered: the exception's name and its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub code: String,
    pub message: String,
}

impl Refusal {
    /// Whether it is a ValidationException that says this.
    pub fn is_validation(&self, part: &str) -> bool {
        self.status == 400 && self.code == "ValidationException" && self.message.contains(part)
    }
}

pub trait Refused {
    /// The refusal; anything else ends the test.
    fn refused(self) -> Refusal;
}

impl<T: std::fmt::Debug, E> Refused for Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    fn refused(self) -> Refusal {
        let error = self.expect_err("this should have been refused");
        let response = error.raw_response().unwrap_or_else(|| panic!("no answer: {error:?}"));
        Refusal {
            status: response.status().as_u16(),
            code: error.code().unwrap_or_default().to_owned(),
            message: error.message().unwrap_or_default().to_owned(),
        }
    }
}
