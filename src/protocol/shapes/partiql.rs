//! ExecuteStatement, BatchExecuteStatement and ExecuteTransaction.

use super::Integer;
use crate::protocol::decode::Parameter;

shapes! {
    ExecuteStatementInput {
        Statement statement: String,
        Parameters parameters: Vec<Parameter>,
        ConsistentRead consistent_read: bool,
        NextToken next_token: String,
        ReturnConsumedCapacity return_consumed_capacity: String,
        Limit limit: i64 as Integer,
        ReturnValuesOnConditionCheckFailure return_values_on_condition_check_failure: String,
    }

    BatchExecuteStatementInput {
        Statements statements: Vec<BatchStatementRequest>,
        ReturnConsumedCapacity return_consumed_capacity: String,
    }

    BatchStatementRequest {
        Statement statement: String,
        Parameters parameters: Vec<Parameter>,
        ConsistentRead consistent_read: bool,
        ReturnValuesOnConditionCheckFailure return_values_on_condition_check_failure: String,
    }

    ExecuteTransactionInput {
        TransactStatements transact_statements: Vec<ParameterizedStatement>,
        ClientRequestToken client_request_token: String,
        ReturnConsumedCapacity return_consumed_capacity: String,
    }

    ParameterizedStatement {
        Statement statement: String,
        Parameters parameters: Vec<Parameter>,
        ReturnValuesOnConditionCheckFailure return_values_on_condition_check_failure: String,
    }
}
