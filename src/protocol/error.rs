//! The errors that the API has names for, and how an answer carries one.

use super::decode::SerializationFault;
use super::encode::NumberSetOrder;
use super::json::{ArrayWriter, JsonWriter, ObjectWriter};
use crate::value::Item;

/// The part of `__type` before the `#`.
const DYNAMODB: &str = "com.amazonaws.dynamodb.v20120810";
const SERVICE: &str = "com.amazon.coral.service";
const VALIDATE: &str = "com.amazon.coral.validate";
const AVAILABILITY: &str = "com.amazon.coral.availability";

macro_rules! errors {
    ($($kind:ident: $prefix:ident $status:literal $message_member:ident;)*) => {
        /// An exception of the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorKind {
            $($kind,)*
        }

        impl ErrorKind {
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$kind,)*];

            /// The bare name, which the header `x-amzn-errortype` carries.
            pub fn name(self) -> &'static str {
                match self {
                    $(ErrorKind::$kind => stringify!($kind),)*
                }
            }

            /// The part of the body's `__type` before the `#`.
            pub fn prefix(self) -> &'static str {
                match self {
                    $(ErrorKind::$kind => $prefix,)*
                }
            }

            pub fn status(self) -> u16 {
                match self {
                    $(ErrorKind::$kind => $status,)*
                }
            }

            /// How the body spells the member with the message.
            pub fn message_member(self) -> &'static str {
                match self {
                    $(ErrorKind::$kind => stringify!($message_member),)*
                }
            }
        }
    };
}

// Names and the case of `message` are those of the service models of 2026-11-20; for what the models leave out, those
// that the dynalite suite recorded on AWS. Every modelled exception is a 400 except InternalServerError.
errors! {
    AccessDeniedException:                    SERVICE 400 Message;
    BackupInUseException:                     DYNAMODB 400 message;
    BackupNotFoundException:                  DYNAMODB 400 message;
    ConditionalCheckFailedException:          DYNAMODB 400 message;
    ContinuousBackupsUnavailableException:    DYNAMODB 400 message;
    DuplicateItemException:                   DYNAMODB 400 message;
    ExpiredIteratorException:                 DYNAMODB 400 message;
    ExportConflictException:                  DYNAMODB 400 message;
    ExportNotFoundException:                  DYNAMODB 400 message;
    GlobalTableAlreadyExistsException:        DYNAMODB 400 message;
    GlobalTableNotFoundException:             DYNAMODB 400 message;
    IdempotentParameterMismatchException:     DYNAMODB 400 Message;
    ImportConflictException:                  DYNAMODB 400 message;
    ImportNotFoundException:                  DYNAMODB 400 message;
    IncompleteSignatureException:             SERVICE 400 message;
    IndexNotFoundException:                   DYNAMODB 400 message;
    InternalServerError:                      DYNAMODB 500 message;
    InvalidExportTimeException:               DYNAMODB 400 message;
    InvalidRestoreTimeException:              DYNAMODB 400 message;
    InvalidSignatureException:                SERVICE 400 message;
    ItemCollectionSizeLimitExceededException: DYNAMODB 400 message;
    LimitExceededException:                   DYNAMODB 400 message;
    MissingAuthenticationTokenException:      SERVICE 400 message;
    PointInTimeRecoveryUnavailableException:  DYNAMODB 400 message;
    PolicyNotFoundException:                  DYNAMODB 400 message;
    ProvisionedThroughputExceededException:   DYNAMODB 400 message;
    ReplicaAlreadyExistsException:            DYNAMODB 400 message;
    ReplicaNotFoundException:                 DYNAMODB 400 message;
    ReplicatedWriteConflictException:         DYNAMODB 409 message;
    RequestEntityTooLarge:                    SERVICE 413 message;
    RequestLimitExceeded:                     DYNAMODB 400 message;
    ResourceInUseException:                   DYNAMODB 400 message;
    ResourceNotFoundException:                DYNAMODB 400 message;
    SerializationException:                   SERVICE 400 Message;
    ServiceUnavailable:                       AVAILABILITY 503 message;
    TableAlreadyExistsException:              DYNAMODB 400 message;
    TableInUseException:                      DYNAMODB 400 message;
    TableNotFoundException:                   DYNAMODB 400 message;
    ThrottlingException:                      AVAILABILITY 400 message;
    TransactionCanceledException:             DYNAMODB 400 Message;
    TransactionConflictException:             DYNAMODB 400 message;
    TransactionInProgressException:           DYNAMODB 400 Message;
    TrimmedDataAccessException:               DYNAMODB 400 message;
    UnknownOperationException:                SERVICE 400 message;
    UnrecognizedClientException:              SERVICE 400 message;
    ValidationException:                      VALIDATE 400 message;
}

