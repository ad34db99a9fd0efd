//! Time to live and tags. Where no source is named: us-east-1 and us-west-2, 2026-10, as the findings published for the
//! AWS Controllers for Kubernetes quote them.

use super::INVALID;
use crate::protocol::ErrorKind;

messages! {
    AccountViolation {
        TtlAlreadyEnabled => "TimeToLive is already enabled";
        TtlAlreadyDisabled => "TimeToLive is already disabled";
        TtlOnOtherAttribute { current: String } =>
            "TimeToLive is active on a different AttributeName: current AttributeName is {current}";
        TtlChangedTooOften => "Time to live has been modified multiple times within a fixed interval";

        // dynalite's capture
        ResourceArnMissing => "Invalid TableArn";
        NotAnArn { given: String } => "{INVALID}ARNs must start with 'arn:': {given}";
        ForeignArn { arn: String } => "{INVALID}Provided Arn is not a DynamoDB resource arn: {arn}";
        NotATableArn { arn: String } =>
            "{INVALID}Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {arn}";
        InvalidTableArn { arn: String } => "Invalid TableArn: Invalid ResourceArn provided as input {arn}";
        /// ResourceNotFoundException; the spelling is AWS's (dynalite's capture).
        NoResource { arn: String } => "Requested resource not found: ResourcArn: {arn} not found";
        /// ResourceNotFoundException (dynalite's capture)
        NoResourceToUntag => "Requested resource not found";
        /// AccessDeniedException: what AWS answers for any table that is not there, so that nobody learns which are.
        AccessDenied { account: String, operation: &'static str, arn: String } =>
            "User: arn:aws:iam::{account}:root is not authorized to perform: dynamodb:{operation} on resource: {arn}";

        NoTags => "Atleast one Tag needs to be provided as Input.";
        NoTagKeys => "Atleast one Tag Key needs to be provided as Input.";
        TagKeyInvalid { key: String } => "The Tag Key provided is invalid, Key: {key}";
        TagValueInvalid { value: String } => "The Tag Value provided is invalid, Value: {value}";
        TagKeyReserved { key: String } => "Tag Key cannot be prefixed with aws:, Key: {key}";
        DuplicateTagKey { key: String } => "Duplicate Tag Keys provided as input: Duplicate Tag Key found {key}";
        TooManyTags => "Number of Tags exceed the current limit for the provided ResourceArn";
        // The API reference has no text for it.
        InvalidTagToken => "The NextToken provided is invalid";
    }
}

impl AccountViolation {
    pub fn kind(&self) -> ErrorKind {
        use AccountViolation as A;
        match self {
            A::NoResource { .. } | A::NoResourceToUntag => ErrorKind::ResourceNotFoundException,
            A::AccessDenied { .. } => ErrorKind::AccessDeniedException,
            _ => ErrorKind::ValidationException,
        }
    }
}
