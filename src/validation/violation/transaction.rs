//! Transactions that cannot be what was meant, and items that a transaction holds.

use crate::protocol::ErrorKind;

messages! {
    TransactionViolation {
        NoAction => "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request";
        /// The newer layer (eu-west-2, 2026-10-09). The empty value is AWS's.
        NoActionNewer =>
            "1 validation error detected: Value '' at 'transactItems' failed to satisfy constraint: TransactWriteRequest \
             should contain Delete or Put or Update or ConditionCheck";
        // An emulator's captures, 2026.
        SeveralActions => "TransactItems can only contain one of Check, Put, Update or Delete";
        SameItemTwice => "Transaction request cannot include multiple operations on one item";
        // That more than 4 MB are refused, as a ValidationException, was seen on AWS; the text is an emulator's.
        TooLarge =>
            "Collection size of items exceeded, which can also be caused by the aggregate size of the items in the \
             transaction exceeding the 4MB limit";
        /// IdempotentParameterMismatchException. The service model's sentence: AWS's text was not captured.
        TokenOfAnotherRequest =>
            "DynamoDB rejected the request because you retried a request with a different payload but with an idempotent \
             token that was already used.";
        /// TransactionConflictException, or the message of a cancellation reason (the service model names it there).
        Conflict => "Transaction is ongoing for the item";
    }
}

impl TransactionViolation {
    pub fn kind(&self) -> ErrorKind {
        match self {
            TransactionViolation::TokenOfAnotherRequest => ErrorKind::IdempotentParameterMismatchException,
            TransactionViolation::Conflict => ErrorKind::TransactionConflictException,
            TransactionViolation::NoAction
            | TransactionViolation::NoActionNewer
            | TransactionViolation::SeveralActions
            | TransactionViolation::SameItemTwice
            | TransactionViolation::TooLarge => ErrorKind::ValidationException,
        }
    }
}