/// An error answer.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    pub kind: ErrorKind,
    pub message: Option<String>,
    pub detail: ErrorDetail,
}

/// What some errors carry beside their message.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ErrorDetail {
    #[default]
    None,
    /// The item that failed a condition.
    Item(Item),
    /// What became of each action of a transaction, in request order.
    CancellationReasons(Vec<CancellationReason>),
}

/// What became of one action of a cancelled transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct CancellationReason {
    pub code: CancellationCode,
    pub message: Option<String>,
    pub item: Option<Item>,
}

impl CancellationReason {
    /// The reason of an action that was not the cause.
    pub const NONE: CancellationReason = CancellationReason { code: CancellationCode::None, message: None, item: None };

    pub fn new(code: CancellationCode, message: impl Into<String>) -> CancellationReason {
        CancellationReason { code, message: Some(message.into()), item: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CancellationCode {
    None,
    ConditionalCheckFailed,
    DuplicateItem,
    ItemCollectionSizeLimitExceeded,
    ProvisionedThroughputExceeded,
    ResourceNotFound,
    ThrottlingError,
    TransactionConflict,
    ValidationError,
}

impl CancellationCode {
    pub fn as_str(self) -> &'static str {
        match self {
            CancellationCode::None => "None",
            CancellationCode::ConditionalCheckFailed => "ConditionalCheckFailed",
            CancellationCode::DuplicateItem => "DuplicateItem",
            CancellationCode::ItemCollectionSizeLimitExceeded => "ItemCollectionSizeLimitExceeded",
            CancellationCode::ProvisionedThroughputExceeded => "ProvisionedThroughputExceeded",
            CancellationCode::ResourceNotFound => "ResourceNotFound",
            CancellationCode::ThrottlingError => "ThrottlingError",
            CancellationCode::TransactionConflict => "TransactionConflict",
            CancellationCode::ValidationError => "ValidationError",
        }
    }
}

impl ApiError {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> ApiError {
        ApiError { kind, message: Some(message.into()), detail: ErrorDetail::None }
    }

    /// An error of which AWS gives the name only.
    pub fn without_message(kind: ErrorKind) -> ApiError {
        ApiError { kind, message: None, detail: ErrorDetail::None }
    }

    /// Something broke in the server. What it was goes to the log, not to the client.
    pub fn internal() -> ApiError {
        ApiError::new(ErrorKind::InternalServerError, "Internal server error")
    }

    /// A condition was false; `item` is what it was evaluated on, if the request wants to see it.
    pub fn condition_failed(item: Option<Item>) -> ApiError {
        let mut error = ApiError::new(ErrorKind::ConditionalCheckFailedException, CONDITION_FAILED);
        if let Some(item) = item {
            error.detail = ErrorDetail::Item(item);
        }
        error
    }

    /// A transaction was cancelled; `reasons` has one entry for each of its actions. The codes are repeated in the
    /// message (us-east-1, 2026-10, wording.md CANCELLED).
    pub fn transaction_cancelled(reasons: Vec<CancellationReason>) -> ApiError {
        let codes: Vec<&str> = reasons.iter().map(|reason| reason.code.as_str()).collect();
        let message = format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        );
        let detail = ErrorDetail::CancellationReasons(reasons);
        ApiError { kind: ErrorKind::TransactionCanceledException, message: Some(message), detail }
    }

    /// Appends the body of the answer.
    pub fn write_body(&self, out: &mut Vec<u8>) {
        JsonWriter::new(out).object(|body| {
            let error_type = format!("{}#{}", self.kind.prefix(), self.kind.name());
            body.member("__type").string(&error_type);
            if let Some(message) = &self.message {
                body.member(self.kind.message_member()).string(message);
            }
            match &self.detail {
                ErrorDetail::None => {}
                ErrorDetail::Item(item) => body.member("Item").item(item, NumberSetOrder::ByValue),
                ErrorDetail::CancellationReasons(reasons) => body
                    .member("CancellationReasons")
                    .array(|list| reasons.iter().for_each(|reason| reason.write(list))),
            }
        });
    }
}

/// The message of a failed condition, alone or as a reason.
pub const CONDITION_FAILED: &str = "The conditional request failed";

impl CancellationReason {
    fn write(&self, reasons: &mut ArrayWriter<'_>) {
        reasons.element().object(|reason: &mut ObjectWriter<'_>| {
            reason.member("Code").string(self.code.as_str());
            if let Some(message) = &self.message {
                reason.member("Message").string(message);
            }
            if let Some(item) = &self.item {
                // us-east-1: cancellation items list number sets in hash order (aws-verified.md section 4).
                reason.member("Item").item(item, NumberSetOrder::JavaHash);
            }
        });
    }
}

impl From<SerializationFault> for ApiError {
    fn from(fault: SerializationFault) -> ApiError {
        let kind = ErrorKind::SerializationException;
        ApiError { kind, message: fault.message(), detail: ErrorDetail::None }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.message {
            Some(message) => write!(f, "{}: {message}", self.kind.name()),
            None => f.write_str(self.kind.name()),
        }
    }
}

impl std::error::Error for ApiError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{AttributeValue, Number};

    fn body(error: &ApiError) -> String {
        let mut out = Vec::new();
        error.write_body(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_error_without_a_message_has_only_its_type() {
        let fault = ApiError::from(SerializationFault::NotJson);
        assert_eq!(body(&fault), r#"{"__type":"com.amazon.coral.service#SerializationException"}"#);
    }

    #[test]
    fn the_case_of_message_follows_the_kind() {
        let validation = ApiError::new(ErrorKind::ValidationException, "a \"b\"");
        assert_eq!(
            body(&validation),
            r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"a \"b\""}"#
        );
        let wrong_type = ApiError::from(SerializationFault::FieldType);
        assert!(body(&wrong_type).ends_with(r##"#SerializationException","Message":"Unexpected field type"}"##));
    }

    #[test]
    fn a_cancellation_lists_its_reasons_in_order() {
        let item: Item = [("n".to_owned(), AttributeValue::N(Number::from(7u64)))].into_iter().collect();
        let failed = CancellationReason {
            item: Some(item),
            ..CancellationReason::new(CancellationCode::ConditionalCheckFailed, CONDITION_FAILED)
        };
        let error = ApiError::transaction_cancelled(vec![CancellationReason::NONE, failed]);
        assert_eq!(
            body(&error),
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]","CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed","Message":"The conditional request failed","Item":{"n":{"N":"7"}}}]}"#
        );
    }

    #[test]
    fn a_failed_condition_may_carry_the_item() {
        assert!(!body(&ApiError::condition_failed(None)).contains("Item"));
        assert!(body(&ApiError::condition_failed(Some(Item::new()))).ends_with(r#""Item":{}}"#));
    }

    #[test]
    fn only_the_server_and_the_transport_answer_other_than_400() {
        let others: Vec<_> =
            ErrorKind::ALL.iter().filter(|kind| kind.status() != 400).map(|kind| kind.name()).collect();
        assert_eq!(
            others,
            ["InternalServerError", "ReplicatedWriteConflictException", "RequestEntityTooLarge", "ServiceUnavailable"]
        );
    }
}
